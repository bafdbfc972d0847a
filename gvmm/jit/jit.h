/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The translator: IA-64 to x86-64. Blocks of translated code live in a cache of
 * each vCPU; docs/translator.md says what they assume and how they are left.
 */
#ifndef GVMM_JIT_JIT_H
#define GVMM_JIT_JIT_H

#include "gvmm/cpu/vcpu.h"
#include "gvmm/jit/emit.h"
#include "gvmm/jit/verify.h"

/* Bundles in a block. */
#define BLOCK_BUNDLES	32
/* Room that one translation is given, descriptor and instructions included. */
#define BLOCK_ROOM	0x10000u

#define HASH_BITS	16
/* So many that a byte offset is one byte. */
#define NR_RETURNS	32
#define PAGE_HASH_BITS	12
#define JUMP_BITS	12
#define JUMP_GENS	8
#define HEAT_BITS	16
#define DOUBT_BITS	12

/* What code is translated for. Two blocks with equal keys do the same. */
struct key {
	uint64_t ip;		/* with the slot in its low bits */
	uint64_t gpa;
	struct frame frame;
	uint32_t flags;		/* KEY_* */
};

enum key_flags {
	KEY_CPL = 3,		/* mask of the privilege level */
	KEY_BE = 4,		/* PSR.be */
	KEY_IT = 8,		/* PSR.it */
	/* enum mtlb_mode of the array for data. */
	KEY_MODE_1 = 16,
	KEY_MODE = 7 * KEY_MODE_1,
	/* Whatever the frame is: it is not part of the key (open.c). */
	KEY_OPEN = 128,
	/* Above: bundles that the block may have at most; 0: as many as it likes. */
	KEY_LIMIT_SHIFT = 8,
};

/* What an open block has the frame be: r32 and up to sof registers are there; nothing is turned. */
struct needs {
	uint8_t sof;
	bool plain;
};

static inline bool frame_meets(struct frame f, struct needs n)
{
	return f.sof >= n.sof && !(n.plain && (f.rrb_gr | f.rrb_fr | f.rrb_pr));
}

/*
 * A block, in the cache: this, and code. Offsets are from the cache's start; 0:
 * none. The translator fills key, code, stale, bundles, rest, end and links.
 */
struct block {
	struct key key;
	uint32_t code;		/* entry */
	uint32_t inner;		/* entry where the frame is known to be one that it takes */
	struct needs needs;	/* what the entry looks at, of an open one */
	uint32_t stale;		/* where to go when the block must not be entered */
	uint32_t bundles;	/* that it accounts for when it is entered */
	uint32_t rest;		/* behind the main path: what is rarely executed */
	uint32_t end;		/* behind its code and links */
	uint32_t links;		/* the first of its exits */

	/* The cache's own: neighbours in two chains, and who leads here. */
	uint32_t next_hash, prev_hash;
	uint32_t next_page, prev_page;
	uint32_t incoming;	/* the first link that is patched to lead here */
	uint32_t misses;	/* of floating-point registers that were in another form */
	bool dropped;
};

#define FRAME_ANY	~0ull

/* Where translated code goes on at an address found out at run time. */
struct jump {
	uint64_t ip;
	struct frame frame;	/* or FRAME_ANY, of an open block */
	uint32_t gen;		/* code_gen[] of its region */
	uint32_t flags;		/* KEY_* */
	const void *code;
};

_Static_assert(sizeof(struct jump) == 32, "no entry straddles a cache line");

/*
 * An exit whose target is known, or guessed: patched to lead there once it has been
 * translated. Lies in its block, at a multiple of 4. Offsets in the cache. The
 * translator fills what is ahead of `unpatched`.
 */
struct link {
	uint32_t jump;		/* of the jump's displacement: as translated it leads to the dispatcher */
	uint32_t gen;		/* of the generation compared before it, or 0: same page */
	uint32_t guess;	   /* of a branch through a register: the address compared first, or 0 */
	uint32_t patience; /* how often it may be given another one */
	uint32_t next;		/* the next one of the block */
	uint32_t flags;		/* KEY_* of where it leads, but KEY_OPEN */
	bool open;		/* the frame there is not known, but that it meets needs */
	bool loose;		/* never patched: no open block is where it leads */
	struct needs needs;

	uint32_t unpatched;	/* what the displacement was */
	uint32_t target;	/* block that it leads to now */
	uint32_t next_in, prev_in;	/* among the links that lead there */
};

/* Translations that a thread beside the vCPU's is to make: a ring, see background.c. */
#define NR_WANTED	16

struct wanted {
	struct key key;
	uint32_t offset;		/* of the block, when it has been made; 0: there is none */
	uint64_t posted;		/* time stamps: when it was wanted, */
	uint64_t began, done;		/* and when it was made */
	bool stale;			/* what it is made of has changed meanwhile */
	bool failed;			/* by a mistake of the translator's */
	struct fpreg fr[128];		/* as the vCPU's were then, who was about to enter the block */
	uint64_t fr_b[128];
};

/* How translated code comes back; below are the values of enum exec_status. */
enum leave {
	LEAVE_LOOKUP = 16,	/* go on at ip, the slot in its low bits; a link can be patched to lead there */
	LEAVE_FINISH,		/* the bundle at ip, from slot ri on, is the interpreter's */
	LEAVE_ATTENTION,	/* so it is since the handler in front of slot ri wants attention */
	LEAVE_BUNDLE,		/* of handlers: go on at ip, ri, in the same bundle; never comes back */
	LEAVE_REFUSED,		/* like LOOKUP; the open block there does not take the frame */
};

/* At RIVEN_VCPU_JIT of the vCPU area. */
struct jit {
	uint8_t *rw;			/* the cache, writable */
	int64_t to_rx;
	uint32_t size;
	uint32_t first;			/* offset behind the code that all blocks share */
	/*
	 * A ring of blocks: the next goes to `used`, for which the oldest ones ahead of it
	 * have to go; they lie from `oldest` (0: none) up to `top`.
	 */
	uint32_t used, oldest, top;
	uint32_t bottom;		/* where the blocks begin that a wrap finds */
	uint32_t evictions;		/* counts them */
	uint32_t enter, leave, leave_lookup, leave_with, thunk_link;	/* offsets of that */
	uint32_t thunk_call, thunk_access, thunk_access_xmm, thunk_find, thunk_return,
		thunk_indirect, thunk_get_pr, thunk_set_pr, thunk_alat, thunk_spill;
	uint32_t masks;			/* offset of constants (enum host_mask) */
	uint32_t thunk_form, thunk_form_xmm;
	uint32_t cpu;			/* CPU_* */
	uint64_t tag_bits[MTLB_SIZES];	/* by log2 of an access's size: those that make its tag */
	bool ready;
	bool background;		/* background_on() */

	/* While translated code runs. */
	uint32_t left;			/* bundles, between enter and leave */
	uint64_t leave_arg;		/* link's offset, or for other statuses: 1 if long */
	uint64_t stack;			/* where enter's frame is */
	uint64_t site;			/* of the handler that runs */
	uint32_t leave_status;		/* leave_with's */
	uint32_t mxcsr;			/* MXCSR on its way */
	/*
	 * Where calls are expected to come back to: code that looks whether they have,
	 * a ring. top is the byte offset of the last one.
	 */
	uint64_t returns[NR_RETURNS];
	uint8_t returns_top;

	/* Background translation: run->background.wanted - taken are under way. */
	struct wanted wanted[NR_WANTED];
	uint32_t taken;
	uint64_t last_done;		/* time stamp of the one taken last */
	uint64_t off_until, off_for;	/* there is no processor for it: time stamp, ticks */
	uint32_t next;			/* offset for the next one: the thread's own while one is under way */

	uint32_t hash[1 << HASH_BITS];
	uint32_t pages[1 << PAGE_HASH_BITS];
	uint8_t heat[1 << HEAT_BITS];
	uint8_t doubt[1 << DOUBT_BITS];	/* see jit_trusts() */
	struct jump jump[1 << JUMP_BITS] __attribute__((aligned(64)));
};

_Static_assert(sizeof(struct jit) <= RIVEN_VCPU_JIT_SIZE, "tables fit their area");

static inline uint8_t *cache_at(const struct jit *j, uint32_t offset)
{
	return j->rw + offset;
}

static inline const void *cache_rx(const struct jit *j, uint32_t offset)
{
	return j->rw + offset + j->to_rx;
}

static inline struct link *link_at(const struct jit *j, uint32_t offset)
{
	return (struct link *)(j->rw + offset);
}

static inline struct block *block_at(const struct jit *j, uint32_t offset)
{
	return (struct block *)(j->rw + offset);
}

#define BLOCK_ALIGN	16u

/* Where the block behind may begin. */
static inline uint32_t block_next(const struct block *b)
{
	return (b->end + BLOCK_ALIGN - 1) & ~(BLOCK_ALIGN - 1);
}

static inline bool key_equal(const struct key *a, const struct key *b)
{
	return a->ip == b->ip && a->gpa == b->gpa && a->flags == b->flags &&
	       a->frame.whole == b->frame.whole;
}

static inline uint32_t key_slot(const struct key *k)
{
	return k->ip & 3;
}

/* What code has to be entered for, open or not. */
static inline uint32_t key_state(const struct key *k)
{
	return k->flags & ~(uint32_t)KEY_OPEN;
}

/* Bundles that a block for this key may have. */
static inline uint32_t key_limit(const struct key *k)
{
	uint32_t limit = k->flags >> KEY_LIMIT_SHIFT;

	return limit && limit < BLOCK_BUNDLES ? limit : BLOCK_BUNDLES;
}

/* The flags of a key for the PSR in force. */
static inline uint32_t key_flags(const struct vcpu *v)
{
	uint32_t mode = (uint32_t)(v->mtlb_data - v->mtlb) / MTLB_ENTRIES;

	return v->cpl | (v->be ? KEY_BE : 0) | (v->vpd->vpsr & PSR_IT ? KEY_IT : 0) |
	       mode * KEY_MODE_1;
}

struct decoded;

/* The cache (cache.c). */
void cache_prepare(struct vcpu *v);		/* once, before the first use */
struct block *cache_find(struct vcpu *v, const struct key *key);
/*
 * Room for some blocks of BLOCK_ROOM bytes, whose descriptors come first: evicts the
 * oldest ones. Only between blocks: code that is running could be among them. 0: that
 * would be on the other side of the end; never for one.
 */
uint32_t cache_reserve(struct vcpu *v, uint32_t blocks);
/* Enter the block at the offset that cache_reserve() gave; it is complete. */
void cache_insert(struct vcpu *v, uint32_t offset);
void cache_flush(struct vcpu *v);
/* The code for v->ip, ri as the jump cache has it, or NULL. */
const void *cache_jump(struct vcpu *v);
void cache_note_jump(struct vcpu *v, const struct block *b);
/* Make the link at offset lead to b, for addresses of b's region as they are now. */
void cache_link(struct vcpu *v, uint32_t offset, const struct block *b);

/* Code that all blocks share (thunks.c), at e: fills in the offsets of enter and the like. */
void make_thunks(struct vcpu *v, struct emit *e);

/* What the host's processor has beyond x86-64-v2. */
enum cpu_flags {
	CPU_BMI2 = 1, CPU_MOVBE = 2, CPU_FMA = 4, CPU_AVX2 = 8, CPU_BMI1 = 16, CPU_SERIALIZE = 32,
	CPU_IRET = 64,	/* works in user mode */
};
uint32_t cpu_features(void);

/* May there be an open block for the bundle at v->ip, which is on the current code page? */
bool translate_open(struct vcpu *v);
/* Translate for key. The block, or NULL: interpret. The code's page is at window + gpa. */
struct block *translate_block(struct vcpu *v, const struct key *key);

/*
 * Parts of it. translate_mark: what changes the code's page from now on is noticed.
 * translate_at: the block, to an offset where there is room for it; NULL: there is none,
 * and *failed if that is the translator's mistake. w: what another thread makes while the
 * vCPU runs, or NULL. translate_enter: it can be found from now on.
 */
void translate_mark(struct vcpu *v, const struct key *key);
struct block *translate_at(struct vcpu *v, const struct key *key, uint32_t offset,
			   const struct wanted *w, bool *failed);
void translate_enter(struct vcpu *v, uint32_t offset);

/*
 * Background translation (background.c), where the host offers it. background_on: it does.
 * background_wants: this one is, or will be, made there; the code stays cold until then.
 * background_collect: enter what has been made. background_pending: is there something
 * under way? background_invalidate: code of this frame, or of all for ~0, has changed.
 */
bool background_on(const struct vcpu *v);
bool background_wants(struct vcpu *v, const struct key *key);
void background_collect(struct vcpu *v);
bool background_pending(const struct vcpu *v);
void background_invalidate(struct vcpu *v, uint64_t gpa);
/* The blob's entry of the thread: make one translation. */
void gvmm_background(uint8_t *area);

static inline bool background_ready(const struct vcpu *v)
{
	return __atomic_load_n(&v->run->background.done, __ATOMIC_ACQUIRE) != v->jit->taken;
}

/* Nothing finds the block any more; it may be running. */
void cache_drop(struct vcpu *v, struct block *b);

/*
 * Floating-point registers are expected to have the form that they have when a block is
 * translated. After a number of blocks for ip that were wrong: not any more.
 */
bool jit_trusts(const struct jit *j, uint64_t ip);
/*
 * For translated code: physical register n gets this form, if it can have it. For
 * FORM_NONE, and when it can not: counts that the block, whose sites are at this
 * offset, is left for that. Not zero: done.
 */
#define FORM_NONE	0xffffffffu
uint32_t jit_form(struct vcpu *v, uint32_t n, uint32_t form, uint32_t sites);

/* What translated code calls: where to go on at v->ip; and after a br.ret, carried out here. */
const void *jit_find(struct vcpu *v);
const void *jit_return(struct vcpu *v, const struct insn *i);
/*
 * For an instruction of a site. jit_call: its handler. jit_sync: in place of that, where it
 * may change what the block relies on. jit_branch: its handler, then where to go on.
 */
int jit_call(struct vcpu *v, const struct insn *i);
int jit_sync(struct vcpu *v, const struct insn *i);
const void *jit_branch(struct vcpu *v, const struct insn *i);

/* Expect no call to come back. */
static inline void cache_forget_returns(struct jit *j)
{
	uint32_t n;

	for (n = 0; n < NR_RETURNS; n++)
		j->returns[n] = (uint64_t)(uintptr_t)cache_rx(j, j->thunk_return);
}

/*
 * What the run loop lends (gvmm/cpu/interp.c). interp_bundles: up to *count
 * bundles; interp_to_branch: the same, up to the first that does not go straight
 * on. interp_finish: the rest of the bundle at ip from slot ri on, as part of the
 * bundle that the caller has counted; what it begins with counts as left to it.
 * interp_fetch_page: make the page of
 * ip the current code page. interp_wind_up: after status (EXEC_SYNC or an exit)
 * of the instruction at ip, ri, and the rest of its bundle. All return EXEC_NEXT,
 * EXEC_FAULT or EXEC_EXIT. interp_fetch: the decoded bundle at ip, which is on the
 * current code page. interp_synchronize: what an EXEC_SYNC asks for.
 */
int interp_bundles(struct vcpu *v, uint32_t *count);
int interp_to_branch(struct vcpu *v, uint32_t *count);
int interp_finish(struct vcpu *v, bool counted);
int interp_fetch_page(struct vcpu *v);
int interp_wind_up(struct vcpu *v, int status, bool is_long);
const struct decoded *interp_fetch(struct vcpu *v);
void interp_synchronize(struct vcpu *v);

/* Run up to *count bundles, as the interpreter does; EXEC_NEXT or EXEC_EXIT. */
int jit_bundles(struct vcpu *v, uint32_t *count);
/* Can there be a block for the state that the guest is in? */
bool jit_translatable(struct vcpu *v);

/* Code of [gpa, end), in one frame, is to be forgotten; all of it. */
void jit_invalidate(struct vcpu *v, uint64_t gpa);
void jit_invalidate_all(struct vcpu *v);

#endif
