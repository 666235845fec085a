/* Prints a number for each kernel of this architecture's portable table, made of the
 * bits of all its results: the same everywhere. Built by test_architectures.py. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fuzzy/flags.h"
#include "fuzzy/kernels.h"

enum { N = PT_FUZZY_BLOCK / 3, WIDTH = 32 };

static uint64_t digest(const void *data, size_t bytes)
{
    const unsigned char *at = data;
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes; i++) {
        sum += at[i];
        sum = pt_splitmix64(&sum);
    }
    return sum;
}

/* The multiply-adds of both formats, and those of binary64 that follow where the first
 * are in doubt. */
static void put_mac(const struct pt_fuzzy_kernels *table, const double *a,
                    const double *b, const uint32_t *random)
{
    static double narrow[2][N], before[WIDTH], acc[WIDTH];
    for (size_t i = 0; i < N; i++) {
        narrow[0][i] = (double)(float)a[i];
        narrow[1][i] = (double)(float)b[i];
    }
    for (size_t r = 0; r < WIDTH; r++)
        before[r] = -(double)(float)a[r];
    for (unsigned kind = 0; kind < PT_FUZZY_N_MAC; kind++) {
        pt_fuzzy_mac_fn *const run[] = {
            table->mac[PT_FUZZY_BINARY64][kind], table->mac_exact[kind],
            table->mac_careful[kind], table->mac[PT_FUZZY_BINARY32][kind]};
        for (size_t i = 0; i < 4; i++) {
            bool doubt = run[i](i < 3 ? a : narrow[0], i < 3 ? b : narrow[1], before,
                                acc, random, WIDTH, N / WIDTH);
            printf("mac %u %zu %d %016" PRIx64 "\n", kind, i, doubt,
                   digest(acc, sizeof acc));
        }
    }
}

int main(void)
{
    static double a[N], b[N], out[N];
    static float fa[N], fb[N], fout[N];
    static uint64_t words[PT_FUZZY_BLOCK / 2] __attribute__((aligned(64)));
    const uint32_t *random = (const void *)words;
    const struct pt_fuzzy_kernels *table = &pt_fuzzy_kernels_baseline;
    struct pt_fuzzy_generator generator;
    uint64_t seed = 1;

    for (size_t l = 0; l < PT_FUZZY_LANES; l++)
        for (size_t w = 0; w < 4; w++)
            generator.state[w][l] = pt_splitmix64(&seed);
    for (size_t i = 0; i < N; i++) {
        a[i] =
            ldexp(1 + (double)(pt_splitmix64(&seed) >> 12) * 0x1p-52, (int)i % 40 - 20);
        b[i] =
            ldexp(1 + (double)(pt_splitmix64(&seed) >> 12) * 0x1p-52, (int)i % 17 - 8);
        fa[i] = (float)a[i];
        fb[i] = (float)b[i];
    }
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    table->fill(&generator, words, PT_FUZZY_BLOCK / 2);
    printf("fill %016" PRIx64 "\n", digest(words, sizeof words));
    for (unsigned op = 0; op < PT_FUZZY_N_OPERATIONS; op++) {
        bool wide = table->block[PT_FUZZY_BINARY64][op](a, b, out, NULL, random, N, 0);
        bool narrow =
            table->block[PT_FUZZY_BINARY32][op](fa, fb, fout, NULL, random, N, 0);
        printf("block %u %d %d %016" PRIx64 " %016" PRIx64 "\n", op, wide, narrow,
               digest(out, sizeof out), digest(fout, sizeof fout));
        for (unsigned kind = 0; kind < PT_FUZZY_N_KINDS; kind++) {
            wide = table->grid[kind][PT_FUZZY_BINARY64][op](a, b, out, random, N, kind);
            narrow =
                table->grid[kind][PT_FUZZY_BINARY32][op](fa, fb, fout, random, N, kind);
            printf("grid %u %u %d %d %016" PRIx64 " %016" PRIx64 "\n", kind, op, wide,
                   narrow, digest(out, sizeof out), digest(fout, sizeof fout));
        }
    }
    put_mac(table, a, b, random);
    pt_fuzzy_environment_leave(before, 0);
    return 0;
}
