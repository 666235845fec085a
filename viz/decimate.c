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

static uint64_t time_of(const struct pt_points *points, size_t i)
{
    return points->times[points->calls[i] - points->base];
}

struct pt_point pt_point_at(const struct pt_points *points, size_t i)
{
    return (struct pt_point){
        points->first_row + i, points->calls[i],
        time_of(points, i),    points->values[i],
        points->flags[i],      points->call_flags[points->calls[i] - points->base]};
}

/* The extremes of n values and of what *low and *high are before; NaN is passed over.
 * Lanes, so that no comparison waits for the one before it. */
static void find_extremes(const double *values, size_t n, double *low, double *high)
{
    enum { LANES = 4 };
    double least[LANES], greatest[LANES];
    size_t i = 0;

    for (size_t k = 0; k < LANES; k++) {
        least[k] = *low;
        greatest[k] = *high;
    }
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) {
            double v = values[i + k];
            least[k] = v < least[k] ? v : least[k];
            greatest[k] = v > greatest[k] ? v : greatest[k];
        }
    for (; i < n; i++) {
        least[0] = values[i] < least[0] ? values[i] : least[0];
        greatest[0] = values[i] > greatest[0] ? values[i] : greatest[0];
    }
    for (size_t k = 0; k < LANES; k++) {
        *low = least[k] < *low ? least[k] : *low;
        *high = greatest[k] > *high ? greatest[k] : *high;
    }
}

/* The first of [from, to) that equals x; `to` where there is none. */
static size_t find_value(const double *values, size_t from, size_t to, double x)
{
    while (from < to && !(values[from] == x))
        from++;
    return from;
}

/* Points [from, to), all of one bin. Most change nothing but the last: so the extremes
 * are found first, their places only where they are new, and points are copied at the
 * end. */
static void fill(struct pt_bin *bin, const struct pt_points *points, size_t from,
                 size_t to)
{
    const bool has = bin->has_least;
    const double before_low = has ? bin->points[PT_POINT_LEAST].value : INFINITY;
    const double before_high = has ? bin->points[PT_POINT_GREATEST].value : -INFINITY;
    double low = before_low, high = before_high;

    find_extremes(points->values + from, to - from, &low, &high);
    /* Without one before, infinities count, and only NaNs leave nothing to be found. */
    if (!has || low < before_low) {
        size_t at = find_value(points->values, from, to, low);
        if (at < to) {
            bin->points[PT_POINT_LEAST] = pt_point_at(points, at);
            bin->has_least = true;
        }
    }
    if (!has || high > before_high) {
        size_t at = find_value(points->values, from, to, high);
        if (at < to)
            bin->points[PT_POINT_GREATEST] = pt_point_at(points, at);
    }
    if (!bin->has_marked) {
        const bool *marked = memchr(points->marked + from, true, to - from);
        if (marked) {
            bin->points[PT_POINT_MARKED] =
                pt_point_at(points, (size_t)(marked - points->marked));
            bin->has_marked = true;
        }
    }
    if (!bin->filled)
        bin->points[PT_POINT_FIRST] = pt_point_at(points, from);
    bin->filled = true;
    bin->points[PT_POINT_LAST] = pt_point_at(points, to - 1);
}

/* The first point after `from`, up to `to`, that the bin at hand does not hold:
 * doubling steps, then halving. */
static size_t find_end(const struct pt_decimator *d, const struct pt_points *points,
                       size_t from, size_t to)
{
    const uint64_t first = d->bin_from, width = d->bin_to - first;
    size_t low = from, high = to, step = 1; /* low: in the bin; high: not */

    while (high - low > 1) {
        size_t middle =
            high == to && step < to - low ? low + step : low + (high - low) / 2;
        step *= 2;
        if (time_of(points, middle) - first < width)
            low = middle;
        else
            high = middle;
    }
    return high;
}

void pt_decimator_run(struct pt_decimator *d, const struct pt_points *points,
                      size_t from, size_t to)
{
    while (from < to) {
        uint64_t time = time_of(points, from);
        if (time < d->bin_from || time >= d->bin_to)
            change_bin(d, time);
        size_t end = find_end(d, points, from, to);
        fill(&d->bin, points, from, end);
        from = end;
    }
}

void pt_decimator_finish(struct pt_decimator *d)
{
    flush(d);
}
