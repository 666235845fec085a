#include "alignment/lcs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

enum { LONGEST = 64 };

/* The textbook table. */
static size_t length_by_table(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
    size_t table[LONGEST + 1][LONGEST + 1] = {{0}};
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++)
            table[i][j] = a[i - 1] == b[j - 1]                ? table[i - 1][j - 1] + 1
                          : table[i - 1][j] > table[i][j - 1] ? table[i - 1][j]
                                                              : table[i][j - 1];
    return table[n][m];
}

static size_t check_matches(const uint64_t *a, size_t n, const uint64_t *b, size_t m,
                            const uint32_t *match)
{
    size_t length = 0;
    int64_t last = -1;
    for (size_t i = 0; i < n; i++) {
        if (match[i] == UINT32_MAX)
            continue;
        assert_true(match[i] < m);
        assert_true(a[i] == b[match[i]]);
        assert_true((int64_t)match[i] > last);
        last = match[i];
        length++;
    }
    return length;
}

static void finds_a_longest_common_subsequence_of_random_sequences(void **state)
{
    uint64_t seed = 1, a[LONGEST], b[LONGEST];
    uint32_t match[LONGEST];
    (void)state;
    for (int trial = 0; trial < 20000; trial++) {
        size_t n = pt_splitmix64(&seed) % (LONGEST + 1);
        size_t m = pt_splitmix64(&seed) % (LONGEST + 1);
        uint64_t letters = 1 + pt_splitmix64(&seed) % 6;
        bool by_occurrence = true;
        for (size_t i = 0; i < n; i++)
            a[i] = pt_splitmix64(&seed) % letters;
        for (size_t j = 0; j < m; j++)
            b[j] = pt_splitmix64(&seed) % letters;
        assert_int_equal(pt_lcs(a, n, b, m, match, &by_occurrence, NULL), PT_OK);
        assert_false(by_occurrence);
        assert_int_equal(check_matches(a, n, b, m, match), length_by_table(a, n, b, m));
    }
}

static void extra_iterations_at_the_end_leave_the_first_ones_matched(void **state)
{
    uint64_t a[10], b[6];
    uint32_t match[10];
    bool by_occurrence;
    (void)state;
    for (size_t i = 0; i < 10; i++)
        a[i] = i % 2;
    memcpy(b, a, sizeof b);
    assert_int_equal(pt_lcs(a, 10, b, 6, match, &by_occurrence, NULL), PT_OK);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(match[i], i < 6 ? i : UINT32_MAX);
}

static void nearly_equal_long_sequences_are_matched_nearly_whole(void **state)
{
    size_t n = 1000000, found = 0;
    uint64_t *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b), seed = 5;
    uint32_t *match = malloc(n * sizeof *match);
    bool by_occurrence;
    (void)state;
    for (size_t i = 0; i < n; i++)
        a[i] = b[i] = pt_splitmix64(&seed) % 7;
    for (size_t i = 0; i < 20; i++)
        a[(size_t)(pt_splitmix64(&seed) % n)] = 100 + i;
    assert_int_equal(pt_lcs(a, n, b, n, match, &by_occurrence, NULL), PT_OK);
    assert_false(by_occurrence);
    for (size_t i = 0; i < n; i++)
        found += match[i] != UINT32_MAX;
    assert_true(found >= n - 20);
    free(a);
    free(b);
    free(match);
}

static void very_different_sequences_are_matched_by_occurrence_and_said_so(void **state)
{
    size_t n = 200000;
    uint64_t *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b);
    uint32_t *match = malloc(n * sizeof *match);
    bool by_occurrence = false;
    (void)state;
    for (size_t i = 0; i < n; i++) {
        a[i] = i;
        b[i] = n - 1 - i;
    }
    assert_int_equal(pt_lcs(a, n, b, n, match, &by_occurrence, NULL), PT_OK);
    assert_true(by_occurrence);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(match[i], n - 1 - i);
    free(a);
    free(b);
    free(match);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_longest_common_subsequence_of_random_sequences),
        cmocka_unit_test(extra_iterations_at_the_end_leave_the_first_ones_matched),
        cmocka_unit_test(nearly_equal_long_sequences_are_matched_nearly_whole),
        cmocka_unit_test(
            very_different_sequences_are_matched_by_occurrence_and_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
