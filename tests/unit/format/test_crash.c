/* Programs that are killed, disks that are full, children of forks, long runs. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "format/checker.h"
#include "model.h"

enum { CHECKPOINT = 64 };

static int n_kills = 20; /* or the first argument */

static char *part_of(const char *path)
{
    char *part = NULL;
    assert_true(asprintf(&part, "%s" PT_TRACE_UNSEALED, path) > 0);
    return part;
}

/* Writes until it is killed; tells after each flush how many calls are on disk. */
static void write_for_ever(const char *path, const struct model_options *options,
                           int tell)
{
    struct pt_trace_writer *writer = model_open(path);

    model_begin(writer);
    for (uint32_t i = 0; i < options->n_calls; i++) {
        model_write_call(writer, options, i);
        if (i % CHECKPOINT != CHECKPOINT - 1)
            continue;
        uint32_t done = i + 1;
        pt_trace_writer_flush(writer);
        if (write(tell, &done, sizeof done) != sizeof done)
            _exit(1);
    }
    _exit(0);
}

/* Kills a writing child after `ns` and compares what it left in `part`. */
static void kill_and_compare(const char *path, const char *part,
                             const struct model_options *options, long ns)
{
    uint32_t done = 0, last = 0;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_for_ever(path, options, ends[1]);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &last, sizeof last), sizeof last);
    nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    while (read(ends[0], &done, sizeof done) == sizeof done)
        last = done;
    close(ends[0]);

    struct pt_trace_reader *reader = model_read(part);
    struct pt_trace_check check;
    assert_false(pt_trace_reader_sealed(reader));
    assert_true(model_compare(reader, options) >= last);
    pt_trace_reader_close(reader);
    assert_int_equal(pt_trace_check(part, &check, NULL), PT_OK);
    if (check.faults)
        fail_msg("%s", check.first_fault);
}

static void killed_at_any_moment_it_keeps_all_whole_blocks(void **state)
{
    const struct model_options options = {
        .seed = 9, .n_calls = 2000000, .max_bytes = 60000};
    uint64_t random = 4711;
    char *path = model_path("killed.trace"), *part = part_of(path);
    (void)state;

    for (int i = 0; i < n_kills; i++) {
        kill_and_compare(path, part, &options,
                         (long)(pt_splitmix64(&random) % 30000000));
        assert_int_not_equal(access(path, F_OK), 0);
        assert_int_equal(unlink(part), 0);
    }
    free(part);
    free(path);
}

static bool is_on_disk(const char *part, enum pt_trace_stream stream)
{
    struct pt_trace_reader *reader = model_read(part);
    bool there = pt_trace_reader_n_blocks(reader, stream) > 0;
    pt_trace_reader_close(reader);
    return there;
}

/* Waits for ever if it is not so: the test's time limit ends it. */
static void what_is_no_longer_new_is_on_disk_without_being_asked(void **state)
{
    const struct model_options options = {.seed = 13, .n_calls = 20, .max_bytes = 500};
    char *path = model_path("short.trace"), *part = part_of(path);
    (void)state;

    struct pt_trace_writer *writer = model_open(path);
    model_begin(writer);
    for (uint32_t i = 0; i < options.n_calls; i++)
        model_write_call(writer, &options, i);
    assert_false(is_on_disk(part, PT_STREAM_SKELETON));
    pt_trace_writer_begin_phase(writer);
    pt_trace_writer_enter(writer,
                          &(struct pt_trace_enter){.time = 1000, .ns = 60000000});
    while (!is_on_disk(part, PT_STREAM_SKELETON))
        usleep(1000);
    assert_true(is_on_disk(part, PT_STREAM_META));
    assert_true(is_on_disk(part, PT_STREAM_VALUES));
    assert_int_equal(pt_trace_writer_close(writer, NULL), PT_OK);
    free(part);
    free(path);
}

/* In a child, under a limit of the file's size: what a full disk does too. */
static void fill_a_small_disk(const char *path, const struct model_options *options)
{
    struct rlimit limit = {.rlim_cur = 3000000, .rlim_max = 3000000};
    struct pt_error error = {0};

    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(2);
    struct pt_trace_writer *writer = model_open(path);
    model_write(writer, options);
    pt_trace_writer_flush(writer);
    if (!pt_trace_writer_error(writer))
        _exit(3);
    model_write(writer, options); /* dropped, at no harm */
    if (pt_trace_writer_close(writer, &error) != PT_E_IO || error.sys != EFBIG)
        _exit(4);
    _exit(0);
}

static void a_full_disk_costs_the_rest_of_the_trace_only(void **state)
{
    const struct model_options options = {
        .seed = 10, .n_calls = 3000, .max_bytes = 60000};
    char *path = model_path("full.trace"), *part = part_of(path);
    int status;
    (void)state;

    pid_t child = fork();
    if (child == 0)
        fill_a_small_disk(path, &options);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    struct pt_trace_reader *reader = model_read(part);
    assert_null(pt_trace_reader_damage(reader)); /* it ends with a whole block */
    assert_in_range(pt_trace_reader_bytes(reader), 4096, 3000000);
    model_read_all(reader);
    pt_trace_reader_close(reader);
    free(part);
    free(path);
}

/* What the child of a fork may do with its parent's writer: nothing that shows. */
static void use_in_child(struct pt_trace_writer *writer, bool abandon)
{
    const struct model_options options = {
        .seed = 12, .n_calls = 500, .max_bytes = 60000};
    if (abandon) {
        pt_trace_writer_abandon(writer);
        _exit(0);
    }
    model_write(writer, &options);
    pt_trace_writer_flush(writer);
    _exit(pt_trace_writer_close(writer, NULL) == PT_E_USAGE ? 0 : 1);
}

static void the_child_of_a_fork_cannot_harm_the_trace(void **state)
{
    const struct model_options options = {
        .seed = 11, .n_calls = 2000, .max_bytes = 10000};
    char *path = model_path("fork.trace");
    struct pt_trace_check check;
    int status;
    (void)state;

    struct pt_trace_writer *writer = model_open(path);
    model_begin(writer);
    for (uint32_t i = 0; i < options.n_calls; i++) {
        model_write_call(writer, &options, i);
        if (i % 100)
            continue;
        if (i % 200)
            pt_trace_writer_flush(writer); /* with and without */
        pid_t child = fork();
        if (child == 0)
            use_in_child(writer, i % 300 == 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_int_equal(pt_trace_writer_close(writer, NULL), PT_OK);
    struct pt_trace_reader *reader = model_read(path);
    assert_int_equal(model_compare(reader, &options), options.n_calls);
    pt_trace_reader_close(reader);
    assert_int_equal(pt_trace_check(path, &check, NULL), PT_OK);
    assert_int_equal(check.faults, 0);
    free(path);
}

/* As a daemon does: closes all that is open, opens files of its own, changes its
 * folder. */
static void become_a_daemon(const char *path, const char *name,
                            const struct model_options *options)
{
    if (chdir(model_folder()) != 0)
        _exit(1);
    struct pt_trace_writer *writer = model_open(name);
    model_begin(writer);
    for (uint32_t i = 0; i < options->n_calls; i++) {
        model_write_call(writer, options, i);
        if (i != options->n_calls / 2)
            continue;
        pt_trace_writer_flush(writer);
        for (int fd = 3; fd < 5000; fd++)
            close(fd);
        for (int k = 0; k < 5000; k++) { /* takes the writer's number too, if it can */
            if (open(path, O_RDWR | O_CREAT, 0600) < 0)
                break;
        }
        for (int fd = 3; fd < 20; fd++)
            close(fd);
        if (chdir("/") != 0)
            _exit(2);
    }
    _exit(pt_trace_writer_close(writer, NULL) == PT_OK ? 0 : 3);
}

static void a_daemon_keeps_its_files_and_its_trace(void **state)
{
    const struct model_options options = {
        .seed = 14, .n_calls = 2000, .max_bytes = 10000};
    char *path = model_path("daemon.trace"), *own = model_path("daemon.own");
    struct stat st;
    int status;
    (void)state;

    pid_t child = fork();
    if (child == 0)
        become_a_daemon(own, "daemon.trace", &options);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(stat(own, &st), 0);
    assert_int_equal(st.st_size, 0);
    struct pt_trace_reader *reader = model_read(path);
    assert_int_equal(model_compare(reader, &options), options.n_calls);
    pt_trace_reader_close(reader);
    free(own);
    free(path);
}

enum { RIVALS = 4, TRACES_EACH = 50 };

/* Many short traces, each under the first name that is free. */
static void take_names(const char *stem)
{
    for (int n = 0; n < TRACES_EACH; n++) {
        struct pt_trace_writer *writer = NULL;
        struct pt_trace_header header;
        enum pt_status status = PT_E_EXISTS;

        model_header(&header);
        for (int i = 0; status == PT_E_EXISTS && i < RIVALS * TRACES_EACH; i++) {
            char *path = NULL;
            if (asprintf(&path, "%s.%d", stem, i) < 0)
                _exit(1);
            status = pt_trace_writer_open(path, &header, &writer, NULL);
            free(path);
        }
        if (status != PT_OK)
            _exit(2);
        if (pt_trace_writer_close(writer, NULL) != PT_OK)
            _exit(3);
    }
    _exit(0);
}

/* Also when one of them seals its trace while another opens its own. */
static void each_of_many_processes_gets_a_name_of_its_own(void **state)
{
    char *stem = model_path("rivals.trace");
    pid_t children[RIVALS];
    (void)state;

    for (int i = 0; i < RIVALS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            take_names(stem);
    }
    for (int i = 0; i < RIVALS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < RIVALS * TRACES_EACH; i++) {
        char *path = NULL;
        assert_true(asprintf(&path, "%s.%d", stem, i) > 0);
        assert_int_equal(unlink(path), 0);
        free(path);
    }
    free(stem);
}

static size_t status_kib(const char *key)
{
    char line[256];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtoul(line + strlen(key), NULL, 10);
    }
    fclose(file);
    return kib;
}

/* Alone in a process, since the peak is that of the process. */
static void write_much(const char *path)
{
    static uint64_t data[64 << 10];
    size_t before = status_kib("VmHWM:");
    struct pt_trace_writer *writer = model_open(path);

    for (uint64_t i = 1; i <= 400; i++) {
        struct pt_trace_value value = model_array(i, PT_ARRAY_LENGTH(data));
        data[i] = i * 3;
        pt_trace_writer_begin_phase(writer);
        pt_trace_writer_value(writer, &value, data);
        for (uint64_t k = 0; k < 500; k++) {
            value.data_bytes = 128;
            value.n_elements = value.shape[0] = 16;
            data[0] = i * 1000 + k;
            pt_trace_writer_value(writer, &value, data);
        }
        pt_trace_writer_enter(writer, &(struct pt_trace_enter){.time = i});
    }
    if (pt_trace_writer_close(writer, NULL) != PT_OK)
        _exit(1);
    _exit(status_kib("VmHWM:") - before < 64 << 10 ? 0 : 2);
}

static void memory_is_bounded_whatever_is_written(void **state)
{
    char *path = model_path("much.trace");
    int status;
    (void)state;

    pid_t child = fork();
    if (child == 0)
        write_much(path);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(unlink(path), 0);
    free(path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_moment_it_keeps_all_whole_blocks),
        cmocka_unit_test(what_is_no_longer_new_is_on_disk_without_being_asked),
        cmocka_unit_test(a_full_disk_costs_the_rest_of_the_trace_only),
        cmocka_unit_test(the_child_of_a_fork_cannot_harm_the_trace),
        cmocka_unit_test(a_daemon_keeps_its_files_and_its_trace),
        cmocka_unit_test(each_of_many_processes_gets_a_name_of_its_own),
        cmocka_unit_test(memory_is_bounded_whatever_is_written),
    };
    model_take_arguments(argc, argv);
    if (argc == 2 && atoi(argv[1]) > 0)
        n_kills = atoi(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
