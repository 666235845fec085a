/* A pointer is changed where it can be, and where its page must be opened for it. */
#include "cpython/patch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static int target;

/* A page with a pointer in its middle. */
static void **page_of(int protection)
{
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    char *page = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(page != MAP_FAILED);
    return (void **)(page + bytes / 2);
}

static void close_page(void **where)
{
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);

    munmap((void *)((uintptr_t)where & ~(bytes - 1)), bytes);
}

/* The kernel reads from a pipe into what can be written, and only that. */
static int is_open(void **where)
{
    int ends[2];
    ssize_t n;

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], where, sizeof *where), (ssize_t)sizeof *where);
    n = read(ends[0], where, sizeof *where);
    close(ends[0]);
    close(ends[1]);
    return n == (ssize_t)sizeof *where;
}

static void writable_page_stays_writable(void **state)
{
    void **where = page_of(PROT_READ | PROT_WRITE);

    (void)state;
    where[1] = &where;
    assert_true(pt_patch_pointer(where, &target));
    assert_ptr_equal(*where, &target);
    assert_ptr_equal(where[1], &where);
    assert_null(where[-1]);
    assert_true(is_open(where));
    close_page(where);
}

static void closed_page_is_opened_for_the_store_alone(void **state)
{
    void **where = page_of(PROT_READ);

    (void)state;
    assert_false(is_open(where));
    assert_true(pt_patch_pointer(where, &target));
    assert_ptr_equal(*where, &target);
    assert_false(is_open(where));
    close_page(where);
}

static void page_of_a_file_opened_for_reading_is_not_changed(void **state)
{
    char name[] = "/tmp/pytracer-patch-XXXXXX";
    int made = mkstemp(name), fd;
    void *before[8] = {&target};
    void **where;

    (void)state;
    assert_true(made >= 0);
    assert_int_equal(write(made, before, sizeof before), (ssize_t)sizeof before);
    close(made);
    fd = open(name, O_RDONLY);
    unlink(name);
    where = mmap(NULL, sizeof before, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(where != MAP_FAILED);
    assert_false(pt_patch_pointer(where, before));
    assert_ptr_equal(*where, &target);
    munmap(where, sizeof before);
    close(fd);
}

/* With no file left to open, a page is still known for what it is. */
static void no_file_is_needed(void **state)
{
    void **open_page = page_of(PROT_READ | PROT_WRITE), **closed = page_of(PROT_READ);
    struct rlimit before, none;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool patched =
        pt_patch_pointer(open_page, &target) && pt_patch_pointer(closed, &target);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(patched);
    assert_true(is_open(open_page));
    assert_false(is_open(closed));
    close_page(open_page);
    close_page(closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writable_page_stays_writable),
        cmocka_unit_test(closed_page_is_opened_for_the_store_alone),
        cmocka_unit_test(page_of_a_file_opened_for_reading_is_not_changed),
        cmocka_unit_test(no_file_is_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
