// SPDX-License-Identifier: GPL-2.0-only
/* One line for each firmware call: name, arguments, status by name, values returned. */
#include <stdio.h>

#include "firmware/fw.h"

static const char *efi_status_name(uint64_t status)
{
	switch (status) {
	case EFI_SUCCESS:
		return "EFI_SUCCESS";
	case EFI_INVALID_PARAMETER:
		return "EFI_INVALID_PARAMETER";
	case EFI_UNSUPPORTED:
		return "EFI_UNSUPPORTED";
	case EFI_BUFFER_TOO_SMALL:
		return "EFI_BUFFER_TOO_SMALL";
	case EFI_DEVICE_ERROR:
		return "EFI_DEVICE_ERROR";
	case EFI_WRITE_PROTECTED:
		return "EFI_WRITE_PROTECTED";
	case EFI_OUT_OF_RESOURCES:
		return "EFI_OUT_OF_RESOURCES";
	case EFI_NOT_FOUND:
		return "EFI_NOT_FOUND";
	case EFI_NO_MAPPING:
		return "EFI_NO_MAPPING";
	}
	return NULL;
}

/* PAL and SAL statuses that mean the same in both (SDM 2:11.10.1; SAL 3.2, chapter 9). */
static const char *pal_status_name(uint64_t status)
{
	switch (status) {
	case PAL_SUCCESS:
		return "success";
	case PAL_UNIMPLEMENTED:
		return "not implemented";
	case PAL_INVALID:
		return "invalid argument";
	case PAL_NO_INFORMATION:
	case SAL_NO_INFORMATION:
		return "no information";
	case PAL_ERROR:
		return "error";
	}
	return NULL;
}

void fw_trace_call(struct riven_fw *fw, const struct fw_call *c, enum fw_class class,
		   const struct fw_proc *proc, uint64_t number)
{
	bool efi = class == FW_CLASS_RUNTIME || class == FW_CLASS_BOOT;
	const char *status = efi ? efi_status_name(c->ret[0]) : pal_status_name(c->ret[0]);
	FILE *f = fw->trace;
	int i, nr = proc ? proc->nr_args : 3, last;

	flockfile(f);
	fprintf(f, "firmware cpu%u: ", c->cpu_id);
	if (proc)
		fprintf(f, "%s(", proc->name);
	else
		fprintf(f, "%s procedure 0x%llx(",
			class == FW_CLASS_PAL ? "PAL" : class == FW_CLASS_SAL ? "SAL" : "EFI",
			(unsigned long long)number);
	for (i = 0; i < nr; i++)
		fprintf(f, "%s0x%llx", i ? ", " : "", (unsigned long long)c->arg[i]);
	fprintf(f, ")");
	if (c->note[0])
		fprintf(f, " \"%s\"", c->note);
	if (status)
		fprintf(f, " = %s", status);
	else if (efi)
		fprintf(f, " = 0x%llx", (unsigned long long)c->ret[0]);
	else
		fprintf(f, " = %lld", (long long)c->ret[0]);
	for (last = 3; last && !c->ret[last]; last--)
		;
	for (i = 1; i <= last && !efi; i++)
		fprintf(f, "%s0x%llx", i == 1 ? ", " : " ", (unsigned long long)c->ret[i]);
	fprintf(f, "\n");
	funlockfile(f);
}
