#include <Python.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "intercept/objects.h"

static char numpy[] = "numpy", sklearn[] = "sklearn", utils[] = "sklearn.utils";
static char pca[] = "PCA", any[] = "*", add[] = "add", mine[] = "mine";
static char decomposition[] = "sklearn.decomposition";

static bool wants(const struct pt_config *config, const char *module,
                  const char *exported, const char *function)
{
    return pt_selects_function(config, module, exported, function);
}

static void only_listed_modules_are_traced(void **state)
{
    char *load[] = {sklearn};
    char *exclude[] = {utils};
    const struct pt_config config = {.modules_to_load = {load, 1},
                                     .modules_to_exclude = {exclude, 1}};

    (void)state;
    assert_true(wants(&config, "sklearn.svm._base", "sklearn.svm", "f"));
    assert_false(wants(&config, "sklearn.utils.extmath", "sklearn.utils.extmath", "f"));
    assert_false(wants(&config, "scipy.linalg", "scipy.linalg", "solve"));
    assert_false(wants(&config, "json", "json", "dumps"));
}

static void patterns_may_use_the_defining_or_the_exporting_module(void **state)
{
    char *load[] = {sklearn};
    struct pt_pattern patterns[] = {{decomposition, pca}};
    const struct pt_config included = {.modules_to_load = {load, 1},
                                       .include = {patterns, 1}};
    const struct pt_config excluded = {.modules_to_load = {load, 1},
                                       .exclude = {patterns, 1}};
    const char *home = "sklearn.decomposition._pca";

    (void)state;
    assert_true(wants(&included, home, decomposition, "PCA.fit"));
    assert_false(wants(&included, home, decomposition, "NMF.fit"));
    assert_false(wants(&excluded, home, decomposition, "PCA.fit"));
    assert_true(wants(&excluded, home, decomposition, "NMF.fit"));
}

static void ufuncs_have_a_switch_of_their_own(void **state)
{
    struct pt_pattern others[] = {{mine, any}}, adds[] = {{numpy, add}};
    struct pt_config config = {.include = {others, 1}};

    (void)state;
    assert_false(pt_selects_operation(&config, config.numpy.ufunc, "numpy", "add"));
    config.numpy.ufunc = true;
    assert_true(pt_selects_operation(&config, config.numpy.ufunc, "numpy", "add"));
    config.include = (struct pt_patterns){adds, 1};
    assert_true(
        pt_selects_operation(&config, config.numpy.ufunc, "numpy", "add.reduce"));
    assert_false(
        pt_selects_operation(&config, config.numpy.ufunc, "numpy", "multiply"));
    config.exclude = (struct pt_patterns){adds, 1};
    assert_false(pt_selects_operation(&config, config.numpy.ufunc, "numpy", "add"));
}

static void signatures_name_their_parameters(void **state)
{
    static const struct {
        const char *text, *names[6];
    } cases[] = {
        {"x,info = dgesv(a,b,[overwrite_a,c])\n\nWrapper",
         {"a", "b", "overwrite_a", "c"}},
        {"dot(a, b, /, out=None)\n", {"a", "b", "out"}},
        {"f($self, x: int = (1, 2), *args, y=g(3), **kw)",
         {"self", "x", "args", "y", "kw"}},
        {"\n    dot(a, b)\n", {"a", "b"}},
        {"f()", {NULL}},
        {"no signature\n(x)", {NULL}},
        {"f(a", {"a"}},
        {"", {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(cases); i++) {
        struct pt_name names[6];
        size_t n = pt_signature_names(cases[i].text, names, 6), expected = 0;

        while (expected < 6 && cases[i].names[expected])
            expected++;
        assert_int_equal(n, expected);
        for (size_t k = 0; k < n; k++) {
            assert_string_equal(names[k].text, cases[i].names[k]);
            free((char *)names[k].text);
        }
    }
    assert_int_equal(pt_signature_names(NULL, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_listed_modules_are_traced),
        cmocka_unit_test(patterns_may_use_the_defining_or_the_exporting_module),
        cmocka_unit_test(ufuncs_have_a_switch_of_their_own),
        cmocka_unit_test(signatures_name_their_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
