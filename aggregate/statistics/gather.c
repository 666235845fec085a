#include "statistics/lanes.h"
#include "statistics/vector.h"

/* Compiled once for each instruction set, like lanes.c. */
enum { LOOK = 16, VECTORS = LOOK / PT_VEC_LANES };

/* Which of LOOK numbers lie in [low, high), a bit each. */
static inline unsigned which_within(const double *x, pt_vec low, pt_vec high)
{
    unsigned which = 0;

    for (size_t v = 0; v < VECTORS; v++) {
        pt_vec y = PT_VEC_LOAD(x + v * PT_VEC_LANES);

        which |= PT_VEC_WITHIN(y, low, high) << (v * PT_VEC_LANES);
    }
    return which;
}

static inline pt_vec spread(double x)
{
    double all[PT_VEC_LANES];

    for (size_t i = 0; i < PT_VEC_LANES; i++) {
        all[i] = x;
    }
    return PT_VEC_LOAD(all);
}

static inline void swap(double *a, double *b)
{
    double t = *a;

    *a = *b;
    *b = t;
}

size_t PT_GATHER_NAME(double *x, size_t n, double low, double high);

size_t PT_GATHER_NAME(double *x, size_t n, double low, double high)
{
    pt_vec least = spread(low), end = spread(high);
    size_t kept = 0, whole = n / LOOK * LOOK;

    for (size_t from = 0; from < whole; from += LOOK) {
        unsigned which = which_within(x + from, least, end);

        for (; which != 0; which &= which - 1) {
            swap(x + kept++, x + from + (size_t)__builtin_ctz(which));
        }
    }
    for (size_t i = whole; i < n; i++) {
        if (x[i] >= low && x[i] < high) {
            swap(x + kept++, x + i);
        }
    }
    return kept;
}
