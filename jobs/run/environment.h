/* The environment of one run: who it is, and what keeps everything but the rounding the
 * same from run to run. Thread: safe. */
#ifndef PT_RUN_ENVIRONMENT_H
#define PT_RUN_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { PT_RUN_VARIABLES = 11 }; /* with the NULL behind them */

struct pt_run_identity {
    const char *experiment;
    size_t number; /* 0: the reference */
    uint64_t seed;
    uint32_t threads;   /* of OpenMP and BLAS */
    const char *cache;  /* folder */
    const char *traces; /* folder */
};

/* Sets texts to "NAME=value" and a NULL behind them. The caller frees them with
 * pt_run_environment_free, in any case. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_run_environment(const struct pt_run_identity *identity,
                                                char *texts[PT_RUN_VARIABLES],
                                                struct pt_error *error);
void pt_run_environment_free(char *texts[PT_RUN_VARIABLES]);

#endif
