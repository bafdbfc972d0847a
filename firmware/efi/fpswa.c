// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floating-point software assist (SDM 1:5.4): what an OS calls at a
 * floating-point fault or trap to have the instruction emulated, or to learn
 * that it really is an exception of the program's.
 */
#include "firmware/efi/services.h"

#define FPSWA_REVISION	0x10012

#define ISR_SWA		(1 << 3 | 1 << 7)	/* of the high and of the low half (SDM 2:8.3) */

/* Statuses: the program's exception stands; the assist cannot help. */
#define FPSWA_EXCEPTION	1ull
#define FPSWA_FAILED	~0ull

/*
 * (1 fault or 0 trap, bundle, and pointers to IPSR, FPSR, ISR, predicates, IFS and the FP
 * registers.) The processor does by itself all that it may leave to software, denormals too, so
 * nearly every call is about an exception that the program has enabled. What the architecture
 * leaves to software in any case, frcpa and frsqrta at the ends of the 17-bit exponent range, is
 * not emulated.
 */
static void assist(struct fw_call *c)
{
	enum guest_status status;
	uint64_t isr;

	status = guest_read(c, c->arg[4], &isr, sizeof(isr));
	if (status == GUEST_BAD || (status == GUEST_OK && c->arg[0] && isr & ISR_SWA))
		c->ret[0] = FPSWA_FAILED;
	else
		c->ret[0] = FPSWA_EXCEPTION;
}

const struct fw_proc fpswa_procs[] = {
	{ 0, 8, "FPSWA", assist },
	{ 0 },
};

uint64_t fpswa_build(struct riven_fw *fw, struct fw_area *area)
{
	struct {
		struct fpswa_interface interface;
		struct efi_descriptor descriptor;
	} *t;
	void *host;
	uint64_t gpa = fw_area_alloc(fw, area, sizeof(*t), 16, &host);

	if (!gpa)
		return 0;
	t = host;
	t->interface.revision = FPSWA_REVISION;
	t->interface.procedure = gpa + sizeof(t->interface);
	t->descriptor.entry = fw_stub(FW_STUB_FPSWA);
	t->descriptor.gp = FW_RUNTIME_DATA;
	return gpa;
}
