/* The result file: names, types and flags of everything in it. SCHEMA.md beside this
 * file is the specification; a test compares the two. No HDF5 in here: the writer
 * (parallel HDF5) and the reader (serial HDF5) both build on it. */
#ifndef PT_SCHEMA_SCHEMA_H
#define PT_SCHEMA_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#define PT_RESULT_FORMAT "pytracer-result"
#define PT_RESULT_NONE64 UINT64_MAX
#define PT_RESULT_NONE32 UINT32_MAX

enum { PT_RESULT_MAJOR = 1, PT_RESULT_MINOR = 3 };

/* Types of columns; all little-endian in the file. TEXT: fixed length, padded with NUL,
 * the width is the dataset's own. */
enum pt_column_type {
    PT_COLUMN_U8,
    PT_COLUMN_U32,
    PT_COLUMN_U64,
    PT_COLUMN_I64,
    PT_COLUMN_F64,
    PT_COLUMN_TEXT
};

/* X(identifier, group, column, type). The columns of one group have the same number of
 * rows, except in names, dims, refs, sources and meta, where blobs stand beside. */
#define PT_RESULT_COLUMNS(X)                                                           \
    X(RUNS_RUN_ID, "runs", "run_id", U64)                                              \
    X(RUNS_SEED, "runs", "seed", U64)                                                  \
    X(RUNS_FLAGS, "runs", "flags", U32)                                                \
    X(RUNS_CREATED_NS, "runs", "created_ns", I64)                                      \
    X(RUNS_DURATION_NS, "runs", "duration_ns", I64)                                    \
    X(RUNS_CALLS, "runs", "calls", U64)                                                \
    X(RUNS_MATCHED, "runs", "matched", U64)                                            \
    X(RUNS_UNMATCHED, "runs", "unmatched", U64)                                        \
    X(RUNS_EXPERIMENT, "runs", "experiment", TEXT)                                     \
    X(RUNS_HOST, "runs", "host", TEXT)                                                 \
    X(RUNS_PROGRAM, "runs", "program", TEXT)                                           \
    X(RUNS_TRACE, "runs", "trace", TEXT)                                               \
    X(RUNS_INFO_FIRST, "runs", "info_first", U64)                                      \
    X(RUNS_INFO_BYTES, "runs", "info_bytes", U64)                                      \
    X(TRACES_RUN, "traces", "run", U32)                                                \
    X(TRACES_PROCESS, "traces", "process", U32)                                        \
    X(TRACES_PATH, "traces", "path", TEXT)                                             \
    X(TRACES_BYTES, "traces", "bytes", U64)                                            \
    X(TRACES_CHECKSUM, "traces", "checksum", U64)                                      \
    X(PROCESSES_ROLE, "processes", "role", TEXT)                                       \
    X(PROCESSES_N_RUNS, "processes", "n_runs", U32)                                    \
    X(PROCESSES_N_CALLS, "processes", "n_calls", U64)                                  \
    X(FUNCTIONS_KEY, "functions", "key", U64)                                          \
    X(FUNCTIONS_MODULE, "functions", "module", TEXT)                                   \
    X(FUNCTIONS_NAME, "functions", "name", TEXT)                                       \
    X(FUNCTIONS_FILE, "functions", "file", TEXT)                                       \
    X(FUNCTIONS_LINE, "functions", "line", U32)                                        \
    X(FUNCTIONS_KIND, "functions", "kind", U32)                                        \
    X(FUNCTIONS_N_CALLS, "functions", "n_calls", U64)                                  \
    X(FUNCTIONS_N_PARTIAL, "functions", "n_partial", U64)                              \
    X(FUNCTIONS_FIRST_VALUE, "functions", "first_value", U64)                          \
    X(FUNCTIONS_N_VALUES, "functions", "n_values", U64)                                \
    X(FUNCTIONS_DIGITS_IN, "functions", "digits_in", F64)                              \
    X(FUNCTIONS_DIGITS_OUT, "functions", "digits_out", F64)                            \
    X(FUNCTIONS_LOST, "functions", "lost", F64)                                        \
    X(FUNCTIONS_SELF_LOST, "functions", "self_lost", F64)                              \
    X(FUNCTIONS_SELF_LOST_MAX, "functions", "self_lost_max", F64)                      \
    X(FUNCTIONS_RANK, "functions", "rank", U32)                                        \
    X(FUNCTIONS_FLAGS, "functions", "flags", U32)                                      \
    X(SITES_FILE, "sites", "file", TEXT)                                               \
    X(SITES_NAME, "sites", "name", TEXT)                                               \
    X(SITES_LINE, "sites", "line", U32)                                                \
    X(SITES_INSTRUCTION, "sites", "instruction", U32)                                  \
    X(PATHS_PARENT, "paths", "parent", U32)                                            \
    X(PATHS_SITE, "paths", "site", U32)                                                \
    X(CALLS_KEY, "calls", "key", U64)                                                  \
    X(CALLS_FUNCTION, "calls", "function", U32)                                        \
    X(CALLS_SITE, "calls", "site", U32)                                                \
    X(CALLS_PATH, "calls", "path", U32)                                                \
    X(CALLS_PROCESS, "calls", "process", U32)                                          \
    X(CALLS_THREAD, "calls", "thread", U32)                                            \
    X(CALLS_PARENT, "calls", "parent", I64)                                            \
    X(CALLS_TIME, "calls", "time", U64)                                                \
    X(CALLS_END_TIME, "calls", "end_time", U64)                                        \
    X(CALLS_START_NS, "calls", "start_ns", I64)                                        \
    X(CALLS_END_NS, "calls", "end_ns", I64)                                            \
    X(CALLS_N_RUNS, "calls", "n_runs", U32)                                            \
    X(CALLS_FLAGS, "calls", "flags", U32)                                              \
    X(CALLS_DIGITS_IN, "calls", "digits_in", F64)                                      \
    X(CALLS_DIGITS_OUT, "calls", "digits_out", F64)                                    \
    X(CALLS_LOST, "calls", "lost", F64)                                                \
    X(CALLS_SELF_LOST, "calls", "self_lost", F64)                                      \
    X(CALLS_FIRST_REF, "calls", "first_ref", U64)                                      \
    X(CALLS_N_REFS, "calls", "n_refs", U32)                                            \
    X(REFS_VALUE, "refs", "value", U64)                                                \
    X(VALUES_CALL, "values", "call", U64)                                              \
    X(VALUES_FUNCTION, "values", "function", U32)                                      \
    X(VALUES_NAME, "values", "name", U32)                                              \
    X(VALUES_PHASE, "values", "phase", U8)                                             \
    X(VALUES_KIND, "values", "kind", U8)                                               \
    X(VALUES_DTYPE, "values", "dtype", TEXT)                                           \
    X(VALUES_NDIM, "values", "ndim", U8)                                               \
    X(VALUES_SHAPE_FIRST, "values", "shape_first", U64)                                \
    X(VALUES_N_ELEMENTS, "values", "n_elements", U64)                                  \
    X(VALUES_FIRST_ELEMENT, "values", "first_element", U64)                            \
    X(VALUES_N_STORED, "values", "n_stored", U64)                                      \
    X(VALUES_N_RUNS, "values", "n_runs", U32)                                          \
    X(VALUES_SIG_NORM, "values", "sig_norm", F64)                                      \
    X(VALUES_SIG_MIN, "values", "sig_min", F64)                                        \
    X(VALUES_SIG_P05, "values", "sig_p05", F64)                                        \
    X(VALUES_SIG_MEDIAN, "values", "sig_median", F64)                                  \
    X(VALUES_MEAN, "values", "mean", F64)                                              \
    X(VALUES_STD, "values", "std", F64)                                                \
    X(VALUES_MIN, "values", "min", F64)                                                \
    X(VALUES_MAX, "values", "max", F64)                                                \
    X(VALUES_N_NAN, "values", "n_nan", U64)                                            \
    X(VALUES_N_INF, "values", "n_inf", U64)                                            \
    X(VALUES_AGREEMENT, "values", "agreement", F64)                                    \
    X(VALUES_LABEL_FIRST, "values", "label_first", U64)                                \
    X(VALUES_LABEL_BYTES, "values", "label_bytes", U64)                                \
    X(VALUES_FLAGS, "values", "flags", U32)                                            \
    X(VALUES_FIRST_TILE, "values", "first_tile", U64)                                  \
    X(VALUES_FIRST_POSITION, "values", "first_position", U64)                          \
    X(NAMES_NAME, "names", "name", TEXT)                                               \
    X(DIMS_SIZE, "dims", "size", U64)                                                  \
    X(ELEMENTS_MEAN, "elements", "mean", F64)                                          \
    X(ELEMENTS_STD, "elements", "std", F64)                                            \
    X(ELEMENTS_SIG, "elements", "sig", F64)                                            \
    X(EXTREMES_MIN, "elements_ext", "min", F64)                                        \
    X(EXTREMES_MAX, "elements_ext", "max", F64)                                        \
    X(EXTREMES_N, "elements_ext", "n", U32)                                            \
    X(EXTREMES_N_NAN, "elements_ext", "n_nan", U32)                                    \
    X(EXTREMES_N_INF, "elements_ext", "n_inf", U32)                                    \
    X(CONTRIBUTING_DIGITS, "contributing", "digits", F64)                              \
    X(MERGE_MEAN, "merge", "mean", F64)                                                \
    X(MERGE_MEAN_LOW, "merge", "mean_low", F64)                                        \
    X(MERGE_M2, "merge", "m2", F64)                                                    \
    X(MERGE_SCALE, "merge", "scale", I64)                                              \
    X(MERGE_MIN, "merge", "min", F64)                                                  \
    X(MERGE_MAX, "merge", "max", F64)                                                  \
    X(MERGE_N, "merge", "n", U32)                                                      \
    X(MERGE_N_NAN, "merge", "n_nan", U32)                                              \
    X(MERGE_N_INF, "merge", "n_inf", U32)                                              \
    X(TILES_MEAN_MIN, "tiles", "mean_min", F64)                                        \
    X(TILES_MEAN_MAX, "tiles", "mean_max", F64)                                        \
    X(TILES_STD_MIN, "tiles", "std_min", F64)                                          \
    X(TILES_STD_MAX, "tiles", "std_max", F64)                                          \
    X(TILES_SIG_MIN, "tiles", "sig_min", F64)                                          \
    X(TILES_SIG_MAX, "tiles", "sig_max", F64)                                          \
    X(POSITIONS_ELEMENT, "positions", "element", U64)                                  \
    X(EDGES_CALLER, "edges", "caller", I64)                                            \
    X(EDGES_CALLEE, "edges", "callee", U32)                                            \
    X(EDGES_N_CALLS, "edges", "n_calls", U64)                                          \
    X(DIVERGENCES_PROCESS, "divergences", "process", U32)                              \
    X(DIVERGENCES_PARENT, "divergences", "parent", I64)                                \
    X(DIVERGENCES_TIME, "divergences", "time", U64)                                    \
    X(DIVERGENCES_SITE, "divergences", "site", U32)                                    \
    X(DIVERGENCES_FUNCTION, "divergences", "function", U32)                            \
    X(DIVERGENCES_N_RUNS, "divergences", "n_runs", U32)                                \
    X(DIVERGENCES_N_CALLS, "divergences", "n_calls", U64)                              \
    X(SOURCES_PATH, "sources", "path", TEXT)                                           \
    X(SOURCES_FIRST, "sources", "first", U64)                                          \
    X(SOURCES_BYTES, "sources", "bytes", U64)                                          \
    X(SOURCES_TEXT, "sources", "text", U8)                                             \
    X(META_SCHEMA, "meta", "schema", U8)                                               \
    X(META_CONFIG, "meta", "config", U8)                                               \
    X(META_RUN_INFO, "meta", "run_info", U8)                                           \
    X(META_LABELS, "meta", "labels", U8)                                               \
    X(META_COMMAND, "meta", "command", U8)

#define PT_SCHEMA_ENUM(identifier, group, name, type) PT_COLUMN_##identifier,
enum pt_result_column_id { PT_RESULT_COLUMNS(PT_SCHEMA_ENUM) PT_N_COLUMNS };
#undef PT_SCHEMA_ENUM

struct pt_result_column {
    const char *group;
    const char *name;
    enum pt_column_type type;
};

/* Indexed by enum pt_result_column_id. */
extern const struct pt_result_column pt_result_columns[PT_N_COLUMNS];

/* The minor version from which on files have the column; the reader takes an older file
 * without it for one whose column is empty. Thread: safe. */
uint32_t pt_result_column_minor(enum pt_result_column_id column);

/* Bytes of one row in the file and in memory; 0 for TEXT, whose width is the dataset's
 * own. Thread: safe. */
uint32_t pt_result_type_bytes(enum pt_column_type type);

/* The text of SCHEMA.md, as every result carries it. Static storage, no NUL at its end.
 * Thread: safe. */
const char *pt_result_schema_text(size_t *bytes);

/* Attributes of the root group. X(identifier, name, type): TEXT is a fixed-length
 * string, the rest scalars. */
#define PT_RESULT_ATTRIBUTES(X)                                                        \
    X(FORMAT, "format", TEXT)                                                          \
    X(MAJOR, "major", U32)                                                             \
    X(MINOR, "minor", U32)                                                             \
    X(CREATED_NS, "created_ns", I64)                                                   \
    X(N_RUNS, "n_runs", U32)                                                           \
    X(PROBABILITY, "probability", F64)                                                 \
    X(CONTRIBUTING_PROBABILITY, "contributing_probability", F64)                       \
    X(CONFIDENCE, "confidence", F64)                                                   \
    X(METHOD, "method", TEXT)                                                          \
    X(ERROR, "error", TEXT)                                                            \
    X(DDOF, "ddof", U32)                                                               \
    X(ALIGNMENT, "alignment", TEXT)                                                    \
    X(GENERATOR, "generator", TEXT)                                                    \
    X(HAS_DIGITS, "has_digits", U32)                                                   \
    X(RUNS_NEEDED, "runs_needed", U32)                                                 \
    X(COMPAT, "compat", U32)                                                           \
    X(MERGEABLE, "mergeable", U32)

enum pt_result_run_flag {
    PT_RUN_UNSEALED = 1,
    PT_RUN_DAMAGED = 2,
    PT_RUN_PARTIAL = 4,
    PT_RUN_REFERENCE = 8,
    PT_RUN_PIVOT = 16,
    PT_RUN_BASE = 64 /* stands for the runs of a result: in no file */
};

enum pt_result_function_flag {
    PT_FUNCTION_SOURCE = 1,    /* an output varies, no float input */
    PT_FUNCTION_NONFINITE = 2, /* NaN or Inf appears in an output */
    PT_FUNCTION_DIVERGENT = 4, /* calls that not all runs made, or differing values */
    PT_FUNCTION_RAISED = 8
};

enum pt_result_call_flag {
    PT_CALL_NOT_ALL_RUNS = 1,
    PT_CALL_NOT_PIVOT = 2,
    PT_CALL_RAISED = 4,
    PT_CALL_VALUES_DIFFER = 8, /* in shape, dtype or presence */
    PT_CALL_UNORDERED = 16,    /* off the main thread */
    PT_CALL_OPEN = 32,         /* still running when the trace ended */
    PT_CALL_NONFINITE = 64     /* NaN or Inf appears in an output */
};

enum pt_result_value_flag {
    PT_VALUE_NO_VARIATION = 1,
    PT_VALUE_ZERO_MEAN = 2,
    PT_VALUE_COMPUTED_ZERO = 4,
    PT_VALUE_NONFINITE_SOME = 8, /* NaN or Inf in some runs only */
    PT_VALUE_FEW_SAMPLES = 16,   /* fewer than two finite */
    PT_VALUE_SAMPLED = 32,
    PT_VALUE_SHAPE_DIFFERS = 64, /* in shape or dtype between runs */
    PT_VALUE_NOT_ALL_RUNS = 128,
    PT_VALUE_ONE_RUN = 256, /* no digits */
    PT_VALUE_NONFINITE_ALL = 512,
    PT_VALUE_NOT_NORMAL = 1024, /* believe General */
    PT_VALUE_BIASED = 2048,     /* against the reference */
    PT_VALUE_NOT_MERGED =
        4096 /* runs were added: what needs all samples is not there */
};

#endif
