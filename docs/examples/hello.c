// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that libriven asks for: make a virtual machine, put three bundles
 * into its memory, run them to an exit, print r8. docs/embedding.md explains it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riven/riven.h>

#define CODE	0x100000	/* guest-physical; a bundle is 16 bytes and aligned to 16 */
#define PSR_BN	(1ull << 44)	/* register bank 1; else physical mode, privilege level 0 */

static const uint64_t code[] = {
	0x0890240000004001, 0x002a089000480000,	/*    mov r8=0; mov r9=1; mov.i ar.lc=9;; */
	0x0890200012204011, 0x40000000a0420024,	/* 1: add r8=r8,r9; adds r9=1,r9; br.cloop 1b;; */
	0x000002007a800011, 0x2000000000000200,	/*    break.m 0x1f5000; nop.i 0; nop.b 0;; */
};

static void check(int ret, const char *what)
{
	if (!ret)
		return;
	fprintf(stderr, "hello: %s: %s\n", what, strerror(-ret));
	exit(1);
}

int main(void)
{
	static struct riven_state state;	/* 11 KiB: rather not on the stack */
	struct riven_vm_options options = { .stlb_entries = 1024 };
	const char *why = "";
	struct riven_vm *vm;
	struct riven_vcpu *vcpu;
	struct riven_run *run;
	int ret = riven_vm_create(&options, &vm, &why);

	check(ret, why);
	/* 2 MiB of RAM at 0. FIRMWARE makes the break an exit instead of a guest's fault. */
	check(riven_vm_set_memslot(vm, 0, 0, 2 << 20, RIVEN_SLOT_FIRMWARE), "memory");
	memcpy(riven_vm_host_ptr(vm, CODE, sizeof(code)), code, sizeof(code));

	check(riven_vcpu_create(vm, 0, &vcpu), "vCPU");
	check(riven_vcpu_get_state(vcpu, &state), "state");
	state.ip = CODE;
	state.psr = PSR_BN;
	check(riven_vcpu_set_state(vcpu, &state), "state");

	run = riven_vcpu_run_page(vcpu);
	check(riven_vcpu_run(vcpu), "run");
	printf("exit %s at 0x%" PRIx64 "\n", riven_exit_name(run->exit_reason), run->exit_ip);
	if (run->exit_reason != RIVEN_EXIT_FIRMWARE) {
		fprintf(stderr, "hello: not the exit that was expected; %s\n", riven_vcpu_error(vcpu));
		return 1;
	}

	check(riven_vcpu_get_state(vcpu, &state), "state");
	printf("stub %" PRIu64 ", r8 = %" PRIu64 ", %" PRIu64 " bundles\n", run->fw.stub,
	       state.gr[8], run->stats.bundles);
	riven_vm_destroy(vm);
	return 0;
}
