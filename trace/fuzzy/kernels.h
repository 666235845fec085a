/* Operations on contiguous blocks: the vectorised part. `sr` at full precision has
 * kernels of its own (block), all modes at all precisions have slower ones (grid).
 *
 * Compiled three times on x86-64 (baseline, AVX2 with FMA, AVX-512) and once elsewhere;
 * all of them give the same bits for the same random numbers.
 *
 * They are called with exceptions masked, rounding to nearest and gradual underflow
 * (flags.h), and leave exception flags of no meaning. */
#ifndef PT_FUZZY_KERNELS_H
#define PT_FUZZY_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzzy/generator.h"
#include "fuzzy/operation.h"

/* out[i] = a[i] op b[i] for i < n, rounded with random[i]. `out`
 * overlaps neither input, or is a, or both: a copy of it is left in `kept` then, which
 * is NULL otherwise. Returns true where some element is, or may be, outside of the
 * range in which the error-free transformation holds; these elements of `out` are to be
 * computed again (edge.h). Pointers are to double or float, aligned as such. The memory
 * is asked for what lies `ahead` bytes behind the operands and the result, where more
 * of the same follows; else that is 0. */
typedef bool pt_fuzzy_block_fn(const void *a, const void *b, void *out, void *kept,
                               const uint32_t *random, size_t n, size_t ahead);

/* What the modes are made of; the deterministic ones are sr and ud with hashes for
 * random numbers. */
enum pt_fuzzy_kind {
    PT_FUZZY_KIND_SR,
    PT_FUZZY_KIND_UD,
    PT_FUZZY_KIND_RR,
    PT_FUZZY_KIND_PB,
    PT_FUZZY_KIND_MCA,
    PT_FUZZY_N_KINDS
};

/* The same on the grid of numbers that have `dropped` bits less than the format:
 * `random` has n numbers, and for PB and MCA 3 n. */
typedef bool pt_fuzzy_grid_fn(const void *a, const void *b, void *out,
                              const uint32_t *random, size_t n, unsigned dropped);

/* out[i] = the upper half of the hash of a[i] and b[i], seeded by `seed`, for the
 * deterministic modes (edge.h): of b[i] and a[i] too where `commutes`. */
typedef void pt_fuzzy_hash_fn(const void *a, const void *b, uint32_t *out, size_t n,
                              uint64_t seed, bool commutes);

/* After a block that returned true: puts IEEE's result wherever it is the only possible
 * one and no exception comes with it (NaN, Inf and zeros), and returns how many these
 * are. *rest is set if out-of-range elements remain. */
typedef size_t pt_fuzzy_settle_fn(const void *a, const void *b, void *out, size_t n,
                                  bool *rest);

/* acc = acc op b[0], acc = acc op b[1], …: up to n of them, each stored in out[i] when
 * `out` is not NULL. Stops before an element that is outside of the range; returns the
 * number done. */
typedef size_t pt_fuzzy_scan_fn(void *acc, const void *b, void *out,
                                const uint32_t *random, size_t n);

/* acc = acc + (b[0] + b[1] + …), in that order, of n > 0 numbers that lie `step` bytes
 * apart, with n numbers of `random`. May be called in any environment. Returns false,
 * and leaves acc as it is, where that has not the common one's rounding or a sum is
 * zero or out of range. */
typedef bool pt_fuzzy_few_fn(void *acc, const char *b, ptrdiff_t step, size_t n,
                             const uint32_t *random);

/* a op b, rounded with `random`; NaN where the range is left: to be computed again. */
typedef double pt_fuzzy_single_fn(double a, double b, uint32_t random);

/* The sums of n <= pt_fuzzy_format_leaves stretches side by side, each with
 * PT_FUZZY_SIDE accumulators: sums[8 i + j] = x[i][j] + x[i][8 + j] + … over the
 * rows[i] >= 1 rows of stretch i, with a number of `random` for each addition. Returns
 * true where one was out of range: the sums are not to be used. */
typedef bool pt_fuzzy_leaves_fn(const void *const *x, const size_t *rows, size_t n,
                                void *sums, const uint32_t *random);

/* Adds neighbours among the n <= PT_FUZZY_BLOCK reals at x, then neighbours among these
 * sums, and so on until `left` are left, in `sums`, which is apart from x; a number of
 * `random` for each addition. Elements are `parts` reals each: 1, or 2 of a complex
 * number. n is `left` times a power of two. Returns true where one was out of range:
 * the sums are not to be used. */
typedef bool pt_fuzzy_fold_fn(const void *x, void *sums, size_t n, size_t parts,
                              size_t left, const uint32_t *random);

/* out[i] = r[i] or a neighbour, by the law of functions.h, r[i] being a function's
 * result at x[i]. Kept: zeros, Inf, NaN and the largest number; results at zero and at
 * infinity, which are exact or limits; and 1 and -1, which are exact, or bounds that
 * the function comes so near. `out` overlaps neither. */
typedef void pt_fuzzy_nudge_fn(const void *r, const void *x, void *out,
                               const uint32_t *random, size_t n);

/* Multiply-adds, each rounded once (blas/mac.h): acc[r] = before[r] + a[l][r] b[l], or
 * + a[l][r] b[l][r], for r < width, a multiple of 8, and l < k in turn; a, the second
 * kind of b and the random numbers are contiguous, `acc` is apart from all of them.
 * Returns true where `acc` is not to be used: the exact, then the careful function is
 * to be called with the same numbers. The exact one is not in doubt of sums without an
 * error (it takes a quarter longer), the careful one never is, and binary32 never is.
 * For binary64 the operands' products and `acc` must be multiples of 2^-960. Where a
 * sum overflows, or an operand is Inf or NaN, acc[r] is left Inf or NaN. */
typedef bool pt_fuzzy_mac_fn(const double *a, const double *b, const double *before,
                             double *acc, const uint32_t *random, size_t width,
                             size_t k);
enum { PT_FUZZY_MAC_PANEL, PT_FUZZY_MAC_EACH, PT_FUZZY_N_MAC };

struct pt_fuzzy_kernels {
    const char *name; /* "baseline", "avx2", "avx512" */
    bool fused;       /* has a fused multiply-add, so that factors need not be split */
    pt_fuzzy_block_fn *block[PT_FUZZY_N_FORMATS][PT_FUZZY_N_OPERATIONS];
    pt_fuzzy_grid_fn *grid[PT_FUZZY_N_KINDS][PT_FUZZY_N_FORMATS][PT_FUZZY_N_OPERATIONS];
    pt_fuzzy_hash_fn *hash[PT_FUZZY_N_FORMATS];
    pt_fuzzy_settle_fn *settle[PT_FUZZY_N_FORMATS][PT_FUZZY_N_OPERATIONS];
    pt_fuzzy_scan_fn *scan[PT_FUZZY_N_FORMATS][PT_FUZZY_N_OPERATIONS];
    pt_fuzzy_few_fn *few[PT_FUZZY_N_FORMATS];
    pt_fuzzy_single_fn *single[PT_FUZZY_N_OPERATIONS]; /* none for a root */
    pt_fuzzy_leaves_fn *leaves[PT_FUZZY_N_FORMATS];
    pt_fuzzy_fold_fn *fold[PT_FUZZY_N_FORMATS];
    pt_fuzzy_mac_fn *mac[PT_FUZZY_N_FORMATS][PT_FUZZY_N_MAC];
    pt_fuzzy_mac_fn *mac_exact[PT_FUZZY_N_MAC], *mac_careful[PT_FUZZY_N_MAC];
    pt_fuzzy_nudge_fn *nudge[PT_FUZZY_N_FORMATS];
    /* Fills n (a multiple of PT_FUZZY_FILL) words at `out`, aligned to 64 bytes. */
    void (*fill)(struct pt_fuzzy_generator *generator, uint64_t *out, size_t n);
};

/* The table for this processor; its name can be forced down by the environment variable
 * PYTRACER_FUZZY_KERNELS ("baseline", "avx2"), for tests and comparisons. Static
 * storage. Thread: safe. */
const struct pt_fuzzy_kernels *pt_fuzzy_kernels_best(void);

/* The table of this name, NULL where it is unknown or cannot run here. Thread: safe. */
const struct pt_fuzzy_kernels *pt_fuzzy_kernels_named(const char *name);

extern const struct pt_fuzzy_kernels pt_fuzzy_kernels_baseline;
#ifdef __x86_64__
extern const struct pt_fuzzy_kernels pt_fuzzy_kernels_avx2;
extern const struct pt_fuzzy_kernels pt_fuzzy_kernels_avx512;
#endif

#endif
