/* Members of struct pt_config set and released by their key, for the two readers (JSON
 * and the hand-over). Library pt_handover. Thread: caller locks the configuration. */
#ifndef PT_VALUE_H
#define PT_VALUE_H

#include "keys.h"

/* The member of that key in *config. */
void *pt_value_at(struct pt_config *config, const struct pt_key *key);
const void *pt_value_get(const struct pt_config *config, const struct pt_key *key);

/* Releases what the member holds and makes it empty (NULL, 0, false). */
void pt_value_clear(struct pt_config *config, const struct pt_key *key);

/* Replaces a text (of words: PT_E_CONFIG if it is none of them, naming them all);
 * appends to a list of texts; appends a pattern. Copies. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_value_set_text(struct pt_config *config,
                                               const struct pt_key *key,
                                               const char *text,
                                               struct pt_error *error);
/* The text or choice of the key of that name as a command line has it: a wrong word is
 * PT_E_USAGE, and the error names the option. */
PT_MUST_CHECK enum pt_status pt_value_set_option(struct pt_config *config,
                                                 const char *name, const char *option,
                                                 const char *text,
                                                 struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_value_append(struct pt_config *config,
                                             const struct pt_key *key, const char *text,
                                             struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_value_append_pattern(struct pt_config *config,
                                                     const struct pt_key *key,
                                                     const char *module,
                                                     const char *function,
                                                     struct pt_error *error);

/* Numbers and seeds; PT_E_CONFIG outside least … most, saying the bounds. */
PT_MUST_CHECK enum pt_status pt_value_set_number(struct pt_config *config,
                                                 const struct pt_key *key,
                                                 uint64_t number,
                                                 struct pt_error *error);

/* One of the key's words; PT_E_CONFIG otherwise, naming them all. */
PT_MUST_CHECK enum pt_status pt_value_set_choice(struct pt_config *config,
                                                 const struct pt_key *key,
                                                 const char *word,
                                                 struct pt_error *error);

/* A whole number in decimal or 0x form; PT_E_CONFIG if `text` is not just that. */
PT_MUST_CHECK enum pt_status pt_value_parse_number(const char *text, uint64_t *number,
                                                   struct pt_error *error);

#endif
