// SPDX-License-Identifier: GPL-2.0-only
/*
 * EFI boot services. A kernel that is booted directly starts after
 * ExitBootServices and finds no table of them; their names and stubs are here
 * for a caller that kept a pointer.
 */
#include "firmware/fw.h"

/* In the order of the boot services table; their stubs are numbered the same way. */
const struct fw_proc efi_boot_procs[] = {
	{ 0, 1, "RaiseTPL", NULL },
	{ 1, 1, "RestoreTPL", NULL },
	{ 2, 4, "AllocatePages", NULL },
	{ 3, 2, "FreePages", NULL },
	{ 4, 5, "GetMemoryMap", NULL },
	{ 5, 3, "AllocatePool", NULL },
	{ 6, 1, "FreePool", NULL },
	{ 7, 5, "CreateEvent", NULL },
	{ 8, 3, "SetTimer", NULL },
	{ 9, 3, "WaitForEvent", NULL },
	{ 10, 1, "SignalEvent", NULL },
	{ 11, 1, "CloseEvent", NULL },
	{ 12, 1, "CheckEvent", NULL },
	{ 13, 4, "InstallProtocolInterface", NULL },
	{ 14, 4, "ReinstallProtocolInterface", NULL },
	{ 15, 3, "UninstallProtocolInterface", NULL },
	{ 16, 3, "HandleProtocol", NULL },
	{ 17, 0, "reserved", NULL },
	{ 18, 3, "RegisterProtocolNotify", NULL },
	{ 19, 5, "LocateHandle", NULL },
	{ 20, 3, "LocateDevicePath", NULL },
	{ 21, 2, "InstallConfigurationTable", NULL },
	{ 22, 6, "LoadImage", NULL },
	{ 23, 3, "StartImage", NULL },
	{ 24, 4, "Exit", NULL },
	{ 25, 1, "UnloadImage", NULL },
	{ 26, 2, "ExitBootServices", NULL },
	{ 27, 1, "GetNextMonotonicCount", NULL },
	{ 28, 1, "Stall", NULL },
	{ 29, 4, "SetWatchdogTimer", NULL },
	{ 30, 4, "ConnectController", NULL },
	{ 31, 3, "DisconnectController", NULL },
	{ 32, 6, "OpenProtocol", NULL },
	{ 33, 4, "CloseProtocol", NULL },
	{ 34, 4, "OpenProtocolInformation", NULL },
	{ 35, 3, "ProtocolsPerHandle", NULL },
	{ 36, 5, "LocateHandleBuffer", NULL },
	{ 37, 3, "LocateProtocol", NULL },
	{ 38, 4, "InstallMultipleProtocolInterfaces", NULL },
	{ 39, 4, "UninstallMultipleProtocolInterfaces", NULL },
	{ 40, 3, "CalculateCrc32", NULL },
	{ 41, 3, "CopyMem", NULL },
	{ 42, 3, "SetMem", NULL },
	{ 43, 6, "CreateEventEx", NULL },
	{ 0 },
};

_Static_assert(sizeof(efi_boot_procs) / sizeof(efi_boot_procs[0]) == FW_NR_BOOT + 1,
	       "a stub for each boot service");
