#include "keys.h"

#include <string.h>

#include "nearest.h"

#define AT(member) offsetof(struct pt_config, member)
#define TEXT(name, member, nullable, meaning)                                          \
    {                                                                                  \
        name, PT_KEY_TEXT, AT(member), nullable, 0, 0, NULL, meaning                   \
    }
#define LIST(name, kind, member, meaning)                                              \
    {                                                                                  \
        name, kind, AT(member), true, 0, 0, NULL, meaning                              \
    }
#define BOOL(name, member, meaning)                                                    \
    {                                                                                  \
        name, PT_KEY_BOOL, AT(member), false, 0, 0, NULL, meaning                      \
    }
#define NUMBER(name, kind, member, least, most, meaning)                               \
    {                                                                                  \
        name, kind, AT(member), false, least, most, NULL, meaning                      \
    }
#define CHOICE(name, member, words, meaning)                                           \
    {                                                                                  \
        name, PT_KEY_CHOICE, AT(member), false, 0, 0, words, meaning                   \
    }

#define WORDS(name, kind, member, words, meaning)                                      \
    {                                                                                  \
        name, kind, AT(member), false, 0, 0, words, meaning                            \
    }

static const char *const log_formats[] = {"print", "logger", NULL};
static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const summaries[] = {"none", "some", "all", NULL};
static const char *const compressions[] = {"none", "lz4", NULL};
static const char *const io_types[] = {"native", "pickle", NULL};
static const char *const layers[] = {"numpy", "python", "libm", "blas", "rounding",
                                     "all",   "off",    "none", NULL};
static const char *const modes[] = {"sr",  "ud",     "rr",     "pb",
                                    "mca", "sr-det", "ud-det", NULL};
static const char *const lapack[] = {"auto", "backward", NULL};

static const struct pt_key keys[] = {
    LIST("modules_to_load", PT_KEY_STRINGS, modules_to_load,
         "Modules whose functions are traced, submodules included; `*` is a wildcard."),
    LIST("modules_to_exclude", PT_KEY_STRINGS, modules_to_exclude,
         "Modules that are not traced although modules_to_load covers them."),
    LIST("include_file", PT_KEY_PATTERNS, include,
         "Files of lines `module-pattern function-pattern`; if there is any such line, "
         "only functions that one of them covers are traced."),
    LIST(
        "exclude_file", PT_KEY_PATTERNS, exclude,
        "Files of the same form; functions that a line covers are not traced. Replaces "
        "the built-in list."),
    LIST("environment", PT_KEY_VARIABLES, environment,
         "Environment variables of each run, or null to unset one; `{seed}` and "
         "`{run_index}` in a value are filled in."),
    LIST("python_modules_path", PT_KEY_PATHS, python_modules_path,
         "Folders put in front of the traced program's sys.path."),
    CHOICE(
        "logger.format", logger.format, log_formats,
        "`print`: `[HH:MM:SS.ffffff] LEVEL: message`; `logger`: with date and name."),
    TEXT("logger.output", logger.output, true,
         "Messages go to the file `<output>.<id>`, a relative one in io.cache.info; "
         "empty: "
         "standard error."),
    BOOL("logger.color", logger.color,
         "Colours on a terminal; never where NO_COLOR is set."),
    CHOICE("logger.level", logger.level, log_levels, "Least level that is shown."),
    CHOICE("io.type", io.type, io_types,
           "Form of the trace; `pickle` is the one of Pytracer 1."),
    BOOL("io.backtrace", io.backtrace, "Keep the call stack of each call."),
    BOOL("io.fork", io.fork, "Trace forked processes too, each in a file of its own."),
    TEXT("io.trace", io.trace, true,
         "Name of the trace file; empty: `<date>.<job or host>.<pid>.trace`."),
    CHOICE("io.compression", io.compression, compressions,
           "How what is traced is packed on its way to the disk, by a thread of its "
           "own: `lz4`, with the bytes of numbers sorted by their place, or `none`."),
    TEXT("io.cache.root", io.cache.root, false,
         "Folder of everything we write, in the folder the program runs in."),
    TEXT("io.cache.traces", io.cache.traces, false, "Traces, in the root."),
    TEXT("io.cache.stats", io.cache.stats, false, "Results of parse, in the root."),
    TEXT("io.cache.sources", io.cache.sources, false,
         "Copies of the traced sources, in the root."),
    TEXT("io.cache.stage", io.cache.stage, true,
         "Folder on storage of the node, where a trace is written before it is copied "
         "to "
         "io.cache.traces once, at its end; empty: it is written in place."),
    TEXT("io.cache.report", io.cache.report, false, "Trace reports, in the root."),
    TEXT("io.cache.info", io.cache.info, false, "Logs, in the root."),
    TEXT("io.export.filename", io.export_filename, true,
         "Result file of parse; the name of Pytracer 1 for io.stats.filename."),
    TEXT("io.stats.filename", io.stats_filename, true,
         "Result file of parse; empty: `stats.<date>.<job or host>.<pid>.h5`."),
    TEXT("io.stats.callgraph", io.stats_callgraph, true,
         "Accepted for Pytracer 1; the result file itself holds the call graph."),
    TEXT("io.report.filename", io.report_filename, true,
         "Report of a trace; empty: `report.<date>.<job or host>.<pid>.csv`, and a "
         "table "
         "on standard error if that is a terminal."),
    NUMBER("io.max_elements", PT_KEY_U64, io.max_elements, 1, UINT64_MAX,
           "Elements of one array that are stored; of a larger one, as many at places "
           "that are the same in every run, and a summary of the whole."),
    CHOICE("io.summaries", io.summaries, summaries,
           "Summaries of arrays beyond io.max_elements, which read the whole array: "
           "`all`, `none`, or `some`: at the 1st, 4th, 16th, … call of a function."),
    NUMBER("io.min_size", PT_KEY_U64, io.min_size, 0, UINT64_MAX,
           "Arrays of fewer elements are not stored, only their shape."),
    NUMBER("io.max_calls", PT_KEY_U64, io.max_calls, 0, UINT64_MAX,
           "Calls of one function that are recorded, the first ones; 0: all."),
    NUMBER("io.max_bytes", PT_KEY_U64, io.max_bytes, 0, UINT64_MAX,
           "Bytes that one trace may take on disk, packed or not; then nothing more is "
           "recorded, and the trace is marked partial. 0: no bound."),
    BOOL(
        "io.changes", io.changes,
        "Look at the arguments again after a call, and record those that it changed in "
        "place among its outputs."),
    NUMBER("io.max_depth", PT_KEY_U32, io.max_depth, 0, 1000,
           "Nesting of containers and attributes that is followed."),
    NUMBER("io.max_items", PT_KEY_U32, io.max_items, 1, UINT32_MAX,
           "Members of one container that are stored."),
    BOOL("numpy.ufunc", numpy.ufunc,
         "Trace numpy's universal functions too, operators on arrays included."),
    BOOL("numpy.scalar", numpy.scalar,
         "Trace the arithmetic of numpy's floating-point scalars too."),
    WORDS("fuzzy.layers", PT_KEY_WORDS, fuzzy.layers, layers,
          "Layers of the built-in stochastic arithmetic: empty (off), or names with "
          "commas between; `all` is all but `rounding`."),
    WORDS("fuzzy.mode", PT_KEY_WORD, fuzzy.mode, modes,
          "How the last bit is disturbed; `sr` is stochastic rounding."),
    NUMBER("fuzzy.seed", PT_KEY_SEED, fuzzy.seed, 0, UINT64_MAX,
           "Seed of the disturbance; null: PYTRACER_SEED, else another one each time."),
    NUMBER("fuzzy.precision_binary64", PT_KEY_U32, fuzzy.precision_binary64, 1, 53,
           "Virtual precision of float64 in bits."),
    NUMBER("fuzzy.precision_binary32", PT_KEY_U32, fuzzy.precision_binary32, 1, 24,
           "Virtual precision of float32 in bits."),
    NUMBER("fuzzy.blas_limit", PT_KEY_U64, fuzzy.blas_limit, 1, UINT64_MAX,
           "Multiply-adds of one call of BLAS up to which each is rounded at random; "
           "beyond, the library's kernel is used and noise added."),
    WORDS(
        "fuzzy.lapack", PT_KEY_WORD, fuzzy.lapack, lapack,
        "`auto` rounds inside LAPACK where that can be reached, and moves operands by "
        "an ulp elsewhere; `backward` does only that."),
    LIST(
        "fuzzy.only", PT_KEY_STRINGS, fuzzy.only,
        "Patterns of functions and lines: only within them the arithmetic is disturbed "
        "(below)."),
    LIST("fuzzy.except", PT_KEY_STRINGS, fuzzy.except,
         "Patterns of functions and lines within which it is not."),
    NUMBER("fuzzy.cancellation", PT_KEY_U32, fuzzy.cancellation, 0, 53,
           "Sums that lose so many leading bits are counted by line; 0: none are."),
    TEXT("fuzzy.coverage", fuzzy.coverage, true,
         "What was reached and what was not, at the end of a program: `-` to standard "
         "error, else a JSON file; empty: in the trace alone."),
    TEXT("fuzzy.places", fuzzy.places, true,
         "Table of the lines that computed, and how much; takes time. Empty: none."),
};

/* What the README of Pytracer 1 wrote, beside what its program read. */
static const struct {
    const char *written;
    const char *name;
} synonyms[] = {
    {"module_to_load", "modules_to_load"},
    {"module_to_exclude", "modules_to_exclude"},
    {"exlude_file", "exclude_file"},
};

const struct pt_key *pt_keys(size_t *n)
{
    *n = PT_ARRAY_LENGTH(keys);
    return keys;
}

const struct pt_key *pt_key_find(const char *name, bool *synonym)
{
    bool other = false;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(synonyms); i++) {
        if (strcmp(name, synonyms[i].written) == 0) {
            name = synonyms[i].name;
            other = true;
        }
    }
    if (synonym)
        *synonym = other;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(keys); i++) {
        if (strcmp(name, keys[i].name) == 0)
            return &keys[i];
    }
    return NULL;
}

const char *pt_key_synonym(const struct pt_key *key)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(synonyms); i++) {
        if (strcmp(key->name, synonyms[i].name) == 0)
            return synonyms[i].written;
    }
    return NULL;
}

const char *pt_key_nearest(const char *name)
{
    const char *last = strrchr(name, '.');
    const char *best = keys[0].name;
    size_t best_distance = SIZE_MAX;

    last = last ? last + 1 : name;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(keys); i++) {
        const char *key_last = strrchr(keys[i].name, '.');
        /* The whole name decides; the part after the last dot finds a key that was put
         * in the wrong group, at the price of one more letter. */
        size_t whole = pt_word_distance(name, keys[i].name);
        size_t tail =
            1 + pt_word_distance(last, key_last ? key_last + 1 : keys[i].name);
        size_t d = whole < tail ? whole : tail;

        if (d < best_distance) {
            best = keys[i].name;
            best_distance = d;
        }
    }
    return best;
}
