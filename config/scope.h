/* Where the stochastic arithmetic perturbs: the patterns of --fuzzy-only and
 * --fuzzy-except.
 *
 *     mymodule.solve         a function, a class with its methods, or a module with all
 *                            that is in it; `*` is a wildcard
 *     scipy.linalg* solve    the same as module pattern and function pattern
 *     script.py:12           the instructions of a line, and what they call
 *     solve@script.py:12     the calls of a function from that line
 *
 * A function that a pattern covers decides for itself and for what it calls, down to
 * the next one that a pattern covers. Of several patterns the most specific one decides
 * (the call at a line, the line, then the one with more letters that are no wildcards);
 * of two equal ones, the exception. Library pt_handover, no JSON. */
#ifndef PT_SCOPE_H
#define PT_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

enum pt_scope_verdict {
    PT_SCOPE_INHERIT, /* no pattern covers it: as where it is called from */
    PT_SCOPE_ON,
    PT_SCOPE_OFF
};

struct pt_scope;

/* Reads the two lists. *scope is NULL where both are empty. PT_E_USAGE names a pattern
 * that is none. The caller ends it with pt_scope_destroy. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_scope_create(const struct pt_strings *only,
                                             const struct pt_strings *except,
                                             struct pt_scope **scope,
                                             struct pt_error *error);
void pt_scope_destroy(struct pt_scope *scope);

/* Patterns of a command line take the place of the configured ones, where there are
 * any; then layers that are off are all on. PT_E_USAGE as above, also for a configured
 * pattern. Thread: caller locks the configuration. */
PT_MUST_CHECK enum pt_status pt_scope_replace(struct pt_config *config,
                                              const char *const *only, size_t n_only,
                                              const char *const *except,
                                              size_t n_except, struct pt_error *error);

/* What is not within any function that a pattern covers: perturbed unless there is an
 * "only". Thread: safe, as all below. */
bool pt_scope_default(const struct pt_scope *scope);

/* True if a pattern speaks of a line at or behind `first_line` of the file (its path,
 * or the last parts of it). `calls`: of calls from there, else of the line itself. */
bool pt_scope_has_lines(const struct pt_scope *scope, const char *file,
                        uint32_t first_line, bool calls);

/* The verdict on a function. It goes by `module` and by `alias` (the module that
 * exports it, or the script's name for __main__). */
enum pt_scope_verdict pt_scope_of_function(const struct pt_scope *scope,
                                           const char *module, const char *alias,
                                           const char *function);

/* The verdict on a line itself, and on the calls of a function from there (INHERIT
 * where no pattern speaks of calls at that line). */
enum pt_scope_verdict pt_scope_of_line(const struct pt_scope *scope, const char *file,
                                       uint32_t line);
enum pt_scope_verdict pt_scope_of_call(const struct pt_scope *scope, const char *file,
                                       uint32_t line, const char *module,
                                       const char *alias, const char *function);

#endif
