/* A stand-in for libraries that bring their own noise (Verificarlo's backends, Fuzzy's
 * libm): preloaded, it takes the place of exp, rounds it at random, and reads its seed
 * from the environment. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

__attribute__((visibility("default"))) double exp(double x);

static uint64_t state;

static __attribute__((constructor)) void read_seed(void)
{
    const char *text = getenv("STANDIN_SEED");
    state = text ? strtoull(text, NULL, 10) | 1 : 1;
}

double exp(double x)
{
    double nearest = (double)expl(x);
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return nextafter(nearest, state >> 63 ? INFINITY : -INFINITY);
}
