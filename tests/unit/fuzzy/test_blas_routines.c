/* The routines of BLAS and LAPACK: their names, their arguments, factorisations, and
 * how operands are moved. */
#include "blas.h"

#include "fuzzy/blas/factor.h"

static void factorisations_reproduce_the_matrix(void **state)
{
    enum { N = 23 };
    static double a[N * N], lu[N * N], b[N], x[N];
    int64_t pivots[N];
    (void)state;
    begin(PT_FUZZY_SR, 0);
    for (int i = 0; i < N * N; i++)
        lu[i] = a[i] = signed_uniform();
    for (int i = 0; i < N; i++)
        x[i] = b[i] = signed_uniform();
    struct pt_blas_operand m = real_of(lu, N, N), right = real_of(x, N, 1);
    assert_int_equal(pt_blas_lu(stream, m, pivots), 0);
    pt_blas_exchange(right, pivots, N, false);
    pt_blas_solve(stream, NULL, m, PT_LOWER, true, right);
    pt_blas_solve(stream, NULL, m, PT_UPPER, false, right);
    for (int i = 0; i < N; i++) {
        double residual = -b[i];
        for (int j = 0; j < N; j++)
            residual += a[j * N + i] * x[j];
        assert_true(fabs(residual) < 1e-12);
        assert_true(pivots[i] >= i && pivots[i] < N);
    }
    memset(lu, 0, sizeof lu);
    assert_int_equal(pt_blas_lu(stream, m, pivots), 1);
    for (int i = 0; i < N; i++)
        lu[i * N + i] = i == 9 ? -1 : 4;
    assert_int_equal(pt_blas_cholesky(stream, m, PT_UPPER), 10);
    assert_true(lu[0] == 2);
}

/* Moves the matrix and checks each element's law: kept (half), or an ulp up or down (a
 * quarter each), zeros always; `sign`: a(j, i) = sign a(i, j) before and after. */
static void check_moves(enum pt_triangle triangle, int sign)
{
    enum { N = 9, RUNS = 4000 };
    double a[N * N], moved[N * N];
    int ups[N * N] = {0}, downs[N * N] = {0};
    for (int j = 0; j < N; j++)
        for (int i = 0; i < N; i++)
            a[j * N + i] = sign && i > j ? 0 : (i + j) % 4 == 0 ? 0 : signed_uniform();
    for (int j = 0; sign && j < N; j++)
        for (int i = j; i < N; i++)
            a[j * N + i] = i == j && sign < 0 ? 0 : sign * a[i * N + j];
    for (int run = 0; run < RUNS; run++) {
        memcpy(moved, a, sizeof a);
        (void)pt_lapack_move(stream, real_of(moved, N, N), triangle);
        for (int i = 0; i < N * N; i++) {
            bool is_up = moved[i] == nextafter(a[i], INFINITY);
            ups[i] += is_up && a[i] != 0;
            downs[i] += moved[i] == nextafter(a[i], -INFINITY) && a[i] != 0;
            if (sign)
                assert_true(moved[i] == sign * moved[i % N * N + i / N]);
        }
    }
    for (int i = 0; i < N * N; i++) {
        bool is_there = triangle == PT_ALL ||
                        (triangle == PT_UPPER ? i % N <= i / N : i % N >= i / N);
        if (a[i] == 0 || !is_there) {
            assert_true(moved[i] == a[i] && ups[i] + downs[i] == 0);
            continue;
        }
        double deviation = sqrt(RUNS * 3.0 / 16);
        assert_true(fabs(ups[i] - RUNS / 4.0) < 6.5 * deviation);
        assert_true(fabs(downs[i] - RUNS / 4.0) < 6.5 * deviation);
    }
}

static void operands_move_by_an_ulp_and_keep_their_symmetry(void **state)
{
    enum { N = 6 };
    double z[2 * N * N];
    (void)state;
    begin(PT_FUZZY_SR, 0);
    check_moves(PT_ALL, 0);
    check_moves(PT_UPPER, 0);
    check_moves(PT_LOWER, 0);
    check_moves(PT_ALL, 1);
    check_moves(PT_ALL, -1);
    /* a Hermitian matrix */
    for (int j = 0; j < N; j++)
        for (int i = 0; i <= j; i++) {
            double *upper = z + 2 * (j * N + i), *lower = z + 2 * (i * N + j);
            upper[0] = lower[0] = signed_uniform();
            upper[1] = i == j ? 0 : signed_uniform();
            lower[1] = -upper[1];
        }
    assert_int_equal(
        pt_lapack_move(stream, pt_blas_operand_at('z', z, N, N, N, false), PT_ALL),
        N * (N + 1));
    for (int j = 0; j < N; j++)
        for (int i = 0; i <= j; i++)
            assert_true(z[2 * (j * N + i)] == z[2 * (i * N + j)] &&
                        z[2 * (j * N + i) + 1] == -z[2 * (i * N + j) + 1]);
}

static void symbols_are_read_with_their_manglings(void **state)
{
    static const struct {
        const char *symbol;
        int routine;
        char type;
        bool cblas, wide;
    } known[] = {
        {"dgemm_", PT_BLAS_GEMM, 'd', false, false},
        {"cblas_sgemm", PT_BLAS_GEMM, 's', true, false},
        {"scipy_zgemm_64_", PT_BLAS_GEMM, 'z', false, true},
        {"scipy_cblas_ddot64_", PT_BLAS_DOT, 'd', true, true},
        {"scipy_strsm_", PT_BLAS_TRSM, 's', false, false},
        {"cblas_zdotc_sub", PT_BLAS_DOTC, 'z', true, false},
    };
    static const char *const others[] = {
        "dgemm", "exp", "cblas_dgesv", "zdotc_",  "dgemmtr_", "lsame_",
        "",      "d_",  "zsyev_",      "dheevd_", "scipy_"};
    struct pt_blas_symbol what;
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(pt_blas_symbol_read(known[i].symbol, &what));
        assert_int_equal(what.routine, known[i].routine);
        assert_int_equal(what.type, known[i].type);
        assert_int_equal(what.cblas, known[i].cblas);
        assert_int_equal(what.wide, known[i].wide);
    }
    assert_true(pt_blas_symbol_read("scipy_dgesv_64_", &what) &&
                what.routine >= PT_BLAS_N);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(pt_blas_symbol_read(others[i], &what));
}

/* C's calls, by rows and by columns, with integers of 32 and 64 bits: exact products of
 * small whole numbers. */
enum { SIDE = 7 };

static double at(const double *m, bool by_rows, int i, int j)
{
    return by_rows ? m[i * SIDE + j] : m[j * SIDE + i];
}

/* Of a triangle that is stored: all of a symmetric matrix, or zeros beside it. */
static double stored(const double *m, bool by_rows, bool upper, bool symmetric, int i,
                     int j)
{
    bool there = upper ? i <= j : i >= j;
    return there ? at(m, by_rows, i, j) : symmetric ? at(m, by_rows, j, i) : 0;
}

static void call_c(const char *name, const uintptr_t *words, size_t n)
{
    struct pt_blas_symbol symbol;
    struct pt_blas_call call = {.symbol = &symbol, .stream = stream, .numbers = {1, 1}};
    assert_true(pt_blas_symbol_read(name, &symbol) && symbol.cblas);
    call.routine = pt_fuzzy_routine_add(name, stream, PT_FUZZY_BLAS);
    assert_non_null(call.routine);
    uint64_t before = atomic_load(&call.routine->calls[PT_FUZZY_WAY_SR]);
    memcpy(call.words, words, n * sizeof *words);
    (void)pt_blas_call_perturbed(&call);
    assert_int_equal(atomic_load(&call.routine->calls[PT_FUZZY_WAY_SR]), before + 1);
}

static void check_c(bool by_rows, bool upper, bool right, bool wide)
{
    double a[SIDE * SIDE], b[SIDE * SIDE], c[SIDE * SIDE], d[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        a[i] = (double)(pt_splitmix64(&chance) % 19) - 9;
        b[i] = (double)(pt_splitmix64(&chance) % 19) - 9;
        c[i] = d[i] = (double)(pt_splitmix64(&chance) % 19) - 9;
    }
    uintptr_t order = by_rows ? 101 : 102, side = right ? 142 : 141,
              half = upper ? 121 : 122, A = (uintptr_t)a, B = (uintptr_t)b,
              C = (uintptr_t)c, D = (uintptr_t)d;
    /* C = A B + C, D = A B + B Aᵀ + D in its half, then B = A B */
    call_c(wide ? "scipy_cblas_dsymm64_" : "cblas_dsymm",
           (uintptr_t[]){order, side, half, SIDE, SIDE, A, SIDE, B, SIDE, C, SIDE}, 11);
    double expected[3][SIDE][SIDE], before_d[SIDE * SIDE];
    uintptr_t plain = 111, turned = 112;
    memcpy(before_d, d, sizeof d);
    call_c(wide ? "cblas_dsyr2k64_" : "cblas_dsyr2k",
           (uintptr_t[]){order, half, plain, SIDE, SIDE, A, SIDE, B, SIDE, D, SIDE},
           11);
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            double sum = at(before_d, by_rows, i, j), twice = sum, product = 0;
            for (int l = 0; l < SIDE; l++) {
                sum +=
                    right
                        ? at(b, by_rows, i, l) * stored(a, by_rows, upper, true, l, j)
                        : stored(a, by_rows, upper, true, i, l) * at(b, by_rows, l, j);
                twice += at(a, by_rows, i, l) * at(b, by_rows, j, l) +
                         at(b, by_rows, i, l) * at(a, by_rows, j, l);
                product +=
                    right
                        ? at(b, by_rows, i, l) * stored(a, by_rows, upper, false, j, l)
                        : stored(a, by_rows, upper, false, l, i) * at(b, by_rows, l, j);
            }
            expected[0][i][j] = sum;
            bool there = upper ? i <= j : i >= j;
            expected[1][i][j] = there ? twice : at(before_d, by_rows, i, j);
            expected[2][i][j] = product;
        }
    call_c(wide ? "cblas_dtrmm64_" : "cblas_dtrmm",
           (uintptr_t[]){order, side, half, turned, 131, SIDE, SIDE, A, SIDE, B, SIDE},
           11);
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            assert_true(at(c, by_rows, i, j) == expected[0][i][j]);
            assert_true(at(d, by_rows, i, j) == expected[1][i][j]);
            assert_true(at(b, by_rows, i, j) == expected[2][i][j]);
        }
}

static void structured_products_are_exact_through_c_by_rows_and_columns(void **state)
{
    (void)state;
    begin(PT_FUZZY_SR, 0);
    for (int i = 0; i < 16; i++)
        check_c(i & 1, i & 2, i & 4, i & 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factorisations_reproduce_the_matrix),
        cmocka_unit_test(operands_move_by_an_ulp_and_keep_their_symmetry),
        cmocka_unit_test(symbols_are_read_with_their_manglings),
        cmocka_unit_test(structured_products_are_exact_through_c_by_rows_and_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
