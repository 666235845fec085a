#include "run/environment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum pt_status pt_run_environment(const struct pt_run_identity *identity,
                                  char *texts[PT_RUN_VARIABLES], struct pt_error *error)
{
    static const char *const threads[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                                          "MKL_NUM_THREADS", "BLIS_NUM_THREADS"};
    int n = 0, bad = 0;

    memset(texts, 0, PT_RUN_VARIABLES * sizeof *texts);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(threads); i++)
        bad |= asprintf(&texts[n++], "%s=%u", threads[i], identity->threads) < 0;
    bad |= asprintf(&texts[n++], "PYTHONHASHSEED=0") < 0;
    bad |= asprintf(&texts[n++], "PYTRACER_EXPERIMENT=%s", identity->experiment) < 0;
    bad |= asprintf(&texts[n++], "PYTRACER_RUN=%zu", identity->number) < 0;
    bad |= asprintf(&texts[n++], "PYTRACER_SEED=%" PRIu64, identity->seed) < 0;
    bad |= asprintf(&texts[n++], "PYTRACER_CACHE=%s", identity->cache) < 0;
    bad |= asprintf(&texts[n], "PYTRACER_TRACES=%s", identity->traces) < 0;
    return bad ? pt_error_set(error, PT_E_MEMORY, "no memory for the environment")
               : PT_OK;
}

void pt_run_environment_free(char *texts[PT_RUN_VARIABLES])
{
    for (size_t i = 0; i < PT_RUN_VARIABLES; i++)
        free(texts[i]);
}
