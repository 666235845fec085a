/* The search for smallest harmful sets against planted ones; digits of printed numbers.
 */
#include "localize/search.h"
#include "localize/units.h"
#include "localize/watch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"

enum { MOST = 64, MOST_SETS = 4 };

/* Harm is done by every set that holds one of the planted ones (bit masks). */
struct planted {
    size_t n, n_sets, n_found, n_tries;
    uint64_t sets[MOST_SETS], found[MOST];
    uint64_t antidote, cure; /* with the one but not the other no harm is done, which
                                breaks the promise */
};

static uint64_t mask_of(const unsigned char *set, size_t n)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < n; i++)
        mask |= (uint64_t)(set[i] != 0) << i;
    return mask;
}

static bool does_harm(const struct planted *p, uint64_t mask)
{
    for (size_t i = 0; i < p->n_sets; i++)
        if ((mask & p->sets[i]) == p->sets[i] &&
            (!(mask & p->antidote) || (mask & p->cure)))
            return true;
    return false;
}

static enum pt_status try(void *context, const unsigned char *set, bool *harm,
                          struct pt_error *error)
{
    struct planted *p = context;

    (void)error;
    p->n_tries++;
    *harm = does_harm(p, mask_of(set, p->n));
    return PT_OK;
}

static void found(void *context, const unsigned char *set)
{
    struct planted *p = context;

    assert_true(p->n_found < MOST);
    p->found[p->n_found++] = mask_of(set, p->n);
}

/* Finds exactly the planted sets, which share no member, and the rest is harmless and
 * cannot be larger. */
static void find_planted(struct planted *p, bool plain)
{
    struct pt_search search = {.n = p->n, .try = try, .context = p, .plain = plain};
    unsigned char harmless[MOST];
    struct pt_error error = {0};
    uint64_t rest;

    p->n_found = p->n_tries = 0;
    assert_int_equal(pt_search_all(&search, found, harmless, &error), PT_OK);
    rest = mask_of(harmless, p->n);
    assert_int_equal(p->n_found, p->n_sets);
    for (size_t i = 0; i < p->n_sets; i++) {
        bool there = false;
        for (size_t j = 0; j < p->n_found; j++)
            there |= p->found[j] == p->sets[i];
        assert_true(there);
    }
    assert_false(does_harm(p, rest));
    for (size_t i = 0; i < p->n; i++)
        if (!(rest >> i & 1))
            assert_true(does_harm(p, rest | (uint64_t)1 << i));
}

static void planted_sets_are_found_by_both_methods(void **state)
{
    uint64_t random = 1;

    (void)state;
    for (int round = 0; round < 300; round++) {
        struct planted p = {.n = 1 + pt_splitmix64(&random) % 60};
        uint64_t taken = 0;

        for (size_t s = 0; s < 3 && s < p.n / 3; s++) {
            size_t size = 1 + pt_splitmix64(&random) % 3;
            uint64_t set = 0;

            for (size_t k = 0; k < size; k++)
                set |= (uint64_t)1 << (pt_splitmix64(&random) % p.n);
            if (set & taken)
                continue;
            taken |= set;
            p.sets[p.n_sets++] = set;
        }
        find_planted(&p, false);
        find_planted(&p, true);
    }
}

static void bisection_needs_few_trials(void **state)
{
    struct planted p = {.n = 64, .n_sets = 1, .sets = {(uint64_t)1 << 37}};

    (void)state;
    find_planted(&p, false);
    assert_true(p.n_tries <= 1 + 7 + 6 + 2 + 1);
    size_t one = p.n_tries;
    find_planted(&p, true);
    assert_true(p.n_tries > one / 2);
    p.sets[0] = (uint64_t)1 << 5 | (uint64_t)1 << 60;
    find_planted(&p, false);
    size_t bisected = p.n_tries;
    find_planted(&p, true);
    assert_true(2 * bisected < p.n_tries);
}

/* More members can do less harm: what is found does harm, and without any one of its
 * members it does none. */
static void without_the_promise_a_minimal_set_is_found_still(void **state)
{
    uint64_t random = 7;
    int broken = 0;

    (void)state;
    for (int round = 0; round < 500; round++) {
        struct planted p = {.n = 20, .n_sets = 1};
        unsigned char set[MOST];
        struct pt_error error = {0};
        struct pt_search search = {.n = p.n, .try = try, .context = &p};
        uint64_t result;

        p.sets[0] = (uint64_t)1 << (pt_splitmix64(&random) % 20) |
                    (uint64_t)1 << (pt_splitmix64(&random) % 20);
        p.antidote = (uint64_t)1 << (pt_splitmix64(&random) % 20);
        p.cure = (uint64_t)1 << (pt_splitmix64(&random) % 20);
        memset(set, 1, p.n);
        assert_int_equal(pt_search_minimal(&search, set, &error), PT_OK);
        result = mask_of(set, p.n);
        broken += result != p.sets[0];
        assert_true(does_harm(&p, result));
        for (size_t i = 0; i < p.n; i++)
            if (result >> i & 1)
                assert_false(does_harm(&p, result & ~((uint64_t)1 << i)));
    }
    assert_true(broken > 0); /* else there was nothing to see */
}

static void where_nothing_does_harm_nothing_is_found(void **state)
{
    struct planted p = {.n = 9};

    (void)state;
    find_planted(&p, false);
    assert_int_equal(p.n_tries, 1);
}

static enum pt_status give_up(void *context, const unsigned char *set, bool *harm,
                              struct pt_error *error)
{
    (void)set;
    *harm = true;
    if (++*(int *)context == 3)
        return pt_error_set(error, PT_E_IO, "no more");
    return PT_OK;
}

static void an_error_ends_the_search(void **state)
{
    int calls = 0;
    struct pt_search search = {.n = 30, .try = give_up, .context = &calls};
    unsigned char harmless[MOST];
    struct pt_error error = {0};

    (void)state;
    assert_int_equal(pt_search_all(&search, found, harmless, &error), PT_E_IO);
    assert_int_equal(calls, 3);
}

static void write_file(char path[], const char *text)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static struct pt_numbers read_numbers(const char *pattern, const char *text)
{
    char path[] = "/tmp/pt-localize-XXXXXX";
    regex_t compiled;
    struct pt_numbers numbers;
    struct pt_error error = {0};

    write_file(path, text);
    assert_int_equal(pt_watch_compile(pattern, &compiled, &error), PT_OK);
    assert_int_equal(pt_watch_read(&compiled, path, &numbers, &error), PT_OK);
    regfree(&compiled);
    unlink(path);
    return numbers;
}

static void numbers_are_read_from_output(void **state)
{
    struct pt_numbers n = read_numbers(NULL, "a = 1.5, [-2e-3 .25]\nnan 7\n");

    (void)state;
    assert_int_equal(n.n, 5);
    assert_true(n.items[0] == 1.5 && n.items[1] == -2e-3 && n.items[2] == .25);
    assert_true(isnan(n.items[3]) && n.items[4] == 7);
    free(n.items);
    n = read_numbers("^error: (.*)$", "x 1\nerror: 2.5 \nerror: none\n");
    assert_int_equal(n.n, 2);
    assert_true(n.items[0] == 2.5 && isnan(n.items[1]));
    free(n.items);
    n = read_numbers("e=([0-9.]+)", "");
    assert_int_equal(n.n, 0);
    free(n.items);
}

static void a_wrong_pattern_is_told(void **state)
{
    regex_t compiled;
    struct pt_error error = {0};

    (void)state;
    assert_int_equal(pt_watch_compile("(", &compiled, &error), PT_E_USAGE);
    assert_non_null(strstr(error.text, "--number"));
}

static void digits_are_the_least_over_the_numbers(void **state)
{
    double a[] = {1, 4}, b[] = {1, 4 + 0x1p-20}, c[] = {1, NAN}, d[] = {1};
    struct pt_numbers runs[] = {{a, 2}, {a, 2}}, odd[] = {{a, 2}, {c, 2}};
    struct pt_numbers vary[] = {{a, 2}, {b, 2}}, shorter[] = {{a, 2}, {d, 1}};

    (void)state;
    assert_true(pt_watch_digits(runs, 2) == 53);
    /* σ is half the difference of two */
    assert_true(fabs(pt_watch_digits(vary, 2) - 23) < 1e-3);
    assert_true(pt_watch_digits(odd, 2) == 0);
    assert_true(pt_watch_digits(shorter, 2) == 0);
    assert_true(pt_watch_digits(runs, 0) == 53);
}

static void units_are_lines_and_their_functions(void **state)
{
    char path[] = "/tmp/pt-localize-XXXXXX";
    struct pt_units lines, functions, within;
    struct pt_error error = {0};
    unsigned char set[] = {0, 1};

    (void)state;
    write_file(path,
               "perturbed\tmodule\tfunction\tfile\tline\n"
               "10\tm\tf\t/a b/m.py\t3\n20\tm\tg\t/a b/m.py\t7\n"
               "5\tm\tf\t/a b/m.py\t4\n9\t\t\t\t0\n1\tm\tg.<locals>.h\t/m.py\t9\n");
    assert_int_equal(pt_units_read(path, &lines, &error), PT_OK);
    assert_int_equal(lines.n, 4);
    assert_int_equal(lines.elsewhere, 9);
    assert_string_equal(lines.items[0].pattern, "/a b/m.py:3");
    assert_int_equal(pt_units_functions(&lines, &functions, &error), PT_OK);
    assert_int_equal(functions.n, 3);
    assert_int_equal(functions.items[0].perturbed, 15);
    assert_string_equal(functions.items[2].pattern, "m g.<locals>.h");
    functions.n = 2;
    assert_int_equal(pt_units_within(&lines, &functions, set, &within, &error), PT_OK);
    assert_int_equal(within.n, 1);
    assert_int_equal(within.items[0].line, 7);
    functions.n = 3;
    pt_units_destroy(&lines);
    pt_units_destroy(&functions);
    pt_units_destroy(&within);
    unlink(path);
    char cut[] = "/tmp/pt-localize-XXXXXX";
    write_file(cut, "heading\n10\tm\tf\n");
    assert_int_equal(pt_units_read(cut, &lines, &error), PT_E_FORMAT);
    pt_units_destroy(&lines);
    unlink(cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_sets_are_found_by_both_methods),
        cmocka_unit_test(bisection_needs_few_trials),
        cmocka_unit_test(without_the_promise_a_minimal_set_is_found_still),
        cmocka_unit_test(where_nothing_does_harm_nothing_is_found),
        cmocka_unit_test(an_error_ends_the_search),
        cmocka_unit_test(numbers_are_read_from_output),
        cmocka_unit_test(a_wrong_pattern_is_told),
        cmocka_unit_test(digits_are_the_least_over_the_numbers),
        cmocka_unit_test(units_are_lines_and_their_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
