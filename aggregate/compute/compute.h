/* Measures the payloads of this rank's work, batch by batch: reads the samples of all
 * runs (a thread each), computes (a thread per piece), writes mean, std and digits. */
#ifndef PT_COMPUTE_COMPUTE_H
#define PT_COMPUTE_COMPUTE_H

#include "partition/layout.h"
#include "result/extra.h"
#include "result/output.h"
#include "result/tiles.h"

struct pt_compute_options {
    uint64_t batch; /* elements at a time, ≥ 64 */
    /* Called by rank 0 after each batch: bytes of samples done, and of this rank's
     * whole work; NULL: not. */
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
    struct pt_tiles *tiles; /* take in what is written */
    struct pt_extra extra;  /* what is written besides */
};

/* Collective. Writes elements/ (inline elements too), and sets values->results of the
 * payloads that are first. *n_damaged: contents of a run that could not be read. */
PT_MUST_CHECK enum pt_status
pt_compute(const struct pt_team *team, const struct pt_layout *layout,
           struct pt_values *values, struct pt_readers *readers,
           const struct pt_stat_plan *plan, const struct pt_compute_options *options,
           struct pt_output *output, uint64_t *n_damaged, struct pt_error *error);

#endif
