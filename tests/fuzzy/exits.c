/* Calls routines through the exits of the layer rounding, in every mode: arguments in
 * registers and on the stack arrive, results of all kinds come back, the routine runs
 * to nearest if the mode was the layer's and in the program's mode if not, and the
 * mode, the layer's mark of it and the exceptions are as they have to be after it.
 * Built by test_architectures.py. */
#include <fenv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzy/rounding/exits.h"
#include "fuzzy/rounding/mode.h"

_Thread_local enum pt_rounding_mode pt_rounding_ours;

#define CHECK(x)                                                                       \
    if (!(x)) {                                                                        \
        printf("line %d: %s\n", __LINE__, #x);                                         \
        exit(1);                                                                       \
    }

static enum pt_rounding_mode seen_mode, seen_ours;

static void look(void)
{
    seen_mode = pt_rounding_mode_get();
    seen_ours = pt_rounding_ours;
}

static double many(long a, double b, long c, double d, long e, double f, long g,
                   double h, long i, double j, long k, double l, long m, double n,
                   long o, double p, long q, double r, long s, double t)
{
    look();
    return (double)(a + 2 * c + 3 * e + 4 * g + 5 * i + 6 * k + 7 * m + 8 * o + 9 * q +
                    10 * s) +
           b / 2 + d / 4 + f / 8 + h / 16 + j / 32 + l / 64 + n / 128 + p / 256 +
           r / 512 + t / 1024;
}

static long sum(int n, ...)
{
    long total = 0;
    va_list list;
    look();
    va_start(list, n);
    for (int i = 0; i < n; i++)
        total += i % 3 ? (long)va_arg(list, double) : va_arg(list, int);
    va_end(list);
    return total;
}

struct wide {
    double x[5];
};

static struct wide make(double x)
{
    struct wide wide = {{x, x + 1, x + 2, x + 3, x + 4}};
    look();
    return wide;
}

static long double extended(long double x)
{
    look();
    return x / 3;
}

static double raising(double x)
{
    look();
    feraiseexcept(FE_DIVBYZERO);
    return x;
}

/* The exit to a routine, as a pointer of the same type. */
#define EXIT(f) ((__typeof__(&(f)))exit_to((void (*)(void))(f)))

static void *exit_to(void (*routine)(void))
{
    void *address;
    memcpy(&address, &routine, sizeof address);
    return pt_rounding_exit(address);
}

static void check_modes(enum pt_rounding_mode mode, enum pt_rounding_mode ours)
{
    CHECK(seen_mode == (ours ? PT_ROUNDING_NEAREST : mode));
    CHECK(seen_ours == PT_ROUNDING_NEAREST);
    CHECK(pt_rounding_mode_get() == mode && pt_rounding_ours == ours);
}

static void check(enum pt_rounding_mode mode, bool is_ours)
{
    enum pt_rounding_mode ours = is_ours ? mode : PT_ROUNDING_NEAREST;

    CHECK((void (*)(void))EXIT(make) != (void (*)(void))EXIT(sum));
    CHECK(EXIT(make) == EXIT(make));
    pt_rounding_mode_set(mode);
    pt_rounding_ours = ours;
    CHECK(EXIT(many)(1, 2, 1, 4, 1, 8, 1, 16, 1, 32, 1, 64, 1, 128, 1, 256, 1, 512, 1,
                     1024) == 65);
    check_modes(mode, ours);
    CHECK(EXIT(sum)(24, 1, 2.0, 3.0, 4, 5.0, 6.0, 7, 8.0, 9.0, 10, 11.0, 12.0, 13, 14.0,
                    15.0, 16, 17.0, 18.0, 19, 20.0, 21.0, 22, 23.0, 24.0) == 300);
    check_modes(mode, ours);
    CHECK(EXIT(make)(7).x[0] == 7 && EXIT(make)(8).x[4] == 12);
    check_modes(mode, ours);
    CHECK(EXIT(extended)(9) == 3);
    check_modes(mode, ours);
    feclearexcept(FE_ALL_EXCEPT);
    CHECK(EXIT(raising)(0.5) == 0.5 && fetestexcept(FE_DIVBYZERO));
    check_modes(mode, ours);
    pt_rounding_mode_set(PT_ROUNDING_NEAREST);
    pt_rounding_ours = PT_ROUNDING_NEAREST;
}

int main(void)
{
    for (int mode = PT_ROUNDING_NEAREST; mode <= PT_ROUNDING_ZERO; mode++) {
        check((enum pt_rounding_mode)mode, true);
        check((enum pt_rounding_mode)mode, false);
    }
    puts("4 modes");
    return 0;
}
