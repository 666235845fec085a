/* The columns beside elements/ that the user asks for: elements_ext/ (--extremes),
 * merge/ (--mergeable) and contributing/ (--contributing). The first two come from the
 * moments of the elements; without the option a group has no rows. */
#ifndef PT_RESULT_EXTRA_H
#define PT_RESULT_EXTRA_H

#include "result/output.h"
#include "statistics/moments.h"

struct pt_extra {
    bool extremes, mergeable, contributing;
};

/* Whether the moments of the elements are needed. */
static inline bool pt_extra_moments(const struct pt_extra *extra)
{
    return extra->extremes || extra->mergeable;
}

/* Creates the columns. Collective. */
PT_MUST_CHECK enum pt_status pt_extra_create(struct pt_output *output,
                                             const struct pt_extra *extra,
                                             uint64_t n_elements,
                                             struct pt_error *error);

/* Writes n_moments moments, the elements of the stretches one behind the other.
 * `scratch`: room for n_moments numbers of 8 bytes. Collective. */
PT_MUST_CHECK enum pt_status pt_extra_write(struct pt_output *output,
                                            const struct pt_extra *extra,
                                            const struct pt_output_stretch *stretches,
                                            size_t n, const struct pt_moments *moments,
                                            size_t n_moments, void *scratch,
                                            struct pt_error *error);

#endif
