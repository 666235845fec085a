/* The functions, sites and call paths of all traces under numbers that hold for the
 * whole experiment. Ids in a trace are that file's own; here content decides: equal
 * module, name, file, line and kind are one function. All ranks hold the same tables,
 * sorted by content, so that they depend neither on the ranks nor on the order of the
 * runs. */
#ifndef PT_ALIGNMENT_DEFINITIONS_H
#define PT_ALIGNMENT_DEFINITIONS_H

#include "format/reader.h"
#include "team/array.h"
#include "team/team.h"

/* A function: a = module, b = name. A site: a = name of the calling code, b unused. */
struct pt_definition {
    uint64_t hash; /* of the content */
    uint32_t line;
    uint32_t detail;          /* kind of the function; instruction of the site */
    const char *a, *b, *file; /* borrowed from the tables' text */
};

struct pt_path_definition {
    uint64_t hash, parent_hash, site_hash;
    uint32_t parent, site; /* rows, PT_RESULT_NONE32: none */
    uint32_t depth;
};

struct pt_definitions {
    struct pt_definition *functions, *sites; /* owned */
    struct pt_path_definition *paths;        /* owned; a parent before its children */
    size_t n_functions, n_sites, n_paths;
    struct pt_map function_rows, site_rows, path_rows; /* hash → row */
    char *text;                                        /* owned */
    size_t text_bytes;
};

/* Gathered from the traces of one rank before they are shared. */
struct pt_definition_book {
    struct pt_array functions, sites; /* bytes: packed definitions */
    struct pt_array paths;            /* struct pt_path_definition */
    struct pt_map seen;               /* hashes; each kind has its own salt */
};

/* From ids of one trace to content hashes, indexed by id (entry 0: none). Owned. */
struct pt_trace_hashes {
    uint64_t *functions, *sites, *paths;
    uint32_t n_functions, n_sites, n_paths;
};

void pt_definition_book_begin(struct pt_definition_book *book);
void pt_definition_book_free(struct pt_definition_book *book);

/* Adds what a trace defines; the caller ends *hashes with pt_trace_hashes_free. */
PT_MUST_CHECK enum pt_status
pt_definition_book_add(struct pt_definition_book *book,
                       const struct pt_trace_reader *reader,
                       struct pt_trace_hashes *hashes, struct pt_error *error);
void pt_trace_hashes_free(struct pt_trace_hashes *hashes);

/* Collective: the books of all ranks become the tables. The caller ends *definitions
 * with pt_definitions_free. */
PT_MUST_CHECK enum pt_status pt_definitions_share(const struct pt_team *team,
                                                  const struct pt_definition_book *book,
                                                  struct pt_definitions *definitions,
                                                  struct pt_error *error);
void pt_definitions_free(struct pt_definitions *definitions);

/* Rows of hashes; PT_RESULT_NONE32 for 0 or an unknown one. Thread: safe. */
uint32_t pt_definitions_row(const struct pt_map *rows, uint64_t hash);

#endif
