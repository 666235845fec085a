#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"

static void a_name_is_read_back_as_it_was_written(void **state)
{
    struct pt_cache_id id, back;
    char text[PT_CACHE_ID], name[PT_CACHE_ID + 16];
    bool partial = true;
    (void)state;
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_ARRAY_JOB_ID");
    pt_cache_id_here(3, &id);
    pt_cache_id_format(&id, text);
    snprintf(name, sizeof name, "%s.trace", text);
    assert_int_equal(pt_cache_name_kind(name, &back, &partial), PT_CACHE_TRACE);
    assert_false(partial);
    assert_int_equal(back.when, id.when);
    assert_string_equal(back.where, id.where);
    assert_int_equal(back.pid, getpid());
    assert_int_equal(back.rank, 3);
    snprintf(name, sizeof name, "stats.%s.h5.tmp", text);
    assert_int_equal(pt_cache_name_kind(name, &back, &partial), PT_CACHE_STATS);
    assert_true(partial);
}

static void slurm_names_the_job_and_its_task(void **state)
{
    struct pt_cache_id id;
    char text[PT_CACHE_ID];
    (void)state;
    setenv("SLURM_JOB_ID", "78", 1);
    pt_cache_id_here(-1, &id);
    assert_string_equal(id.where, "78");
    setenv("SLURM_ARRAY_JOB_ID", "77", 1);
    setenv("SLURM_ARRAY_TASK_ID", "12", 1);
    pt_cache_id_here(-1, &id);
    assert_string_equal(id.where, "77_12");
    pt_cache_id_format(&id, text);
    assert_non_null(strstr(text, ".77_12."));
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_ARRAY_JOB_ID");
    unsetenv("SLURM_ARRAY_TASK_ID");
}

static void only_our_own_names_are_recognised(void **state)
{
    static const struct {
        const char *name;
        enum pt_cache_kind kind;
        bool partial;
    } cases[] = {
        {"261123043000.node1.4711.trace", PT_CACHE_TRACE, false},
        {"261123043000.12_3.4711.r2.trace.part", PT_CACHE_TRACE, true},
        {"stats.261123043000.node1.4711.h5", PT_CACHE_STATS, false},
        {"stats.261123043000.node1.4711.h5.aB3xYz", PT_CACHE_STATS, true},
        {"report.261123043000.node1.4711.csv", PT_CACHE_REPORT, false},
        {"pytracer.log.261123043000.node1.4711", PT_CACHE_LOG, false},
        {"0123456789abcdef0123456789abcdef", PT_CACHE_SOURCE, false},
        {"0123456789abcdef0123456789abcdef.Xy12Zz", PT_CACHE_SOURCE, true},
        {"0123456789abcdef0123456789abcde", PT_CACHE_OTHER, false},
        {"261323043000.node1.4711.trace", PT_CACHE_OTHER, false},
        {"2611230430.node1.4711.trace", PT_CACHE_OTHER, false},
        {"261123043000.node1.trace", PT_CACHE_OTHER, false},
        {"261123043000..4711.trace", PT_CACHE_OTHER, false},
        {"261123043000.no/de.4711.trace", PT_CACHE_OTHER, false},
        {"mine.trace", PT_CACHE_OTHER, false},
        {"stats.mine.h5", PT_CACHE_OTHER, false},
        {"stats.261123043000.node1.4711.h5.backup", PT_CACHE_OTHER, false},
        {"stats.261123043000.node1.4711.h5.BACKUP", PT_CACHE_OTHER, false},
        {"261123043000.node1.4711.trace.240131", PT_CACHE_OTHER, false},
        {"report.csv", PT_CACHE_OTHER, false},
        {"", PT_CACHE_OTHER, false},
        {".", PT_CACHE_OTHER, false},
    };
    (void)state;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(cases); i++) {
        bool partial = false;
        enum pt_cache_kind kind = pt_cache_name_kind(cases[i].name, NULL, &partial);
        if (kind != cases[i].kind || partial != cases[i].partial)
            fail_msg("%s: kind %d, partial %d", cases[i].name, (int)kind, partial);
    }
}

static void cache_folders_are_absolute(void **state)
{
    struct pt_config *config = pt_config_create();
    char *folder, here[4096];
    (void)state;
    config->io.cache.root = strdup("the cache");
    config->io.cache.traces = strdup("traces");
    config->logger.output = strdup("pytracer.log");
    config->io.cache.info = strdup("/var/tmp");
    assert_non_null(getcwd(here, sizeof here));
    strcat(here, "/the cache/traces");
    folder = pt_config_cache_folder(config, "traces");
    assert_string_equal(folder, here);
    free(folder);
    folder = pt_config_cache_folder(config, NULL);
    assert_int_equal(folder[0], '/');
    free(folder);
    assert_null(pt_config_cache_folder(config, "nonsense"));
    struct pt_cache_id id = {.when = 0, .where = "h", .pid = 5, .rank = -1};
    folder = pt_cache_log_path(config, &id);
    assert_non_null(strstr(folder, "/var/tmp/pytracer.log."));
    assert_non_null(strstr(folder, ".h.5"));
    free(folder);
    pt_config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_read_back_as_it_was_written),
        cmocka_unit_test(slurm_names_the_job_and_its_task),
        cmocka_unit_test(only_our_own_names_are_recognised),
        cmocka_unit_test(cache_folders_are_absolute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
