/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI fixed hardware: the PM1a event and control registers (ACPI 6.0, section 4.8.3). */
#ifndef DEVICES_ACPI_PM_H
#define DEVICES_ACPI_PM_H

#include "devices/bus.h"

#define ACPI_PM_SIZE	6	/* I/O ports: status 2, enable 2, control 2 */

struct acpi_pm {
	struct irq irq;		/* the SCI */
	void (*power_off)(void *opaque);
	void *opaque;
	uint16_t status, enable, control;
};

extern const struct bus_ops acpi_pm_ops;	/* opaque: struct acpi_pm */

/* irq, power_off and opaque are kept. */
void acpi_pm_reset(struct acpi_pm *pm);
/* The user presses the power button. */
void acpi_pm_press(struct acpi_pm *pm);

#endif
