#include "nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { LONGEST = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Three rows of the usual table: the swap of neighbours looks two rows back. */
size_t pt_word_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1];
    size_t na = strnlen(a, LONGEST), nb = strnlen(b, LONGEST);

    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *now = rows[i % 3], *above = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t d = above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);

            d = least(d, least(above[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                d = least(d, before[j - 2] + 1);
            now[j] = d;
        }
    }
    return rows[na % 3][nb];
}

const char *pt_word_nearest(const char *word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t best_distance = 0;

    for (size_t i = 0; i < n; i++) {
        size_t d = pt_word_distance(word, words[i]);
        size_t na = strlen(word), nb = strlen(words[i]);
        size_t near = (na > nb ? na : nb) / 3;

        if (d > (near > 2 ? near : 2) || d >= nb)
            continue;
        if (best == NULL || d < best_distance) {
            best = words[i];
            best_distance = d;
        }
    }
    return best;
}
