#include "fuzzy/runtime.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct pt_fuzzy_runtime pt_fuzzy_runtime;

static atomic_bool running;
static atomic_uint installed;
static _Thread_local struct pt_fuzzy_stream *own;
static _Thread_local unsigned pause_before_stream; /* pauses of a thread without one */

/* Written before other threads compute. */
static struct {
    bool used;  /* there are scopes */
    bool first; /* whether threads begin within one */
    pt_fuzzy_scope_ask *ask;
} scopes;
static _Thread_local enum pt_fuzzy_scope own_scope;

/* Guards the list, the numbering and the totals of threads that ended. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pt_fuzzy_stream *streams;
static uint64_t n_streams;
static struct pt_fuzzy_counts ended;
static unsigned n_starts; /* written before other threads compute */
static pthread_key_t at_thread_end;
static bool has_key;

static struct pt_fuzzy_counts counts_of(struct pt_fuzzy_stream *stream)
{
    struct pt_fuzzy_counts counts = {
        .perturbed = atomic_load_explicit(&stream->perturbed, memory_order_relaxed),
        .nearest = atomic_load_explicit(&stream->nearest, memory_order_relaxed),
    };
    return counts;
}

/* Takes the stream of a thread that ends off the list. */
static void stream_release(void *data)
{
    struct pt_fuzzy_stream *stream = data;
    struct pt_fuzzy_counts counts = counts_of(stream);
    pthread_mutex_lock(&lock);
    if (stream->start == n_starts) {
        ended.perturbed += counts.perturbed;
        ended.nearest += counts.nearest;
    }
    for (struct pt_fuzzy_stream **at = &streams; *at; at = &(*at)->next)
        if (*at == stream) {
            *at = stream->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    own = NULL;
    free(stream);
}

/* Gives the stream the next number of this start, and its random sequence. */
static void stream_begin(struct pt_fuzzy_stream *stream)
{
    pthread_mutex_lock(&lock);
    uint64_t number = n_streams++;
    pthread_mutex_unlock(&lock);
    pt_fuzzy_generator_seed(&stream->generator, pt_fuzzy_runtime.options.seed,
                            pt_fuzzy_runtime.options.process, number);
    stream->used = PT_FUZZY_BLOCK;
    stream->start = n_starts;
    atomic_store(&stream->perturbed, 0);
    atomic_store(&stream->nearest, 0);
}

static struct pt_fuzzy_stream *stream_create(void)
{
    struct pt_fuzzy_stream *stream = aligned_alloc(64, sizeof *stream);
    if (!stream)
        return NULL;
    memset(stream, 0, sizeof *stream);
    stream_begin(stream);
    pthread_mutex_lock(&lock);
    stream->next = streams;
    streams = stream;
    pthread_mutex_unlock(&lock);
    stream->pause = pause_before_stream;
    pthread_setspecific(at_thread_end, stream);
    own = stream;
    return stream;
}

void pt_fuzzy_scope_start(bool on, pt_fuzzy_scope_ask *ask)
{
    scopes.used = true;
    scopes.first = on;
    scopes.ask = ask;
}

enum pt_fuzzy_scope pt_fuzzy_scope_set(enum pt_fuzzy_scope scope)
{
    enum pt_fuzzy_scope before = own_scope;
    own_scope = scope;
    return before;
}

static bool in_scope(void)
{
    switch (own_scope) {
    case PT_FUZZY_SCOPE_IN:
        return true;
    case PT_FUZZY_SCOPE_OUT:
        return false;
    case PT_FUZZY_SCOPE_BY_LINE:
        return scopes.ask();
    default:
        return scopes.first;
    }
}

struct pt_fuzzy_stream *pt_fuzzy_stream_get(void)
{
    struct pt_fuzzy_stream *stream = own;
    if (!atomic_load_explicit(&running, memory_order_relaxed))
        return NULL;
    if (scopes.used && !in_scope())
        return NULL;
    if (!stream) {
        if (pause_before_stream > 0)
            return NULL;
        stream = stream_create();
    } else if (stream->start != n_starts) {
        stream_begin(stream);
    }
    return stream && stream->pause == 0 ? stream : NULL;
}

const uint32_t *pt_fuzzy_stream_draw(struct pt_fuzzy_stream *stream, size_t n)
{
    if (PT_FUZZY_BLOCK - stream->used < n) {
        pt_fuzzy_runtime.kernels->fill(&stream->generator, stream->words,
                                       PT_FUZZY_BLOCK / 2);
        stream->used = 0;
    }
    const uint32_t *numbers = (const uint32_t *)(const void *)stream->words;
    numbers += stream->used;
    stream->used += n;
    return numbers;
}

void pt_fuzzy_stream_count(struct pt_fuzzy_stream *stream, uint64_t perturbed,
                           uint64_t nearest)
{
    /* One writer: a load and a store do, without a locked instruction. */
    struct pt_fuzzy_counts counts = counts_of(stream);
    atomic_store_explicit(&stream->perturbed, counts.perturbed + perturbed,
                          memory_order_relaxed);
    atomic_store_explicit(&stream->nearest, counts.nearest + nearest,
                          memory_order_relaxed);
}

void pt_fuzzy_layer_installed(enum pt_fuzzy_layer layer)
{
    atomic_fetch_or(&installed, layer);
}

unsigned pt_fuzzy_active(void)
{
    return atomic_load(&running) ? atomic_load(&installed) : 0;
}

static enum pt_status check_options(const struct pt_fuzzy_options *options,
                                    struct pt_error *error)
{
    if (options->precision_binary64 > 53)
        return pt_error_set(error, PT_E_USAGE,
                            "precision of binary64 is 1 to 53 bits, not %u",
                            options->precision_binary64);
    if (options->precision_binary32 > 24)
        return pt_error_set(error, PT_E_USAGE,
                            "precision of binary32 is 1 to 24 bits, not %u",
                            options->precision_binary32);
    if ((unsigned)options->mode > PT_FUZZY_UD_DET)
        return pt_error_set(error, PT_E_USAGE, "unknown mode %d of the arithmetic",
                            (int)options->mode);
    if (options->layers & ~(unsigned)(PT_FUZZY_NUMPY | PT_FUZZY_PYTHON))
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "this build has the layers numpy and python only");
    return PT_OK;
}

static void set_rounding(const struct pt_fuzzy_options *options)
{
    struct pt_fuzzy_runtime *runtime = &pt_fuzzy_runtime;
    unsigned p64 = options->precision_binary64, p32 = options->precision_binary32;
    runtime->options = *options;
    runtime->rounding.mode = options->mode;
    runtime->rounding.precision[PT_FUZZY_BINARY64] = p64 ? p64 : 53;
    runtime->rounding.precision[PT_FUZZY_BINARY32] = p32 ? p32 : 24;
    runtime->kernels = pt_fuzzy_kernels_best();
    runtime->vectors = options->mode == PT_FUZZY_SR && (p64 == 0 || p64 == 53) &&
                       (p32 == 0 || p32 == 24);
    runtime->deterministic =
        options->mode == PT_FUZZY_SR_DET || options->mode == PT_FUZZY_UD_DET;
}

enum pt_status pt_fuzzy_start(const struct pt_fuzzy_options *options,
                              struct pt_error *error)
{
    enum pt_status status = check_options(options, error);
    if (status != PT_OK || options->layers == 0)
        return status;
    if (atomic_load(&running))
        return pt_error_set(error, PT_E_EXISTS,
                            "the stochastic arithmetic was started before");
    if (!has_key && pthread_key_create(&at_thread_end, stream_release) != 0)
        return pt_error_set(error, PT_E_MEMORY,
                            "no thread-specific key is left for the random streams");
    has_key = true;
    set_rounding(options);
    ended = (struct pt_fuzzy_counts){0};
    n_streams = 0;
    n_starts++;
    atomic_store(&running, true);
    return PT_OK;
}

void pt_fuzzy_pause(void)
{
    if (own)
        own->pause++;
    else
        pause_before_stream++;
}

void pt_fuzzy_resume(void)
{
    unsigned *depth = own ? &own->pause : &pause_before_stream;
    if (*depth > 0)
        (*depth)--;
}

void pt_fuzzy_forked(uint64_t process)
{
    if (!atomic_load(&running))
        return;
    pthread_mutex_init(&lock, NULL); /* another thread may have held it */
    pt_fuzzy_runtime.options.process = process;
    n_streams = 0;
    ended = (struct pt_fuzzy_counts){0};
    streams = own; /* the other threads are gone; their streams stay behind */
    if (own) {
        own->next = NULL;
        stream_begin(own);
    }
}

struct pt_fuzzy_counts pt_fuzzy_counts(void)
{
    pthread_mutex_lock(&lock);
    struct pt_fuzzy_counts total = ended;
    for (struct pt_fuzzy_stream *stream = streams; stream; stream = stream->next) {
        if (stream->start != n_starts)
            continue;
        struct pt_fuzzy_counts counts = counts_of(stream);
        total.perturbed += counts.perturbed;
        total.nearest += counts.nearest;
    }
    pthread_mutex_unlock(&lock);
    return total;
}

void pt_fuzzy_stop(void)
{
    atomic_store(&running, false);
}
