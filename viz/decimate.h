/* A series of any length as at most so many points: time is cut into bins, and of each
 * bin the first, the last, the least and the greatest point are kept, and the first
 * that is marked (NaN, Inf, an exception, runs that differ). Points come in the order
 * of their rows, each once. Feeding is one pass, in any portions. Thread: caller locks.
 */
#ifndef PT_VIZ_DECIMATE_H
#define PT_VIZ_DECIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pt_point {
    uint64_t row, call, time;
    double value;
    uint32_t flags, call_flags; /* as in the result file */
};

enum pt_point_role {
    PT_POINT_FIRST,
    PT_POINT_LEAST,
    PT_POINT_GREATEST,
    PT_POINT_MARKED,
    PT_POINT_LAST,
    PT_POINT_ROLES
};

struct pt_bin {
    struct pt_point points[PT_POINT_ROLES];
    bool filled, has_least, has_marked;
};

struct pt_decimator {
    uint64_t from, to; /* times, both inside */
    uint64_t n_bins;
    struct pt_bin bin; /* the one being filled */
    uint64_t bin_index;
    uint64_t bin_from, bin_to; /* times that fall into it; bin_to: the first that does
                                  not, or the greatest of all */
    void (*emit)(void *context, const struct pt_point *point);
    void *context;
};

void pt_decimator_init(struct pt_decimator *d, uint64_t from, uint64_t to,
                       uint64_t n_bins,
                       void (*emit)(void *context, const struct pt_point *point),
                       void *context);
/* Points that stand in arrays: i of them is row first_row + i, and of its call c time
 * and flags stand at c - base. */
struct pt_points {
    uint64_t first_row, base;
    const uint64_t *calls;
    const double *values;
    const uint32_t *flags;
    const bool *marked;
    const uint64_t *times;
    const uint32_t *call_flags;
};
/* Points [from, to) of the arrays. Points ascend in row and in time; where a time is
 * out of order (a call that only some runs made), its point may count in its
 * neighbours' bin.
 */
void pt_decimator_run(struct pt_decimator *d, const struct pt_points *points,
                      size_t from, size_t to);
/* Point i of the arrays. */
struct pt_point pt_point_at(const struct pt_points *points, size_t i);
void pt_decimator_finish(struct pt_decimator *d);

#endif
