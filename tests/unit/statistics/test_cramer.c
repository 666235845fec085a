#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Ten thousand samples published with the Python package, probability 0.99. */

enum { N = 10000 };

/* δ depends on neither the method nor the error: one plan serves all. */
static void check(struct pt_stat_plan *plan, const double *samples,
                  enum pt_stat_method method, enum pt_stat_error kind,
                  double significant, double contributing)
{
    struct pt_test_element got;

    plan->options.method = method;
    plan->options.error = kind;
    pt_test_element(plan, samples, N, NULL, 8, &got);
    /* The published figures come from x/μ − 1 in double precision. */
    if (!(fabs(got.sig - significant) < 1e-6) ||
        !(fabs(got.contributing - contributing) < 1e-6)) {
        fail_msg("%.15g and %.15g, not %.15g and %.15g", got.sig, got.contributing,
                 significant, contributing);
    }
}

static void published_digits_are_met(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan;
    char *text = pt_test_text("cramer-x0-10000.txt");
    double *samples = calloc(N, sizeof *samples);
    char *at = text;

    (void)state;
    assert_non_null(samples);
    options.probability = 0.99;
    plan = pt_test_plan(&options, N);
    for (size_t i = 0; i < N; i++) {
        char *end;

        samples[i] = strtod(at, &end);
        assert_true(end != at);
        at = end;
    }
    check(plan, samples, PT_STAT_CNH, PT_STAT_ABSOLUTE, 26.094599393993263,
          31.777744510355838);
    check(plan, samples, PT_STAT_CNH, PT_STAT_RELATIVE, 27.094599370144074,
          32.77774448650665);
    check(plan, samples, PT_STAT_GENERAL, PT_STAT_ABSOLUTE, 25, 25);
    check(plan, samples, PT_STAT_GENERAL, PT_STAT_RELATIVE, 26, 26);
    pt_stat_plan_destroy(plan);
    free(samples);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_digits_are_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
