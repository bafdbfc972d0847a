/* SPDX-License-Identifier: GPL-2.0-only */
/* The one list of counters; everything that prints or copies them is generated from it. */
#ifndef RIVEN_STATS_H
#define RIVEN_STATS_H

#include <stdint.h>

/* X(name, "what it counts") */
#define RIVEN_STATS(X)							\
	X(bundles, "bundles executed")					\
	X(run_ns, "nanoseconds in the world, running the guest")	\
	X(decode_misses, "bundles decoded")				\
	X(blocks, "blocks translated")					\
	X(blocks_open, "of them: for whatever frame the guest has")	\
	X(block_bundles, "bundles translated")				\
	X(block_bytes, "bytes of host code made")			\
	X(blocks_background, "blocks translated on another processor")	\
	X(translate_ns, "nanoseconds spent translating")		\
	X(background_ns, "of them: on another processor, beside the guest") \
	X(block_errors, "blocks given up because the translator erred")	\
	X(block_lookups, "blocks looked up outside of translated code")	\
	X(block_refusals, "times that a frame was none that such a block takes") \
	X(block_finishes, "instructions that translated code left to the interpreter") \
	X(block_attentions, "translated code left since something may be pending") \
	X(block_faults, "translated code left by a fault or an instruction that exits") \
	X(block_evictions, "blocks evicted from a full translation cache") \
	X(block_flushes, "translation caches emptied")			\
	X(interpreted, "bundles interpreted although there is a translator") \
	X(interpreted_nat, "of them: since NaT bits were around")	\
	X(verified, "bundles of both engines that were compared")	\
	X(verify_retries, "comparisons repeated, as after DMA into the same page") \
	X(mtlb_fills, "machine TLB fills")				\
	X(mtlb_flushes, "machine TLB flushes")				\
	X(mtlb_flush_steps, "machine TLB entries looked at by flushes")	\
	X(stlb_hits, "STLB hits")					\
	X(stlb_misses, "STLB misses")					\
	X(stlb_inserts, "STLB inserts")					\
	X(stlb_evictions, "STLB evictions")				\
	X(stlb_purges, "STLB purge operations")				\
	X(stlb_purged, "STLB entries purged")				\
	X(stlb_purge_steps, "STLB entries looked at by purges")		\
	X(tr_hits, "translation register hits")				\
	X(vhpt_walks, "VHPT walks")					\
	X(vhpt_inserts, "VHPT walks that found a translation")		\
	X(interruptions, "interruptions delivered")			\
	X(faults_tlb, "TLB, VHPT and nested TLB faults delivered")	\
	X(faults_page, "page not present, access, dirty and key faults delivered") \
	X(faults_other, "other faults and traps delivered")		\
	X(external_interrupts, "external interrupts delivered")		\
	X(timer_ticks, "interval timer matches")			\
	X(breaks, "break instructions delivered")			\
	X(rse_spills, "registers stored by the RSE")			\
	X(rse_fills, "registers loaded by the RSE")			\
	X(alat_hits, "ALAT checks that hit")				\
	X(alat_misses, "ALAT checks that missed")			\
	X(unaligned, "unaligned accesses carried out")			\
	X(exit_mmio, "exits: memory-mapped I/O")			\
	X(exit_pio, "exits: port I/O")					\
	X(exit_firmware, "exits: firmware calls")			\
	X(exit_halt, "exits: halt")					\
	X(exit_intr, "exits: kicked by the host")			\
	X(exit_other, "exits: all others")

struct riven_stats {
#define X(name, text) uint64_t name;
	RIVEN_STATS(X)
#undef X
};

#endif
