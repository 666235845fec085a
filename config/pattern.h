/* Which functions are traced: module lists and include/exclude patterns.
 *
 * A pattern is text in which '*' stands for any run of characters, dots included, and
 * every other character for itself. Names are Python's: module "scipy.linalg._basic",
 * function "solve" or "Ridge.fit". Library pt_handover, no JSON. Thread: safe. */
#ifndef PT_PATTERN_H
#define PT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/* True if `pattern` covers the whole of `text`. Time is linear in
 * strlen(pattern) · strlen(text) at worst. */
bool pt_pattern_match(const char *pattern, const char *text);

/* True if one line of the list covers (module, function). A function pattern that names
 * a class covers its methods too: "Ridge" covers "Ridge.fit". Thread: safe. */
bool pt_patterns_match(const struct pt_patterns *patterns, const char *module,
                       const char *function);

/* True if `module` is, or lies inside, a module of the list: "numpy" covers
 * "numpy.linalg"; an entry may hold wildcards ("sklearn.*"). */
bool pt_modules_match(const struct pt_strings *modules, const char *module);

/* The module rule alone: in modules_to_load and not in modules_to_exclude. A cheap
 * first filter; the standard library and builtins pass only if listed. */
bool pt_config_wants_module(const struct pt_config *config, const char *module);

/* The whole rule: the module is wanted, and the function is covered by `include` (or
 * `include` is empty) and not by `exclude`. Either name may be NULL: not wanted. */
bool pt_config_wants(const struct pt_config *config, const char *module,
                     const char *function);

#endif
