/* Which run, which process of it, and what its files are called: read from the
 * environment that pytracer, a batch system or mpirun has set. No Python.
 *
 *     PYTRACER_EXPERIMENT, PYTRACER_RUN, PYTRACER_SEED   set by `pytracer run`
 *     SLURM_ARRAY_TASK_ID                                the run, where that is not set
 *     OMPI_COMM_WORLD_RANK, PMIX_RANK, PMI_RANK, …       the rank of an MPI program
 */
#ifndef PT_LAUNCHER_IDENTITY_H
#define PT_LAUNCHER_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "cache.h"
#include "format/format.h"

struct pt_identity {
    char experiment[PT_TRACE_ID_BYTES]; /* empty: none */
    bool has_run, has_seed;             /* given, not derived */
    uint64_t run_id;                    /* of all processes of one run */
    uint64_t seed;
    uint32_t role_kind; /* enum pt_trace_role */
    uint32_t role_rank;
    char host[PT_TRACE_ID_BYTES];
    int64_t created_ns; /* wall clock */
    uint32_t pid;
    struct pt_cache_id name; /* what the names of the process's files have in common */
};

/* PT_E_USAGE: one of the variables is not a number. Thread: reads the environment. */
PT_MUST_CHECK enum pt_status pt_identity_read(struct pt_identity *identity,
                                              struct pt_error *error);

#endif
