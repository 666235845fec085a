#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config.h"
#include "keys.h"
#include "pattern.h"
#include "write.h"

static const char *source_folder;

static struct pt_config *good(const char *text)
{
    struct pt_config *config = NULL;
    struct pt_error error;
    if (pt_config_parse(text, "/etc/c.json", &config, &error) != PT_OK)
        fail_msg("%s", error.text);
    return config;
}

/* The text must be refused, with these words in the message. */
static void refused(const char *text, const char *word, const char *other)
{
    struct pt_config *config = NULL;
    struct pt_error error = {0};
    assert_int_equal(pt_config_parse(text, "/etc/c.json", &config, &error),
                     PT_E_CONFIG);
    assert_null(config);
    assert_non_null(strstr(error.text, "/etc/c.json"));
    assert_null(strchr(error.text, '\n'));
    if (!strstr(error.text, word) || !strstr(error.text, other))
        fail_msg("'%s' lacks '%s' or '%s'", error.text, word, other);
}

static void without_a_file_the_defaults_serve(void **state)
{
    struct pt_config *config = NULL;
    struct pt_error error;
    (void)state;
    unsetenv("PYTRACER_CONFIG");
    assert_int_equal(pt_config_load(NULL, &config, &error), PT_OK);
    assert_null(config->file);
    assert_int_equal(config->modules_to_load.n, 3);
    assert_string_equal(config->modules_to_load.items[2], "sklearn");
    assert_string_equal(config->io.cache.root, ".__pytracercache__");
    assert_false(config->numpy.ufunc);
    assert_null(config->logger.output);
    assert_false(config->fuzzy.has_seed);
    assert_true(pt_config_wants(config, "numpy.linalg", "solve"));
    assert_false(pt_config_wants(config, "numpy.core.arrayprint", "array2string"));
    assert_false(pt_config_wants(config, "os", "getcwd"));
    pt_config_destroy(config);
}

static void what_the_file_does_not_say_keeps_its_default(void **state)
{
    struct pt_config *config = good("{\"numpy\": {\"ufunc\": true}}");
    (void)state;
    assert_true(config->numpy.ufunc);
    assert_int_equal(config->modules_to_load.n, 3);
    assert_true(config->exclude.n > 0);
    pt_config_destroy(config);
    config = good("{\"modules_to_load\": \"mine\", \"exclude_file\": \"\"}");
    assert_int_equal(config->modules_to_load.n, 1);
    assert_int_equal(config->exclude.n, 0);
    pt_config_destroy(config);
}

static void the_old_spellings_are_accepted(void **state)
{
    struct pt_config *config =
        good("{\"module_to_load\": [\"a\"], \"module_to_exclude\": [\"b\"], "
             "\"exlude_file\": []}");
    (void)state;
    assert_string_equal(config->modules_to_load.items[0], "a");
    assert_string_equal(config->modules_to_exclude.items[0], "b");
    assert_int_equal(config->exclude.n, 0);
    pt_config_destroy(config);
    pt_config_destroy(
        good("{\"module_to_load\": [\"a\"], \"modules_to_load\": [\"a\"]}"));
    refused("{\"module_to_load\": [\"a\"], \"modules_to_load\": [\"b\"]}",
            "'module_to_load'", "'modules_to_load'");
}

static void wrong_files_are_refused_with_the_reason(void **state)
{
    (void)state;
    refused("{\"modules_to_laod\": []}", "'modules_to_laod'", "'modules_to_load'");
    refused("{\"io\": {\"cache\": {\"rot\": \"x\"}}}", "'io.cache.rot'",
            "'io.cache.root'");
    refused("{\"ufunc\": true}", "'ufunc'", "'numpy.ufunc'");
    refused("{\"io.cache.root\": \"x\"}", "unknown key 'io.cache.root'", "");
    refused("{\"numpy\": {\"ufunc\": \"yes\"}}", "'numpy.ufunc'", "true or false");
    refused("{\"numpy\": true}", "'numpy'", "group");
    refused("{\"logger\": {\"level\": \"loud\"}}", "'loud'", "'warning' or 'error'");
    refused("{\"io\": {\"max_items\": 1.5}}", "'io.max_items'", "whole number");
    refused("{\"io\": {\"max_items\": 0}}", "'io.max_items'", "must be 1 to");
    refused("{\"fuzzy\": {\"seed\": \"12x\"}}", "'fuzzy.seed'", "'12x'");
    refused("{\"fuzzy\": {\"seed\": -1}}", "'fuzzy.seed'", "whole number");
    refused("{\"modules_to_load\": [1]}", "'modules_to_load'", "number");
    refused("{\"io\": {\"cache\": {\"root\": \"\"}}}", "'io.cache.root'", "empty");
    refused("{\"numpy\": {}, \"numpy\": {}}", "'numpy'", "twice");
    refused("[]", "object", "list");
    refused("{\n\"io\": {}\n\"numpy\": {}}", "line 3", "JSON");
    refused("", "line 1", "JSON");
    refused("{} x", "line 1", "JSON");
}

static void numbers_beyond_a_double_come_as_text(void **state)
{
    struct pt_config *config =
        good("{\"fuzzy\": {\"seed\": \"18446744073709551615\"}}");
    (void)state;
    assert_true(config->fuzzy.has_seed);
    assert_true(config->fuzzy.seed == UINT64_MAX);
    pt_config_destroy(config);
    config = good("{\"fuzzy\": {\"seed\": 0}}");
    assert_true(config->fuzzy.has_seed && config->fuzzy.seed == 0);
    pt_config_destroy(config);
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[512];
    struct pt_error error;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (pt_file_write(path, text, strlen(text), &error) != PT_OK)
        fail_msg("%s", error.text);
}

static void names_are_relative_to_the_configuration(void **state)
{
    char folder[] = "/tmp/pt config XXXXXX", path[512], expected[512];
    struct pt_config *config = NULL;
    struct pt_error error;
    (void)state;
    assert_non_null(mkdtemp(folder));
    put(folder, "ex.txt", "# nothing\n\nnumpy.fft *   # all of it\r\n* *.secret");
    put(folder, "bad.txt", "numpy *\nnumpy\n");
    put(folder, "c.json",
        "{\"exclude_file\": \"ex.txt\", \"python_modules_path\": [\"lib\", \"/abs\"]}");
    snprintf(path, sizeof path, "%s/c.json", folder);
    setenv("PYTRACER_CONFIG", path, 1);
    if (pt_config_load(NULL, &config, &error) != PT_OK)
        fail_msg("%s", error.text);
    assert_string_equal(config->file, path);
    assert_int_equal(config->exclude.n, 2);
    assert_false(pt_config_wants(config, "numpy.fft", "ifft"));
    assert_true(pt_config_wants(config, "numpy.core.arrayprint", "array2string"));
    snprintf(expected, sizeof expected, "%s/lib", folder);
    assert_string_equal(config->python_modules_path.items[0], expected);
    assert_string_equal(config->python_modules_path.items[1], "/abs");
    pt_config_destroy(config);
    put(folder, "c.json", "{\"include_file\": [\"bad.txt\"]}");
    assert_int_equal(pt_config_load(path, &config, &error), PT_E_CONFIG);
    assert_non_null(strstr(error.text, "bad.txt, line 2"));
    put(folder, "c.json", "{\"include_file\": [\"none.txt\"]}");
    assert_int_equal(pt_config_load(path, &config, &error), PT_E_CONFIG);
    assert_non_null(strstr(error.text, "none.txt"));
    assert_non_null(strstr(error.text, "'include_file'"));
    assert_null(config);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    struct pt_config *config = NULL;
    struct pt_error error;
    (void)state;
    assert_int_not_equal(pt_config_load("/no/such.json", &config, &error), PT_OK);
    assert_non_null(strstr(error.text, "/no/such.json"));
    setenv("PYTRACER_CONFIG", "/tmp", 1);
    assert_int_not_equal(pt_config_load(NULL, &config, &error), PT_OK);
    assert_non_null(strstr(error.text, "PYTRACER_CONFIG"));
    unsetenv("PYTRACER_CONFIG");
    assert_null(config);
}

static void the_environment_says_where_to_write(void **state)
{
    struct pt_config *config = NULL;
    struct pt_error error;
    char *folder;
    (void)state;
    setenv("PYTRACER_CACHE", "/a b", 1);
    assert_int_equal(pt_config_load(NULL, &config, &error), PT_OK);
    folder = pt_config_cache_folder(config, "traces");
    assert_string_equal(folder, "/a b/traces");
    free(folder);
    pt_config_destroy(config);
    setenv("PYTRACER_TRACES", "/local", 1);
    assert_int_equal(pt_config_load(NULL, &config, &error), PT_OK);
    folder = pt_config_cache_folder(config, "traces");
    assert_string_equal(folder, "/local");
    free(folder);
    pt_config_destroy(config);
    unsetenv("PYTRACER_CACHE");
    unsetenv("PYTRACER_TRACES");
}

/* Written and read again, the second text is the first. */
static void what_is_written_is_read_back(void **state)
{
    struct pt_config *config =
        good("{\"fuzzy\": {\"seed\": \"18446744073709551615\"}, \"io\": {\"cache\": "
             "{\"root\": \"/x\"}, \"max_elements\": 5}, \"logger\": {\"level\": "
             "\"debug\"}, \"python_modules_path\": [\"/p\"]}");
    char *text = pt_config_format(config, NULL, NULL), *again;
    struct pt_config *back = good(text);
    (void)state;
    again = pt_config_format(back, NULL, NULL);
    assert_string_equal(text, again);
    assert_true(back->fuzzy.seed == UINT64_MAX);
    assert_string_equal(back->io.cache.root, "/x");
    assert_int_equal(back->logger.level, PT_LOG_DEBUG);
    assert_int_equal(back->exclude.n, 0);
    free(text);
    free(again);
    text = pt_patterns_format(&config->exclude);
    assert_non_null(strstr(text, "\nnumpy.core.arrayprint *\n"));
    free(text);
    pt_config_destroy(config);
    pt_config_destroy(back);
}

/* Each key has its row, each row its key, and the row says what the table says. */
static void the_documentation_lists_the_keys_that_exist(void **state)
{
    char path[512], row[600], *text = NULL;
    struct pt_error error;
    size_t bytes, n, rows = 0;
    const struct pt_key *keys = pt_keys(&n);
    (void)state;
    snprintf(path, sizeof path, "%s/CONFIGURATION.md", source_folder);
    if (pt_file_read(path, 1 << 20, &text, &bytes, &error) != PT_OK)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < n; i++) {
        char *at, *end;
        snprintf(row, sizeof row, "\n| `%s` |", keys[i].name);
        at = strstr(text, row);
        if (at == NULL)
            fail_msg("CONFIGURATION.md has no row for %s", keys[i].name);
        end = strchr(at + 1, '\n');
        *end = '\0';
        snprintf(row, sizeof row, " | %s |", keys[i].meaning);
        if (strstr(at, row) == NULL)
            fail_msg("CONFIGURATION.md says of %s: %s", keys[i].name, at);
        for (size_t c = 0; keys[i].choices && keys[i].choices[c]; c++)
            assert_non_null(strstr(at, keys[i].choices[c]));
        *end = '\n';
    }
    for (const char *at = text; (at = strstr(at, "\n| `")) != NULL; at++)
        rows++;
    assert_int_equal(rows, n);
    free(text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_file_the_defaults_serve),
        cmocka_unit_test(what_the_file_does_not_say_keeps_its_default),
        cmocka_unit_test(the_old_spellings_are_accepted),
        cmocka_unit_test(wrong_files_are_refused_with_the_reason),
        cmocka_unit_test(numbers_beyond_a_double_come_as_text),
        cmocka_unit_test(names_are_relative_to_the_configuration),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(the_environment_says_where_to_write),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(the_documentation_lists_the_keys_that_exist),
    };
    if (argc != 2)
        return 2;
    source_folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
