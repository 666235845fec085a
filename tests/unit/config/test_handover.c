#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "handover.h"

static const char text[] =
    "{\"modules_to_load\": [\"numpy\", \"a\\tb\\\\c\\nd\"], \"io\": {\"trace\": "
    "\"x y\", \"max_elements\": \"18446744073709551615\", \"type\": \"pickle\"}, "
    "\"fuzzy\": {\"layers\": \"all\", \"seed\": \"0xffffffffffffffff\"}, "
    "\"logger\": {\"level\": \"error\", \"format\": \"logger\", \"color\": false}, "
    "\"numpy\": {\"ufunc\": true}}";

static struct pt_config *parsed(void)
{
    struct pt_config *config = NULL;
    struct pt_error error;
    if (pt_config_parse(text, "/home/me/c.json", &config, &error) != PT_OK)
        fail_msg("%s", error.text);
    return config;
}

static struct pt_config *through(int fd_out, int fd_in, const struct pt_config *config)
{
    struct pt_config *back = NULL;
    struct pt_error error;
    if (pt_handover_write(fd_out, config, &error) != PT_OK)
        fail_msg("%s", error.text);
    if (fd_out == fd_in)
        assert_int_equal(lseek(fd_in, 0, SEEK_SET), 0);
    if (pt_handover_read(fd_in, &back, &error) != PT_OK)
        fail_msg("%s", error.text);
    return back;
}

static void everything_arrives_as_it_was(void **state)
{
    int fd = memfd_create("config", 0);
    struct pt_config *config = parsed(), *back = through(fd, fd, config);
    (void)state;
    assert_string_equal(back->file, "/home/me/c.json");
    assert_int_equal(back->modules_to_load.n, 2);
    assert_string_equal(back->modules_to_load.items[1], "a\tb\\c\nd");
    assert_string_equal(back->io.trace, "x y");
    assert_null(back->logger.output);
    assert_true(back->io.max_elements == UINT64_MAX);
    assert_int_equal(back->io.type, PT_IO_PICKLE);
    assert_true(back->fuzzy.has_seed && back->fuzzy.seed == UINT64_MAX);
    assert_int_equal(back->logger.level, PT_LOG_ERROR);
    assert_int_equal(back->logger.format, PT_LOG_LOGGER);
    assert_false(back->logger.color);
    assert_true(back->numpy.ufunc);
    assert_false(back->numpy.scalar);
    assert_int_equal(back->exclude.n, config->exclude.n);
    assert_true(back->exclude.n > 5);
    for (size_t i = 0; i < back->exclude.n; i++) {
        assert_string_equal(back->exclude.items[i].module,
                            config->exclude.items[i].module);
        assert_string_equal(back->exclude.items[i].function,
                            config->exclude.items[i].function);
    }
    assert_int_equal(back->fuzzy.precision_binary64, 53);
    pt_config_destroy(back);
    pt_config_destroy(config);
    close(fd);
}

static void a_pipe_is_read_no_further_than_the_end(void **state)
{
    int fds[2];
    char rest[8] = "";
    struct pt_config *config = parsed(), *back;
    (void)state;
    assert_int_equal(pipe(fds), 0);
    back = through(fds[1], fds[0], config);
    assert_int_equal(write(fds[1], "rest", 4), 4);
    assert_int_equal(read(fds[0], rest, sizeof rest), 4);
    assert_string_equal(rest, "rest");
    pt_config_destroy(back);
    pt_config_destroy(config);
    close(fds[0]);
    close(fds[1]);
}

static enum pt_status read_text(const char *bytes, size_t n)
{
    int fd = memfd_create("config", 0);
    struct pt_config *config = NULL;
    struct pt_error error;
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    lseek(fd, 0, SEEK_SET);
    enum pt_status status = pt_handover_read(fd, &config, &error);
    assert_true((status == PT_OK) == (config != NULL));
    pt_config_destroy(config);
    close(fd);
    return status;
}

static void wrong_text_is_refused(void **state)
{
    const char *foreign = "something else that is long enough to be read";
    const char *later = "pytracer-configuration 2 0000000004\nend\n";
    const char *unknown = "pytracer-configuration 1 0000000012\nnew\tkey\nend\n";
    const char *endless = "pytracer-configuration 1 0000000012\nio.trace\tx\n\n";
    (void)state;
    assert_int_equal(read_text(foreign, strlen(foreign)), PT_E_FORMAT);
    assert_int_equal(read_text("", 0), PT_E_FORMAT);
    assert_int_equal(read_text(later, strlen(later)), PT_E_VERSION);
    assert_int_equal(read_text(unknown, strlen(unknown)), PT_E_VERSION);
    assert_int_equal(read_text(endless, strlen(endless)), PT_E_FORMAT);
}

static void every_cut_of_the_text_is_refused(void **state)
{
    int fd = memfd_create("config", 0);
    struct pt_config *config = parsed();
    struct pt_error error;
    char *whole;
    (void)state;
    assert_int_equal(pt_handover_write(fd, config, &error), PT_OK);
    off_t n = lseek(fd, 0, SEEK_CUR);
    whole = malloc((size_t)n);
    assert_int_equal(pread(fd, whole, (size_t)n, 0), n);
    for (off_t cut = 0; cut < n; cut += 7)
        assert_int_equal(read_text(whole, (size_t)cut), PT_E_FORMAT);
    assert_int_equal(read_text(whole, (size_t)n), PT_OK);
    free(whole);
    pt_config_destroy(config);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_arrives_as_it_was),
        cmocka_unit_test(a_pipe_is_read_no_further_than_the_end),
        cmocka_unit_test(wrong_text_is_refused),
        cmocka_unit_test(every_cut_of_the_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
