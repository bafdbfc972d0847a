// SPDX-License-Identifier: GPL-2.0-only
/* Local SAPIC and interval timer by themselves (SDM 2:5.8, 2:10.5.5). */
#include <stdlib.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/vm.h"
#include "tests/lib/ktap.h"

#define SPURIOUS	15
#define MMI		(1ull << 16)
#define MASKED		(1ull << 16)

static struct vcpu vcpu;
static struct vpd vpd;
static struct riven_run run;
static struct vm vm;

static void reset(void)
{
	vcpu.vpd = &vpd;
	vcpu.run = &run;
	vcpu.vm = &vm;
	vcpu.id = 3;
	vm.data.itc_mult = 1ull << 32;
	vcpu.itc_offset = 0;
	vcpu.itm_armed = false;
	vpd.vcr[CR_ITM] = 0;
	sapic_reset(&vcpu);
}

static void eq(uint64_t got, uint64_t want, const char *name)
{
	if (!ktap_result(got == want, "%s", name))
		printf("# expected %#lx, got %#lx\n", want, got);
}

static void priorities(void)
{
	reset();
	eq(sapic_read_ivr(&vcpu), SPURIOUS, "nothing pending is spurious");
	sapic_pend(&vcpu, 0x30);
	sapic_pend(&vcpu, 0xef);
	sapic_pend(&vcpu, 0);
	sapic_pend(&vcpu, 2);
	eq(vpd.vhpi, 32, "NMI is the highest pending");
	eq(sapic_read_ivr(&vcpu), 2, "NMI comes first");
	eq(sapic_read_ivr(&vcpu), SPURIOUS, "NMI in service masks all");
	sapic_write_eoi(&vcpu);
	eq(sapic_read_ivr(&vcpu), 0, "ExtINT is next");
	eq(vpd.vhpi, 0xe, "then the highest class");
	sapic_write_eoi(&vcpu);
	eq(sapic_read_ivr(&vcpu), 0xef, "then the highest vector");
	sapic_pend(&vcpu, 0xef);
	eq(sapic_read_ivr(&vcpu), SPURIOUS, "an equal vector waits for the one in service");
	sapic_pend(&vcpu, 0xf0);
	eq(sapic_read_ivr(&vcpu), 0xf0, "a higher one nests");
	sapic_write_eoi(&vcpu);
	eq(sapic_read_ivr(&vcpu), SPURIOUS, "EOI ends the highest in service only");
	sapic_write_eoi(&vcpu);
	eq(sapic_read_ivr(&vcpu), 0xef, "the second one of the same vector follows");
	sapic_write_eoi(&vcpu);
	eq(sapic_read_ivr(&vcpu), 0x30, "the lowest comes last");
	sapic_write_eoi(&vcpu);
	sapic_write_eoi(&vcpu);
	eq(sapic_read_ivr(&vcpu), SPURIOUS, "an EOI too many does nothing");
}

static void masking(void)
{
	reset();
	sapic_pend(&vcpu, 0x45);
	vpd.vcr[CR_TPR] = 4 << 4;
	eq(sapic_deliverable(&vcpu), 0, "TPR.mic masks its own class");
	vpd.vcr[CR_TPR] = 3 << 4;
	eq(sapic_deliverable(&vcpu), 1, "and no higher one");
	vpd.vcr[CR_TPR] = MMI;
	eq(sapic_deliverable(&vcpu), 0, "TPR.mmi masks vectors");
	sapic_pend(&vcpu, 0);
	eq(sapic_deliverable(&vcpu), 0, "TPR.mmi masks ExtINT");
	vpd.vcr[CR_TPR] = 0xf0;
	eq(sapic_deliverable(&vcpu), 1, "TPR.mic does not mask ExtINT");
	vpd.vcr[CR_TPR] = MMI | 0xf0;
	sapic_pend(&vcpu, 2);
	eq(sapic_deliverable(&vcpu), 1, "nothing masks NMI");
	reset();
	sapic_pend(&vcpu, 1);
	sapic_pend(&vcpu, 15);
	sapic_pend(&vcpu, 256);
	eq(vcpu.irr[0] | vcpu.irr[1] | vcpu.irr[2] | vcpu.irr[3], 0, "reserved vectors are lost");
	run.irq[0] = ~0ull;
	run.irq[3] = 1ull << 63;
	sapic_merge(&vcpu);
	eq(vcpu.irr[0], ~0ull << 16 | 5, "and so are the host's");
	eq(run.irq[0] | run.irq[3], 0, "the host's are taken once");
}

static void messages(void)
{
	const uint64_t self = 3ull << 12;

	reset();
	eq(sapic_write_pib(&vcpu, self, 8, 0x41), 1, "a message to this processor stays here");
	eq(sapic_read_ivr(&vcpu), 0x41, "and pends its vector");
	eq(sapic_write_pib(&vcpu, self | 8, 8, 4 << 8 | 0x41), 1, "redirection of one is none");
	eq(sapic_read_ivr(&vcpu), 2, "delivery mode NMI");
	sapic_write_eoi(&vcpu);
	sapic_write_eoi(&vcpu);
	sapic_write_pib(&vcpu, self, 8, 7 << 8 | 0x41);
	eq(sapic_read_ivr(&vcpu), 0, "delivery mode ExtINT");
	sapic_write_pib(&vcpu, self, 8, 5 << 8);
	eq(run.init, 1, "delivery mode INIT");
	eq(sapic_write_pib(&vcpu, self, 4, 0x42), 1, "a short store is dropped");
	eq(vcpu.irr[1], 0, "and pends nothing");
	eq(sapic_write_pib(&vcpu, self + 0x1000, 8, 0x41), 0, "another processor's leaves");
	eq(run.exit_reason, RIVEN_EXIT_IPI, "as an IPI");
	eq(run.ipi.address, self + 0x1000, "with its address");
}

static void timer(void)
{
	uint64_t now, deadline;

	reset();
	vm.data.itc_mult = 3ull << 31;
	vpd.vcr[CR_ITV] = 0x55;
	itc_write(&vcpu, 1000);
	now = itc_read(&vcpu);
	ktap_result(now >= 1000 && now < 1000 + 1000000000, "ITC starts from what was written");
	eq(timer_deadline_tsc(&vcpu), ~0ull, "nothing armed, no deadline");
	vpd.vcr[CR_ITM] = itc_read(&vcpu) - 1;
	timer_update(&vcpu);
	timer_poll(&vcpu);
	eq(sapic_deliverable(&vcpu), 0, "an ITM in the past does not match");
	vpd.vcr[CR_ITM] = itc_read(&vcpu) + 30000000;
	timer_update(&vcpu);
	now = __builtin_ia32_rdtsc();
	deadline = timer_deadline_tsc(&vcpu);
	ktap_result(deadline > now && deadline - now <= 20000000, "the deadline is scaled");
	timer_poll(&vcpu);
	eq(sapic_deliverable(&vcpu), 0, "no match before ITM");
	while (__builtin_ia32_rdtsc() <= deadline)
		;
	timer_poll(&vcpu);
	eq(sapic_read_ivr(&vcpu), 0x55, "at the deadline ITM has matched");
	sapic_write_eoi(&vcpu);
	timer_poll(&vcpu);
	eq(sapic_deliverable(&vcpu), 0, "and matches once");
	vpd.vcr[CR_ITV] = MASKED | 0x55;
	vpd.vcr[CR_ITM] = itc_read(&vcpu) + 1000;
	timer_update(&vcpu);
	eq(timer_deadline_tsc(&vcpu), ~0ull, "a masked timer has no deadline");
	while (itc_read(&vcpu) <= vpd.vcr[CR_ITM])
		;
	timer_poll(&vcpu);
	vpd.vcr[CR_ITV] = 0x55;
	timer_update(&vcpu);
	timer_poll(&vcpu);
	eq(sapic_deliverable(&vcpu), 0, "a match while masked is lost");
	vpd.vcr[CR_ITM] = 5000000000;
	itc_write(&vcpu, 4000000000000);
	timer_poll(&vcpu);
	eq(sapic_deliverable(&vcpu), 0, "ITC written beyond ITM does not match");
	vpd.vcr[CR_ITM] = 4000000000000;
	itc_write(&vcpu, 4000000000000);
	timer_poll(&vcpu);
	eq(sapic_deliverable(&vcpu), 1, "ITC written equal to ITM matches");
	vm.data.itc_mult = 0;
	vpd.vcr[CR_ITM] = ~0ull >> 2;
	vcpu.itc_offset = 0;
	timer_update(&vcpu);
	eq(timer_deadline_tsc(&vcpu), ~0ull, "a counter that stands still has no deadline");
}

static void halting(void)
{
	reset();
	vcpu.halted = true;
	vpd.vcr[CR_TPR] = MMI;
	sapic_pend(&vcpu, 0x40);
	eq(vcpu.halted, 1, "a masked interrupt does not end a halt");
	vpd.vcr[CR_TPR] = 0;
	vcpu.attention = 0;
	sapic_changed(&vcpu);
	eq(vcpu.halted, 0, "an unmasked one does");
	eq(vcpu.attention, 1, "and asks for attention");
}

int main(void)
{
	ktap_begin();
	priorities();
	masking();
	messages();
	timer();
	halting();
	return ktap_end();
}
