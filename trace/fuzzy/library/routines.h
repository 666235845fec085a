/* The routines of other libraries that the layers libm and blas stand in
 * front of, and what was done to each: one entry for a routine of one library (two BLAS
 * may live in one process). Entries are made when a library that asks for the routine
 * is loaded, and stay.
 *
 * To report: pt_fuzzy_routines_count(), then pt_fuzzy_routine(i) for each; those
 * without calls were bound but not used. */
#ifndef PT_FUZZY_LIBRARY_ROUTINES_H
#define PT_FUZZY_LIBRARY_ROUTINES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzzy/fuzzy.h"

/* What a call was treated with. */
enum pt_fuzzy_way {
    PT_FUZZY_WAY_BOUNDARY, /* the library's result or a neighbour of it */
    PT_FUZZY_WAY_SR,       /* our own kernels, which round each operation at random */
    PT_FUZZY_WAY_MODEL,    /* the library's kernel, and noise scaled by partial sums */
    PT_FUZZY_WAY_BACKWARD, /* the library's routine on operands moved by an ulp */
    PT_FUZZY_WAY_INSIDE,   /* the library's routine, whose own calls are perturbed */
    PT_FUZZY_WAY_EXACT,    /* exact whatever the order of the sums: left as it is */
    PT_FUZZY_WAY_LEFT,     /* the library's routine, unperturbed: nothing covers it */
    PT_FUZZY_N_WAYS
};

struct pt_fuzzy_routine {
    char name[32];       /* as the caller asked for it: "scipy_cblas_dgemm64_" */
    const char *library; /* path of the library that holds it; never freed */
    enum pt_fuzzy_layer layer;
    void *real;  /* the library's own */
    int routine; /* of the layer: which it is */
    _Atomic uint64_t calls[PT_FUZZY_N_WAYS];
    /* perturbed: results of libm, multiply-adds of BLAS, elements moved for LAPACK */
    _Atomic uint64_t operations[PT_FUZZY_N_WAYS];
};

/* The entry of `name` as it is bound to `real`; a new one where there is none. NULL: no
 * room. Thread: caller locks. */
struct pt_fuzzy_routine *pt_fuzzy_routine_add(const char *name, void *real,
                                              enum pt_fuzzy_layer layer);

/* Counts one call. Thread: safe. */
static inline void pt_fuzzy_routine_used(struct pt_fuzzy_routine *routine,
                                         enum pt_fuzzy_way way, uint64_t operations)
{
    atomic_fetch_add_explicit(&routine->calls[way], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&routine->operations[way], operations,
                              memory_order_relaxed);
}

/* Thread: safe. */
size_t pt_fuzzy_routines_count(void);
const struct pt_fuzzy_routine *pt_fuzzy_routine(size_t i);

/* The ways that BLAS and LAPACK went so far, for the trace's header: "sr,inside". Runs
 * that went different ways do not show the same noise. `text` is always ended by NUL;
 * 64 bytes hold all. Thread: safe. */
void pt_fuzzy_ways_text(char *text, size_t size);

/* "boundary", "sr", …; static storage. */
const char *pt_fuzzy_way_name(enum pt_fuzzy_way way);

#endif
