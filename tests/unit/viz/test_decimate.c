#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "decimate.h"

enum { N = 20000 };

struct kept {
    struct pt_point points[N];
    size_t n;
};

static void keep(void *context, const struct pt_point *point)
{
    struct kept *kept = context;
    kept->points[kept->n++] = *point;
}

static void add(struct pt_decimator *d, const struct pt_point *p, bool marked)
{
    const struct pt_points one = {.first_row = p->row,
                                  .base = p->call,
                                  .calls = &p->call,
                                  .times = &p->time,
                                  .values = &p->value,
                                  .flags = &p->flags,
                                  .call_flags = &p->call_flags,
                                  .marked = &marked};
    pt_decimator_run(d, &one, 0, 1);
}

static struct kept *run(const double *values, size_t n, uint64_t bins, size_t marked)
{
    struct kept *kept = calloc(1, sizeof *kept);
    struct pt_decimator d;

    assert_non_null(kept);
    pt_decimator_init(&d, 0, n - 1, bins, keep, kept);
    for (size_t i = 0; i < n; i++) {
        struct pt_point point = {.row = i, .call = i, .time = i, .value = values[i]};
        add(&d, &point, i == marked);
    }
    pt_decimator_finish(&d);
    return kept;
}

static int has_row(const struct kept *kept, uint64_t row)
{
    for (size_t i = 0; i < kept->n; i++)
        if (kept->points[i].row == row)
            return 1;
    return 0;
}

static void a_lone_outlier_and_a_lone_mark_survive_any_reduction(void **state)
{
    (void)state;
    double *values = malloc(N * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < N; i++)
        values[i] = 50 + sin((double)i);
    values[12345] = -3;
    values[777] = 99;
    for (uint64_t bins = 1; bins <= 4096; bins *= 4) {
        struct kept *kept = run(values, N, bins, 4242);
        assert_true(has_row(kept, 12345));
        assert_true(has_row(kept, 777));
        assert_true(has_row(kept, 4242));
        assert_true(has_row(kept, 0) && has_row(kept, N - 1));
        assert_true(kept->n <= PT_POINT_ROLES * bins);
        free(kept);
    }
    free(values);
}

static void points_come_in_order_and_once(void **state)
{
    (void)state;
    double values[] = {1, 1, 1, 0, 5, 5, NAN, 2, 2, 2};
    for (uint64_t bins = 1; bins < 12; bins++) {
        struct kept *kept = run(values, 10, bins, 6);
        for (size_t i = 1; i < kept->n; i++)
            assert_true(kept->points[i - 1].row < kept->points[i].row);
        free(kept);
    }
}

static void as_many_bins_as_points_keep_every_point(void **state)
{
    (void)state;
    double values[64];
    for (int i = 0; i < 64; i++)
        values[i] = i % 7;
    struct kept *kept = run(values, 64, 64, SIZE_MAX);
    assert_int_equal(kept->n, 64);
    free(kept);
}

static void a_bin_of_nan_alone_keeps_its_ends(void **state)
{
    (void)state;
    double values[] = {NAN, NAN, NAN, NAN};
    struct kept *kept = run(values, 4, 1, SIZE_MAX);
    assert_int_equal(kept->n, 2);
    assert_true(has_row(kept, 0) && has_row(kept, 3));
    free(kept);
}

static void the_greatest_times_do_not_overflow(void **state)
{
    (void)state;
    struct kept *kept = calloc(1, sizeof *kept);
    struct pt_decimator d;

    assert_non_null(kept);
    pt_decimator_init(&d, 0, UINT64_MAX - 1, 4000, keep, kept);
    for (uint64_t i = 0; i < 3; i++) {
        struct pt_point point = {.row = i, .time = i * (UINT64_MAX / 2), .value = 1};
        add(&d, &point, false);
    }
    pt_decimator_finish(&d);
    assert_int_equal(kept->n, 3);
    free(kept);
}

/* What comes in one portion comes out as what comes point by point. */
static void portions_of_any_size_are_reduced_alike(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static uint64_t calls[MANY], times[MANY];
    static double values[MANY];
    static uint32_t flags[MANY];
    static bool marked[MANY];
    const struct pt_points points = {.first_row = 7,
                                     .base = 100,
                                     .calls = calls,
                                     .values = values,
                                     .flags = flags,
                                     .marked = marked,
                                     .times = times,
                                     .call_flags = flags};
    srand(5);
    for (size_t i = 0; i < MANY; i++) {
        calls[i] = 100 + i;
        times[i] = (i ? times[i - 1] : 0) + (uint64_t)(rand() % 4);
        values[i] = rand() % 40;
        if (rand() % 5 == 0)
            values[i] = (double[]){NAN, INFINITY, -INFINITY}[rand() % 3];
        flags[i] = (uint32_t)rand();
        marked[i] = rand() % 50 == 0;
    }
    for (uint64_t bins = 1; bins <= 4000; bins = bins * 3 + 1) {
        struct kept *kept[2] = {calloc(1, sizeof **kept), calloc(1, sizeof **kept)};
        for (int k = 0; k < 2; k++) {
            struct pt_decimator d;
            assert_non_null(kept[k]);
            pt_decimator_init(&d, times[0], times[MANY - 1], bins, keep, kept[k]);
            for (size_t i = 0, n; i < MANY; i += n) {
                n = k == 0 ? 1 : 1 + (size_t)rand() % 700;
                n = n < MANY - i ? n : MANY - i;
                pt_decimator_run(&d, &points, i, i + n);
            }
            pt_decimator_finish(&d);
        }
        assert_int_equal(kept[0]->n, kept[1]->n);
        for (size_t i = 0; i < kept[0]->n; i++) {
            const struct pt_point *a = &kept[0]->points[i], *b = &kept[1]->points[i];
            assert_true(a->row == b->row && a->call == b->call && a->time == b->time &&
                        a->flags == b->flags && a->call_flags == b->call_flags);
            assert_memory_equal(&a->value, &b->value, sizeof a->value);
        }
        free(kept[0]);
        free(kept[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lone_outlier_and_a_lone_mark_survive_any_reduction),
        cmocka_unit_test(points_come_in_order_and_once),
        cmocka_unit_test(as_many_bins_as_points_keep_every_point),
        cmocka_unit_test(a_bin_of_nan_alone_keeps_its_ends),
        cmocka_unit_test(the_greatest_times_do_not_overflow),
        cmocka_unit_test(portions_of_any_size_are_reduced_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
