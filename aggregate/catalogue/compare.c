#include "catalogue/internal.h"

#include <string.h>

#include "base/log.h"
#include "schema/schema.h"

const char *pt_catalogue_info(const struct pt_catalogue *catalogue, size_t trace,
                              const char *key, size_t *bytes)
{
    const struct pt_catalogue_trace *t = &catalogue->traces[trace];
    const char *line = catalogue->info + t->info_first;
    const char *end = line + t->info_bytes;
    size_t key_bytes = strlen(key);

    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            stop = end;
        if ((size_t)(stop - line) > key_bytes && line[key_bytes] == '=' &&
            memcmp(line, key, key_bytes) == 0) {
            *bytes = (size_t)(stop - line) - key_bytes - 1;
            return line + key_bytes + 1;
        }
        line = stop + 1;
    }
    *bytes = 0;
    return NULL;
}

static bool is_separator(char c)
{
    return c == ' ' || c == ',';
}

/* Whether each item of a list is one of the other's. */
static bool is_part(const char *list, size_t bytes, const char *whole,
                    size_t whole_bytes)
{
    const char *end = list + bytes, *whole_end = whole + whole_bytes;
    for (const char *item = list; item < end; item++) {
        const char *stop = item, *at = whole;
        while (stop < end && !is_separator(*stop))
            stop++;
        size_t length = (size_t)(stop - item);
        bool found = length == 0;
        while (!found && at < whole_end) {
            const char *next = at;
            while (next < whole_end && !is_separator(*next))
                next++;
            found = (size_t)(next - at) == length && memcmp(at, item, length) == 0;
            at = next + 1;
        }
        if (!found)
            return false;
        item = stop;
    }
    return true;
}

/* What of the noise all runs have to have in common: digits say how far the runs
 * spread, and half of them spread by another noise. EXCLUDES: lists of what was met on
 * the way, of which a run may have met less than another, or nothing; two of which
 * neither contains the other went different ways. */
struct rule {
    const char *key, *noun, *advice;
    enum { SAME, EXCLUDES } how;
};

static bool is_conflict(const struct rule *rule, const char *a, size_t a_bytes,
                        const char *b, size_t b_bytes)
{
    if (rule->how == EXCLUDES)
        return a && b && !is_part(a, a_bytes, b, b_bytes) &&
               !is_part(b, b_bytes, a, a_bytes);
    return a_bytes != b_bytes || (a_bytes && memcmp(a, b, a_bytes) != 0);
}

static enum pt_status require(const struct pt_catalogue *catalogue,
                              const struct rule *rule, struct pt_error *error)
{
    size_t bytes, base_bytes, base = 0;
    const char *first = pt_catalogue_info(catalogue, 0, rule->key, &base_bytes);
    for (size_t i = 1; i < catalogue->n_traces; i++) {
        if (catalogue->traces[i].flags & PT_RUN_REFERENCE)
            continue;
        const char *value = pt_catalogue_info(catalogue, i, rule->key, &bytes);
        if (is_conflict(rule, first, base_bytes, value, bytes))
            return pt_error_set(
                error, PT_E_USAGE,
                "%s differs between runs (%.*s in %s, %.*s in %s), and digits are "
                "counted of runs with one noise only; %s",
                rule->noun, first ? (int)base_bytes : 4, first ? first : "none",
                catalogue->traces[base].path, value ? (int)bytes : 4,
                value ? value : "none", catalogue->traces[i].path, rule->advice);
        if (rule->how == EXCLUDES && value && bytes > base_bytes) {
            base = i;
            first = value;
            base_bytes = bytes;
        }
    }
    return PT_OK;
}

static bool is_perturbed_blas(const struct pt_catalogue *catalogue)
{
    size_t bytes;
    const char *layers = pt_catalogue_info(catalogue, 0, "fuzzy.layers", &bytes);
    return layers &&
           (is_part("blas", 4, layers, bytes) || is_part("all", 3, layers, bytes));
}

enum pt_status pt_catalogue_require(const struct pt_catalogue *catalogue,
                                    struct pt_error *error)
{
    static const struct rule rules[] = {
        {"fuzzy.layers", "the set of layers with noise",
         "run all with the same layers, and give a run without noise as --reference",
         SAME},
        {"fuzzy.mode", "the kind of noise", "run all with the same --mode", SAME},
        {"fuzzy.precision.binary64", "the precision of binary64",
         "run all with the same --precision-binary64", SAME},
        {"fuzzy.precision.binary32", "the precision of binary32",
         "run all with the same --precision-binary32", SAME},
        {"fuzzy.lapack", "the noise of LAPACK", "run all with the same --fuzzy-lapack",
         SAME},
        {"fuzzy.only", "the scope of the noise", "run all with the same --fuzzy-only",
         SAME},
        {"fuzzy.except", "the scope of the noise",
         "run all with the same --fuzzy-except", SAME},
        {"fuzzy.ways", "the way of the noise through BLAS and LAPACK",
         "run all with the same BLAS and LAPACK and the same --fuzzy-blas-limit",
         EXCLUDES},
    };
    static const struct rule library = {"blas.library", "the perturbed BLAS library",
                                        "use one installation", EXCLUDES};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(rules); i++) {
        enum pt_status status = require(catalogue, &rules[i], error);
        if (status)
            return status;
    }
    return is_perturbed_blas(catalogue) ? require(catalogue, &library, error) : PT_OK;
}

static void compare_key(const struct pt_catalogue *catalogue, const char *key,
                        const char *noun, const char *advice)
{
    size_t bytes, first_bytes;
    const char *first = pt_catalogue_info(catalogue, 0, key, &first_bytes);
    for (size_t i = 1; i < catalogue->n_traces; i++) {
        if (catalogue->traces[i].flags & PT_RUN_REFERENCE)
            continue;
        const char *value = pt_catalogue_info(catalogue, i, key, &bytes);
        if (bytes == first_bytes && (!bytes || memcmp(value, first, bytes) == 0))
            continue;
        pt_log_warning(
            "%s differs between runs (%.*s in %s, %.*s in %s): digits lost by "
            "that are not rounding; %s",
            noun, (int)first_bytes, first ? first : "", catalogue->traces[0].path,
            (int)bytes, value ? value : "", catalogue->traces[i].path, advice);
        return;
    }
}

void pt_catalogue_compare(const struct pt_catalogue *catalogue)
{
    static const char *const table[][3] = {
        {"cpu.model", "the CPU model", "run on one kind of node"},
        {"blas.library", "the BLAS library", "use one installation"},
        {"blas.kernel", "the kernel of BLAS", "fix it (OPENBLAS_CORETYPE)"},
        {"threads.omp", "the number of OpenMP threads", "fix OMP_NUM_THREADS"},
        {"threads.blas", "the number of BLAS threads", "fix OPENBLAS_NUM_THREADS"},
        {"hash_seed", "PYTHONHASHSEED", "fix it, as pytracer run does"},
        {"numpy.version", "numpy's version", "use one installation"},
        {"fuzzy.blas.limit", "the limit of the noise inside BLAS",
         "run all with the same --fuzzy-blas-limit"},
    };
    for (size_t i = 0; i < PT_ARRAY_LENGTH(table); i++)
        compare_key(catalogue, table[i][0], table[i][1], table[i][2]);
    for (size_t i = 1; i < catalogue->n_samples; i++)
        if (strcmp(catalogue->runs[i].experiment, catalogue->runs[0].experiment)) {
            pt_log_warning("runs of different experiments: %s and %s",
                           catalogue->runs[0].experiment,
                           catalogue->runs[i].experiment);
            return;
        }
}
