#include "fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "statistics/block.h"

/* What must hold for any samples: random ones of every kind, from one seed. */

enum { N_MAX = 12, COUNT = 5 * PT_STAT_BLOCK + 37 };

static double uniform(uint64_t *state)
{
    return (double)(pt_splitmix64(state) >> 11) * 0x1p-53;
}

/* One element: its magnitude, its noise, and now and then what the lanes cannot do. */
static void random_element(double *samples, size_t n, uint64_t *state)
{
    unsigned kind = (unsigned)(pt_splitmix64(state) % 32);
    int exponent = (int)(pt_splitmix64(state) % 40) - 20;
    double noise = ldexp(1, -(int)(pt_splitmix64(state) % 55));
    double centre = uniform(state) + 0.5;

    if (kind == 1) {
        exponent = 1000;
    } else if (kind == 2) {
        exponent = -1060;
    } else if (kind == 3) {
        centre = 0; /* the mean cancels */
    } else if (kind == 4) {
        noise = 0;
    }
    for (size_t i = 0; i < n; i++) {
        samples[i] = ldexp(centre + noise * (uniform(state) - 0.5), exponent);
        if (kind == 5 && pt_splitmix64(state) % 4 == 0) {
            samples[i] = pt_splitmix64(state) % 2 ? NAN : HUGE_VAL;
        }
    }
}

static void order_of_the_runs_does_not_matter(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    uint64_t seed = 11;

    (void)state;
    for (int method = 0; method < 2; method++) {
        struct pt_stat_plan *plan;

        options.method = method == 0 ? PT_STAT_CNH : PT_STAT_GENERAL;
        plan = pt_test_plan(&options, N_MAX);
        for (int trial = 0; trial < 2000; trial++) {
            size_t n = 2 + pt_splitmix64(&seed) % (N_MAX - 1);
            double samples[N_MAX], turned[N_MAX];
            size_t by = 1 + pt_splitmix64(&seed) % (n - 1);
            struct pt_test_element one, other;

            random_element(samples, n, &seed);
            for (size_t i = 0; i < n; i++) {
                turned[i] = samples[(n - 1 - i + by) % n];
            }
            pt_test_element(plan, samples, n, NULL, 8, &one);
            pt_test_element(plan, turned, n, NULL, 8, &other);
            assert_int_equal(one.result.flags, other.result.flags);
            assert_true(isnan(one.mean) || pt_test_ulps(one.mean, other.mean, 8) <= 1);
            assert_true(isnan(one.std) || fabs(one.std - other.std) <= 1e-12 * one.std);
            assert_true(isnan(one.sig) || one.sig == other.sig ||
                        fabs(one.sig - other.sig) <= (method == 0 ? 1e-9 : 0));
        }
        pt_stat_plan_destroy(plan);
    }
}

static void powers_of_two_scale_mean_and_spread_and_keep_the_digits(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, N_MAX);
    const int shifts[] = {-960, -500, -3, 1, 490, 900};
    uint64_t seed = 12;

    (void)state;
    for (int trial = 0; trial < 500; trial++) {
        size_t n = 2 + pt_splitmix64(&seed) % (N_MAX - 1);
        double samples[N_MAX], scaled[N_MAX];
        struct pt_test_element one, other;

        do {
            random_element(samples, n, &seed);
        } while (!(fabs(samples[0]) > 0x1p-25 && fabs(samples[0]) < 0x1p25));
        pt_test_element(plan, samples, n, NULL, 8, &one);
        for (size_t k = 0; k < PT_ARRAY_LENGTH(shifts); k++) {
            for (size_t i = 0; i < n; i++) {
                scaled[i] = ldexp(samples[i], shifts[k]);
            }
            pt_test_element(plan, scaled, n, NULL, 8, &other);
            if (isnan(one.mean) || isnan(one.std)) {
                continue;
            }
            assert_true(pt_test_ulps(ldexp(one.mean, shifts[k]), other.mean, 8) <= 1);
            assert_true(one.std == 0 ? other.std == 0
                                     : fabs(ldexp(other.std, -shifts[k]) / one.std -
                                            1) < 1e-12 ||
                                           other.std < 0x1p-1000);
            assert_true(fabs(one.sig - other.sig) <= 1e-9);
        }
    }
    pt_stat_plan_destroy(plan);
}

static void lanes_agree_with_exact_arithmetic(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, N_MAX);
    struct pt_exact_work *work = pt_exact_work_create(N_MAX);
    struct pt_part part = pt_part_of('f', 8, 0);
    uint64_t seed = 13;

    (void)state;
    assert_non_null(work);
    for (int trial = 0; trial < 20000; trial++) {
        size_t n = 2 + pt_splitmix64(&seed) % (N_MAX - 1);
        struct pt_sample exact_samples[N_MAX];
        struct pt_test_element got;
        struct pt_exact exact;
        double samples[N_MAX];
        bool finite = true;

        random_element(samples, n, &seed);
        for (size_t i = 0; i < n; i++) {
            finite &= pt_load_sample(part, samples, i, &exact_samples[i]) == PT_FINITE;
        }
        if (!finite) {
            continue;
        }
        pt_test_element(plan, samples, n, NULL, 8, &got);
        pt_exact_element(work, exact_samples, n, NULL, false, false, 53, &exact);
        assert_true(pt_test_ulps(got.mean, pt_scaled_double(exact.mean), 8) <= 1);
        if (exact.var.m == 0) {
            assert_true(got.std == 0 && got.sig == 53);
        } else if (exact.logz < HUGE_VAL) {
            assert_true(fabs(got.sig - fmin(53, -exact.logz - plan->delta[n])) < 1e-9);
        }
    }
    pt_exact_work_destroy(work);
    pt_stat_plan_destroy(plan);
}

/* All types, all columns: one thread, many threads, any pieces, any instruction set. */
struct field {
    unsigned char *arrays[N_MAX];
    struct pt_stat_input input;
    struct pt_stat_output output;
    double *columns; /* mean, std, sig, contributing of two planes, digits */
};

enum { COLUMNS = 9 };

static void fill_array(unsigned char *array, char kind, unsigned item, uint64_t *state,
                       uint64_t element_seed)
{
    for (size_t i = 0; i < COUNT; i++) {
        unsigned parts = kind == 'c' ? 2 : 1;

        for (unsigned p = 0; p < parts; p++) {
            unsigned char *at = array + i * item + p * (item / parts);
            uint64_t common = element_seed + i * 2 + p;
            uint64_t base = pt_splitmix64(&common);

            if (kind == 'f' || kind == 'c') {
                double x = 1 + (double)(base >> 40) * 0x1p-24;

                x *= 1 + ldexp(uniform(state) - 0.5, -(int)(base % 12));
                x = ldexp(floor(ldexp(x, 10)), -10); /* a binary16 has it */
                x = base % 61 == 0 && *state % 3 == 0 ? NAN : x;
                x = base % 67 == 0 ? -x : x;
                x = base % 71 == 0 && item / parts >= 8 ? ldexp(x, 500) : x;
                x = x > 2 && item / parts == 2 ? 2 : x;
                pt_test_store(x, item / parts, at);
            } else {
                uint64_t bits = base % 5 == 0 ? pt_splitmix64(state) : base;

                bits = kind == 'b' ? bits % 2 : bits;
                memcpy(at, &bits, item);
            }
        }
    }
}

static void make_field(struct field *field, char kind, unsigned item)
{
    uint64_t seed = 14;

    *field = (struct field){.columns = NULL};
    field->columns = calloc(COLUMNS * COUNT, sizeof *field->columns);
    assert_non_null(field->columns);
    for (size_t run = 0; run < N_MAX; run++) {
        field->arrays[run] = calloc(COUNT, item);
        assert_non_null(field->arrays[run]);
        fill_array(field->arrays[run], kind, item, &seed, 99);
    }
    field->input = (struct pt_stat_input){.samples = (const void *const *)field->arrays,
                                          .n_runs = N_MAX,
                                          .count = COUNT,
                                          .dtype = kind,
                                          .item_bytes = (uint8_t)item};
    field->output = (struct pt_stat_output){.mean = field->columns,
                                            .std = field->columns + 2 * COUNT,
                                            .sig = field->columns + 4 * COUNT,
                                            .contributing = field->columns + 6 * COUNT,
                                            .digits = field->columns + 8 * COUNT,
                                            .plane = COUNT};
}

static void drop_field(struct field *field)
{
    for (size_t run = 0; run < N_MAX; run++) {
        free(field->arrays[run]);
    }
    free(field->columns);
}

/* Pieces of random length in random order, with this instruction set. */
static void run_pieces(const struct pt_stat_plan *plan, struct field *field,
                       const struct pt_lanes_kernel *kernel, uint64_t *seed,
                       struct pt_stat_result *result)
{
    struct pt_stat_summary total, part;
    struct pt_stat_work *work;
    struct pt_error error;
    size_t next;

    assert_int_equal(pt_stat_work_create(plan, &work, &error), PT_OK);
    work->kernel = kernel;
    pt_stat_summary_begin(&total, field->input.dtype, field->input.item_bytes, N_MAX);
    for (size_t at = 0; at < COUNT; at = next) {
        next = at + PT_STAT_BLOCK * (1 + pt_splitmix64(seed) % 3);
        next = next > COUNT ? COUNT : next;
        pt_stat_summary_begin(&part, field->input.dtype, field->input.item_bytes,
                              N_MAX);
        assert_int_equal(pt_stat_range(plan, work, &field->input, at, next,
                                       &field->output, &part, &error),
                         PT_OK);
        if (pt_splitmix64(seed) % 2) {
            pt_stat_summary_merge(&part, &total);
            total = part;
        } else {
            pt_stat_summary_merge(&total, &part);
        }
    }
    pt_stat_work_destroy(work);
    pt_stat_summary_finish(plan, &total, result);
    pt_stat_quantiles(field->output.digits, COUNT, &result->sig_p05,
                      &result->sig_median);
}

static void check_field(const struct pt_stat_plan *plan, char kind, unsigned item)
{
    size_t bytes = (COLUMNS - 1) * COUNT * sizeof(double), n_kernels;
    const struct pt_lanes_kernel *const *kernels = pt_lanes_kernels(&n_kernels);
    struct pt_stat_result first, other;
    uint64_t seed = 15;
    struct field field;
    double *golden = malloc(bytes);
    size_t planes = kind == 'c' ? 2 : 1;

    assert_non_null(golden);
    make_field(&field, kind, item);
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct pt_stat_team *team;
        struct pt_error error;

        assert_int_equal(pt_stat_team_create(plan, threads, &team, &error), PT_OK);
        assert_int_equal(pt_stat_value(plan, team, &field.input, &field.output,
                                       threads == 1 ? &first : &other, &error),
                         PT_OK);
        pt_stat_team_destroy(team);
        if (threads == 1) {
            memcpy(golden, field.columns, bytes);
        } else {
            assert_memory_equal(field.columns, golden, bytes);
            assert_memory_equal(&other, &first, sizeof first);
        }
    }
    for (size_t k = 0; k < 2 * n_kernels; k++) {
        memset(field.columns, 0, bytes);
        run_pieces(plan, &field, kernels[k / 2], &seed, &other);
        for (size_t c = 0; c < 4; c++) {
            assert_memory_equal(field.columns + 2 * c * COUNT, golden + 2 * c * COUNT,
                                planes * COUNT * sizeof(double));
        }
        assert_memory_equal(&other, &first, sizeof first);
    }
    drop_field(&field);
    free(golden);
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* With each instruction set: n numbers, of which those in [low, high) come first. */
static void check_gather(const double *numbers, size_t n, double low, double high)
{
    size_t n_kernels, expected = 0;
    const struct pt_lanes_kernel *const *kernels = pt_lanes_kernels(&n_kernels);
    double first[COUNT], sorted[COUNT], moved[COUNT];

    for (size_t i = 0; i < n; i++) {
        if (numbers[i] >= low && numbers[i] < high) {
            first[expected++] = numbers[i];
        }
    }
    memcpy(sorted, numbers, n * sizeof *numbers);
    qsort(sorted, n, sizeof *sorted, ascending);
    for (size_t k = 0; k < n_kernels; k++) {
        memcpy(moved, numbers, n * sizeof *numbers);
        assert_int_equal(kernels[k]->gather(moved, n, low, high), expected);
        assert_memory_equal(moved, first, expected * sizeof *first);
        qsort(moved, n, sizeof *moved, ascending);
        assert_memory_equal(moved, sorted, n * sizeof *sorted);
    }
}

static void gathering_keeps_the_numbers_of_a_range_and_loses_none(void **state)
{
    uint64_t seed = 16;
    double numbers[COUNT] = {0};

    (void)state;
    for (size_t n = 0; n <= COUNT; n = n < 40 ? n + 1 : 2 * n + 1) {
        for (size_t i = 0; i < n; i++) {
            numbers[i] = (double)(pt_splitmix64(&seed) % 160) / 16;
        }
        check_gather(numbers, n, 2.5,
                     2.5625); /* one of the numbers, its neighbour not */
        check_gather(numbers, n, 0, 5);
        check_gather(numbers, n, 0, 64);
        check_gather(numbers, n, 11, 12);
    }
}

static void threads_pieces_and_instruction_sets_give_the_same_bits(void **state)
{
    const struct {
        char kind;
        unsigned item;
    } types[] = {{'f', 8},  {'f', 4}, {'f', 2}, {'f', 16}, {'c', 8}, {'c', 16},
                 {'c', 32}, {'i', 1}, {'i', 2}, {'i', 4},  {'i', 8}, {'u', 1},
                 {'u', 2},  {'u', 4}, {'u', 8}, {'b', 1}};
    struct pt_stat_options options = pt_stat_options_default();

    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        struct pt_stat_plan *plan;

        options.method = variant % 2 == 0 ? PT_STAT_CNH : PT_STAT_GENERAL;
        options.error = variant / 2 == 0 ? PT_STAT_RELATIVE : PT_STAT_ABSOLUTE;
        plan = pt_test_plan(&options, N_MAX);
        for (size_t i = 0; i < PT_ARRAY_LENGTH(types); i++) {
            check_field(plan, types[i].kind, types[i].item);
        }
        pt_stat_plan_destroy(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_the_runs_does_not_matter),
        cmocka_unit_test(powers_of_two_scale_mean_and_spread_and_keep_the_digits),
        cmocka_unit_test(lanes_agree_with_exact_arithmetic),
        cmocka_unit_test(gathering_keeps_the_numbers_of_a_range_and_loses_none),
        cmocka_unit_test(threads_pieces_and_instruction_sets_give_the_same_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
