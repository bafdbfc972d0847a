// SPDX-License-Identifier: GPL-2.0-only
//
// Riven's devices. What varies from one machine to the next is read from the
// platform page, which the firmware fills in (platform.h). Processors are in
// an SSDT (ssdt.c).
//
#include "firmware/acpi/platform.h"

#define VIRTIO(name, n)								\
	Device (name) {								\
		Name (_HID, "LNRO0005")						\
		Name (_UID, n)							\
		Name (_CCA, 1)							\
		Method (_STA) { Return (PRES (VS0##n)) }			\
		Method (_CRS) { Return (VCRS (VL0##n, VH0##n, VS0##n, VG0##n)) } \
	}
#define VIRTIO_FIELDS(n) VL0##n, 32, VH0##n, 32, VS0##n, 32, VG0##n, 32

DefinitionBlock ("", "DSDT", 2, "RIVEN ", "RIVENVM ", 1)
{
	// Soft off: the sleep type that the power port takes.
	Name (\_S5, Package () { 5, 5, 0, 0 })

	Scope (\_SB)
	{
		OperationRegion (PLAT, SystemMemory, FW_PLATFORM_GPA, FW_PLATFORM_SIZE)
		Field (PLAT, DWordAcc, NoLock, Preserve)
		{
			UPRT, 32,
			UGSI, 32,
			Offset (FW_PLATFORM_VIRTIO),
			VIRTIO_FIELDS (0), VIRTIO_FIELDS (1), VIRTIO_FIELDS (2), VIRTIO_FIELDS (3),
			VIRTIO_FIELDS (4), VIRTIO_FIELDS (5), VIRTIO_FIELDS (6), VIRTIO_FIELDS (7),
		}

		// _STA of a device that is there when the argument is not 0.
		Method (PRES, 1)
		{
			If (Arg0) { Return (0x0f) }
			Return (0)
		}

		Device (UAR0)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 0)
			Method (_STA) { Return (PRES (UPRT)) }
			Method (_CRS, 0, Serialized)
			{
				Name (RES, ResourceTemplate ()
				{
					IO (Decode16, 0, 0, 0, 8, PORT)
					Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, , , IRQN) { 0 }
				})
				CreateWordField (RES, PORT._MIN, PMIN)
				CreateWordField (RES, PORT._MAX, PMAX)
				CreateDWordField (RES, IRQN._INT, PINT)
				Store (UPRT, PMIN)
				Store (UPRT, PMAX)
				Store (UGSI, PINT)
				Return (RES)
			}
		}

		// Resources of a virtio-mmio device: base low, base high, size, GSI.
		Method (VCRS, 4, Serialized)
		{
			Name (RES, ResourceTemplate ()
			{
				QWordMemory (ResourceConsumer, PosDecode, MinFixed, MaxFixed,
					     NonCacheable, ReadWrite, 0, 0, 0, 0, 1, , , REGS)
				Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive, , , IRQN) { 0 }
			})
			CreateQWordField (RES, REGS._MIN, RMIN)
			CreateQWordField (RES, REGS._MAX, RMAX)
			CreateQWordField (RES, REGS._LEN, RLEN)
			CreateDWordField (RES, IRQN._INT, PINT)
			Or (ShiftLeft (Arg1, 32), Arg0, RMIN)
			Add (RMIN, Subtract (Arg2, 1), RMAX)
			Store (Arg2, RLEN)
			Store (Arg3, PINT)
			Return (RES)
		}

		VIRTIO (VIO0, 0) VIRTIO (VIO1, 1) VIRTIO (VIO2, 2) VIRTIO (VIO3, 3)
		VIRTIO (VIO4, 4) VIRTIO (VIO5, 5) VIRTIO (VIO6, 6) VIRTIO (VIO7, 7)
	}
}
