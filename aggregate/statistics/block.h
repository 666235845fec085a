/* One block of at most PT_STAT_BLOCK elements, between the kernel's files. */
#ifndef PT_STATISTICS_BLOCK_H
#define PT_STATISTICS_BLOCK_H

#include "statistics/exact.h"
#include "statistics/kernel.h"
#include "statistics/lanes.h"
#include "statistics/load.h"

/* How the samples of an element are, besides finite in all runs. */
enum pt_state { PT_STATE_FINITE, PT_STATE_PARTLY, PT_STATE_NEVER };

struct pt_plane {
    struct pt_part part;
    struct pt_lanes lanes;
    bool irregular;                     /* some element was done by exact arithmetic */
    unsigned char state[PT_STAT_BLOCK]; /* enum pt_state */
    struct pt_moments *moments;         /* of the block's elements, or NULL */
    /* For complex elements: log₂ of the mean square (General: of the squared spread),
     * and of |y|; −Inf for 0. */
    double log_square[PT_STAT_BLOCK], log_ref[PT_STAT_BLOCK];
};

struct pt_stat_work {
    const struct pt_stat_plan *plan;
    const struct pt_lanes_kernel *kernel;
    struct pt_exact_work *exact;
    /* One piece. */
    const struct pt_stat_input *input;
    const void **present; /* arrays of the n runs that have the value */
    size_t n;
    unsigned n_planes;
    struct pt_lanes_rules rules;
    double limit; /* D(n) */
    /* One block. */
    size_t at, count;
    const void **rows; /* n_max, of doubles or floats */
    double *room;      /* n_max rows of PT_STAT_BLOCK */
    double reference_room[PT_STAT_BLOCK];
    struct pt_sample *samples; /* n_max */
    uint64_t *bits;            /* n_max */
    double *values;            /* n_max */
    struct pt_plane plane[2];
    double digits[PT_STAT_BLOCK];
};

/* Elements first … end − 1 of a value, with the arrays of all of it; `first` is a
 * multiple of PT_STAT_BLOCK. Otherwise as pt_stat_piece. */
PT_MUST_CHECK enum pt_status
pt_stat_range(const struct pt_stat_plan *plan, struct pt_stat_work *work,
              const struct pt_stat_input *input, size_t first, size_t end,
              const struct pt_stat_output *output, struct pt_stat_summary *summary,
              struct pt_error *error);

/* Element i of the block by exact arithmetic: into the plane's lanes and state, and
 * straight into the summary. */
void pt_element_exact(struct pt_stat_work *work, struct pt_plane *plane, size_t i,
                      struct pt_stat_summary *summary);

/* The General digits of all elements that are done, in place of CNH's. */
void pt_block_general(struct pt_stat_work *work, struct pt_plane *plane);

/* Digits of all elements as the Python package gives them, in place of ours. */
void pt_block_compat(struct pt_stat_work *work, struct pt_plane *plane);

/* plane->moments of the elements that are done; exact arithmetic fills its own. */
void pt_block_moments(const struct pt_stat_work *work, struct pt_plane *plane);

/* work->digits of all elements. */
void pt_block_digits(struct pt_stat_work *work);

/* (element, run) pairs that agree with the element's mode. */
void pt_block_agreement(struct pt_stat_work *work, struct pt_stat_summary *summary);

#endif
