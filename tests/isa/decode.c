// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder's struct insn: where each format puts its operands, and what
 * becomes of encodings that the manual reserves. The bundles were assembled by
 * binutils; what they mean is written by hand from SDM volume 3, chapter 4.
 */
#include <inttypes.h>
#include <string.h>
#include <gvmm/isa/decode.h>
#include <gvmm/isa/encoding.h>
#include "../lib/ktap.h"

static const struct {
	const char *text;
	uint64_t lo, hi;
	unsigned int slot;
	struct insn want;
} cases[] = {
	{ "add r4=r5,r6", 0x000020000c142008, 0x0004000000000200, 0,
	  { .op = OP_ADD, .r1 = 4, .r2 = 5, .r3 = 6 } },
	{ "(p5) add r4=r5,r6,1", 0x000020010c1420a8, 0x0004000000000200, 0,
	  { .op = OP_ADD_1, .qp = 5, .r1 = 4, .r2 = 5, .r3 = 6 } },
	{ "shladd r4=r5,3,r6", 0x000020120c142008, 0x0004000000000200, 0,
	  { .op = OP_SHLADD, .r1 = 4, .r2 = 5, .r3 = 6, .imm = 3 } },
	{ "sub r4=-128,r6", 0x000022250c002008, 0x0004000000000200, 0,
	  { .op = OP_SUB_IMM, .r1 = 4, .r3 = 6, .imm = -128 } },
	{ "adds r4=-8192,r6", 0x000023000c002008, 0x0004000000000200, 0,
	  { .op = OP_ADDS, .r1 = 4, .r3 = 6, .imm = -8192 } },
	{ "addl r4=-2097152,r3", 0x0000260006002008, 0x0004000000000200, 0,
	  { .op = OP_ADDL, .r1 = 4, .r3 = 3, .imm = -2097152 } },
	{ "addl r4=2097151,r2", 0x000025fffdfc2008, 0x0004000000000200, 0,
	  { .op = OP_ADDL, .r1 = 4, .r3 = 2, .imm = 2097151 } },
	{ "cmp.lt.unc p6,p7=r8,r9", 0x0000300712223008, 0x0004000000000200, 0,
	  { .op = OP_CMP_LT_UNC, .r1 = 6, .r4 = 7, .r2 = 8, .r3 = 9, .aux = CMP_LT | CMP_UNC } },
	{ "cmp4.ltu p6,p7=-1,r9", 0x0000378713fc3008, 0x0004000000000200, 0,
	  { .op = OP_CMP4_LTU_IMM, .r1 = 6, .r4 = 7, .r3 = 9, .imm = -1 } },
	{ "cmp.ge.or.andcm p6,p7=r0,r9", 0x00003a4712003008, 0x0004000000000200, 0,
	  { .op = OP_CMP_GE_OR_ANDCM, .r1 = 6, .r4 = 7, .r3 = 9, .aux = CMP_GE | CMP_OR_ANDCM } },
	{ "cmp4.ne.and p6,p7=5,r9", 0x000031c712163008, 0x0004000000000200, 0,
	  { .op = OP_CMP4_NE_AND_IMM, .r1 = 6, .r4 = 7, .r3 = 9, .imm = 5,
	    .aux = CMP_NE | CMP_AND | CMP_FOUR } },
	{ "padd2.uus r4=r5,r6", 0x000020c30c142008, 0x0004000000000200, 0,
	  { .op = OP_PADD2_UUS, .r1 = 4, .r2 = 5, .r3 = 6, .aux = 1 | SAT_UUS } },
	{ "pshladd2 r4=r5,3,r6", 0x000020d20c142008, 0x0004000000000200, 0,
	  { .op = OP_PSHLADD2, .r1 = 4, .r2 = 5, .r3 = 6, .imm = 3 } },
	{ "pmpyshr2.u r4=r5,r6,15", 0x2840000100000000, 0x000400000038a418, 1,
	  { .op = OP_PMPYSHR2_U, .r1 = 4, .r2 = 5, .r3 = 6, .imm = 15, .aux = 1 } },
	{ "mux1 r4=r5,@rev", 0x2840000100000000, 0x00040000003b282c, 1,
	  { .op = OP_MUX1, .r1 = 4, .r2 = 5, .imm = 11 } },
	{ "mux2 r4=r5,0x1b", 0x2840000100000000, 0x00040000003ba86c, 1,
	  { .op = OP_MUX2, .r1 = 4, .r2 = 5, .imm = 0x1b } },
	{ "shr.u r4=r5,r6", 0x3040000100000000, 0x00040000003c8014, 1,
	  { .op = OP_SHR_U, .r1 = 4, .r3 = 5, .r2 = 6 } },
	{ "pshr4 r4=r5,31", 0xf040000100000000, 0x00040000003d0c15, 1,
	  { .op = OP_PSHR4_IMM, .r1 = 4, .r3 = 5, .imm = 31, .aux = 2 } },
	{ "shl r4=r5,r6", 0x2840000100000000, 0x00040000003c9018, 1,
	  { .op = OP_SHL, .r1 = 4, .r2 = 5, .r3 = 6 } },
	{ "pshl2 r4=r5,7", 0x2840000100000000, 0x00040000003b9460, 1,
	  { .op = OP_PSHL2_IMM, .r1 = 4, .r2 = 5, .imm = 7, .aux = 1 } },
	{ "shrp r4=r5,r6,63", 0x2840000100000000, 0x00040000002b7e18, 1,
	  { .op = OP_SHRP, .r1 = 4, .r2 = 5, .r3 = 6, .imm = 63 } },
	{ "extr r4=r5,7,57", 0x7840000100000000, 0x0004000000297014, 1,
	  { .op = OP_EXTR, .r1 = 4, .r3 = 5, .imm = 7, .r4 = 57 } },
	{ "dep.z r4=r5,3,11", 0x2840000100000000, 0x00040000002994f0, 1,
	  { .op = OP_DEP_Z, .r1 = 4, .r2 = 5, .imm = 3, .r4 = 11 } },
	{ "dep.z r4=-1,60,4", 0xf840000100000000, 0x00040000002d870f, 1,
	  { .op = OP_DEP_Z_IMM, .r1 = 4, .imm = 0xf000000000000000 } },
	{ "dep.z r4=-2,0,64", 0xf040000100000000, 0x00040000002dffff, 1,
	  { .op = OP_DEP_Z_IMM, .r1 = 4, .imm = -2 } },
	{ "dep r4=-1,r5,1,64", 0xe040000100000000, 0x00040000002ffe17, 1,
	  { .op = OP_DEP_IMM, .r1 = 4, .r2 = 1, .r3 = 5, .imm = 1, .r4 = 64 } },
	{ "dep r4=r5,r6,63,16", 0x2840000100000000, 0x0004000000201e18, 1,
	  { .op = OP_DEP, .r1 = 4, .r2 = 5, .r3 = 6, .imm = 63, .r4 = 16 } },
	{ "tbit.nz.or p6,p7=r9,63", 0xf460000100000000, 0x0004000000288e27, 1,
	  { .op = OP_TBIT_NZ_OR, .r1 = 6, .r4 = 7, .r3 = 9, .imm = 63, .aux = CMP_NZ | CMP_OR } },
	{ "tnat.z.unc p6,p7=r9", 0x0c60000100000000, 0x0004000000280e24, 1,
	  { .op = OP_TNAT_Z_UNC, .r1 = 6, .r4 = 7, .r3 = 9, .aux = CMP_Z | CMP_UNC } },
	{ "tf.z p6,p7=63", 0xf860000100000000, 0x0004000000280e03, 1,
	  { .op = OP_TF_Z, .r1 = 6, .r4 = 7, .imm = 63 } },
	{ "chk.s.i r5,.-0x100", 0x2f00000100000000, 0x000400000004fffc, 1,
	  { .op = OP_CHK_S_I, .r2 = 5, .imm = -0x100 } },
	{ "mov b6=r5", 0x2860000100000000, 0x0004000000038004, 1,
	  { .op = OP_MOV_TO_BR, .r1 = 6, .r2 = 5 } },
	{ "mov r5=b6", 0x3050000100000000, 0x0004000000006200, 1,
	  { .op = OP_MOV_FROM_BR, .r1 = 5, .r2 = 6 } },
	{ "mov pr=r5,-2", 0x2ff0000100000000, 0x000400000005bfc0, 1,
	  { .op = OP_MOV_TO_PR, .r2 = 5, .imm = -2 } },
	{ "mov pr.rot=0x10000", 0x0010000100000000, 0x0004000000010000, 1,
	  { .op = OP_MOV_TO_PR_ROT, .imm = 0x10000 } },
	{ "mov pr.rot=-0x10000", 0xfff0000100000000, 0x0004000000057fff, 1,
	  { .op = OP_MOV_TO_PR_ROT, .imm = -0x10000 } },
	{ "mov.i ar.lc=r5", 0x2800000100000000, 0x0004000000005504, 1,
	  { .op = OP_MOV_I_TO_AR, .r2 = 5, .r3 = 65, .aux = 1 } },
	{ "mov.i ar.ec=-128", 0x0000000100000000, 0x0004000000041508, 1,
	  { .op = OP_MOV_I_TO_AR_IMM, .r3 = 66, .imm = -128, .aux = 1 } },
	{ "mov.i r5=ar.pfs", 0x0050000100000000, 0x0004000000006500, 1,
	  { .op = OP_MOV_I_FROM_AR, .r1 = 5, .r3 = 64, .aux = 1 } },
	{ "sxt4 r5=r6", 0x0050000100000000, 0x0004000000002c18, 1,
	  { .op = OP_SXT4, .r1 = 5, .r3 = 6, .aux = 2 } },
	{ "break.i 0x1fffff", 0xfff0000100000000, 0x00040000000400ff, 1,
	  { .op = OP_BREAK_I, .imm = 0x1fffff } },
	{ "ld8.c.clr.acq.nta r5=[r6]", 0x0000115e0c002808, 0x0004000000000200, 0,
	  { .op = OP_LD8_C_CLR_ACQ, .r1 = 5, .r3 = 6, .aux = 3 | LD_C | LD_CLR | LD_ACQ } },
	{ "ld4.sa r5=[r6],r7", 0x000012700c1c2808, 0x0004000000000200, 0,
	  { .op = OP_LD4_SA_REG, .r1 = 5, .r3 = 6, .r2 = 7, .aux = 2 | LD_S | LD_A } },
	{ "ld1 r5=[r6],-256", 0x000016000c002808, 0x0004000000000200, 0,
	  { .op = OP_LD1_IMM, .r1 = 5, .r3 = 6, .imm = -256 } },
	{ "ld8.fill r5=[r6],255", 0x000014d90dfc2808, 0x0004000000000200, 0,
	  { .op = OP_LD8_FILL_IMM, .r1 = 5, .r3 = 6, .imm = 255, .aux = 3 | LD_FILL } },
	{ "st2.rel [r6]=r7", 0x000011a80c1c0008, 0x0004000000000200, 0,
	  { .op = OP_ST2_REL, .r2 = 7, .r3 = 6, .aux = 1 | ST_REL } },
	{ "st8.spill [r6]=r7,-256", 0x000017d80c1c0008, 0x0004000000000200, 0,
	  { .op = OP_ST8_SPILL_IMM, .r2 = 7, .r3 = 6, .imm = -256, .aux = 3 | ST_SPILL } },
	{ "ldfd.s f5=[r6],r7", 0x00001a380c1c2808, 0x0004000000000200, 0,
	  { .op = OP_LDFD_S_REG, .r1 = 5, .r3 = 6, .r2 = 7, .aux = FP_D | LD_S } },
	{ "ldfps f5,f8=[r6],8", 0x00001a110c202808, 0x0004000000000200, 0,
	  { .op = OP_LDFPS_IMM, .r1 = 5, .r4 = 8, .r3 = 6, .imm = 8, .aux = FP_S } },
	{ "ldfp8 f5,f8=[r6],16", 0x00001a090c202808, 0x0004000000000200, 0,
	  { .op = OP_LDFP8_IMM, .r1 = 5, .r4 = 8, .r3 = 6, .imm = 16, .aux = FP_8 } },
	{ "stfe [r6]=f7,16", 0x00001d800c1c8008, 0x0004000000000200, 0,
	  { .op = OP_STFE_IMM, .r2 = 7, .r3 = 6, .imm = 16, .aux = FP_E } },
	{ "lfetch.fault.excl.nt1 [r6],r7", 0x00001b7a0c1c0008, 0x0004000000000200, 0,
	  { .op = OP_LFETCH_FAULT_EXCL_REG, .r3 = 6, .r2 = 7, .aux = 3 } },
	{ "cmpxchg4.rel r5=[r6],r7,ar.ccv", 0x000010310c1c2808, 0x0004000000000200, 0,
	  { .op = OP_CMPXCHG4_REL, .r1 = 5, .r3 = 6, .r2 = 7, .aux = 2 | ST_REL } },
	{ "fetchadd8.acq r5=[r6],-16", 0x000010990c102808, 0x0004000000000200, 0,
	  { .op = OP_FETCHADD8_ACQ, .r1 = 5, .r3 = 6, .imm = -16, .aux = 3 | LD_ACQ } },
	{ "ld16 r5,ar.csd=[r6]", 0x000011410c002808, 0x0004000000000200, 0,
	  { .op = OP_LD16, .r1 = 5, .r3 = 6 } },
	{ "st16 [r6]=r7,ar.csd", 0x000011810c1c0008, 0x0004000000000200, 0,
	  { .op = OP_ST16, .r2 = 7, .r3 = 6 } },
	{ "setf.exp f5=r7", 0x000018e9001c2808, 0x0004000000000200, 0,
	  { .op = OP_SETF_EXP, .r1 = 5, .r2 = 7 } },
	{ "getf.d r5=f7", 0x000010f9001c2808, 0x0004000000000200, 0,
	  { .op = OP_GETF_D, .r1 = 5, .r2 = 7 } },
	{ "chk.s f5,.+0x40", 0x000004c000142008, 0x0004000000000200, 0,
	  { .op = OP_CHK_S_FP, .r2 = 5, .imm = 0x40 } },
	{ "chk.a.clr r5,.-0x1000000", 0x0000034000002808, 0x0004000000000200, 0,
	  { .op = OP_CHK_A_CLR, .r1 = 5, .imm = -0x1000000, .aux = 1 } },
	{ "invala.e f5", 0x0000001300002808, 0x0004000000000200, 0,
	  { .op = OP_INVALA_E_FP, .r1 = 5 } },
	{ "fc.i r6", 0x000006300c000008, 0x0004000000000200, 0,
	  { .op = OP_FC_I, .r3 = 6, .aux = 1 } },
	{ "mov.m ar.rsc=r5", 0x0000042a20140008, 0x0004000000000200, 0,
	  { .op = OP_MOV_M_TO_AR, .r2 = 5, .r3 = 16 } },
	{ "mov cr.itir=r5", 0x0000042c2a140008, 0x0004000000000200, 0,
	  { .op = OP_MOV_TO_CR, .r2 = 5, .r3 = 21 } },
	{ "mov r5=cr.ivr", 0x0000042482002809, 0x0004000000000200, 0,
	  { .op = OP_MOV_FROM_CR, .r1 = 5, .r3 = 65 } },
	{ "alloc r32=ar.pfs,4,20,8,24", 0x0000058330810008, 0x0004000000000200, 0,
	  { .op = OP_ALLOC, .r1 = 32, .r2 = 32, .r3 = 24, .r4 = 3 } },
	{ "mov psr.l=r5", 0x0000042d00140008, 0x0004000000000200, 0,
	  { .op = OP_MOV_TO_PSR_L, .r2 = 5 } },
	{ "ssm 0xffffff", 0x00000236fffff808, 0x0004000000000200, 0,
	  { .op = OP_SSM, .imm = 0xffffff } },
	{ "probe.r.fault r6,2", 0x000004320c080008, 0x0004000000000200, 0,
	  { .op = OP_PROBE_R_FAULT, .r3 = 6, .imm = 2, .aux = PROBE_READ } },
	{ "probe.w r5=r6,r7", 0x000004390c1c2808, 0x0004000000000200, 0,
	  { .op = OP_PROBE_W, .r1 = 5, .r3 = 6, .r2 = 7, .aux = PROBE_WRITE } },
	{ "itc.i r5", 0x0000042f0014000a, 0x0004000000000200, 0,
	  { .op = OP_ITC_I, .r2 = 5 } },
	{ "itr.d dtr[r6]=r5", 0x0000040e0c140008, 0x0004000000000200, 0,
	  { .op = OP_ITR_D, .r3 = 6, .r2 = 5 } },
	{ "ptc.ga r6,r5", 0x0000040b0c14000a, 0x0004000000000200, 0,
	  { .op = OP_PTC_GA, .r3 = 6, .r2 = 5 } },
	{ "mov rr[r6]=r5", 0x000004000c140008, 0x0004000000000200, 0,
	  { .op = OP_MOV_TO_RR, .r3 = 6, .r2 = 5 } },
	{ "mov r5=pmd[r6]", 0x000004150c002808, 0x0004000000000200, 0,
	  { .op = OP_MOV_FROM_PMD, .r1 = 5, .r3 = 6 } },
	{ "tpa r5=r6", 0x0000041e0c002808, 0x0004000000000200, 0,
	  { .op = OP_TPA, .r1 = 5, .r3 = 6 } },
	{ "(p9) br.cond.spnt.few .-0x1000000", 0x0000000100000010, 0x4900000004800200, 2,
	  { .op = OP_BR_COND, .qp = 9, .imm = -0x1000000 } },
	{ "br.cloop.sptk.few .+0xfffff0", 0x0000000100000010, 0x40fffff0a0000200, 2,
	  { .op = OP_BR_CLOOP, .imm = 0xfffff0 } },
	{ "br.call.sptk.few b5=.+0x20", 0x0000000100000010, 0x50000020a0000200, 2,
	  { .op = OP_BR_CALL, .r1 = 5, .imm = 0x20 } },
	{ "br.ret.sptk.few b6", 0x0000000100000010, 0x0084006080000200, 2,
	  { .op = OP_BR_RET, .r2 = 6 } },
	{ "br.call.sptk.few b5=b6", 0x0000000100000010, 0x10800060a0000200, 2,
	  { .op = OP_BR_CALL_IND, .r1 = 5, .r2 = 6 } },
	{ "rfi", 0x0000000100000011, 0x0020000000000200, 2,
	  { .op = OP_RFI } },
	{ "nop.b 0x1fffff", 0x0000000100000010, 0x2801ffffe0000200, 2,
	  { .op = OP_NOP_B, .imm = 0x1fffff } },
	{ "fma.d.s2 f4=f5,f6,f7", 0x384000010000000c, 0x00040000004a0c14, 1,
	  { .op = OP_FMA_D, .r1 = 4, .r3 = 5, .r4 = 6, .r2 = 7, .imm = 2, .aux = PC_D } },
	{ "xma.hu f4=f5,f6,f7", 0x384000010000000c, 0x0004000000760c14, 1,
	  { .op = OP_XMA_HU, .r1 = 4, .r3 = 5, .r4 = 6, .r2 = 7 } },
	{ "fselect f4=f5,f6,f7", 0x384000010000000c, 0x0004000000700c14, 1,
	  { .op = OP_FSELECT, .r1 = 4, .r3 = 5, .r4 = 6, .r2 = 7 } },
	{ "fcmp.le.unc.s3 p6,p7=f8,f9", 0x446000010000000c, 0x0004000000238e24, 1,
	  { .op = OP_FCMP_LE_UNC, .r1 = 6, .r4 = 7, .r2 = 8, .r3 = 9, .imm = 3,
	    .aux = FCMP_LE | FCMP_UNC } },
	{ "fclass.m p6,p7=f8,0x1e7", 0x406000010000000c, 0x0004000000298fe4, 1,
	  { .op = OP_FCLASS_M, .r1 = 6, .r4 = 7, .r2 = 8, .imm = 0x1e7 } },
	{ "frcpa.s1 f4,p7=f8,f9", 0x404000010000000c, 0x0004000000018e24, 1,
	  { .op = OP_FRCPA, .r1 = 4, .r4 = 7, .r2 = 8, .r3 = 9, .imm = 1 } },
	{ "frsqrta.s0 f4,p7=f9", 0x004000010000000c, 0x0004000000048e24, 1,
	  { .op = OP_FRSQRTA, .r1 = 4, .r4 = 7, .r3 = 9 } },
	{ "fpcmp.nlt.s2 f4=f8,f9", 0x404000010000000c, 0x00040000000a6a24, 1,
	  { .op = OP_FPCMP_NLT, .r1 = 4, .r2 = 8, .r3 = 9, .imm = 2,
	    .aux = FCMP_LT | FCMP_NOT } },
	{ "fmerge.se f4=f8,f9", 0x404000010000000c, 0x0004000000002424, 1,
	  { .op = OP_FMERGE_SE, .r1 = 4, .r2 = 8, .r3 = 9 } },
	{ "fcvt.fxu.trunc.s1 f4=f8", 0x404000010000000c, 0x0004000000013600, 1,
	  { .op = OP_FCVT_FXU_TRUNC, .r1 = 4, .r2 = 8, .imm = 1, .aux = 3 } },
	{ "fsetc.s3 0x3f,0x40", 0xf80000010000000c, 0x0004000000030901, 1,
	  { .op = OP_FSETC, .r2 = 0x3f, .r3 = 0x40, .imm = 3 } },
	{ "fchkf.s2 .-0x20", 0xffe000010000000c, 0x00040000000610ff, 1,
	  { .op = OP_FCHKF, .r2 = 2, .imm = -0x20 } },
	{ "movl r5=0x123456789abcdef0", 0x789a800100000004, 0x66f79700a0123456, 1,
	  { .op = OP_MOVL, .r1 = 5, .imm = 0x123456789abcdef0 } },
	{ "movl r5=-2", 0xffffc00100000004, 0x6ffff7e0a07fffff, 1,
	  { .op = OP_MOVL, .r1 = 5, .imm = -2 } },
	{ "nop.x 0x3fffffffffffffff", 0xffffc00100000004, 0x0805ffffe07fffff, 1,
	  { .op = OP_NOP_X, .imm = 0x3fffffffffffffff } },
	{ "brl.cond.sptk.few .-0x1000000000", 0xf000000100000004, 0xc8000000007fffff, 1,
	  { .op = OP_BRL_COND, .imm = -0x1000000000 } },
	{ "brl.call.sptk.few b5=.+0x1000000000", 0x1000000100000005, 0xd0000000a0000000, 1,
	  { .op = OP_BRL_CALL, .r1 = 5, .imm = 0x1000000000 } },
};

static void print_insn(const char *what, const struct insn *i)
{
	printf("#   %-8s op %u %s qp %u r1 %u r2 %u r3 %u r4 %u aux %#x imm %#" PRIx64 "\n", what,
	       i->op, op_mnemonic(i->op), i->qp, i->r1, i->r2, i->r3, i->r4, i->aux,
	       (uint64_t)i->imm);
}

static void test_operands(void)
{
	for (unsigned int n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct insn got[3];
		uint8_t template;
		const struct insn *want = &cases[n].want, *i = &got[cases[n].slot];

		decode_bundle(cases[n].lo, cases[n].hi, got, &template);
		if (!ktap_result(!memcmp(i, want, sizeof(*i)), "%s", cases[n].text)) {
			print_insn("expected", want);
			print_insn("got", i);
		}
	}
}

/* Decodes slot in a place for its unit; the others hold nops. */
static struct insn decode_one(enum op_unit unit, uint64_t slot)
{
	static const uint8_t places[][3] = {
		/* unit, template, slot */
		{ UNIT_M, 0x08, 0 }, { UNIT_I, 0x00, 1 }, { UNIT_F, 0x0c, 1 },
		{ UNIT_B, 0x10, 2 }, { UNIT_X, 0x04, 2 },
	};
	uint64_t slots[3] = { E_M48(0), E_M48(0), E_M48(0) };
	struct insn out[3];
	unsigned int n = 0;
	uint8_t template;

	while (places[n][0] != unit)
		n++;
	slots[places[n][2]] = slot;
	decode_bundle(places[n][1] | slots[0] << 5 | slots[1] << 46,
		      slots[1] >> 18 | slots[2] << 23, out, &template);
	return out[unit == UNIT_X ? 1 : places[n][2]];
}

static const struct {
	const char *name;
	enum op_unit unit;
	uint64_t slot;
	unsigned int op, qp;
} reserved[] = {
	/* SDM 3:4.1: by qp outside of B, else by the shading of the table. */
	{ "an unused major opcode of M", UNIT_M, E_MAJOR(2) | 5, OP_ILLEGAL_QP, 5 },
	{ "an unused major opcode of I", UNIT_I, E_MAJOR(1) | 5, OP_ILLEGAL_QP, 5 },
	{ "an unused major opcode of F", UNIT_F, E_MAJOR(7) | 5, OP_ILLEGAL_QP, 5 },
	{ "an unused major opcode of X", UNIT_X, E_MAJOR(1) | 5, OP_ILLEGAL_QP, 5 },
	{ "an unused branch major opcode of X", UNIT_X, E_MAJOR(8) | 5, OP_ILLEGAL_QP, 5 },
	{ "an unused major opcode of B", UNIT_B, E_MAJOR(8) | 5, OP_ILLEGAL, 0 },
	{ "B major opcode 0, x6 0x01", UNIT_B, E_B8(0, 0x01) | 5, OP_NOP_B, 5 },
	{ "B major opcode 0, x6 0x03", UNIT_B, E_B8(0, 0x03) | 5, OP_ILLEGAL_QP, 5 },
	{ "B major opcode 0, x6 0x22", UNIT_B, E_B8(0, 0x22) | 5, OP_ILLEGAL, 0 },
	{ "B major opcode 0, btype 2", UNIT_B, E_B4(0x20, 2) | 5, OP_ILLEGAL, 0 },
	{ "B major opcode 2, x6 0x3f", UNIT_B, E_B8(2, 0x3f) | 5, OP_NOP_B, 5 },
	{ "B major opcode 3", UNIT_B, E_MAJOR(3) | 5, OP_NOP_B, 5 },
	{ "B major opcode 4, btype 1", UNIT_B, E_B1(4, 1) | 5, OP_ILLEGAL, 0 },
	{ "B major opcode 6", UNIT_B, E_MAJOR(6) | 5, OP_NOP_B, 5 },
	{ "movl with vc set", UNIT_X, E_X2 | EF(1, 20) | 5, OP_ILLEGAL_QP, 5 },
	/* SDM 3:4.8, reservedQP. */
	{ "mux1 with mbtype 1", UNIT_I, E_I7(0, 0, 3, 2, 2) | EF(1, 20) | 5, OP_ILLEGAL_QP, 5 },
	{ "mux1 with mbtype 12", UNIT_I, E_I7(0, 0, 3, 2, 2) | EF(12, 20), OP_ILLEGAL_QP, 0 },
	{ "pshladd2 by 4", UNIT_M, E_A10(0, 1, 4) | EF(3, 27) | 5, OP_ILLEGAL_QP, 5 },
	/* Not on this processor: clz, mov from DAHR. */
	{ "clz", UNIT_I, E_I7(0, 1, 1, 1, 3) | 5, OP_ILLEGAL_QP, 5 },
	{ "mov from dahr", UNIT_M, E_M1X(0x20) | 5, OP_ILLEGAL_QP, 5 },
	/* SDM 3:2: illegal with a predicate (alloc, br.ia). */
	{ "alloc under p0", UNIT_M, E_X3(1, 6), OP_ALLOC, 0 },
	{ "alloc under p5", UNIT_M, E_X3(1, 6) | 5, OP_ILLEGAL, 0 },
	{ "br.ia under p0", UNIT_B, E_B4(0x20, 1), OP_BR_IA, 0 },
	{ "br.ia under p5", UNIT_B, E_B4(0x20, 1) | 5, OP_ILLEGAL, 0 },
	/* Fields that hold no predicate. */
	{ "cover with bits 5:0 set", UNIT_B, E_B8(0, 0x02) | 5, OP_COVER, 0 },
	{ "brp with bits 5:0 set", UNIT_B, E_MAJOR(7) | 5, OP_BRP, 0 },
	{ "flushrs with bits 5:0 set", UNIT_M, E_M24(0, 0xc) | 5, OP_FLUSHRS, 0 },
	{ "br.cloop with bits 5:0 set", UNIT_B, E_B1(4, 5) | 5, OP_BR_CLOOP, 0 },
	/* Reserved hints are hints: SDM 3:4.4.1, 4.5.1. */
	{ "ld8 with update and hint 2", UNIT_M, E_M3(5, 3) | EF(2, 28), OP_LD8_IMM, 0 },
	{ "br.call with wh 0", UNIT_B, E_MAJOR(1), OP_BR_CALL_IND, 0 },
	{ "hint.m with any immediate", UNIT_M, E_M48(1) | KF(25, 6), OP_HINT_M, 0 },
};

static void test_reserved(void)
{
	for (unsigned int n = 0; n < sizeof(reserved) / sizeof(reserved[0]); n++) {
		struct insn i = decode_one(reserved[n].unit, reserved[n].slot);

		if (!ktap_result(i.op == reserved[n].op && i.qp == reserved[n].qp, "%s",
				 reserved[n].name))
			printf("#   expected op %u (%s) qp %u, got op %u (%s) qp %u\n",
			       reserved[n].op, op_mnemonic(reserved[n].op), reserved[n].qp, i.op,
			       op_mnemonic(i.op), i.qp);
	}
}

/* br.cloop and its kin are illegal in slots 0 and 1 (SDM 3:2, br). */
static void test_slot2(void)
{
	static const uint8_t btypes[] = { 2, 3, 5, 6, 7 };

	for (unsigned int n = 0; n < sizeof(btypes); n++) {
		uint64_t s = E_B1(4, btypes[n]);
		struct insn out[3];
		uint8_t template;

		/* BBB */
		decode_bundle(0x16 | s << 5 | s << 46, s >> 18 | s << 23, out, &template);
		ktap_result(out[0].op == OP_ILLEGAL && out[1].op == OP_ILLEGAL &&
			    op_flags(out[2].op) & F_SLOT2, "%s only in slot 2",
			    op_mnemonic(out[2].op));
	}
}

/* SDM 3:4, table 4-2. */
static void test_templates(void)
{
	static const char units[32][4] = {
		"MII", "MII", "MII", "MII", "MLX", "MLX", "", "", "MMI", "MMI", "MMI", "MMI",
		"MFI", "MFI", "MMF", "MMF", "MIB", "MIB", "MBB", "MBB", "", "", "BBB", "BBB",
		"MMB", "MMB", "", "", "MFB", "MFB", "", "",
	};
	static const char stops[32] = {
		0, 4, 2, 6, 0, 4, 0, 0, 0, 4, 1, 5, 0, 4, 0, 4,
		0, 4, 0, 4, 0, 0, 0, 4, 0, 4, 0, 0, 0, 4, 0, 0,
	};

	for (unsigned int t = 0; t < 32; t++) {
		struct insn out[3];
		uint8_t template;
		bool ok = true;

		for (unsigned int n = 0; n < 3; n++) {
			char unit = "\0AIMBFXL"[template_unit(t, n)];

			ok = ok && unit == units[t][units[t][0] ? n : 0] &&
			     template_stop(t, n) == (stops[t] >> n & 1);
		}
		/* Reserved templates hold nothing, whatever the slots are. */
		decode_bundle(t | E_M48(0) << 5 | E_M48(0) << 46, E_M48(0) >> 18 | E_M48(0) << 23,
			      out, &template);
		ok = ok && template == t;
		if (!units[t][0])
			ok = ok && !out[0].op && !out[1].op && !out[2].op;
		if (units[t][1] == 'L')
			ok = ok && out[1].op == OP_NOP_X && out[2].op == OP_X2ND;
		ktap_result(ok, "template %#x %s", t, units[t][0] ? units[t] : "is reserved");
	}
}

int main(void)
{
	ktap_begin();
	test_operands();
	test_reserved();
	test_slot2();
	test_templates();
	return ktap_end();
}
