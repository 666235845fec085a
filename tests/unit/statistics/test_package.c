#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every element of every result of the Python package significantdigits 0.5.0, each put
 * in one class: equal, or different for one documented reason. The counts are fixed. */

enum verdict {
    EQUAL,
    NO_VARIATION,      /* the package: nmant − δ or nmant; here p */
    BOUND,             /* the package: nmant or none; here p */
    ABOUT_REFERENCE,   /* the package: std about the own mean; here rms about y */
    ZERO_REFERENCE,    /* y is 0, or rounds to 0: the package gives NaN or Inf */
    NOT_FINITE,        /* NaN or Inf among the samples or in the reference */
    ONE_SAMPLE,        /* the package: NaN or a number; here none */
    WORKING_PRECISION, /* the package: x/y − 1 rounded to the samples' own type */
    STARTS_AT_ONE,     /* contributing, General: the package never gives 0 */
    RANGE,             /* squares, or 2ᵏ|Z|, leave the range of a double */
    RANDOM_REFERENCE,  /* a reference of as many samples: not offered */
    REFUSED,           /* the package raises */
    UNEXPLAINED,
    N_VERDICTS
};

static const char *const verdict_names[N_VERDICTS] = {
    "equal",           "no variation",      "bound",
    "about reference", "zero reference",    "not finite",
    "one sample",      "working precision", "starts at one",
    "range",           "random reference",  "refused",
    "unexplained"};

enum { MAX_SAMPLES = 128 };

struct element {
    double samples[MAX_SAMPLES];
    size_t n;
    double reference; /* as the package had it */
    bool external;
    unsigned item_bytes;
    double want;
};

struct query {
    struct pt_stat_options options;
    bool contributing;
    double unit; /* bits per digit of the basis */
};

static bool is(const cJSON *object, const char *name, const char *value)
{
    return strcmp(cJSON_GetObjectItem(object, name)->valuestring, value) == 0;
}

static struct query query_of(const cJSON *result)
{
    struct query query = {.options = pt_stat_options_default()};
    double probability = cJSON_GetObjectItem(result, "probability")->valuedouble;

    query.contributing = is(result, "metric", "contributing");
    query.options.method = is(result, "method", "CNH") ? PT_STAT_CNH : PT_STAT_GENERAL;
    query.options.error =
        is(result, "error", "Relative") ? PT_STAT_RELATIVE : PT_STAT_ABSOLUTE;
    query.options.confidence = cJSON_GetObjectItem(result, "confidence")->valuedouble;
    if (query.contributing) {
        query.options.contributing_probability = probability;
    } else {
        query.options.probability = probability;
    }
    query.unit = log2(cJSON_GetObjectItem(result, "basis")->valuedouble);
    return query;
}

static double datum(const cJSON *array, size_t at)
{
    return pt_test_number(
        cJSON_GetArrayItem(cJSON_GetObjectItem(array, "data"), (int)at));
}

static bool all_equal(const struct element *e)
{
    for (size_t i = 1; i < e->n; i++) {
        if (e->samples[i] != e->samples[0]) {
            return false;
        }
    }
    return true;
}

static bool any_not_finite(const struct element *e)
{
    bool any = !isfinite(e->reference) || isnan(e->want);

    for (size_t i = 0; i < e->n; i++) {
        any |= !isfinite(e->samples[i]);
    }
    return any;
}

static double measure(const struct query *query, const struct element *e, bool external)
{
    struct pt_stat_options options = query->options;
    struct pt_test_element got;
    struct pt_stat_plan *plan;

    options.external = external;
    plan = pt_test_plan(&options, e->n);
    pt_test_element(plan, e->samples, e->n, external ? &e->reference : NULL,
                    e->item_bytes, &got);
    pt_stat_plan_destroy(plan);
    return (query->contributing ? got.contributing : got.sig) / query->unit;
}

static bool near(double a, double b, double tolerance)
{
    return a == b || fabs(a - b) <= tolerance;
}

/* x/y − 1 rounded to the samples' type changes an error of 2⁻ᵇ by 2^(b − p) of itself;
 * δ and the rounding of y, too, are allowed for. Counted digits: one, two in the last
 * bits; where |Z| is so large that its fraction is lost, all of 2ᵏ|Z| are even. */
static bool is_quantised(const struct query *query, const struct element *e,
                         double bits, double want)
{
    double precision = pt_stat_precision('f', e->item_bytes);
    double difference = fabs(bits - want);

    if (query->options.method == PT_STAT_CNH) {
        return difference <= exp2(bits + 10 - precision);
    }
    return difference <= 1 || (difference <= 2 && bits > precision - 4) ||
           (query->contributing && bits == 0 && want == precision - 1);
}

static bool squares_leave_range(const struct element *e)
{
    double magnitude = 0;

    for (size_t i = 0; i < e->n; i++) {
        magnitude = fmax(magnitude, fabs(e->samples[i]));
    }
    return magnitude > 0x1p500 || magnitude < 0x1p-500;
}

static enum verdict classify(const struct query *query, const struct element *e)
{
    double precision = pt_stat_precision('f', e->item_bytes);
    double got = measure(query, e, e->external);
    double bits = got * query->unit, want = e->want * query->unit;

    if (near(got, e->want, 1e-6)) {
        return EQUAL;
    }
    if (e->n == 1) {
        return isnan(got) ? ONE_SAMPLE : UNEXPLAINED;
    }
    if (any_not_finite(e) && e->reference != 0) {
        return NOT_FINITE;
    }
    if (e->reference == 0) {
        return ZERO_REFERENCE;
    }
    if (all_equal(e) && (!e->external || e->samples[0] == e->reference)) {
        return bits == precision ? NO_VARIATION : UNEXPLAINED;
    }
    if (bits == precision && want >= precision - 1) {
        return BOUND;
    }
    if (e->external && query->options.method == PT_STAT_CNH) {
        return ABOUT_REFERENCE;
    }
    if (query->options.method == PT_STAT_GENERAL && query->contributing && bits == 0 &&
        want == 1) {
        return STARTS_AT_ONE;
    }
    if (squares_leave_range(e)) {
        return RANGE;
    }
    return is_quantised(query, e, bits, want) ? WORKING_PRECISION : UNEXPLAINED;
}

static void read_element(const cJSON *test, const cJSON *result, size_t at, size_t n,
                         size_t count, struct element *e)
{
    const cJSON *input = cJSON_GetObjectItem(test, "input");
    const cJSON *reference = cJSON_GetObjectItem(test, "reference");
    bool transposed = cJSON_GetObjectItem(result, "axis")->valuedouble == 1;
    const char *dtype = cJSON_GetObjectItem(input, "dtype")->valuestring;
    const cJSON *want = cJSON_GetObjectItem(result, "output_per_element");

    want = want != NULL ? want : cJSON_GetObjectItem(result, "output");
    *e = (struct element){.n = n, .item_bytes = 8};
    if (strcmp(dtype, "float32") == 0) {
        e->item_bytes = 4;
    } else if (strcmp(dtype, "float16") == 0) {
        e->item_bytes = 2;
    }
    for (size_t i = 0; i < n; i++) {
        e->samples[i] = datum(input, transposed ? at * n + i : i * count + at);
    }
    e->reference = datum(reference, at);
    e->external = is(test, "reference_kind", "given");
    e->want = datum(want, at);
}

static void run_result(const cJSON *test, const cJSON *result, size_t *counts)
{
    const cJSON *reference = cJSON_GetObjectItem(test, "reference");
    size_t n = (size_t)cJSON_GetObjectItem(test, "n_samples")->valuedouble;
    size_t total = (size_t)cJSON_GetArraySize(
        cJSON_GetObjectItem(cJSON_GetObjectItem(test, "input"), "data"));
    size_t count = total / n;
    struct query query = query_of(result);

    for (size_t at = 0; at < count; at++) {
        enum verdict verdict;
        struct element e;

        if (cJSON_GetObjectItem(result, "raises") != NULL) {
            verdict = REFUSED;
        } else if (cJSON_IsNull(reference) ||
                   (size_t)cJSON_GetArraySize(cJSON_GetObjectItem(reference, "data")) !=
                       count) {
            verdict = RANDOM_REFERENCE;
        } else {
            read_element(test, result, at, n, count, &e);
            verdict = classify(&query, &e);
            if (verdict == UNEXPLAINED || getenv("PT_TEST_VERBOSE") != NULL) {
                print_message("%s %s %s %s [%zu]: %.9g, the package %.9g: %s\n",
                              cJSON_GetObjectItem(test, "name")->valuestring,
                              cJSON_GetObjectItem(result, "metric")->valuestring,
                              cJSON_GetObjectItem(result, "method")->valuestring,
                              cJSON_GetObjectItem(result, "error")->valuestring, at,
                              measure(&query, &e, e.external), e.want,
                              verdict_names[verdict]);
            }
        }
        counts[verdict]++;
    }
}

/* The package's value, with the package's reference; a few elements cannot be had. */
static void check_compat(const cJSON *test, const cJSON *result, size_t *compared)
{
    const cJSON *reference = cJSON_GetObjectItem(test, "reference");
    size_t n = (size_t)cJSON_GetObjectItem(test, "n_samples")->valuedouble;
    size_t total = (size_t)cJSON_GetArraySize(
        cJSON_GetObjectItem(cJSON_GetObjectItem(test, "input"), "data"));
    struct query query = query_of(result);

    query.options.compat = true;
    if (cJSON_GetObjectItem(result, "raises") != NULL || cJSON_IsNull(reference) ||
        (size_t)cJSON_GetArraySize(cJSON_GetObjectItem(reference, "data")) * n !=
            total) {
        return;
    }
    for (size_t at = 0; at < total / n; at++) {
        struct element e;
        double got;

        read_element(test, result, at, n, total / n, &e);
        got = measure(&query, &e, true);
        if (!e.external) { /* the mean as numpy forms it */
            double own = measure(&query, &e, false);

            assert_true(near(own, got, 1e-6) || (isnan(own) && isnan(got)));
        }
        /* With all samples equal the package takes its logarithm in binary32. */
        if (!near(got, e.want, 1e-6) && !(isnan(got) && isnan(e.want))) {
            print_message("%s %s %s %s [%zu]: %.12g, the package %.12g\n",
                          cJSON_GetObjectItem(test, "name")->valuestring,
                          cJSON_GetObjectItem(result, "metric")->valuestring,
                          cJSON_GetObjectItem(result, "method")->valuestring,
                          cJSON_GetObjectItem(result, "error")->valuestring, at, got,
                          e.want);
            fail();
        }
        ++*compared;
    }
}

static void compat_gives_the_values_of_the_package(void **state)
{
    cJSON *json = pt_test_json("significantdigits-0.5.0.json");
    const cJSON *test, *result;
    size_t compared = 0;

    (void)state;
    cJSON_ArrayForEach(test, cJSON_GetObjectItem(json, "cases"))
    {
        cJSON_ArrayForEach(result, cJSON_GetObjectItem(test, "results"))
        {
            check_compat(test, result, &compared);
        }
    }
    assert_int_equal(compared, 932);
    cJSON_Delete(json);
}

static void each_result_is_equal_or_differs_for_a_known_reason(void **state)
{
    static const size_t expected[N_VERDICTS] = {
        [EQUAL] = 667,          [NO_VARIATION] = 56,      [BOUND] = 13,
        [ABOUT_REFERENCE] = 46, [ZERO_REFERENCE] = 36,    [NOT_FINITE] = 54,
        [ONE_SAMPLE] = 8,       [WORKING_PRECISION] = 24, [STARTS_AT_ONE] = 15,
        [RANGE] = 13,           [RANDOM_REFERENCE] = 40,  [REFUSED] = 20};
    cJSON *json = pt_test_json("significantdigits-0.5.0.json");
    size_t counts[N_VERDICTS] = {0}, results = 0;
    const cJSON *test, *result;

    (void)state;
    cJSON_ArrayForEach(test, cJSON_GetObjectItem(json, "cases"))
    {
        cJSON_ArrayForEach(result, cJSON_GetObjectItem(test, "results"))
        {
            run_result(test, result, counts);
            results++;
        }
    }
    assert_int_equal(results, 476);
    for (size_t i = 0; i < N_VERDICTS; i++) {
        print_message("%s: %zu\n", verdict_names[i], counts[i]);
    }
    for (size_t i = 0; i < N_VERDICTS; i++) {
        assert_int_equal(counts[i], expected[i]);
    }
    cJSON_Delete(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compat_gives_the_values_of_the_package),
        cmocka_unit_test(each_result_is_equal_or_differs_for_a_known_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
