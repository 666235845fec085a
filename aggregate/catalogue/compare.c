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
        {"fuzzy.layers", "the noise", "run all with the same layers"},
        {"fuzzy.mode", "the kind of noise", "run all with the same mode"},
        {"fuzzy.blas.limit", "the limit of the noise inside BLAS",
         "run all with the same --fuzzy-blas-limit"},
        {"fuzzy.lapack", "the noise of LAPACK", "run all with the same --fuzzy-lapack"},
        {"fuzzy.ways", "the way of the noise",
         "compare only runs that used the same BLAS and LAPACK"},
        {"fuzzy.only", "the scope of the noise", "run all with the same --fuzzy-only"},
        {"fuzzy.except", "the scope of the noise",
         "run all with the same --fuzzy-except"},
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
