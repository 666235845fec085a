#include "fuzzy/library/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "fuzzy/blas/blas.h"
#include "fuzzy/libm/libm.h"
#include "fuzzy/library/slots.h"
#include "fuzzy/rounding/exits.h"
#include "fuzzy/rounding/rounding.h"

_Thread_local unsigned pt_fuzzy_library_depth;

/* Guards the slots and the tables of routines. Not held by those that use them. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ctypes and cffi load libraries that no import tells of. Their calls come here. */
static void *(*real_dlopen)(const char *, int);

static void *ours_dlopen(const char *path, int flags)
{
    struct pt_error error;
    void *library = real_dlopen(path, flags);
    int saved = errno;
    if (library)
        (void)!pt_fuzzy_libraries_ready(&error);
    errno = saved;
    return library;
}

static bool is_dlopen(const char *caller, const char *symbol)
{
    return strcmp(symbol, "dlopen") == 0 &&
           (strstr(caller, "_ctypes") || strstr(caller, "_cffi_backend"));
}

static int wanted(const char *caller, const char *symbol)
{
    unsigned layers = pt_fuzzy_runtime.options.layers;
    return is_dlopen(caller, symbol) ||
           ((layers & PT_FUZZY_LIBM) && pt_fuzzy_libm_wants(caller, symbol)) ||
           ((layers & PT_FUZZY_BLAS) && pt_fuzzy_blas_wants(caller, symbol)) ||
           ((layers & PT_FUZZY_ROUNDING) && pt_rounding_wants(caller, symbol));
}

static void *choose_routine(const char *caller, const char *symbol, void *real)
{
    unsigned layers = pt_fuzzy_runtime.options.layers;
    if (is_dlopen(caller, symbol)) {
        void *ours;
        memcpy(&real_dlopen, &real, sizeof real);
        memcpy(&ours, &(void *(*)(const char *, int)){ours_dlopen}, sizeof ours);
        return ours;
    }
    if ((layers & PT_FUZZY_LIBM) && pt_fuzzy_libm_wants(caller, symbol))
        return pt_fuzzy_libm_choose(caller, symbol, real);
    if ((layers & PT_FUZZY_BLAS) && pt_fuzzy_blas_wants(caller, symbol))
        return pt_fuzzy_blas_choose(caller, symbol, real);
    return NULL;
}

/* What the other layers put into a slot computes in nearest, too. */
static void *choose(const char *caller, const char *symbol, void *real, bool is_call)
{
    void *ours = choose_routine(caller, symbol, real);
    if (!(pt_fuzzy_runtime.options.layers & PT_FUZZY_ROUNDING))
        return ours;
    if (ours) {
        void *exit = pt_rounding_exit(ours);
        return exit ? exit : ours;
    }
    return pt_rounding_wants(caller, symbol)
               ? pt_rounding_choose(caller, symbol, real, is_call)
               : NULL;
}

enum pt_status pt_fuzzy_libraries_ready(struct pt_error *error)
{
    unsigned layers = pt_fuzzy_runtime.options.layers & PT_FUZZY_LIBRARIES;
    if (layers == 0)
        return PT_OK;
    pthread_mutex_lock(&lock);
    size_t failed = pt_fuzzy_slots_scan(wanted, choose);
    pthread_mutex_unlock(&lock);
    if (failed > 0)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "%zu references to routines of other libraries could not "
                            "be changed: the calls through them are not perturbed",
                            failed);
    for (unsigned layer = 1; layer <= layers; layer <<= 1)
        if (layers & layer)
            pt_fuzzy_layer_installed((enum pt_fuzzy_layer)layer);
    return PT_OK;
}
