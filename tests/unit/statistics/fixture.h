/* Shared by the tests of the statistics: reference files, and samples of every type. */
#ifndef PT_TEST_STATISTICS_FIXTURE_H
#define PT_TEST_STATISTICS_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "statistics/kernel.h"

/* The file of tests/data, parsed or whole; ends the test if it cannot be read. */
cJSON *pt_test_json(const char *name);
char *pt_test_text(const char *name);

/* A plan that must succeed. */
struct pt_stat_plan *pt_test_plan(const struct pt_stat_options *options, size_t n_max);

/* A number written as hex float, "nan", "inf" or "-inf", or a JSON number. */
double pt_test_number(const cJSON *item);

/* x, which must be representable, as an element of class 'f' at out. */
void pt_test_store(double x, unsigned item_bytes, void *out);

struct pt_test_element {
    double mean, std, sig, contributing, digits;
    struct pt_stat_result result;
};

/* n samples of one float element through the whole kernel; reference may be NULL. */
void pt_test_element(const struct pt_stat_plan *plan, const double *samples, size_t n,
                     const double *reference, unsigned item_bytes,
                     struct pt_test_element *element);

/* Distance of a and b in units of the last place of the larger one's type. */
double pt_test_ulps(double a, double b, unsigned item_bytes);

#endif
