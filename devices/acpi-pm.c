// SPDX-License-Identifier: GPL-2.0-only
/* ACPI power button and soft off. */
#include "devices/acpi-pm.h"

#define STS_POWER_BUTTON	(1u << 8)
#define STS_BITS		0x8731u	/* writing 1 clears */
#define EN_BITS			0x0721u
#define CNT_SCI_EN		1u	/* there is no legacy mode: always set */
#define CNT_SLEEP_TYPE_SHIFT	10
#define CNT_SLEEP_TYPE		(7u << CNT_SLEEP_TYPE_SHIFT)
#define CNT_SLEEP_ENABLE	(1u << 13)
#define SLEEP_TYPE_S5		5

static void update_sci(struct acpi_pm *pm)
{
	irq_set(&pm->irq, (pm->status & pm->enable) != 0);
}

static uint8_t read_byte(const struct acpi_pm *pm, uint32_t offset)
{
	const uint16_t regs[3] = { pm->status, pm->enable, pm->control };

	return (uint8_t)(regs[offset / 2] >> 8 * (offset & 1));
}

static uint64_t pm_read(void *opaque, uint64_t offset, uint32_t size)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value |= (uint64_t)read_byte(opaque, (uint32_t)offset + i) << 8 * i;
	return value;
}

static void write_control(struct acpi_pm *pm, uint32_t value)
{
	pm->control = (uint16_t)((value & CNT_SLEEP_TYPE) | CNT_SCI_EN);
	if ((value & CNT_SLEEP_ENABLE) &&
	    (value & CNT_SLEEP_TYPE) >> CNT_SLEEP_TYPE_SHIFT == SLEEP_TYPE_S5)
		pm->power_off(pm->opaque);
}

static void write_byte(struct acpi_pm *pm, uint32_t offset, uint8_t byte)
{
	uint32_t shift = 8 * (offset & 1);
	uint16_t value = (uint16_t)(byte << shift), keep = (uint16_t)~(0xff << shift);

	switch (offset / 2) {
	case 0:
		pm->status &= (uint16_t)~(value & STS_BITS);
		break;
	case 1:
		pm->enable = (uint16_t)((pm->enable & keep) | (value & EN_BITS));
		break;
	default:
		write_control(pm, (pm->control & keep) | value);
		break;
	}
}

static void pm_write(void *opaque, uint64_t offset, uint32_t size, uint64_t value)
{
	struct acpi_pm *pm = opaque;

	for (uint32_t i = 0; i < size; i++)
		write_byte(pm, (uint32_t)offset + i, (uint8_t)(value >> 8 * i));
	update_sci(pm);
}

const struct bus_ops acpi_pm_ops = { .read = pm_read, .write = pm_write };

void acpi_pm_reset(struct acpi_pm *pm)
{
	pm->status = 0;
	pm->enable = 0;
	pm->control = CNT_SCI_EN;
	update_sci(pm);
}

void acpi_pm_press(struct acpi_pm *pm)
{
	pm->status |= STS_POWER_BUTTON;
	update_sci(pm);
}
