/* Sizes and times in words, and yes or no from a terminal. Thread: safe but for asking.
 */
#ifndef PT_WORDS_H
#define PT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PT_WORDS = 32 };

/* "512.0B", "435.8KB", "5.6MB": 1024 to the next unit, as the original prints it. */
void pt_words_size(uint64_t bytes, char text[PT_WORDS]);

/* "0.4 s", "12 s", "3 min 20 s", "2 h 05 min". */
void pt_words_span(double seconds, char text[PT_WORDS]);

/* "Mon Nov  1 12:24:20 2021", local time. */
void pt_words_date(int64_t ns, char text[PT_WORDS]);

/* Words so that a shell reads them back: joined by blanks, quoted where needed. The
 * caller frees the text; NULL: no memory. */
char *pt_words_command(size_t n, char *const *words);

/* Asks on the terminal; true for y or yes. */
bool pt_words_ask(const char *question);

#endif
