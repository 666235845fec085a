#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every row of exact-statistics.json: one element, evaluated in exact arithmetic. */

enum { N_ROWS = 528, N_MAX = 100 };

struct row {
    const char *kind;
    unsigned item_bytes;
    size_t n;
    double samples[N_MAX];
    const cJSON *json;
};

static double field(const struct row *row, const char *name)
{
    return pt_test_number(cJSON_GetObjectItem(row->json, name));
}

static bool has_flag(const struct row *row, const char *name)
{
    const cJSON *flag;

    cJSON_ArrayForEach(flag, cJSON_GetObjectItem(row->json, "flags"))
    {
        if (strcmp(flag->valuestring, name) == 0) {
            return true;
        }
    }
    return false;
}

static void read_row(const cJSON *json, struct row *row)
{
    const char *dtype = cJSON_GetObjectItem(json, "dtype")->valuestring;
    const cJSON *sample;
    size_t i = 0;

    row->json = json;
    row->kind = cJSON_GetObjectItem(json, "kind")->valuestring;
    row->item_bytes = strcmp(dtype, "float16") == 0   ? 2
                      : strcmp(dtype, "float32") == 0 ? 4
                                                      : 8;
    row->n = (size_t)cJSON_GetObjectItem(json, "n")->valuedouble;
    cJSON_ArrayForEach(sample, cJSON_GetObjectItem(json, "samples"))
    {
        row->samples[i++] = pt_test_number(sample);
    }
    assert_int_equal(i, row->n);
}

static void close_to(double got, double want, double tolerance, const struct row *row,
                     const char *what)
{
    bool same =
        got == want || (isnan(got) && isnan(want)) || fabs(got - want) <= tolerance;

    if (!same) {
        fail_msg("%s n=%zu %u bytes: %s is %.17g, not %.17g", row->kind, row->n,
                 row->item_bytes, what, got, want);
    }
}

static void check_moments(const struct row *row, const struct pt_test_element *got)
{
    double mean = field(row, "mean"), std = field(row, "std");

    if (pt_test_ulps(got->mean, mean, 8) > 1) {
        fail_msg("%s n=%zu: mean %a, not %a", row->kind, row->n, got->mean, mean);
    }
    if (!(fabs(got->std - std) <= 1e-9 * std || pt_test_ulps(got->std, std, 8) <= 1)) {
        fail_msg("%s n=%zu: std %a, not %a", row->kind, row->n, got->std, std);
    }
}

static void check_flags(const struct row *row, const struct pt_test_element *got)
{
    uint32_t flags = got->result.flags;
    size_t bad = (size_t)(field(row, "n_nan") + field(row, "n_inf"));

    assert_int_equal(got->result.n_nan, (uint64_t)field(row, "n_nan"));
    assert_int_equal(got->result.n_inf, (uint64_t)field(row, "n_inf"));
    assert_int_equal(!!(flags & PT_STAT_NO_VARIATION), has_flag(row, "no_variation"));
    assert_int_equal(!!(flags & PT_STAT_ZERO_MEAN), has_flag(row, "zero_mean"));
    assert_int_equal(!!(flags & PT_STAT_TOO_FEW), has_flag(row, "too_few"));
    assert_int_equal(!!(flags & PT_STAT_PARTLY_FINITE), bad > 0 && bad < row->n);
    assert_int_equal(!!(flags & PT_STAT_NEVER_FINITE), bad == row->n);
    if (bad > 0 && bad < row->n) {
        assert_true(got->result.sig_norm == 0 && got->digits == 0);
    }
}

static void check_row(const struct row *row, const struct pt_stat_plan *cnh,
                      const struct pt_stat_plan *general)
{
    struct pt_test_element got;

    pt_test_element(cnh, row->samples, row->n, NULL, row->item_bytes, &got);
    check_flags(row, &got);
    if (cJSON_IsNull(cJSON_GetObjectItem(row->json, "cnh"))) {
        assert_true(isnan(got.sig) && isnan(got.std) && isnan(got.contributing));
        return;
    }
    check_moments(row, &got);
    close_to(got.sig, field(row, "cnh"), 1e-6, row, "cnh");
    close_to(got.contributing, field(row, "contributing"), 1e-6, row, "contributing");
    pt_test_element(general, row->samples, row->n, NULL, row->item_bytes, &got);
    check_moments(row, &got);
    close_to(got.sig, field(row, "general"), 0, row, "general");
}

static void all_rows_are_met(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *cnh = pt_test_plan(&options, N_MAX);
    cJSON *json = pt_test_json("exact-statistics.json");
    struct pt_stat_plan *general;
    const cJSON *item;
    size_t rows = 0;

    (void)state;
    options.method = PT_STAT_GENERAL;
    general = pt_test_plan(&options, N_MAX);
    cJSON_ArrayForEach(item, json)
    {
        struct row row;

        read_row(item, &row);
        check_row(&row, cnh, general);
        rows++;
    }
    assert_int_equal(rows, N_ROWS);
    cJSON_Delete(json);
    pt_stat_plan_destroy(cnh);
    pt_stat_plan_destroy(general);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_rows_are_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
