/* What we ask of SLURM, through its own programs. Thread: the program's only one. */
#ifndef PT_SLURM_H
#define PT_SLURM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* PT_E_MISSING if there is no sbatch here; PT_E_IO if the controller does not answer.
 * *most is MaxArraySize: indices of an array are below it. */
PT_MUST_CHECK enum pt_status pt_slurm_probe(uint64_t *most, struct pt_error *error);

/* Submits `folder`/`script` from that folder with the options (NULL-terminated) before
 * it and NAME=value texts (NULL-terminated) in its environment. *id is the job's
 * number; the caller frees it. */
PT_MUST_CHECK enum pt_status pt_slurm_submit(const char *folder, const char *script,
                                             char *const *options,
                                             char *const *environment, char **id,
                                             struct pt_error *error);

/* How many tasks of these jobs wait and run; PT_E_IO if squeue does not answer. */
PT_MUST_CHECK enum pt_status pt_slurm_queue(char *const *ids, size_t n, size_t *waiting,
                                            size_t *running, struct pt_error *error);

#endif
