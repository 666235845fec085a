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

void pt_decimator_add(struct pt_decimator *d, const struct pt_point *point, bool marked)
{
    struct pt_bin *bin = &d->bin;
    uint64_t index = bin_of(d, point->time);

    if (index != d->bin_index) {
        flush(d);
        d->bin_index = index;
    }
    if (!bin->filled)
        bin->points[PT_POINT_FIRST] = *point;
    bin->filled = true;
    bin->points[PT_POINT_LAST] = *point;
    if (!isnan(point->value)) {
        if (!bin->has_least || point->value < bin->points[PT_POINT_LEAST].value)
            bin->points[PT_POINT_LEAST] = *point;
        if (!bin->has_least || point->value > bin->points[PT_POINT_GREATEST].value)
            bin->points[PT_POINT_GREATEST] = *point;
        bin->has_least = true;
    }
    if (marked && !bin->has_marked) {
        bin->points[PT_POINT_MARKED] = *point;
        bin->has_marked = true;
    }
}

void pt_decimator_finish(struct pt_decimator *d)
{
    flush(d);
}
