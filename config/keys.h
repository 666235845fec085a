/* The keys of the configuration as one table: reading, writing, documentation, schema
 * and completion all walk it, so that a new key is one line in keys.c.
 * Library pt_handover, no JSON. */
#ifndef PT_KEYS_H
#define PT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

enum pt_key_kind {
    PT_KEY_TEXT,      /* char *; empty in JSON is NULL where `nullable` */
    PT_KEY_WORD,      /* char *, one of `choices` */
    PT_KEY_WORDS,     /* char *, some of `choices` with commas between, or empty */
    PT_KEY_STRINGS,   /* struct pt_strings; one string or a list in JSON */
    PT_KEY_PATHS,     /* the same, relative to the configuration's folder */
    PT_KEY_VARIABLES, /* struct pt_strings of "NAME=value", or "NAME" to unset; an
                         object of strings and nulls in JSON */
    PT_KEY_PATTERNS,  /* struct pt_patterns; JSON names the files that hold them */
    PT_KEY_BOOL,      /* bool */
    PT_KEY_U32,       /* uint32_t, `least` … `most` */
    PT_KEY_U64,       /* uint64_t, the same; a string of digits too (beyond 2^53) */
    PT_KEY_SEED,      /* uint64_t preceded by a has_seed flag; null: none */
    PT_KEY_CHOICE     /* an enum whose words are `choices`, in the enum's order */
};

struct pt_key {
    const char *name; /* dotted: "io.cache.root" */
    enum pt_key_kind kind;
    size_t offset; /* of the member in struct pt_config */
    bool nullable;
    uint64_t least, most;
    const char *const *choices; /* NULL-terminated, for words */
    const char *meaning;        /* one sentence for documentation and schema */
};

/* The table, in the order of the documentation. Static storage. Thread: safe. */
const struct pt_key *pt_keys(size_t *n);

/* The key of that dotted name, synonyms of the original's README included
 * ("module_to_load"); NULL if there is none. *synonym (may be NULL) tells which
 * spelling it was. */
const struct pt_key *pt_key_find(const char *name, bool *synonym);

/* The other spelling of a key, NULL: none. */
const char *pt_key_synonym(const struct pt_key *key);

/* The known name (key, group or synonym's key) at the least edit distance from `name`;
 * never NULL. */
const char *pt_key_nearest(const char *name);

#endif
