// SPDX-License-Identifier: GPL-2.0-only
// Sequences as compilers and kernels have them, one for each label; tests/bench/codegen counts
// what they become. A block starts at the label and has all up to the one that ends it.

	.text
	.explicit
call:	{ .mii
	mov r43 = r32
	adds r44 = 8, r33
	nop.i 0
	} { .mib
	nop.m 0
	nop.i 0
	br.call.sptk.many b0 = call
	;; }
call.end:
	.align 256
return:	{ .mii
	mov r8 = r33
	mov.i ar.pfs = r34
	mov b0 = r35
	;; } { .mib
	nop.m 0
	nop.i 0
	br.ret.sptk.many b0
	;; }
return.end:
	.align 256
prologue: { .mmi
	alloc r36 = ar.pfs, 4, 8, 2, 0
	adds r12 = -32, r12
	mov r37 = b0
	;; } { .mmi
	st8 [r12] = r36, 8
	ld8 r8 = [r32]
	nop.i 0
	;; }
prologue.end:
	.align 256
loop_add: { .mmi
	ld8 r9 = [r32], 8
	;;
	add r8 = r8, r9
	nop.i 0
	} { .mib
	nop.m 0
	nop.i 0
	br.cloop.sptk.few loop_add
	;; }
loop_add.end:
	.align 256
memcpy8: { .mmi
	ld8 r9 = [r33], 8
	;;
	st8 [r32] = r9, 8
	nop.i 0
	} { .mib
	nop.m 0
	nop.i 0
	br.cloop.sptk.few memcpy8
	;; }
memcpy8.end:
	.align 256
copybyte: { .mmi
	ld1 r9 = [r33], 1
	;;
	st1 [r32] = r9, 1
	cmp4.ne p6, p7 = r0, r9
	} { .mib
	nop.m 0
	nop.i 0
(p6)	br.cond.dptk.few copybyte
	;; }
copybyte.end:
	.align 256
strlen:	{ .mmi
	ld1 r9 = [r32], 1
	;;
	adds r8 = 1, r8
	cmp.eq p6, p7 = 0, r9
	} { .mib
	nop.m 0
	nop.i 0
(p7)	br.cond.dptk.few strlen
	;; }
strlen.end:
	.align 256
list:	{ .mmi
	ld8 r32 = [r32]
	;;
	cmp.ne p6, p7 = 0, r32
	adds r8 = 1, r8
	} { .mib
	nop.m 0
	nop.i 0
(p6)	br.cond.dptk.few list
	;; }
list.end:
	.align 256
compare_chain: { .mib
	cmp4.lt p6, p7 = 10, r32
	nop.i 0
(p6)	br.cond.dptk.few list
	;; } { .mib
	cmp4.eq p6, p7 = 3, r32
	nop.i 0
(p6)	br.cond.dptk.few strlen
	;; } { .mib
	cmp4.eq p6, p7 = 5, r32
	nop.i 0
(p6)	br.cond.dptk.few memcpy8
	;; }
compare_chain.end:
	.align 256
compare_and: { .mmi
	cmp.eq p6, p0 = r0, r0
	;;
	cmp.lt.and p6, p0 = r0, r32
	cmp.ne.and p6, p0 = r0, r33
	;; } { .mib
	nop.m 0
	nop.i 0
(p6)	br.cond.dptk.few list
	;; }
compare_and.end:
	.align 256
predicated: { .mmi
	cmp.lt p6, p7 = r32, r33
	;;
(p6)	mov r8 = r32
(p7)	mov r8 = r33
	;; } { .mmi
(p6)	add r9 = r8, r32
(p7)	sub r9 = r8, r32
	nop.i 0
	;; }
predicated.end:
	.align 256
shifts:	{ .mii
	shladd r8 = r32, 3, r33
	extr.u r9 = r32, 8, 16
	dep r10 = r33, r32, 4, 12
	;; } { .mii
	nop.m 0
	shl r11 = r8, r9
	shr.u r14 = r10, r9
	;; } { .mii
	xor r8 = r11, r14
	sxt4 r9 = r8
	zxt2 r10 = r8
	;; }
shifts.end:
	.align 256
rotating: { .mmi
(p16)	ld8 r32 = [r8], 8
(p17)	st8 [r9] = r33, 8
	nop.i 0
	} { .mib
	nop.m 0
	nop.i 0
	br.ctop.sptk.few rotating
	;; }
rotating.end:
	.align 256
// Loops whose registers rotate, with room for some iterations in the block.
copy_stages: { .mmi
(p16)	ld8 r32 = [r8], 8
(p18)	st8 [r9] = r34, 8
	nop.i 0
	} { .mib
	nop.m 0
	nop.i 0
	br.ctop.sptk.few copy_stages
	;; }
	.skip 14 * 16
copy_stages.end:
	.align 256
daxpy_stages: { .mmf
(p16)	ldfd f32 = [r8], 8
(p16)	ldfd f40 = [r9], 8
(p18)	fma.d.s0 f50 = f34, f8, f42
	} { .mib
(p20)	stfd [r10] = f52, 8
	nop.i 0
	br.ctop.sptk.few daxpy_stages
	;; }
	.skip 14 * 16
daxpy_stages.end:
	.align 256
dot:	{ .mmf
	ldfd f8 = [r32], 8
	ldfd f9 = [r33], 8
	nop.f 0
	;; } { .mfb
	nop.m 0
	fma.d.s0 f10 = f8, f9, f10
	br.cloop.sptk.few dot
	;; }
dot.end:
	.align 256
daxpy:	{ .mmf
	ldfd f8 = [r32], 8
	ldfd f9 = [r33]
	nop.f 0
	;; } { .mfi
	nop.m 0
	fma.d.s0 f9 = f8, f12, f9
	nop.i 0
	;; } { .mib
	stfd [r33] = f9, 8
	nop.i 0
	br.cloop.sptk.few daxpy
	;; }
daxpy.end:
	.align 256
multiply: { .mmi
	setf.sig f8 = r32
	setf.sig f9 = r33
	nop.i 0
	;; } { .mfi
	nop.m 0
	xma.l f10 = f8, f9, f0
	nop.i 0
	;; } { .mii
	getf.sig r8 = f10
	nop.i 0
	nop.i 0
	;; }
multiply.end:
	.align 256
divide:	{ .mfi
	nop.m 0
	frcpa.s0 f10, p6 = f8, f9
	nop.i 0
	;; } { .mfi
	nop.m 0
(p6)	fma.s1 f12 = f8, f10, f0
	nop.i 0
	} { .mfi
	nop.m 0
(p6)	fnma.s1 f11 = f9, f10, f1
	nop.i 0
	;; } { .mfi
	nop.m 0
(p6)	fma.s1 f12 = f11, f12, f12
	nop.i 0
	} { .mfi
	nop.m 0
(p6)	fma.s1 f13 = f11, f11, f0
	nop.i 0
	;; } { .mfi
	nop.m 0
(p6)	fma.s1 f10 = f11, f10, f10
	nop.i 0
	;; } { .mfi
	nop.m 0
(p6)	fma.s1 f11 = f13, f12, f12
	nop.i 0
	} { .mfi
	nop.m 0
(p6)	fma.s1 f10 = f13, f10, f10
	nop.i 0
	;; } { .mfi
	nop.m 0
(p6)	fnma.s1 f12 = f9, f11, f8
	nop.i 0
	;; } { .mfi
	nop.m 0
(p6)	fma.s1 f10 = f12, f10, f11
	nop.i 0
	;; } { .mfi
	nop.m 0
	fcvt.fx.trunc.s1 f10 = f10
	nop.i 0
	;; } { .mii
	getf.sig r8 = f10
	nop.i 0
	nop.i 0
	;; }
divide.end:
	.align 256
fault_entry: { .mmi
	mov r16 = cr.ifa
	mov r17 = cr.isr
	nop.i 0
	;; } { .mmi
	mov r18 = cr.ipsr
	mov r19 = cr.iip
	mov r29 = b0
	;; } { .mmi
	nop.m 1
	mov r20 = cr.iha
	nop.i 0
	;; }
fault_entry.end:
	.align 256
syscall_entry: { .mmi
	mov r16 = ar.k6
	mov r17 = cr.iim
	mov r26 = ar.pfs
	;; } { .mmi
	mov r25 = ar.unat
	mov r27 = ar.rsc
	nop.i 0
	;; } { .mmi
	rsm psr.i
	mov r19 = psr
	nop.i 0
	;; } { .mmi
	ssm psr.ic
	srlz.d
	nop.i 0
	;; }
syscall_entry.end:
	.align 256
lock:	{ .mmi
	mov r8 = 1
	mov ar.ccv = r0
	nop.i 0
	;; } { .mmi
	cmpxchg4.acq r9 = [r32], r8, ar.ccv
	;;
	cmp4.eq p6, p7 = r9, r0
	nop.i 0
	} { .mib
	st4.rel [r32] = r0
	nop.i 0
(p7)	br.cond.dpnt.few lock
	;; }
lock.end:
	.align 256
