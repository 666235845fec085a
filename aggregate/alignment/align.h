/* Which call of one run is which call of another: by content, never by number.
 *
 * A call's key is a hash of its caller's key, its function, the place it was called
 * from, and how many times the same function was called from the same place by the same
 * caller before. Equal keys in two runs are the same call; ranks exchange calls by key
 * and join them.
 *
 *     key = H(key of the caller | role of the process, function + place, occurrence)
 *
 * Where runs differ from the pivot, match.h gives their calls the pivot's keys. */
#ifndef PT_ALIGNMENT_ALIGN_H
#define PT_ALIGNMENT_ALIGN_H

#include "alignment/skeleton.h"
#include "catalogue/catalogue.h"

/* Sets key of every call, and hash and sketch of the skeleton. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_align_keys(struct pt_skeleton *skeleton,
                                           const char *role, struct pt_error *error);

/* Collective. For each process the trace that others are compared with: the medoid of
 * the skeletons' sketches; ties by skeleton hash, seed and run id, so that it depends
 * on what the traces are, not on their order. pivots: room for n_processes numbers of
 * traces. */
PT_MUST_CHECK enum pt_status pt_align_pivots(const struct pt_team *team,
                                             const struct pt_catalogue *catalogue,
                                             const struct pt_skeleton *skeletons,
                                             size_t n, uint32_t *pivots,
                                             struct pt_error *error);

#endif
