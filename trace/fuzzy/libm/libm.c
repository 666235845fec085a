#include "fuzzy/libm/libm.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/status.h"
#include "fuzzy/libm/functions.h"
#include "fuzzy/library/library.h"
#include "fuzzy/library/routines.h"
#include "fuzzy/scalar.h"

/* Libraries that bind a function differently (two libm in one process) get different
 * variants of ours; beyond them a slot keeps the library's own. */
enum { VARIANTS = 2 };

#define OTHER(k)    ((enum pt_fuzzy_function)(PT_FUZZY_N_FUNCTIONS + (k)))
#define SQUARE_ROOT OTHER(100)

enum index {
#define X(name, id) AT_##name, AT_##name##f,
    PT_FUZZY_LIBM_ONE(X) PT_FUZZY_LIBM_TWO(X)
#undef X
        AT_sincos,
    AT_sincosf,
    AT_fma,
    AT_fmaf,
    N_FUNCTIONS
};

/* Written under the lock of library.c before a slot leads to the variant. */
static struct pt_fuzzy_routine *bound[N_FUNCTIONS][VARIANTS];

/* Results of the functions that functions.h does not know, at arguments where they are
 * exact. */
static bool is_exact_other(enum pt_fuzzy_function id, double x, double r)
{
    if (id == OTHER(0)) /* exp10 */
        return x >= 0 && x <= 22 && x == trunc(x);
    if (id == OTHER(2)) /* erfc */
        return r == 2;
    if (id == OTHER(4)) /* tgamma */
        return x >= 1 && x <= 23 && x == trunc(x);
    return false;
}

static double moved(struct pt_fuzzy_routine *routine, enum pt_fuzzy_function id,
                    enum pt_fuzzy_format format, double x, double y, double r)
{
    struct pt_fuzzy_stream *stream = pt_fuzzy_library_stream(PT_FUZZY_LIBM);
    if (!stream)
        return r;
    pt_fuzzy_routine_used(routine, PT_FUZZY_WAY_BOUNDARY, 1);
    if (id == SQUARE_ROOT)
        return pt_fuzzy_scalar(stream, PT_FUZZY_SQRT, format, x, x);
    if (id >= PT_FUZZY_N_FUNCTIONS && is_exact_other(id, x, r))
        return r;
    return pt_fuzzy_scalar_function(stream, id, format, x, y, r);
}

static double call_one(struct pt_fuzzy_routine *routine, enum pt_fuzzy_function id,
                       double x)
{
    double (*real)(double);
    memcpy(&real, &routine->real, sizeof real);
    return moved(routine, id, PT_FUZZY_BINARY64, x, x, real(x));
}

static float call_onef(struct pt_fuzzy_routine *routine, enum pt_fuzzy_function id,
                       float x)
{
    float (*real)(float);
    memcpy(&real, &routine->real, sizeof real);
    double wide = (double)x;
    return (float)moved(routine, id, PT_FUZZY_BINARY32, wide, wide, (double)real(x));
}

static double call_two(struct pt_fuzzy_routine *routine, enum pt_fuzzy_function id,
                       double x, double y)
{
    double (*real)(double, double);
    memcpy(&real, &routine->real, sizeof real);
    return moved(routine, id, PT_FUZZY_BINARY64, x, y, real(x, y));
}

static float call_twof(struct pt_fuzzy_routine *routine, enum pt_fuzzy_function id,
                       float x, float y)
{
    float (*real)(float, float);
    memcpy(&real, &routine->real, sizeof real);
    return (float)moved(routine, id, PT_FUZZY_BINARY32, (double)x, (double)y,
                        (double)real(x, y));
}

/* Compilers make one call of a sine and a cosine of one angle. */
static void call_sincos(struct pt_fuzzy_routine *routine, double x, double *s,
                        double *c)
{
    void (*real)(double, double *, double *);
    memcpy(&real, &routine->real, sizeof real);
    real(x, s, c);
    *s = moved(routine, PT_FUZZY_SIN, PT_FUZZY_BINARY64, x, x, *s);
    *c = moved(routine, PT_FUZZY_COS, PT_FUZZY_BINARY64, x, x, *c);
}

static void call_sincosf(struct pt_fuzzy_routine *routine, float x, float *s, float *c)
{
    void (*real)(float, float *, float *);
    memcpy(&real, &routine->real, sizeof real);
    real(x, s, c);
    double wide = (double)x;
    *s = (float)moved(routine, PT_FUZZY_SIN, PT_FUZZY_BINARY32, wide, wide, (double)*s);
    *c = (float)moved(routine, PT_FUZZY_COS, PT_FUZZY_BINARY32, wide, wide, (double)*c);
}

static double moved_fma(struct pt_fuzzy_routine *routine, enum pt_fuzzy_format format,
                        double x, double y, double z, double r)
{
    struct pt_fuzzy_stream *stream = pt_fuzzy_stream_for(PT_FUZZY_LIBM);
    if (!stream)
        return r;
    pt_fuzzy_routine_used(routine, PT_FUZZY_WAY_BOUNDARY, 1);
    return pt_fuzzy_scalar_fma(stream, format, x, y, z, r);
}

static double call_fma(struct pt_fuzzy_routine *routine, double x, double y, double z)
{
    double (*real)(double, double, double);
    memcpy(&real, &routine->real, sizeof real);
    return moved_fma(routine, PT_FUZZY_BINARY64, x, y, z, real(x, y, z));
}

static float call_fmaf(struct pt_fuzzy_routine *routine, float x, float y, float z)
{
    float (*real)(float, float, float);
    memcpy(&real, &routine->real, sizeof real);
    return (float)moved_fma(routine, PT_FUZZY_BINARY32, (double)x, (double)y, (double)z,
                            (double)real(x, y, z));
}

#define ONE(name, id, v)                                                               \
    static double ours_##name##_##v(double x)                                          \
    {                                                                                  \
        return call_one(bound[AT_##name][v], id, x);                                   \
    }                                                                                  \
    static float ours_##name##f_##v(float x)                                           \
    {                                                                                  \
        return call_onef(bound[AT_##name##f][v], id, x);                               \
    }
#define TWO(name, id, v)                                                               \
    static double ours_##name##_##v(double x, double y)                                \
    {                                                                                  \
        return call_two(bound[AT_##name][v], id, x, y);                                \
    }                                                                                  \
    static float ours_##name##f_##v(float x, float y)                                  \
    {                                                                                  \
        return call_twof(bound[AT_##name##f][v], id, x, y);                            \
    }
#define SINCOS(v)                                                                      \
    static void ours_sincos_##v(double x, double *s, double *c)                        \
    {                                                                                  \
        call_sincos(bound[AT_sincos][v], x, s, c);                                     \
    }                                                                                  \
    static void ours_sincosf_##v(float x, float *s, float *c)                          \
    {                                                                                  \
        call_sincosf(bound[AT_sincosf][v], x, s, c);                                   \
    }
#define THREE(v)                                                                       \
    static double ours_fma_##v(double x, double y, double z)                           \
    {                                                                                  \
        return call_fma(bound[AT_fma][v], x, y, z);                                    \
    }                                                                                  \
    static float ours_fmaf_##v(float x, float y, float z)                              \
    {                                                                                  \
        return call_fmaf(bound[AT_fmaf][v], x, y, z);                                  \
    }
#define X(name, id) ONE(name, id, 0) ONE(name, id, 1)
PT_FUZZY_LIBM_ONE(X)
#undef X
#define X(name, id) TWO(name, id, 0) TWO(name, id, 1)
PT_FUZZY_LIBM_TWO(X)
#undef X
SINCOS(0)
SINCOS(1)
THREE(0)
THREE(1)

#define FUNCTION(f) ((void (*)(void))(f))
static const struct {
    const char *name;
    void (*ours[VARIANTS])(void);
} functions[] = {
#define X(name, id)                                                                    \
    [AT_##name] = {#name, {FUNCTION(ours_##name##_0), FUNCTION(ours_##name##_1)}},     \
    [AT_##name##                                                                       \
        f] = {#name "f", {FUNCTION(ours_##name##f_0), FUNCTION(ours_##name##f_1)}},
    PT_FUZZY_LIBM_ONE(X) PT_FUZZY_LIBM_TWO(X)
#undef X
        [AT_sincos] = {"sincos", {FUNCTION(ours_sincos_0), FUNCTION(ours_sincos_1)}},
    [AT_sincosf] = {"sincosf", {FUNCTION(ours_sincosf_0), FUNCTION(ours_sincosf_1)}},
    [AT_fma] = {"fma", {FUNCTION(ours_fma_0), FUNCTION(ours_fma_1)}},
    [AT_fmaf] = {"fmaf", {FUNCTION(ours_fmaf_0), FUNCTION(ours_fmaf_1)}},
};

static int index_of(const char *symbol)
{
    for (int i = 0; i < N_FUNCTIONS; i++)
        if (functions[i].name[0] == symbol[0] && strcmp(functions[i].name, symbol) == 0)
            return i;
    return -1;
}

/* Whose calls are not perturbed, by how their file names begin: run-time libraries,
 * whose functions are others' building blocks, and what does no arithmetic of the
 * program's. */
static bool is_runtime_library(const char *caller)
{
    static const char *const names[] = {
        "libpython",   "libc.",       "libc-",      "libm.",    "libm-",
        "libmvec",     "ld-linux",    "libstdc++",  "libgcc_s", "libgomp",
        "libgfortran", "libquadmath", "libpthread", "libdl.",   "librt.",
        "libcrypto",   "libssl",      "libsqlite",  "libmpi",   "libopen-",
        "libhwloc",    "libuc",       "libhdf5",    "libexpat", "libtcl",
        "libtk",       "libX"};
    const char *slash = strrchr(caller, '/');
    const char *file = slash ? slash + 1 : caller;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++)
        if (strncmp(file, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

int pt_fuzzy_libm_wants(const char *caller, const char *symbol)
{
    static const char *const others[] = {"/lib-dynload/",     /* the layer python */
                                         "_multiarray_umath", /* the layer numpy */
                                         "/numpy/random/"};
    if (index_of(symbol) < 0 || is_runtime_library(caller))
        return 0;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(others); i++)
        if (strstr(caller, others[i]))
            return 0;
    return 1;
}

void *pt_fuzzy_libm_choose(const char *caller, const char *symbol, void *real)
{
    int at = index_of(symbol);
    (void)caller;
    for (size_t v = 0; at >= 0 && v < VARIANTS; v++) {
        if (!bound[at][v])
            bound[at][v] = pt_fuzzy_routine_add(symbol, real, PT_FUZZY_LIBM);
        if (bound[at][v] && bound[at][v]->real == real) {
            void *ours;
            memcpy(&ours, &functions[at].ours[v], sizeof ours);
            return ours;
        }
    }
    return NULL;
}
