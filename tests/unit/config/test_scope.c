/* Patterns of --fuzzy-only and --fuzzy-except. */
#include "scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct pt_scope *scope_of(const char *only, const char *except)
{
    char *texts[2] = {(char *)only, (char *)except};
    struct pt_strings lists[2] = {{&texts[0], only != NULL},
                                  {&texts[1], except != NULL}};
    struct pt_scope *scope = NULL;
    struct pt_error error = {0};

    assert_int_equal(pt_scope_create(&lists[0], &lists[1], &scope, &error), PT_OK);
    return scope;
}

static enum pt_scope_verdict function(const char *only, const char *except,
                                      const char *module, const char *name)
{
    struct pt_scope *scope = scope_of(only, except);
    enum pt_scope_verdict verdict = pt_scope_of_function(scope, module, module, name);

    pt_scope_destroy(scope);
    return verdict;
}

static void without_patterns_there_is_no_scope(void **state)
{
    (void)state;
    assert_null(scope_of(NULL, NULL));
    pt_scope_destroy(NULL);
}

static void only_begins_outside_and_except_inside(void **state)
{
    (void)state;
    struct pt_scope *only = scope_of("a.b", NULL), *except = scope_of(NULL, "a.b");
    struct pt_scope *both = scope_of("a.b", "c.d");
    assert_false(pt_scope_default(only));
    assert_true(pt_scope_default(except));
    assert_false(pt_scope_default(both));
    pt_scope_destroy(only);
    pt_scope_destroy(except);
    pt_scope_destroy(both);
}

static void one_word_names_a_function_a_class_or_a_module(void **state)
{
    (void)state;
    assert_int_equal(function("a.b.f", NULL, "a.b", "f"), PT_SCOPE_ON);
    assert_int_equal(function("a.b.f", NULL, "a.b", "g"), PT_SCOPE_INHERIT);
    assert_int_equal(function("a.b.f", NULL, "a.b", "ff"), PT_SCOPE_INHERIT);
    assert_int_equal(function("a.b.C", NULL, "a.b", "C.method"), PT_SCOPE_ON);
    assert_int_equal(function("a", NULL, "a.b", "f"), PT_SCOPE_ON);
    assert_int_equal(function("a", NULL, "ab", "f"), PT_SCOPE_INHERIT);
    assert_int_equal(function(NULL, "a.*.solve", "a.b", "solve"), PT_SCOPE_OFF);
    assert_int_equal(function("f", NULL, "a", "f"), PT_SCOPE_INHERIT);
}

static void two_words_are_module_and_function(void **state)
{
    (void)state;
    assert_int_equal(function("a.*  f", NULL, "a.b", "f"), PT_SCOPE_ON);
    assert_int_equal(function("a.* f", NULL, "a.b", "f.<locals>.<lambda>"),
                     PT_SCOPE_ON);
    assert_int_equal(function("a f", NULL, "a.b", "f"), PT_SCOPE_INHERIT);
    assert_int_equal(function("a.b *", NULL, "a.b", "g"), PT_SCOPE_ON);
}

static void the_more_specific_pattern_decides_and_of_equals_the_exception(void **state)
{
    (void)state;
    assert_int_equal(function("a.b.f", "a.b", "a.b", "f"), PT_SCOPE_ON);
    assert_int_equal(function("a.b", "a.b.f", "a.b", "f"), PT_SCOPE_OFF);
    assert_int_equal(function("a.b.f", "a.b.f", "a.b", "f"), PT_SCOPE_OFF);
    assert_int_equal(function("a f.<locals>.g", "a f", "a", "f.<locals>.g"),
                     PT_SCOPE_ON);
    assert_int_equal(function("a f", "a f.<locals>.g", "a", "f.<locals>.g"),
                     PT_SCOPE_OFF);
    assert_int_equal(function("a*", "a.b.*", "a.b", "f"), PT_SCOPE_OFF);
}

static void lines_go_by_the_last_parts_of_the_path(void **state)
{
    (void)state;
    struct pt_scope *scope = scope_of("m/x.py:12", "y*.py:3");
    assert_int_equal(pt_scope_of_line(scope, "/home/m/x.py", 12), PT_SCOPE_ON);
    assert_int_equal(pt_scope_of_line(scope, "m/x.py", 12), PT_SCOPE_ON);
    struct pt_scope *whole = scope_of("/home/m/x.py:12", NULL);
    assert_int_equal(pt_scope_of_line(whole, "/home/m/x.py", 12), PT_SCOPE_ON);
    assert_int_equal(pt_scope_of_line(whole, "/y/home/m/x.py", 12), PT_SCOPE_INHERIT);
    pt_scope_destroy(whole);
    assert_int_equal(pt_scope_of_line(scope, "/home/m/x.py", 13), PT_SCOPE_INHERIT);
    assert_int_equal(pt_scope_of_line(scope, "/home/xm/x.py", 12), PT_SCOPE_INHERIT);
    assert_int_equal(pt_scope_of_line(scope, "/a/yes.py", 3), PT_SCOPE_OFF);
    assert_true(pt_scope_has_lines(scope, "/home/m/x.py", 12, false));
    assert_false(pt_scope_has_lines(scope, "/home/m/x.py", 13, false));
    assert_false(pt_scope_has_lines(scope, "/home/m/x.py", 1, true));
    assert_int_equal(pt_scope_of_function(scope, "m", "m", "x"), PT_SCOPE_INHERIT);
    pt_scope_destroy(scope);
}

static void calls_at_a_line_go_by_the_functions_name(void **state)
{
    (void)state;
    struct pt_scope *scope = scope_of("f@x.py:12", "mod.g@x.py:12");
    assert_int_equal(pt_scope_of_call(scope, "/x.py", 12, "a", "a", "f"), PT_SCOPE_ON);
    assert_int_equal(pt_scope_of_call(scope, "/x.py", 12, "a", "a", "h"),
                     PT_SCOPE_INHERIT);
    assert_int_equal(pt_scope_of_call(scope, "/x.py", 11, "a", "a", "f"),
                     PT_SCOPE_INHERIT);
    assert_int_equal(pt_scope_of_call(scope, "/x.py", 12, "mod", "z", "g"),
                     PT_SCOPE_OFF);
    assert_int_equal(pt_scope_of_call(scope, "/x.py", 12, "z", "mod", "g"),
                     PT_SCOPE_OFF);
    assert_true(pt_scope_has_lines(scope, "/x.py", 3, true));
    assert_false(pt_scope_has_lines(scope, "/x.py", 3, false));
    pt_scope_destroy(scope);
}

static void what_is_no_pattern_is_refused_by_name(void **state)
{
    static const char *const bad[] = {"",       " ",       "a b c", "x.py:0",
                                      "f@x.py", "@x.py:1", "a/b",   "x.py:1x",
                                      ":5",     "f@:5",    "a:b",   "x.py:99999999999"};
    (void)state;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(bad); i++) {
        char *text = (char *)bad[i];
        struct pt_strings only = {&text, 1}, none = {NULL, 0};
        struct pt_scope *scope = NULL;
        struct pt_error error = {0};
        assert_int_equal(pt_scope_create(&only, &none, &scope, &error), PT_E_USAGE);
        assert_null(scope);
        assert_non_null(strstr(error.text, "--fuzzy-only"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_patterns_there_is_no_scope),
        cmocka_unit_test(only_begins_outside_and_except_inside),
        cmocka_unit_test(one_word_names_a_function_a_class_or_a_module),
        cmocka_unit_test(two_words_are_module_and_function),
        cmocka_unit_test(the_more_specific_pattern_decides_and_of_equals_the_exception),
        cmocka_unit_test(lines_go_by_the_last_parts_of_the_path),
        cmocka_unit_test(calls_at_a_line_go_by_the_functions_name),
        cmocka_unit_test(what_is_no_pattern_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
