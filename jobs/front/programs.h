/* Our programs, found beside this one: a prefix can be moved. Thread: safe. */
#ifndef PT_PROGRAMS_H
#define PT_PROGRAMS_H

#include "base/status.h"

/* Path of the program `name` ("pytracer-trace") in the folder of this executable; the
 * caller frees it. PT_E_MISSING if it is not installed there. */
PT_MUST_CHECK enum pt_status pt_program_find(const char *name, char **path,
                                             struct pt_error *error);

/* The first executable of that name on PATH, or NULL; the caller frees it. */
char *pt_program_on_path(const char *name);

/* Becomes the sibling `name` with arguments argv[1 …] (NULL-terminated). Returns only
 * if it cannot. */
enum pt_status pt_program_become(const char *name, char **argv, struct pt_error *error);

#endif
