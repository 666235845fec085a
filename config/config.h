/* The configuration in force: what the JSON file says, over the built-in defaults.
 *
 * Two libraries. pt_handover holds the structure, the key table (keys.h), the patterns
 * (pattern.h) and the way to the tracer (handover.h), and links pt_base alone.
 * pt_config adds pt_config_load and pt_config_parse, which read JSON (cJSON), for the
 * programs that may link it. The tracer may not: what it links shadows the traced
 * program's own libraries. */
#ifndef PT_CONFIG_H
#define PT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/status.h"

/* One line of an include or exclude file: two patterns with '*' wildcards. */
struct pt_pattern {
    char *module;
    char *function;
};

struct pt_strings {
    char **items;
    size_t n;
};

struct pt_patterns {
    struct pt_pattern *items;
    size_t n;
};

enum pt_io_type { PT_IO_NATIVE, PT_IO_PICKLE };
/* Which calls' large arrays are summarised as a whole. */
enum pt_summaries { PT_SUMMARIES_NONE, PT_SUMMARIES_SOME, PT_SUMMARIES_ALL };

/* How the blocks of a trace are packed. */
enum pt_compression { PT_COMPRESSION_NONE, PT_COMPRESSION_LZ4 };

struct pt_config {
    char *file; /* where it was read from; NULL: built-in defaults */
    struct pt_strings modules_to_load;
    struct pt_strings modules_to_exclude;
    struct pt_patterns include; /* empty: everything in modules_to_load */
    struct pt_patterns exclude;
    struct pt_strings environment; /* "NAME=value"; "NAME": unset */
    struct pt_strings python_modules_path;
    struct {
        enum pt_log_format format;
        char *output; /* NULL: stderr */
        bool color;
        enum pt_log_level level;
    } logger;
    struct {
        enum pt_io_type type;
        bool backtrace;
        bool fork;   /* trace forked children too, each in a file of its own */
        char *trace; /* file name of the trace, NULL: by the cache's naming */
        enum pt_compression compression;
        struct {
            char *root;                                     /* ".__pytracercache__" */
            char *traces, *stats, *sources, *report, *info; /* names inside root */
            char *stage; /* folder where a trace is first written, NULL: its own */
        } cache;
        char *export_filename;
        char *stats_filename;
        char *stats_callgraph;
        char *report_filename;
        /* Bounds on what is stored; each is counted where it takes something away. */
        uint64_t max_elements; /* of one array; a larger one is sampled */
        enum pt_summaries summaries;
        uint64_t min_size;  /* elements; smaller arrays are left out */
        uint64_t max_calls; /* of one function, 0: all */
        uint64_t max_bytes; /* of one trace, as it is stored; 0: no bound */
        bool changes;       /* record arguments changed in place */
        uint32_t max_depth; /* nesting of containers and attributes */
        uint32_t max_items; /* members of one container */
    } io;
    struct {
        bool ufunc;  /* trace numpy ufuncs */
        bool scalar; /* trace operators of numpy scalars */
    } numpy;
    struct {
        char *layers; /* "" off; "numpy", "all", comma-separated */
        char *mode;   /* "sr" */
        bool has_seed;
        uint64_t seed;
        uint32_t precision_binary64;    /* bits, 53 */
        uint32_t precision_binary32;    /* bits, 24 */
        uint64_t blas_limit;            /* multiply-adds of a call, 100000000 */
        char *lapack;                   /* "auto", "backward" */
        struct pt_strings only, except; /* patterns of scope.h */
        uint32_t cancellation;          /* lost bits that are an event; 0: none are */
        char *coverage;                 /* NULL: only in the trace; "-": stderr */
        char *places;                   /* table of where is computed; NULL: none */
    } fuzzy;
};

/* Library pt_config: reads `path` (NULL: the file named by PYTRACER_CONFIG, else the
 * built-in defaults). What the file does not say keeps its default. Include and exclude
 * files and python_modules_path are relative to the configuration's own folder; the
 * cache and the outputs belong to the folder the program runs in. An unknown key, a
 * wrong type or two spellings of one key that differ are PT_E_CONFIG, naming the file,
 * the key and the nearest known one. The caller ends *config with pt_config_destroy.
 * Thread: safe. */
PT_MUST_CHECK enum pt_status pt_config_load(const char *path, struct pt_config **config,
                                            struct pt_error *error);

/* The same from `text` that was read from `path` (for messages and relative names). */
PT_MUST_CHECK enum pt_status pt_config_parse(const char *text, const char *path,
                                             struct pt_config **config,
                                             struct pt_error *error);

/* Library pt_handover, from here on. An empty configuration (lists empty, strings NULL,
 * numbers 0), for those that fill one themselves; NULL: no memory. */
struct pt_config *pt_config_create(void);
void pt_config_destroy(struct pt_config *config);

/* Folders of the cache, absolute (against the present folder). `which` is "traces",
 * "stats", "sources", "report" or "info"; NULL is the root. The caller frees the
 * result; NULL: no memory, or no such folder. */
char *pt_config_cache_folder(const struct pt_config *config, const char *which);

#endif
