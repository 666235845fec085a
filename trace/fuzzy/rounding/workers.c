#include "fuzzy/rounding/workers.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/status.h"
#include "fuzzy/rounding/mode.h"

_Thread_local bool pt_rounding_runs_python;

/* Of the thread that last handed out work. */
static _Atomic unsigned handed_on;

/* The thread is in a parallel region of OpenMP, and knows its mode from there. */
static _Thread_local bool in_region;

static bool waits_for_work(void)
{
    return !pt_rounding_runs_python && !in_region;
}

static void hand_on(void)
{
    if (!waits_for_work())
        atomic_store_explicit(&handed_on, pt_rounding_ours, memory_order_release);
}

static void go_on(enum pt_rounding_mode mode)
{
    if (pt_rounding_ours != mode)
        pt_rounding_take(mode);
}

static void take_on(void)
{
    if (waits_for_work())
        go_on((enum pt_rounding_mode)atomic_load_explicit(&handed_on,
                                                          memory_order_acquire));
}

static int ours_mutex_lock(pthread_mutex_t *mutex)
{
    int status = pthread_mutex_lock(mutex);
    hand_on();
    return status;
}

static int ours_mutex_unlock(pthread_mutex_t *mutex)
{
    int status = pthread_mutex_unlock(mutex);
    take_on();
    return status;
}

static int ours_cond_signal(pthread_cond_t *condition)
{
    hand_on();
    return pthread_cond_signal(condition);
}

static int ours_cond_broadcast(pthread_cond_t *condition)
{
    hand_on();
    return pthread_cond_broadcast(condition);
}

static int ours_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    int status = pthread_cond_wait(condition, mutex);
    take_on();
    return status;
}

static int ours_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                               const struct timespec *until)
{
    int status = pthread_cond_timedwait(condition, mutex, until);
    take_on();
    return status;
}

static int ours_yield(void)
{
    int status = sched_yield();
    take_on();
    return status;
}

struct beginning {
    void *(*run)(void *);
    void *argument;
    bool is_ours; /* the mode that the thread inherits */
};

static void *begin_thread(void *data)
{
    struct beginning beginning = *(struct beginning *)data;
    free(data);
    if (beginning.is_ours)
        pt_rounding_mode_set(PT_ROUNDING_NEAREST);
    return beginning.run(beginning.argument);
}

static int ours_create(pthread_t *thread, const pthread_attr_t *attributes,
                       void *(*run)(void *), void *argument)
{
    struct beginning *beginning = malloc(sizeof *beginning);
    if (!beginning)
        return pthread_create(thread, attributes, run, argument);
    *beginning = (struct beginning){run, argument, pt_rounding_is_ours()};
    int status = pthread_create(thread, attributes, begin_thread, beginning);
    if (status != 0)
        free(beginning);
    return status;
}

#define ROUTINE(f) ((void (*)(void))(f))
static const struct {
    const char *name;
    void (*ours)(void);
} threads[] = {
    {"pthread_mutex_lock", ROUTINE(ours_mutex_lock)},
    {"pthread_mutex_unlock", ROUTINE(ours_mutex_unlock)},
    {"pthread_cond_signal", ROUTINE(ours_cond_signal)},
    {"pthread_cond_broadcast", ROUTINE(ours_cond_broadcast)},
    {"pthread_cond_wait", ROUTINE(ours_cond_wait)},
    {"pthread_cond_timedwait", ROUTINE(ours_cond_timedwait)},
    {"sched_yield", ROUTINE(ours_yield)},
    {"pthread_create", ROUTINE(ours_create)},
};

/* ---------------------------------------------------------------------- OpenMP */

/* A parallel region: the function that all threads of the team run. */
struct region {
    void (*run)(void *);
    void *data;
    enum pt_rounding_mode mode;
};

static void run_region(void *data)
{
    const struct region *region = data;
    enum pt_rounding_mode before = pt_rounding_ours;
    bool was_in_region = in_region;
    in_region = true;
    go_on(region->mode);
    region->run(region->data);
    go_on(before);
    in_region = was_in_region;
}

/* All of GCC's GOMP_parallel… begin with the function and its data, and go on with at
 * most six whole numbers. */
typedef unsigned region_fn(void (*run)(void *), void *data, uintptr_t, uintptr_t,
                           uintptr_t, uintptr_t, uintptr_t, uintptr_t);

enum { REGIONS = 16 };
static void *regions[REGIONS]; /* under the caller's lock until a slot leads to one */

#define REGION(n)                                                                      \
    static unsigned region_##n(void (*run)(void *), void *data, uintptr_t a,           \
                               uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e,     \
                               uintptr_t f)                                            \
    {                                                                                  \
        struct region region = {run, data, pt_rounding_ours};                          \
        region_fn *real;                                                               \
        memcpy(&real, &regions[n], sizeof real);                                       \
        return real(run_region, &region, a, b, c, d, e, f);                            \
    }
REGION(0)
REGION(1)
REGION(2)
REGION(3)
REGION(4)
REGION(5)
REGION(6)
REGION(7)
REGION(8)
REGION(9)
REGION(10)
REGION(11)
REGION(12)
REGION(13)
REGION(14)
REGION(15)
#undef REGION
static region_fn *const region_of[REGIONS] = {
    region_0,  region_1,  region_2,  region_3, region_4,  region_5,
    region_6,  region_7,  region_8,  region_9, region_10, region_11,
    region_12, region_13, region_14, region_15};

/* Those that run the function to its end; not the old GOMP_parallel_start. */
static bool opens_region(const char *symbol)
{
    return strncmp(symbol, "GOMP_parallel", 13) == 0 && !strstr(symbol, "_start") &&
           strcmp(symbol, "GOMP_parallel_end") != 0;
}

void pt_rounding_workers_start(void)
{
    (void)setenv("OPENBLAS_THREAD_TIMEOUT", "4", 0);
}

bool pt_rounding_worker_wants(const char *symbol)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(threads); i++)
        if (strcmp(symbol, threads[i].name) == 0)
            return true;
    return opens_region(symbol);
}

/* The C library's routine of today; a slot that leads to an older version of it, or to
 * another's, is left alone. */
static bool is_known(const char *symbol, void *routine)
{
    static void *library; /* under the caller's lock; never closed */
    if (!library)
        library = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    return library && dlsym(library, symbol) == routine;
}

void *pt_rounding_worker_choose(const char *symbol, void *routine)
{
    void *ours = NULL;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(threads); i++)
        if (strcmp(symbol, threads[i].name) == 0 && is_known(symbol, routine))
            memcpy(&ours, &threads[i].ours, sizeof ours);
    for (size_t i = 0; opens_region(symbol) && i < REGIONS && !ours; i++) {
        if (!regions[i])
            regions[i] = routine;
        if (regions[i] == routine)
            memcpy(&ours, &region_of[i], sizeof ours);
    }
    return ours;
}
