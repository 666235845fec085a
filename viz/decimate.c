#include "decimate.h"

#include <math.h>
#include <string.h>

void pt_decimator_init(struct pt_decimator *d, uint64_t from, uint64_t to,
                       uint64_t n_bins,
                       void (*emit)(void *context, const struct pt_point *point),
                       void *context)
{
    memset(d, 0, sizeof *d);
    d->from = from;
    d->to = to;
    d->n_bins = n_bins ? n_bins : 1;
    d->emit = emit;
    d->context = context;
}

static uint64_t bin_of(const struct pt_decimator *d, uint64_t time)
{
    uint64_t span = d->to - d->from;
    if (time <= d->from)
        return 0;
    uint64_t after = time - d->from;
    if (after >= span)
        return d->n_bins - 1;
    return (uint64_t)((unsigned __int128)after * d->n_bins /
                      ((unsigned __int128)span + 1));
}

static void flush(struct pt_decimator *d)
{
    struct pt_bin *bin = &d->bin;
    const struct pt_point *kept[PT_POINT_ROLES];
    size_t n = 0;

    if (!bin->filled)
        return;
    for (int role = 0; role < PT_POINT_ROLES; role++) {
        if ((role == PT_POINT_LEAST || role == PT_POINT_GREATEST) && !bin->has_least)
            continue;
        if (role == PT_POINT_MARKED && !bin->has_marked)
            continue;
        const struct pt_point *point = &bin->points[role];
        size_t at = n; /* insertion sort by row; equal rows are one point */
        while (at > 0 && kept[at - 1]->row > point->row)
            at--;
        if (at > 0 && kept[at - 1]->row == point->row)
            continue;
        memmove(kept + at + 1, kept + at, (n - at) * sizeof *kept);
        kept[at] = point;
        n++;
    }
    for (size_t i = 0; i < n; i++)
        d->emit(d->context, kept[i]);
    bin->filled = bin->has_least = bin->has_marked = false;
}

/* The first time, counted from d->from, of bin `index`. */
static uint64_t bin_start(const struct pt_decimator *d, uint64_t index)
{
    unsigned __int128 span = (unsigned __int128)(d->to - d->from) + 1;
    return d->from + (uint64_t)((index * span + d->n_bins - 1) / d->n_bins);
}

/* Ends the bin at hand and begins the one of `time`. */
static void change_bin(struct pt_decimator *d, uint64_t time)
{
    uint64_t index = bin_of(d, time);
    if (index != d->bin_index)
        flush(d);
    d->bin_index = index;
    d->bin_from = index == 0 ? 0 : bin_start(d, index);
    d->bin_to = index == d->n_bins - 1 ? UINT64_MAX : bin_start(d, index + 1);
}

struct pt_point pt_point_at(const struct pt_points *points, size_t i)
{
    return (struct pt_point){points->first_row + i, points->calls[i],
                             points->times[i],      points->values[i],
                             points->flags[i],      points->call_flags[i]};
}

/* Points [from, to), all of one bin. Most change nothing but the last: that is why
 * places are compared, and points copied at the end only. */
static void fill(struct pt_bin *bin, const struct pt_points *points, size_t from,
                 size_t to)
{
    const double *values = points->values;
    const size_t none = to;
    size_t least = none, greatest = none, marked = none;
    double low = bin->has_least ? bin->points[PT_POINT_LEAST].value : INFINITY;
    double high = bin->has_least ? bin->points[PT_POINT_GREATEST].value : -INFINITY;

    for (size_t i = from; i < to; i++) {
        double v = values[i];
        if (v < low || (least == none && !bin->has_least && !isnan(v))) {
            low = v;
            least = i;
        }
        if (v > high || (greatest == none && !bin->has_least && !isnan(v))) {
            high = v;
            greatest = i;
        }
        if (points->marked[i] && marked == none)
            marked = i;
    }
    if (!bin->filled)
        bin->points[PT_POINT_FIRST] = pt_point_at(points, from);
    bin->filled = true;
    bin->points[PT_POINT_LAST] = pt_point_at(points, to - 1);
    if (least != none)
        bin->points[PT_POINT_LEAST] = pt_point_at(points, least);
    if (greatest != none)
        bin->points[PT_POINT_GREATEST] = pt_point_at(points, greatest);
    bin->has_least |= least != none;
    if (marked != none && !bin->has_marked) {
        bin->points[PT_POINT_MARKED] = pt_point_at(points, marked);
        bin->has_marked = true;
    }
}

void pt_decimator_run(struct pt_decimator *d, const struct pt_points *points,
                      size_t from, size_t to)
{
    const uint64_t *times = points->times;
    while (from < to) {
        size_t end = from + 1;
        if (times[from] < d->bin_from || times[from] >= d->bin_to)
            change_bin(d, times[from]);
        while (end < to && times[end] >= d->bin_from && times[end] < d->bin_to)
            end++;
        fill(&d->bin, points, from, end);
        from = end;
    }
}

void pt_decimator_finish(struct pt_decimator *d)
{
    flush(d);
}
