#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

char *pt_test_text(const char *name)
{
    struct pt_error error;
    char path[4096];
    char *text;
    size_t bytes;

    snprintf(path, sizeof path, "%s/%s", PT_TEST_DATA, name);
    if (pt_file_read(path, 64u << 20, &text, &bytes, &error) != PT_OK) {
        fail_msg("%s", error.text);
    }
    return text;
}

cJSON *pt_test_json(const char *name)
{
    char *text = pt_test_text(name);
    cJSON *json = cJSON_Parse(text);

    assert_non_null(json);
    free(text);
    return json;
}

struct pt_stat_plan *pt_test_plan(const struct pt_stat_options *options, size_t n_max)
{
    struct pt_stat_plan *plan;
    struct pt_error error;

    if (pt_stat_plan_create(options, n_max, &plan, &error) != PT_OK) {
        fail_msg("%s", error.text);
    }
    return plan;
}

double pt_test_number(const cJSON *item)
{
    return cJSON_IsString(item) ? strtod(item->valuestring, NULL) : item->valuedouble;
}

/* binary16 by its definition; the tests store only numbers that it has. */
static uint16_t to_half(double x)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    int e;
    double m = frexp(fabs(x), &e);
    double scaled;

    if (isnan(x)) {
        return 0x7e00;
    }
    if (isinf(x)) {
        return (uint16_t)(sign | 0x7c00);
    }
    if (x == 0 || e < -13) { /* zero and subnormal: multiples of 2⁻²⁴ */
        scaled = ldexp(fabs(x), 24);
        assert_true(scaled == floor(scaled));
        return (uint16_t)(sign | (uint16_t)scaled);
    }
    scaled = ldexp(m, 11); /* in [1024, 2048) */
    assert_true(scaled == floor(scaled));
    return (uint16_t)(sign | ((unsigned)(e + 14) << 10) | ((unsigned)scaled - 1024));
}

void pt_test_store(double x, unsigned item_bytes, void *out)
{
    if (item_bytes == 2) {
        uint16_t half = to_half(x);

        memcpy(out, &half, sizeof half);
    } else if (item_bytes == 4) {
        float single = (float)x;

        assert_true(isnan(x) || (double)single == x);
        memcpy(out, &single, sizeof single);
    } else if (item_bytes == 8) {
        memcpy(out, &x, sizeof x);
    } else {
        long double wide = x;

        memset(out, 0, 16);
        memcpy(out, &wide, 10);
    }
}

void pt_test_element(const struct pt_stat_plan *plan, const double *samples, size_t n,
                     const double *reference, unsigned item_bytes,
                     struct pt_test_element *element)
{
    unsigned char *items = calloc(n + 1, 16);
    const void **pointers = calloc(n, sizeof *pointers);
    struct pt_stat_team *team = NULL;
    struct pt_error error;
    struct pt_stat_input input = {.samples = pointers,
                                  .n_runs = n,
                                  .count = 1,
                                  .dtype = 'f',
                                  .item_bytes = (uint8_t)item_bytes};
    struct pt_stat_output output = {.mean = &element->mean,
                                    .std = &element->std,
                                    .sig = &element->sig,
                                    .contributing = &element->contributing,
                                    .digits = &element->digits,
                                    .plane = 1};

    for (size_t i = 0; i < n; i++) {
        pt_test_store(samples[i], item_bytes, items + 16 * i);
        pointers[i] = items + 16 * i;
    }
    if (reference != NULL) {
        pt_test_store(*reference, item_bytes, items + 16 * n);
        input.reference = items + 16 * n;
    }
    assert_int_equal(pt_stat_team_create(plan, 1, &team, &error), PT_OK);
    if (pt_stat_value(plan, team, &input, &output, &element->result, &error) != PT_OK) {
        fail_msg("%s", error.text);
    }
    pt_stat_team_destroy(team);
    free(pointers);
    free(items);
}

double pt_test_ulps(double a, double b, unsigned item_bytes)
{
    int precision = item_bytes == 2 ? 11 : item_bytes == 4 ? 24 : 53;
    int least = item_bytes == 2 ? -24 : item_bytes == 4 ? -149 : -1074;
    int e;

    if (a == b) {
        return 0;
    }
    frexp(fmax(fabs(a), fabs(b)), &e);
    e = e - precision < least ? least : e - precision;
    return fabs(ldexp(a, -e) - ldexp(b, -e)); /* scaled first: exact differences */
}
