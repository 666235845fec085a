#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "experiment/experiment.h"
#include "experiment/record.h"
#include "front/options.h"
#include "run/memory.h"
#include "front/words.h"

static void put(const char *root, const char *folder, const char *name,
                const char *text)
{
    char path[512];
    struct pt_error error;
    snprintf(path, sizeof path, "%s/%s", root, folder);
    assert_int_equal(pt_folder_create(path, &error), PT_OK);
    snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
    assert_int_equal(pt_file_write(path, text, strlen(text), &error), PT_OK);
}

static void memory_is_that_of_the_system_or_of_the_job(void **state)
{
    char root[] = "/tmp/pt-memory-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(root));
    assert_true(pt_run_memory_available(root) == UINT64_MAX);
    put(root, "proc", "meminfo", "MemTotal: 9000 kB\nMemAvailable:   4000 kB\n");
    assert_true(pt_run_memory_available(root) == 4000 * 1024);
    put(root, "proc/self", "cgroup", "1:name=x:/y\n0::/slurm/job_1\n");
    assert_true(pt_run_memory_available(root) == 4000 * 1024);
    put(root, "sys/fs/cgroup/slurm/job_1", "memory.max", "2000000\n");
    put(root, "sys/fs/cgroup/slurm/job_1", "memory.current", "500000\n");
    assert_true(pt_run_memory_available(root) == 1500000);
    put(root, "sys/fs/cgroup/slurm/job_1", "memory.max", "max\n");
    assert_true(pt_run_memory_available(root) == 4000 * 1024);
    put(root, "sys/fs/cgroup/slurm/job_1", "memory.max", "400000\n");
    assert_true(pt_run_memory_available(root) == 0);
    assert_true(pt_run_memory_available("") > 1 << 20);
}

static void as_many_runs_start_as_fit(void **state)
{
    (void)state;
    assert_int_equal(pt_run_memory_fits(UINT64_C(8) << 30, UINT64_C(1) << 30), 7);
    assert_int_equal(pt_run_memory_fits(UINT64_C(1) << 30, UINT64_C(8) << 30), 1);
    assert_int_equal(pt_run_memory_fits(0, 0), 1);
    assert_int_equal(pt_run_memory_fits(UINT64_C(1) << 30, 0), 4);
    assert_true(pt_run_memory_fits(UINT64_MAX, 1) > 1000000);
}

static void sizes_and_times_read_well(void **state)
{
    char text[PT_WORDS];
    char *words[] = {(char *)"a b", (char *)"it's", (char *)"", (char *)"x=1"};
    char *command = pt_words_command(4, words);
    (void)state;
    assert_string_equal(command, "'a b' 'it'\\''s' '' x=1");
    free(command);
    pt_words_size(446259, text);
    assert_string_equal(text, "435.8KB");
    pt_words_size(UINT64_MAX, text);
    assert_string_equal(text, "16.0EB");
    pt_words_span(0.44, text);
    assert_string_equal(text, "0.4 s");
    pt_words_span(59.6, text);
    assert_string_equal(text, "1 min 00 s");
    pt_words_span(7500, text);
    assert_string_equal(text, "2 h 05 min");
}

static void spans_have_units(void **state)
{
    struct pt_error error;
    double s;
    (void)state;
    assert_int_equal(pt_options_span("--t", "90", &s, &error), PT_OK);
    assert_true(s == 90);
    assert_int_equal(pt_options_span("--t", "1.5h", &s, &error), PT_OK);
    assert_true(s == 5400);
    assert_int_equal(pt_options_span("--t", "7d", &s, &error), PT_OK);
    assert_true(s == 7 * 86400);
    assert_int_equal(pt_options_span("--t", "-1s", &s, &error), PT_E_USAGE);
    assert_int_equal(pt_options_span("--t", "inf", &s, &error), PT_E_USAGE);
    assert_int_equal(pt_options_span("--t", "5 weeks", &s, &error), PT_E_USAGE);
}

/* Vigna's reference values of splitmix64 from 1234567. */
static void seeds_are_those_of_splitmix64(void **state)
{
    (void)state;
    assert_true(pt_experiment_seed(1234566, 1) == UINT64_C(6457827717110365317));
    assert_true(pt_experiment_seed(UINT64_MAX, 1) == pt_experiment_seed(0, 0));
}

static void a_record_is_read_back_as_it_was_written(void **state)
{
    char *command[] = {(char *)"x.py", (char *)"a\nb", NULL};
    char *jobs[] = {(char *)"4711", NULL};
    char *versions[] = {(char *)"numpy.version=1.24=x"};
    struct pt_run runs[] = {
        {.wanted = true, .seed = UINT64_MAX, .state = PT_RUN_DONE, .seconds = 1.5},
        {.wanted = true, .state = PT_RUN_STOPPED, .exit_status = -1, .signal = 15}};
    struct pt_experiment e = {.id = (char *)"id",
                              .created_ns = INT64_C(1795408200123456789),
                              .seed = UINT64_MAX - 1,
                              .directory = (char *)"/d d",
                              .command = command,
                              .n_command = 2,
                              .timeout = 0.5,
                              .threads = 3,
                              .extra[PT_PLACE_REFERENCE] = {.wanted = true,
                                                            .seed = 7,
                                                            .state = PT_RUN_FAILED,
                                                            .exit_status = 3},
                              .runs = runs,
                              .n_runs = 2,
                              .jobs = jobs,
                              .n_jobs = 1,
                              .versions = versions,
                              .n_versions = 1};
    char *text = pt_record_format(&e), *again;
    struct pt_experiment *back = NULL;
    struct pt_error error;
    (void)state;
    if (pt_record_parse(text, "e.json", &back, &error) != PT_OK)
        fail_msg("%s", error.text);
    assert_true(back->seed == e.seed && back->created_ns == e.created_ns);
    assert_true(back->runs[0].seed == UINT64_MAX);
    assert_int_equal(back->runs[1].state, PT_RUN_STOPPED);
    assert_true(back->extra[PT_PLACE_REFERENCE].wanted);
    assert_int_equal(back->extra[PT_PLACE_REFERENCE].exit_status, 3);
    assert_false(back->extra[PT_PLACE_CONTROL].wanted);
    assert_string_equal(back->command[1], "a\nb");
    assert_string_equal(back->versions[0], "numpy.version=1.24=x");
    assert_null(back->python);
    again = pt_record_format(back);
    assert_string_equal(text, again);
    free(text);
    free(again);
    pt_experiment_destroy(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_that_of_the_system_or_of_the_job),
        cmocka_unit_test(as_many_runs_start_as_fit),
        cmocka_unit_test(sizes_and_times_read_well),
        cmocka_unit_test(spans_have_units),
        cmocka_unit_test(seeds_are_those_of_splitmix64),
        cmocka_unit_test(a_record_is_read_back_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
