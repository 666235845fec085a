/* The kernels of the layer blas against exact arithmetic (__float128 holds c + a b
 * exactly where the exponents are near each other), and the model against the kernels.
 */
#include "blas.h"

enum { DRAWS = 4000 };

static double neighbour(enum pt_fuzzy_format format, double x, double to)
{
    return format == PT_FUZZY_BINARY64 ? nextafter(x, to)
                                       : (double)nextafterf((float)x, (float)to);
}

/* The results of DRAWS times c + a b. */
static void draw(enum pt_fuzzy_format format, double c, double a, double b,
                 double *results)
{
    double x[DRAWS];
    for (int i = 0; i < DRAWS; i++)
        if (format == PT_FUZZY_BINARY64) {
            results[i] = c;
            x[i] = a;
        } else {
            ((float *)results)[i] = (float)c;
            ((float *)x)[i] = (float)a;
        }
    float narrow = (float)b;
    void *factor = format == PT_FUZZY_BINARY64 ? (void *)&b : (void *)&narrow;
    struct pt_matrix left = matrix_of(x, DRAWS, 1, format);
    struct pt_matrix right = matrix_of(factor, 1, 1, format);
    struct pt_matrix sum = matrix_of(results, DRAWS, 1, format);
    pt_blas_multiply(stream, &left, &right, &sum, PT_ALL);
    for (int i = DRAWS; i > 0 && format == PT_FUZZY_BINARY32; i--)
        results[i - 1] = (double)((float *)results)[i - 1];
}

/* Only the neighbours of the exact result occur, the upper one with probability
 * distance / gap: within six standard deviations and a half (1e-10). */
static void check_law(enum pt_fuzzy_format format, double c, double a, double b)
{
    static double results[DRAWS];
    __float128 exact = (__float128)c + (__float128)a * (__float128)b;
    double low = (double)exact;
    if (format == PT_FUZZY_BINARY32)
        low = (double)(float)low;
    if ((__float128)low > exact)
        low = neighbour(format, low, -INFINITY);
    double high = (__float128)low == exact ? low : neighbour(format, low, INFINITY);
    double p =
        high > low
            ? (double)((exact - (__float128)low) / ((__float128)high - (__float128)low))
            : 0;
    draw(format, c, a, b, results);
    int ups = 0;
    for (int i = 0; i < DRAWS; i++) {
        assert_true(results[i] == low || results[i] == high);
        ups += results[i] == high && high > low;
    }
    double deviation = sqrt(DRAWS * p * (1 - p));
    assert_true(fabs(ups - DRAWS * p) <= 6.5 * deviation + 3);
}

static void rounds_up_with_probability_distance_over_gap(void **state)
{
    (void)state;
    begin(PT_FUZZY_SR, 0);
    for (enum pt_fuzzy_format f = PT_FUZZY_BINARY64; f <= PT_FUZZY_BINARY32; f++)
        for (int i = 0; i < 100; i++) {
            double c = ldexp(signed_uniform(), (int)(pt_splitmix64(&chance) % 7) - 3);
            double a = signed_uniform(), b = signed_uniform();
            if (f == PT_FUZZY_BINARY32) {
                c = (double)(float)c;
                a = (double)(float)a;
                b = (double)(float)b;
            }
            check_law(f, c, a, b);
            check_law(f, 0, a, b);
        }
}

static void is_right_at_powers_of_two_and_after_cancellation(void **state)
{
    static const double sums[] = {1, -1, 4, -0.5};
    (void)state;
    begin(PT_FUZZY_SR, 0);
    for (enum pt_fuzzy_format f = PT_FUZZY_BINARY64; f <= PT_FUZZY_BINARY32; f++) {
        double tiny = f == PT_FUZZY_BINARY64 ? 0x1p-28 : 0x1p-13;
        for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
            check_law(f, sums[i], tiny * 1.25, tiny);
            check_law(f, sums[i], -tiny * 1.25, tiny);
            check_law(f, sums[i], tiny * 1.75, tiny * tiny); /* far below the gap */
            /* c + a b with c the nearest to - a b, and its neighbours */
            double a = f == PT_FUZZY_BINARY64 ? 1.1 : (double)1.1f;
            double c = -a * a;
            if (f == PT_FUZZY_BINARY32)
                c = (double)(float)c;
            check_law(f, c, a, a);
            check_law(f, neighbour(f, c, 0), a, a);
        }
    }
}

static void keeps_what_is_exact(void **state)
{
    double a[30 * 40], b[40 * 50], c[30 * 50], plain[30 * 50] = {0};
    (void)state;
    begin(PT_FUZZY_SR, 0);
    for (int i = 0; i < 30 * 40; i++)
        a[i] = (double)(pt_splitmix64(&chance) % 1000) - 500;
    for (int i = 0; i < 40 * 50; i++)
        b[i] = ((double)(pt_splitmix64(&chance) % 1000) - 500) / 64;
    memset(c, 0, sizeof c);
    for (int j = 0; j < 50; j++)
        for (int i = 0; i < 30; i++)
            for (int k = 0; k < 40; k++)
                plain[j * 30 + i] += a[k * 30 + i] * b[j * 40 + k];
    struct pt_matrix left = matrix_of(a, 30, 40, PT_FUZZY_BINARY64),
                     right = matrix_of(b, 40, 50, PT_FUZZY_BINARY64),
                     sum = matrix_of(c, 30, 50, PT_FUZZY_BINARY64);
    pt_blas_multiply(stream, &left, &right, &sum, PT_ALL);
    assert_memory_equal(c, plain, sizeof c);
}

static void long_sums_have_no_bias(void **state)
{
    enum { N = 999, SUMS = 2000 };
    static double x[N], y[N];
    double mean = 0, squares = 0;
    __float128 exact = 0;
    (void)state;
    begin(PT_FUZZY_SR, 0);
    for (int i = 0; i < N; i++) {
        x[i] = uniform(-1, 3);
        y[i] = uniform(0, 1);
        exact += (__float128)x[i] * (__float128)y[i];
    }
    struct pt_matrix a = matrix_of(x, N, 1, PT_FUZZY_BINARY64),
                     b = matrix_of(y, N, 1, PT_FUZZY_BINARY64);
    for (int i = 0; i < SUMS; i++) {
        double error = (double)((__float128)pt_blas_dot(stream, &a, &b) - exact);
        mean += error / SUMS;
        squares += error * error / SUMS;
    }
    assert_true(squares > 0);
    assert_true(fabs(mean) < 6 * sqrt(squares / SUMS));
}

static void special_values_are_those_of_ieee_arithmetic(void **state)
{
    double c[8] = {0, 0, 1, 1, 1e308, 0, 0, 5e-324};
    double a[8] = {INFINITY, NAN, 0, -INFINITY, 1e308, 1e-200, 0, 1e-200};
    double b = 2;
    (void)state;
    begin(PT_FUZZY_SR, 0);
    struct pt_matrix left = matrix_of(a, 8, 1, PT_FUZZY_BINARY64),
                     right = matrix_of(&b, 1, 1, PT_FUZZY_BINARY64),
                     sum = matrix_of(c, 8, 1, PT_FUZZY_BINARY64);
    pt_blas_multiply(stream, &left, &right, &sum, PT_ALL);
    assert_true(c[0] == INFINITY && isnan(c[1]) && c[2] == 1 && c[3] == -INFINITY &&
                c[4] == INFINITY && c[5] == 2e-200 && c[6] == 0 &&
                fabs(c[7] - 2e-200) < 1e-215);
    /* a product below the range, and below the least number */
    for (int i = 0; i < 8; i++) {
        c[i] = 0;
        a[i] = 3 * 0x1p-540;
    }
    b = 5 * 0x1p-538; /* 15 · 2^-1078 = 0.9375 of the least number */
    pt_blas_multiply(stream, &left, &right, &sum, PT_ALL);
    for (int i = 0; i < 8; i++)
        assert_true(c[i] == 0 || c[i] == 0x1p-1074);
}

/* Where the faster functions are not in doubt they choose as the careful one does from
 * the same random numbers: near a power of two too, where they are sure only of what
 * has the same exponent. */
static void fast_kernels_choose_as_the_careful_one(void **state)
{
    enum { LANES = 8, DEPTH = 4, TRIES = 40000 };
    static const char *const names[] = {"baseline", "avx2", "avx512"};
    (void)state;
    for (size_t name = 0; name < sizeof names / sizeof *names; name++) {
        const struct pt_fuzzy_kernels *kernels = pt_fuzzy_kernels_named(names[name]);
        unsigned sure[2] = {0};
        for (int try = 0; kernels && try < TRIES; try++) {
            double a[LANES * DEPTH], b[LANES * DEPTH], c[LANES], careful[LANES];
            uint32_t random[LANES * DEPTH];
            bool near = try % 2, each = try / 2 % 2;
            for (int i = 0; i < LANES * DEPTH; i++) {
                /* a little below a power of two, or anything */
                a[i] = near ? (i < LANES ? 0x1p-54 * -uniform(0.9, 1) : 0)
                            : signed_uniform();
                b[i] = near ? 1 : signed_uniform();
                random[i] = (uint32_t)(pt_splitmix64(&chance) >> 32);
            }
            for (int r = 0; r < LANES; r++)
                c[r] = near ? 1 : signed_uniform();
            kernels->mac_careful[each](a, b, c, careful, random, LANES, DEPTH);
            for (int way = 0; way < 2; way++) {
                double fast[LANES];
                pt_fuzzy_mac_fn *run = way ? kernels->mac_exact[each]
                                           : kernels->mac[PT_FUZZY_BINARY64][each];
                if (run(a, b, c, fast, random, LANES, DEPTH))
                    continue;
                assert_memory_equal(fast, careful, sizeof fast);
                sure[near]++;
            }
        }
        if (kernels)
            assert_true(sure[0] > TRIES / 2 && sure[1] > 20);
    }
}

static void other_modes_round_onto_their_grid(void **state)
{
    double a = 1.1, b = 1.3, c = 0;
    (void)state;
    begin(PT_FUZZY_UD, 10);
    struct pt_matrix left = matrix_of(&a, 1, 1, PT_FUZZY_BINARY64),
                     right = matrix_of(&b, 1, 1, PT_FUZZY_BINARY64),
                     sum = matrix_of(&c, 1, 1, PT_FUZZY_BINARY64);
    for (int i = 0; i < 100; i++) {
        c = 0;
        pt_blas_multiply(stream, &left, &right, &sum, PT_ALL);
        assert_true(c == floor(1.43 * 512) / 512 || c == ceil(1.43 * 512) / 512);
    }
}

static void only_the_triangle_is_touched(void **state)
{
    enum { N = 70, K = 9 };
    static double a[N * K], at[N * K], c[N * N];
    (void)state;
    begin(PT_FUZZY_SR, 0);
    for (int i = 0; i < N * K; i++)
        a[i] = signed_uniform();
    for (int i = 0; i < N; i++)
        for (int k = 0; k < K; k++)
            at[i * K + k] = a[k * N + i];
    for (int lower = 0; lower < 2; lower++) {
        for (int i = 0; i < N * N; i++)
            c[i] = 7;
        struct pt_matrix left = matrix_of(a, N, K, PT_FUZZY_BINARY64),
                         right = matrix_of(at, K, N, PT_FUZZY_BINARY64),
                         sum = matrix_of(c, N, N, PT_FUZZY_BINARY64);
        pt_blas_multiply(stream, &left, &right, &sum, lower ? PT_LOWER : PT_UPPER);
        for (int j = 0; j < N; j++)
            for (int i = 0; i < N; i++) {
                double plain = 7;
                for (int k = 0; k < K; k++)
                    plain += a[k * N + i] * a[k * N + j];
                if (lower ? i >= j : i <= j)
                    assert_true(fabs(c[j * N + i] - plain) < 1e-12);
                else
                    assert_true(c[j * N + i] == 7);
            }
    }
}

/* The library's part of the model: plain sums. */
static void compute_plain(void *context, const struct pt_blas_block *block,
                          int64_t from, int64_t to)
{
    const struct pt_blas_model *m = context; /* beta is 1 */
    const struct pt_matrix *c = &block->values.part[0];
    for (int64_t j = 0; j < c->columns; j++)
        for (int64_t i = 0; i < c->rows; i++)
            for (int64_t k = from; k < to; k++)
                pt_matrix_set(c, i, j,
                              pt_matrix_get(c, i, j) +
                                  pt_matrix_get(&m->a.part[0], block->i + i, k) *
                                      pt_matrix_get(&m->b.part[0], k, block->j + j));
}

/* Root mean square deviation from the mean, over all elements. */
static double spread(double *sums, double *squares, size_t n, int runs)
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += squares[i] / runs - (sums[i] / runs) * (sums[i] / runs);
    return sqrt(total / (double)n);
}

static void models_noise_is_that_of_the_kernels(void **state)
{
    enum { M = 6, N = 5, K = 1500, RUNS = 300 };
    static double a[M * K], b[K * N], room[PT_BLAS_MODEL_ROOM];
    static const double from[] = {-1, 0, 0.9, -1, -1}, start[] = {0, 0, 0, 1000, 0};
    (void)state;
    begin(PT_FUZZY_SR, 0);
    for (size_t kind = 0; kind < 5; kind++) {
        double found[2];
        for (int i = 0; i < M * K; i++)
            a[i] = uniform(from[kind], 1);
        for (int i = 0; i < K * N; i++)
            b[i] = uniform(from[kind], 1) * (kind == 4 ? i % K : 1);
        for (int way = 0; way < 2; way++) {
            double sums[M * N] = {0}, squares[M * N] = {0}, base[M * N];
            for (int run = 0; run < RUNS; run++) {
                double c[M * N];
                for (int i = 0; i < M * N; i++)
                    c[i] = start[kind];
                struct pt_blas_operand left = real_of(a, M, K),
                                       right = real_of(b, K, N), sum = real_of(c, M, N);
                struct pt_blas_model model = {.a = left, .b = right, .c = sum};
                model.alpha.part[0] = model.beta.part[0] = 1;
                if (way == 1)
                    pt_blas_model_run(stream, &model, compute_plain, &model, room);
                else /* the depth in parts, so that long sums are not split up */
                    for (int64_t k = 0; k < K; k += 100)
                        pt_blas_update(stream, pt_blas_operand_part(left, 0, k, M, 100),
                                       pt_blas_operand_part(right, k, 0, 100, N), sum,
                                       1, model.beta, PT_ALL);
                for (int i = 0; i < M * N; i++) {
                    if (run == 0)
                        base[i] = c[i];
                    double d = c[i] - base[i];
                    sums[i] += d;
                    squares[i] += d * d;
                }
            }
            found[way] = spread(sums, squares, M * N, RUNS);
        }
        print_message("model / kernels: %.2f\n", found[1] / found[0]);
        assert_true(found[0] > 0 && found[1] / found[0] > 0.6 &&
                    found[1] / found[0] < 1.6);
    }
}

static void exact_products_are_known_to_be(void **state)
{
    double a[4] = {1, 2, 3, 4}, b[4] = {5, 6, 7, 0.125}, c[4] = {1, 1, 1, 1};
    (void)state;
    begin(PT_FUZZY_SR, 0);
    struct pt_blas_model model = {
        .a = real_of(a, 2, 2), .b = real_of(b, 2, 2), .c = real_of(c, 2, 2)};
    model.alpha.part[0] = model.beta.part[0] = 1;
    assert_true(pt_blas_model_is_exact(&model));
    c[3] = 0x1p-60; /* far below the products' lowest bits */
    assert_false(pt_blas_model_is_exact(&model));
    model.beta.part[0] = 0;
    assert_true(pt_blas_model_is_exact(&model));
    a[0] = 0.1;
    assert_false(pt_blas_model_is_exact(&model));
    a[0] = 0x1p30 + 1;
    b[0] = 0x1p30 + 1;
    assert_false(pt_blas_model_is_exact(&model));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_up_with_probability_distance_over_gap),
        cmocka_unit_test(is_right_at_powers_of_two_and_after_cancellation),
        cmocka_unit_test(keeps_what_is_exact),
        cmocka_unit_test(long_sums_have_no_bias),
        cmocka_unit_test(special_values_are_those_of_ieee_arithmetic),
        cmocka_unit_test(fast_kernels_choose_as_the_careful_one),
        cmocka_unit_test(other_modes_round_onto_their_grid),
        cmocka_unit_test(only_the_triangle_is_touched),
        cmocka_unit_test(models_noise_is_that_of_the_kernels),
        cmocka_unit_test(exact_products_are_known_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
