// SPDX-License-Identifier: GPL-2.0-only
/* riven.ko on machines that are not at hand: where it does not load, and what it says. */
#include "host-driver/kmod/problem.h"
#include "tests/lib/ktap.h"

static const struct machine good = {
	.xsave = true,
	.nx = true,
	.cr4 = 0x3506f0,
	.xcr0 = 0x2e7,
	.gdt_size = 128,
	.idt_size = 4096,
	.tr = 0x40,
};

static void refuses(struct machine m, const char *word)
{
	const char *problem = machine_problem(&m);

	ktap_result(problem && strstr(problem, word), "it does not load: %s", word);
}

/* The one thing that differs from a machine that is good. */
#define WITH(member, value, word)			\
	do {						\
		struct machine m = good;		\
							\
		m.member = value;			\
		refuses(m, word);			\
	} while (0)

int main(void)
{
	struct machine five = good;

	ktap_begin();
	ktap_result(!machine_problem(&good), "an ordinary machine is good");
	five.la57 = true;
	ktap_result(!machine_problem(&five), "so is one that could have 5-level paging");
	five.five_levels = true;
	refuses(five, "LA57");
	five.cr4 |= CR4_LA57;
	ktap_result(!machine_problem(&five), "and one that has it");
	five.five_levels = false;
	refuses(five, "LA57");

	WITH(xen_pv, true, "Xen PV");
	WITH(confidential, true, "confidential");
	WITH(cr4, good.cr4 | 1ull << 32, "FRED");
	WITH(locked_down, true, "locked down");
	WITH(xsave, false, "XSAVE");
	WITH(nx, false, "NX");
	WITH(xcr0, 1, "SSE");
	WITH(gdt_size, 136, "descriptor tables");
	WITH(gdt_size, 120, "descriptor tables");
	WITH(idt_size, 8192, "descriptor tables");
	WITH(idt_size, 2048, "descriptor tables");
	WITH(tr, 0x80, "descriptor tables");
	return ktap_end();
}
