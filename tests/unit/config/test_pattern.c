#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"
#include "pattern.h"

static void star_stands_for_any_run_of_characters(void **state)
{
    (void)state;
    assert_true(pt_pattern_match("*", ""));
    assert_true(pt_pattern_match("", ""));
    assert_false(pt_pattern_match("", "a"));
    assert_true(pt_pattern_match("numpy", "numpy"));
    assert_false(pt_pattern_match("numpy", "numpy.linalg"));
    assert_true(pt_pattern_match("numpy*", "numpy.linalg"));
    assert_true(pt_pattern_match("*.tests.*", "scipy.linalg.tests.test_basic"));
    assert_false(pt_pattern_match("*.tests", "scipy.tests.x"));
    assert_true(pt_pattern_match("a*b*c", "aXbXbXc"));
    assert_false(pt_pattern_match("a*b*c", "aXbXbX"));
    assert_false(pt_pattern_match("NumPy", "numpy"));
    assert_true(pt_pattern_match("a.c", "a.c"));
    assert_false(pt_pattern_match("a.c", "abc"));
}

/* Exponential matchers take minutes here. */
static void many_stars_stay_fast(void **state)
{
    char text[20001];
    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(pt_pattern_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
    assert_true(pt_pattern_match("*a*a*a*a*a*a*a*a*a*a*a*a*", text));
}

static void a_module_covers_its_submodules_and_no_namesake(void **state)
{
    char *items[] = {(char *)"numpy", (char *)"my.*.solvers"};
    struct pt_strings modules = {items, 2};
    (void)state;
    assert_true(pt_modules_match(&modules, "numpy"));
    assert_true(pt_modules_match(&modules, "numpy.linalg._umath"));
    assert_false(pt_modules_match(&modules, "numpydoc"));
    assert_true(pt_modules_match(&modules, "my.big.solvers.deep"));
    assert_false(pt_modules_match(&modules, "my.solvers"));
}

static void a_class_name_covers_its_methods(void **state)
{
    struct pt_pattern items[] = {{(char *)"sklearn.*", (char *)"Ridge"}};
    struct pt_patterns patterns = {items, 1};
    (void)state;
    assert_true(
        pt_patterns_match(&patterns, "sklearn.linear_model._ridge", "Ridge.fit"));
    assert_true(pt_patterns_match(&patterns, "sklearn.linear_model._ridge", "Ridge"));
    assert_false(
        pt_patterns_match(&patterns, "sklearn.linear_model._ridge", "RidgeCV.fit"));
    assert_false(pt_patterns_match(&patterns, "sklearn.linear_model._ridge", "fit"));
    assert_false(pt_patterns_match(&patterns, "scipy", "Ridge.fit"));
}

static void include_narrows_and_exclude_wins(void **state)
{
    char *load[] = {(char *)"a"}, *exclude_modules[] = {(char *)"a.private"};
    struct pt_pattern include[] = {{(char *)"a*", (char *)"f*"}};
    struct pt_pattern exclude[] = {{(char *)"*", (char *)"fast"}};
    struct pt_config *config = pt_config_create();
    (void)state;
    assert_non_null(config);
    config->modules_to_load = (struct pt_strings){load, 1};
    assert_true(pt_config_wants(config, "a.b", "g"));
    assert_false(pt_config_wants(config, "os", "g"));
    assert_false(pt_config_wants(config, NULL, "g"));
    assert_false(pt_config_wants(config, "a", NULL));
    config->modules_to_exclude = (struct pt_strings){exclude_modules, 1};
    config->include = (struct pt_patterns){include, 1};
    config->exclude = (struct pt_patterns){exclude, 1};
    assert_false(pt_config_wants(config, "a.b", "g"));
    assert_true(pt_config_wants(config, "a.b", "first"));
    assert_false(pt_config_wants(config, "a.b", "fast"));
    assert_false(pt_config_wants(config, "a.private.x", "first"));
    memset(config, 0, sizeof *config); /* the lists are not its own */
    pt_config_destroy(config);
}

static void the_nearest_word_is_the_likely_one(void **state)
{
    const char *words[] = {"trace", "parse", "visualize", "info", "clean", "run"};
    (void)state;
    assert_int_equal(pt_word_distance("kitten", "sitting"), 3);
    assert_int_equal(pt_word_distance("Trace", "trcae"), 1);
    assert_int_equal(pt_word_distance("", "abc"), 3);
    assert_string_equal(pt_word_nearest("prase", words, 6), "parse");
    assert_string_equal(pt_word_nearest("visualise", words, 6), "visualize");
    assert_null(pt_word_nearest("frobnicate", words, 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(star_stands_for_any_run_of_characters),
        cmocka_unit_test(many_stars_stay_fast),
        cmocka_unit_test(a_module_covers_its_submodules_and_no_namesake),
        cmocka_unit_test(a_class_name_covers_its_methods),
        cmocka_unit_test(include_narrows_and_exclude_wins),
        cmocka_unit_test(the_nearest_word_is_the_likely_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
