/* Names of layers and modes, and what pt_fuzzy_start refuses. */
#include "keys.h"
#include "run.h"

static void known_layers_are_read(void **state)
{
    unsigned layers = 99;
    struct pt_error error;
    (void)state;
    assert_int_equal(pt_fuzzy_parse_layers("numpy", &layers, &error), PT_OK);
    assert_int_equal(layers, PT_FUZZY_NUMPY);
    assert_int_equal(pt_fuzzy_parse_layers("", &layers, &error), PT_OK);
    assert_int_equal(layers, 0);
    assert_int_equal(pt_fuzzy_parse_layers("off", &layers, &error), PT_OK);
    assert_int_equal(layers, 0);
    assert_int_equal(pt_fuzzy_parse_layers("all", &layers, &error), PT_OK);
    assert_true(layers & PT_FUZZY_NUMPY);
    assert_false(layers & PT_FUZZY_ROUNDING);
}

static void unknown_layer_is_named_in_the_error(void **state)
{
    unsigned layers = 99;
    struct pt_error error;
    (void)state;
    assert_int_equal(pt_fuzzy_parse_layers("numpy,nunpy", &layers, &error), PT_E_USAGE);
    assert_non_null(strstr(error.text, "\"nunpy\""));
    assert_int_equal(layers, 99);
}

static void rounding_has_to_be_asked_for(void **state)
{
    unsigned layers = 99;
    struct pt_error error;
    (void)state;
    assert_int_equal(pt_fuzzy_parse_layers("rounding", &layers, &error), PT_OK);
    assert_int_equal(layers, PT_FUZZY_ROUNDING);
    assert_int_equal(pt_fuzzy_parse_layers("all,rounding", &layers, &error), PT_OK);
    assert_int_equal(layers, PT_FUZZY_NUMPY | PT_FUZZY_PYTHON | PT_FUZZY_LIBM |
                                 PT_FUZZY_BLAS | PT_FUZZY_ROUNDING);
}

static void mode_names_round_trip(void **state)
{
    (void)state;
    for (int m = PT_FUZZY_SR; m <= PT_FUZZY_UD_DET; m++) {
        enum pt_fuzzy_mode mode;
        const char *name = pt_fuzzy_mode_name((enum pt_fuzzy_mode)m);
        assert_int_equal(pt_fuzzy_parse_mode(name, &mode, NULL), PT_OK);
        assert_int_equal(mode, m);
    }
    struct pt_error error;
    enum pt_fuzzy_mode mode;
    assert_int_equal(pt_fuzzy_parse_mode("average", &mode, &error), PT_E_USAGE);
    assert_non_null(strstr(error.text, "average"));
}

static void words_of_the_configuration_are_those_of_the_arithmetic(void **state)
{
    const struct pt_key *layers = pt_key_find("fuzzy.layers", NULL),
                        *modes = pt_key_find("fuzzy.mode", NULL),
                        *lapack = pt_key_find("fuzzy.lapack", NULL);
    enum pt_fuzzy_mode mode;
    enum pt_fuzzy_lapack how;
    unsigned bits, n = 0;
    (void)state;
    for (const char *const *word = layers->choices; *word; word++)
        assert_int_not_equal(pt_fuzzy_parse_layers(*word, &bits, NULL), PT_E_USAGE);
    for (const char *const *word = lapack->choices; *word; word++)
        assert_int_equal(pt_fuzzy_parse_lapack(*word, &how, NULL), PT_OK);
    for (; modes->choices[n]; n++)
        assert_int_equal(pt_fuzzy_parse_mode(modes->choices[n], &mode, NULL), PT_OK);
    assert_int_equal(n, PT_FUZZY_UD_DET - PT_FUZZY_SR + 1);
}

static void layers_are_listed_by_name(void **state)
{
    char text[64];
    (void)state;
    pt_fuzzy_layers_text(PT_FUZZY_NUMPY | PT_FUZZY_LIBM, text, sizeof text);
    assert_string_equal(text, "numpy,libm");
    pt_fuzzy_layers_text(0, text, sizeof text);
    assert_string_equal(text, "");
    pt_fuzzy_layers_text(31, text, 8);
    assert_int_equal(strlen(text), 7);
}

static void start_refuses_wrong_precision_and_second_start(void **state)
{
    struct pt_error error;
    struct pt_fuzzy_options options = {.layers = PT_FUZZY_NUMPY,
                                       .precision_binary64 = 54};
    (void)state;
    assert_int_equal(pt_fuzzy_start(&options, &error), PT_E_USAGE);
    assert_non_null(strstr(error.text, "54"));
    options.precision_binary64 = 53;
    options.precision_binary32 = 25;
    assert_int_equal(pt_fuzzy_start(&options, &error), PT_E_USAGE);
    options.precision_binary32 = 24;
    assert_int_equal(pt_fuzzy_start(&options, &error), PT_OK);
    assert_int_equal(pt_fuzzy_start(&options, &error), PT_E_EXISTS);
    pt_fuzzy_stop();
    options.layers = 0;
    assert_int_equal(pt_fuzzy_start(&options, &error), PT_OK);
    assert_int_equal(pt_fuzzy_active(), 0);
}

static void system_seeds_differ(void **state)
{
    uint64_t a, b;
    (void)state;
    assert_int_equal(pt_fuzzy_seed_system(&a, NULL), PT_OK);
    assert_int_equal(pt_fuzzy_seed_system(&b, NULL), PT_OK);
    assert_true(a != b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_layers_are_read),
        cmocka_unit_test(unknown_layer_is_named_in_the_error),
        cmocka_unit_test(rounding_has_to_be_asked_for),
        cmocka_unit_test(mode_names_round_trip),
        cmocka_unit_test(words_of_the_configuration_are_those_of_the_arithmetic),
        cmocka_unit_test(layers_are_listed_by_name),
        cmocka_unit_test(start_refuses_wrong_precision_and_second_start),
        cmocka_unit_test(system_seeds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
