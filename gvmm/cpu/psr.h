/* SPDX-License-Identifier: GPL-2.0-only */
/* Processor status register bits (SDM 2:3.3.2) and the ISR's (SDM 2:8.2). */
#ifndef GVMM_CPU_PSR_H
#define GVMM_CPU_PSR_H

#define PSR_BE		(1ull << 1)
#define PSR_UP		(1ull << 2)
#define PSR_AC		(1ull << 3)
#define PSR_MFL		(1ull << 4)
#define PSR_MFH		(1ull << 5)
#define PSR_IC		(1ull << 13)
#define PSR_I		(1ull << 14)
#define PSR_PK		(1ull << 15)
#define PSR_DT		(1ull << 17)
#define PSR_DFL		(1ull << 18)
#define PSR_DFH		(1ull << 19)
#define PSR_SP		(1ull << 20)
#define PSR_PP		(1ull << 21)
#define PSR_DI		(1ull << 22)
#define PSR_SI		(1ull << 23)
#define PSR_DB		(1ull << 24)
#define PSR_LP		(1ull << 25)
#define PSR_TB		(1ull << 26)
#define PSR_RT		(1ull << 27)
#define PSR_CPL_SHIFT	32
#define PSR_CPL		(3ull << PSR_CPL_SHIFT)
#define PSR_IS		(1ull << 34)
#define PSR_MC		(1ull << 35)
#define PSR_IT		(1ull << 36)
#define PSR_ID		(1ull << 37)
#define PSR_DA		(1ull << 38)
#define PSR_DD		(1ull << 39)
#define PSR_SS		(1ull << 40)
#define PSR_RI_SHIFT	41
#define PSR_RI		(3ull << PSR_RI_SHIFT)
#define PSR_ED		(1ull << 43)
#define PSR_BN		(1ull << 44)
#define PSR_IA		(1ull << 45)
#define PSR_VM		(1ull << 46)

/* PSR.um: what sum, rum and mov psr.um touch; PSR.l: what mov psr.l touches. */
#define PSR_UM		0x3full
#define PSR_L		0xffffffffull

#define ISR_CODE	0xffffull
#define ISR_X		(1ull << 32)
#define ISR_W		(1ull << 33)
#define ISR_R		(1ull << 34)
#define ISR_NA		(1ull << 35)
#define ISR_SP		(1ull << 36)
#define ISR_RS		(1ull << 37)
#define ISR_IR		(1ull << 38)
#define ISR_NI		(1ull << 39)
#define ISR_SO		(1ull << 40)
#define ISR_EI_SHIFT	41
#define ISR_ED		(1ull << 43)

/* Default control register (SDM 2:3.3.4.1). */
#define DCR_PP		(1ull << 0)
#define DCR_BE		(1ull << 1)
#define DCR_LC		(1ull << 2)
#define DCR_DM		(1ull << 8)
#define DCR_DP		(1ull << 9)
#define DCR_DK		(1ull << 10)
#define DCR_DX		(1ull << 11)
#define DCR_DR		(1ull << 12)
#define DCR_DA		(1ull << 13)
#define DCR_DD		(1ull << 14)

#endif
