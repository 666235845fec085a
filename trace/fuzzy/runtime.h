/* What the layers share: the options in force, a random stream for each thread, and
 * counters. */
#ifndef PT_FUZZY_RUNTIME_H
#define PT_FUZZY_RUNTIME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzzy/edge.h"
#include "fuzzy/fuzzy.h"
#include "fuzzy/generator.h"
#include "fuzzy/kernels.h"
#include "fuzzy/operation.h"

/* One thread's. Only that thread writes to it; others read its counters. */
struct pt_fuzzy_stream {
    _Alignas(64) uint64_t words[PT_FUZZY_NUMBERS / 2]; /* drawn, two numbers a word */
    struct pt_fuzzy_generator generator;
    size_t used;               /* 32-bit numbers taken from `words` */
    unsigned pause;            /* depth of pauses */
    unsigned start;            /* the pt_fuzzy_start that this sequence belongs to */
    enum pt_fuzzy_layer layer; /* that computes now */
    uint64_t cancelled;        /* events since they were last told */
    unsigned most_lost;
    _Atomic uint64_t perturbed[PT_FUZZY_N_LAYERS], nearest[PT_FUZZY_N_LAYERS];
    struct pt_fuzzy_stream *next; /* in the list of all threads' */
};

/* Read-only between start and stop. */
struct pt_fuzzy_runtime {
    struct pt_fuzzy_options options;
    struct pt_fuzzy_rounding rounding;
    const struct pt_fuzzy_kernels *kernels;
    bool vectors; /* sr at full precision */
    /* for one operation where nothing but its result is wanted; else NULL */
    pt_fuzzy_single_fn *const *single;
    enum pt_fuzzy_kind kind;
    size_t numbers;     /* random ones that an operation of this kind takes */
    bool deterministic; /* directions are hashes of the operands */
};
extern struct pt_fuzzy_runtime pt_fuzzy_runtime;

/* The calling thread's stream, for a layer to which what follows is counted; NULL where
 * the arithmetic is off, stopped or paused, or no memory was left for a stream: compute
 * as IEEE does then. Thread: safe. */
struct pt_fuzzy_stream *pt_fuzzy_stream_for(enum pt_fuzzy_layer layer);
static inline struct pt_fuzzy_stream *pt_fuzzy_stream_get(void)
{
    return pt_fuzzy_stream_for(PT_FUZZY_NUMPY);
}

/* Draws all numbers of the stream anew. */
void pt_fuzzy_stream_refill(struct pt_fuzzy_stream *stream);

/* `n` <= PT_FUZZY_NUMBERS fresh numbers, valid until the next draw. */
static inline const uint32_t *pt_fuzzy_stream_draw(struct pt_fuzzy_stream *stream,
                                                   size_t n)
{
    if (PT_FUZZY_NUMBERS - stream->used < n)
        pt_fuzzy_stream_refill(stream);
    const uint32_t *numbers = (const uint32_t *)(const void *)stream->words;
    numbers += stream->used;
    stream->used += n;
    return numbers;
}

/* Counts operations of the thread, to the layer that the stream was asked for. */
void pt_fuzzy_stream_count(struct pt_fuzzy_stream *stream, uint64_t perturbed,
                           uint64_t nearest);

/* Stream and count for few operations at a time, in few instructions where nothing is
 * out of the ordinary. The variables are of runtime.c: the calling thread's stream; the
 * number of the start that is in force everywhere, 0 where there is none or there are
 * scopes; whether somebody watches. */
extern _Thread_local struct pt_fuzzy_stream *pt_fuzzy_own_stream;
extern _Atomic unsigned pt_fuzzy_everywhere;
extern atomic_bool pt_fuzzy_watched;

static inline struct pt_fuzzy_stream *pt_fuzzy_stream_for_few(enum pt_fuzzy_layer layer)
{
    struct pt_fuzzy_stream *stream = pt_fuzzy_own_stream;
    if (!stream || stream->pause != 0 ||
        stream->start !=
            atomic_load_explicit(&pt_fuzzy_everywhere, memory_order_relaxed))
        return pt_fuzzy_stream_for(layer);
    stream->layer = layer;
    return stream;
}

static inline void pt_fuzzy_stream_count_few(struct pt_fuzzy_stream *stream,
                                             uint64_t perturbed)
{
    if (atomic_load_explicit(&pt_fuzzy_watched, memory_order_relaxed)) {
        pt_fuzzy_stream_count(stream, perturbed, 0);
        return;
    }
    _Atomic uint64_t *count =
        &stream->perturbed[__builtin_ctz((unsigned)stream->layer)];
    atomic_store_explicit(count,
                          atomic_load_explicit(count, memory_order_relaxed) + perturbed,
                          memory_order_relaxed);
}

/* What a division was by, for whoever watches (pt_fuzzy_divisor_watch_start). */
extern pt_fuzzy_divisor_watch *pt_fuzzy_divisor_watcher;

static inline void pt_fuzzy_divided(double divisor)
{
    if (pt_fuzzy_divisor_watcher)
        pt_fuzzy_divisor_watcher(divisor);
}

/* Notes that a layer was installed. Thread: safe. */
void pt_fuzzy_layer_installed(enum pt_fuzzy_layer layer);

#endif
