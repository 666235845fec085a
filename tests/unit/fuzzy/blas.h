/* What the tests of the layer blas share: the layer, started, chance, and matrices by
 * columns. Static functions, one program each. */
#ifndef PT_TEST_FUZZY_BLAS_H
#define PT_TEST_FUZZY_BLAS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/status.h"
#include "fuzzy/blas/call.h"

static struct pt_fuzzy_stream *stream;
static uint64_t chance = 7;

__attribute__((unused)) static void begin(enum pt_fuzzy_mode mode, unsigned bits)
{
    struct pt_fuzzy_options options = {
        .layers = PT_FUZZY_BLAS, .mode = mode, .seed = 1};
    struct pt_error error;
    options.precision_binary64 = bits;
    pt_fuzzy_stop();
    assert_int_equal(pt_fuzzy_start(&options, &error), PT_OK);
    stream = pt_fuzzy_stream_for(PT_FUZZY_BLAS);
    assert_non_null(stream);
}

__attribute__((unused)) static double uniform(double from, double to)
{
    return from + (to - from) * (double)(pt_splitmix64(&chance) >> 11) * 0x1p-53;
}

__attribute__((unused)) static double signed_uniform(void)
{
    double x = uniform(1, 2);
    return pt_splitmix64(&chance) & 1 ? x : -x;
}

__attribute__((unused)) static struct pt_matrix
matrix_of(void *first, int64_t rows, int64_t columns, enum pt_fuzzy_format format)
{
    int64_t bytes = (int64_t)pt_fuzzy_format_bytes(format);
    struct pt_matrix m = {first, rows, columns, bytes, rows * bytes, format, false};
    return m;
}

__attribute__((unused)) static struct pt_blas_operand
real_of(double *first, int64_t rows, int64_t columns)
{
    return pt_blas_operand_at('d', first, rows, columns, rows, false);
}

#endif
