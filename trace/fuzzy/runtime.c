#include "fuzzy/runtime.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct pt_fuzzy_runtime pt_fuzzy_runtime;

static atomic_bool running;
static atomic_uint installed;
_Thread_local struct pt_fuzzy_stream *pt_fuzzy_own_stream;
_Atomic unsigned pt_fuzzy_everywhere;
atomic_bool pt_fuzzy_watched;
pt_fuzzy_divisor_watch
    *pt_fuzzy_divisor_watcher; /* written before other threads compute */
static _Thread_local unsigned pause_before_stream; /* pauses of a thread without one */

/* Written before other threads compute. */
static struct {
    bool used;  /* there are scopes */
    bool first; /* whether threads begin within one */
    pt_fuzzy_scope_ask *ask;
} scopes;
static _Thread_local enum pt_fuzzy_scope own_scope;

static pt_fuzzy_watch *watch; /* written before other threads compute */
static bool watch_all;

/* Guards the list, the numbering and the totals of threads that ended. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pt_fuzzy_stream *streams;
static uint64_t n_streams;
static struct pt_fuzzy_counts ended[PT_FUZZY_N_LAYERS];
static unsigned n_starts; /* written before other threads compute */
static pthread_key_t at_thread_end;
static bool has_key;

static struct pt_fuzzy_counts counts_of(struct pt_fuzzy_stream *stream, size_t layer)
{
    struct pt_fuzzy_counts counts = {
        .perturbed =
            atomic_load_explicit(&stream->perturbed[layer], memory_order_relaxed),
        .nearest = atomic_load_explicit(&stream->nearest[layer], memory_order_relaxed),
    };
    return counts;
}

static void counts_add(struct pt_fuzzy_counts *total, struct pt_fuzzy_counts more)
{
    total->perturbed += more.perturbed;
    total->nearest += more.nearest;
}

/* Takes the stream of a thread that ends off the list. */
static void stream_release(void *data)
{
    struct pt_fuzzy_stream *stream = data;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; stream->start == n_starts && i < PT_FUZZY_N_LAYERS; i++)
        counts_add(&ended[i], counts_of(stream, i));
    for (struct pt_fuzzy_stream **at = &streams; *at; at = &(*at)->next)
        if (*at == stream) {
            *at = stream->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    pt_fuzzy_own_stream = NULL;
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
    stream->used = PT_FUZZY_NUMBERS;
    stream->start = n_starts;
    for (size_t i = 0; i < PT_FUZZY_N_LAYERS; i++) {
        atomic_store(&stream->perturbed[i], 0);
        atomic_store(&stream->nearest[i], 0);
    }
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
    pt_fuzzy_own_stream = stream;
    return stream;
}

void pt_fuzzy_scope_start(bool on, pt_fuzzy_scope_ask *ask)
{
    atomic_store(&pt_fuzzy_everywhere, 0);
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

struct pt_fuzzy_stream *pt_fuzzy_stream_for(enum pt_fuzzy_layer layer)
{
    struct pt_fuzzy_stream *stream = pt_fuzzy_own_stream;
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
    if (!stream || stream->pause != 0)
        return NULL;
    stream->layer = layer;
    return stream;
}

void pt_fuzzy_stream_refill(struct pt_fuzzy_stream *stream)
{
    pt_fuzzy_runtime.kernels->fill(&stream->generator, stream->words,
                                   PT_FUZZY_NUMBERS / 2);
    stream->used = 0;
}

static size_t index_of(enum pt_fuzzy_layer layer)
{
    return (size_t)__builtin_ctz((unsigned)layer);
}

void pt_fuzzy_stream_count(struct pt_fuzzy_stream *stream, uint64_t perturbed,
                           uint64_t nearest)
{
    /* One writer: a load and a store do, without a locked instruction. */
    size_t layer = index_of(stream->layer);
    struct pt_fuzzy_counts counts = counts_of(stream, layer);
    atomic_store_explicit(&stream->perturbed[layer], counts.perturbed + perturbed,
                          memory_order_relaxed);
    atomic_store_explicit(&stream->nearest[layer], counts.nearest + nearest,
                          memory_order_relaxed);
    if (watch && (watch_all ? perturbed > 0 : stream->cancelled > 0)) {
        watch(&(struct pt_fuzzy_done){stream->layer, perturbed, stream->cancelled,
                                      stream->most_lost});
        stream->cancelled = 0;
        stream->most_lost = 0;
    }
}

void pt_fuzzy_watch_start(pt_fuzzy_watch *watcher, bool all)
{
    watch = watcher;
    watch_all = all;
    atomic_store(&pt_fuzzy_watched, watcher != NULL);
}

void pt_fuzzy_divisor_watch_start(pt_fuzzy_divisor_watch *watcher)
{
    pt_fuzzy_divisor_watcher = watcher;
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
    if (options->cancellation > 53)
        return pt_error_set(error, PT_E_USAGE,
                            "a sum loses 1 to 53 leading bits, not %u",
                            options->cancellation);
    if ((unsigned)options->mode > PT_FUZZY_UD_DET)
        return pt_error_set(error, PT_E_USAGE, "unknown mode %d of the arithmetic",
                            (int)options->mode);
    if (options->layers >= 1U << PT_FUZZY_N_LAYERS)
        return pt_error_set(error, PT_E_USAGE, "unknown layers %#x of the arithmetic",
                            options->layers);
    return PT_OK;
}

static const enum pt_fuzzy_kind kinds[] = {
    [PT_FUZZY_SR] = PT_FUZZY_KIND_SR,     [PT_FUZZY_UD] = PT_FUZZY_KIND_UD,
    [PT_FUZZY_RR] = PT_FUZZY_KIND_RR,     [PT_FUZZY_PB] = PT_FUZZY_KIND_PB,
    [PT_FUZZY_MCA] = PT_FUZZY_KIND_MCA,   [PT_FUZZY_SR_DET] = PT_FUZZY_KIND_SR,
    [PT_FUZZY_UD_DET] = PT_FUZZY_KIND_UD,
};

static void set_rounding(const struct pt_fuzzy_options *options)
{
    struct pt_fuzzy_runtime *runtime = &pt_fuzzy_runtime;
    unsigned p64 = options->precision_binary64, p32 = options->precision_binary32;
    runtime->options = *options;
    if (options->blas_limit == 0)
        runtime->options.blas_limit = PT_FUZZY_BLAS_LIMIT;
    runtime->rounding.mode = options->mode;
    runtime->rounding.precision[PT_FUZZY_BINARY64] = p64 ? p64 : 53;
    runtime->rounding.precision[PT_FUZZY_BINARY32] = p32 ? p32 : 24;
    runtime->kernels = pt_fuzzy_kernels_best();
    runtime->vectors = options->mode == PT_FUZZY_SR && (p64 == 0 || p64 == 53) &&
                       (p32 == 0 || p32 == 24);
    runtime->single = runtime->vectors && options->cancellation == 0
                          ? runtime->kernels->single
                          : NULL;
    runtime->deterministic =
        options->mode == PT_FUZZY_SR_DET || options->mode == PT_FUZZY_UD_DET;
    runtime->kind = kinds[options->mode];
    runtime->numbers =
        runtime->kind == PT_FUZZY_KIND_PB || runtime->kind == PT_FUZZY_KIND_MCA ? 3 : 1;
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
    memset(ended, 0, sizeof ended);
    n_streams = 0;
    n_starts++;
    atomic_store(&running, true);
    atomic_store(&pt_fuzzy_everywhere, scopes.used ? 0 : n_starts);
    return PT_OK;
}

void pt_fuzzy_pause(void)
{
    if (pt_fuzzy_own_stream)
        pt_fuzzy_own_stream->pause++;
    else
        pause_before_stream++;
}

void pt_fuzzy_resume(void)
{
    unsigned *depth =
        pt_fuzzy_own_stream ? &pt_fuzzy_own_stream->pause : &pause_before_stream;
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
    memset(ended, 0, sizeof ended);
    streams =
        pt_fuzzy_own_stream; /* the other threads are gone; their streams stay behind */
    if (pt_fuzzy_own_stream) {
        pt_fuzzy_own_stream->next = NULL;
        stream_begin(pt_fuzzy_own_stream);
    }
}

struct pt_fuzzy_counts pt_fuzzy_layer_counts(enum pt_fuzzy_layer layer)
{
    size_t i = index_of(layer);
    pthread_mutex_lock(&lock);
    struct pt_fuzzy_counts total = ended[i];
    for (struct pt_fuzzy_stream *stream = streams; stream; stream = stream->next)
        if (stream->start == n_starts)
            counts_add(&total, counts_of(stream, i));
    pthread_mutex_unlock(&lock);
    return total;
}

struct pt_fuzzy_counts pt_fuzzy_counts(void)
{
    struct pt_fuzzy_counts total = {0};
    for (unsigned i = 0; i < PT_FUZZY_N_LAYERS; i++)
        counts_add(&total, pt_fuzzy_layer_counts((enum pt_fuzzy_layer)(1U << i)));
    return total;
}

void pt_fuzzy_stop(void)
{
    atomic_store(&pt_fuzzy_everywhere, 0);
    atomic_store(&running, false);
}
