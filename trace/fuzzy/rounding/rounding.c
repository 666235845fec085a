#include "fuzzy/rounding/rounding.h"

#include <dlfcn.h>
#include <fenv.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/status.h"
#include "fuzzy/rounding/exits.h"
#include "fuzzy/rounding/workers.h"
#include "fuzzy/runtime.h"

_Thread_local enum pt_rounding_mode pt_rounding_ours
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

enum pt_rounding_mode pt_rounding_enter(void)
{
    if (!(pt_fuzzy_runtime.options.layers & PT_FUZZY_ROUNDING) ||
        pt_rounding_mode_get() != PT_ROUNDING_NEAREST)
        return PT_ROUNDING_NEAREST;
    struct pt_fuzzy_stream *stream = pt_fuzzy_stream_for(PT_FUZZY_ROUNDING);
    if (!stream)
        return PT_ROUNDING_NEAREST;
    bool up = *pt_fuzzy_stream_draw(stream, 1) >> 31;
    pt_fuzzy_stream_count(stream, 1, 0);
    pt_rounding_take(up ? PT_ROUNDING_UP : PT_ROUNDING_DOWN);
    return pt_rounding_ours;
}

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_one_of(const char *text, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, names[i]) == 0)
            return true;
    return false;
}

/* `package` or a module within it. */
static bool is_within(const char *module, const char *package)
{
    size_t n = strlen(package);
    return strncmp(module, package, n) == 0 && (module[n] == '\0' || module[n] == '.');
}

static bool is_core(const char *module)
{
    return is_within(module, "numpy.core") || is_within(module, "numpy._core");
}

bool pt_rounding_reaches(const char *module, const char *function)
{
    static const char *const core[] = {
        "c_einsum", "correlate", "correlate2", "interp", "interp_complex", "bincount",
        "arange",   "dot",       "vdot",       "inner",  "ndarray.dot"};
    /* random generators; numbers as text, which is read by arithmetic; formats */
    static const char *const left[] = {"numpy.random",
                                       "pandas._libs.parsers",
                                       "pandas._libs.lib",
                                       "pandas._libs.json",
                                       "pandas._libs.tslibs",
                                       "scipy.io",
                                       "h5py",
                                       "lxml",
                                       "yaml",
                                       "_yaml",
                                       "orjson",
                                       "ujson",
                                       "simplejson",
                                       "rapidjson",
                                       "msgpack",
                                       "mpi4py",
                                       "pytracer"};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(left); i++)
        if (is_within(module, left[i]))
            return false;
    return !function || !is_core(module) ||
           is_one_of(function, core, PT_ARRAY_LENGTH(core));
}

bool pt_rounding_reaches_ufunc(const char *name, const char *types, int n_types)
{
    enum { FIRST = 11, LAST = 16, OBJECT = 17, HALF = 23 }; /* floats and complex */
    bool computes = false;
    /* rounding to whole numbers goes by the mode: its results would be others */
    if (strcmp(name, "rint") == 0)
        return false;
    for (int i = 0; i < n_types; i++) {
        if (types[i] == OBJECT) /* the interpreter */
            return false;
        computes |= (types[i] >= FIRST && types[i] <= LAST) || types[i] == HALF;
    }
    return computes;
}

/* ctypes and cffi call what they were asked for through libffi. */
typedef void ffi_call_fn(void *cif, void (*function)(void), void *result,
                         void **arguments);
static ffi_call_fn *real_ffi_call;

static bool is_in_same_file(const Dl_info *one, void *address)
{
    Dl_info other;
    return dladdr(address, &other) && other.dli_fbase == one->dli_fbase;
}

/* Written for nearest (the interpreter, which may be the program itself, and what this
 * is part of), or the program's own setting of the mode. */
static bool is_left_alone(void (*function)(void))
{
    static const char *const files[] = {"libpython", "libc.", "libc-",
                                        "libm.",     "libm-", "ld-linux"};
    Dl_info info;
    void *address;
    memcpy(&address, &function, sizeof address);
    if (!dladdr(address, &info) || !info.dli_fname)
        return false; /* made at run time */
    if (is_in_same_file(&info, (void *)&real_ffi_call) ||
        is_in_same_file(&info, (void *)getauxval(AT_ENTRY)))
        return true;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(files); i++)
        if (begins(file_of(info.dli_fname), files[i]))
            return true;
    return false;
}

static void ours_ffi_call(void *cif, void (*function)(void), void *result,
                          void **arguments)
{
    if (is_left_alone(function)) {
        real_ffi_call(cif, function, result, arguments);
        return;
    }
    enum pt_rounding_mode entered = pt_rounding_enter();
    real_ffi_call(cif, function, result, arguments);
    pt_rounding_leave(entered);
}

/* What the program reads of the mode and sets of it is its own. */
static int ours_fegetround(void)
{
    return pt_rounding_is_ours() ? FE_TONEAREST : fegetround();
}

static int ours_fesetround(int mode)
{
    pt_rounding_ours = PT_ROUNDING_NEAREST;
    return fesetround(mode);
}

static void *choose_own(const char *symbol)
{
    int (*get)(void) = ours_fegetround, (*set)(int) = ours_fesetround;
    void *ours = NULL;
    if (strcmp(symbol, "fegetround") == 0)
        memcpy(&ours, &get, sizeof ours);
    else if (strcmp(symbol, "fesetround") == 0)
        memcpy(&ours, &set, sizeof ours);
    return ours;
}

static bool is_ffi_call(const char *caller, const char *symbol)
{
    return strcmp(symbol, "ffi_call") == 0 &&
           (strstr(caller, "_ctypes") || strstr(caller, "_cffi_backend"));
}

/* What is never entered in a directed mode, or is nearest once it is. */
static bool is_inside(const char *caller)
{
    static const char *const files[] = {"libpython", "libc.",    "libc-",   "libm.",
                                        "libm-",     "libmvec.", "ld-linux"};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(files); i++)
        if (begins(file_of(caller), files[i]))
            return true;
    return false;
}

int pt_rounding_wants(const char *caller, const char *symbol)
{
    return !is_inside(caller) &&
           (is_ffi_call(caller, symbol) || pt_rounding_worker_wants(symbol) ||
            pt_rounding_exit_wants(symbol));
}

void *pt_rounding_choose(const char *caller, const char *symbol, void *routine,
                         bool is_call)
{
    void *ours = choose_own(symbol);
    if (ours)
        return ours;
    if (is_ffi_call(caller, symbol)) {
        memcpy(&real_ffi_call, &routine, sizeof routine);
        memcpy(&ours, &(ffi_call_fn *){ours_ffi_call}, sizeof ours);
    } else if (pt_rounding_worker_wants(symbol)) {
        ours = pt_rounding_worker_choose(symbol, routine);
    } else if (pt_rounding_exit_needed(symbol, routine, is_call)) {
        ours = pt_rounding_exit(routine);
    }
    return ours;
}
