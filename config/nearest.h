/* What the user probably meant: the nearest known word by edit distance. Library
 * pt_handover. Thread: safe. */
#ifndef PT_NEAREST_H
#define PT_NEAREST_H

#include <stddef.h>

/* Levenshtein distance of the two words (insert, delete, replace, and swap of two
 * neighbours cost 1), letters compared without case. Words beyond 64 bytes are compared
 * by their first 64. */
size_t pt_word_distance(const char *a, const char *b);

/* The nearest of `n` words to `word`, or NULL if none is near enough to be meant: more
 * than a third of the longer one's letters, and more than two, differ. */
const char *pt_word_nearest(const char *word, const char *const *words, size_t n);

#endif
