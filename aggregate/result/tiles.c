#include "result/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result/column.h"
#include "schema/schema.h"

/* ── the pictures ───────────────────────────────────────────────────────────────── */

static int by_order(const void *first, const void *second)
{
    const struct pt_picture *a = first, *b = second;
    const uint64_t x[] = {a->order, a->tiling.columns, a->tiling.rows};
    const uint64_t y[] = {b->order, b->tiling.columns, b->tiling.rows};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(x); i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

/* The picture of a value; false: it has none, or a sample of it is all there is. */
static bool picture_of(const struct pt_values *values, const struct pt_value *value,
                       struct pt_picture *picture)
{
    const struct pt_shape *shapes = values->shapes.items;
    const uint64_t *sizes = values->sizes.items;
    uint64_t planes = value->dtype == 'c' ? 2 : 1;

    if (value->payload == PT_RESULT_NONE64 || value->n_elements <= PT_TILED_ABOVE)
        return false;
    *picture = (struct pt_picture){
        .order = pt_values_payload(values, (size_t)value->payload)->order,
        .planes = planes};
    return value->n_stored == planes * value->n_elements &&
           pt_tiling_of(sizes + shapes[value->shape].first, value->ndim,
                        &picture->tiling) &&
           picture->tiling.rows * picture->tiling.columns * picture->tiling.slices ==
               value->n_elements;
}

static enum pt_status find_mine(const struct pt_values *values, struct pt_array *mine,
                                struct pt_error *error)
{
    const struct pt_value *value = values->values.items;
    for (size_t i = 0; i < values->values.n; i++) {
        struct pt_picture picture, *at = NULL;
        if (!picture_of(values, &value[i], &picture))
            continue;
        if (!(at = pt_array_push(mine, 1)))
            return pt_no_memory(error, "tiles");
        *at = picture;
    }
    return PT_OK;
}

/* Each picture once, in an order that no number of ranks changes. */
static void settle(struct pt_tiles *tiles)
{
    struct pt_picture *pictures = tiles->pictures.items;
    size_t n = 0;
    if (tiles->pictures.n)
        qsort(pictures, tiles->pictures.n, sizeof *pictures, by_order);
    for (size_t i = 0; i < tiles->pictures.n; i++) {
        if (n > 0 && by_order(&pictures[n - 1], &pictures[i]) == 0)
            continue;
        pictures[n] = pictures[i];
        pictures[n].first_tile = tiles->total;
        tiles->total += pictures[n].planes * pt_tiling_count(&pictures[n].tiling);
        n++;
    }
    tiles->pictures.n = n;
}

static uint64_t band_of(const struct pt_tiling *tiling, uint64_t element)
{
    uint64_t row = element / tiling->columns;
    return row / tiling->rows * tiling->down + row % tiling->rows / tiling->tile_rows;
}

static void see(struct pt_picture *picture, const struct pt_work *work)
{
    uint64_t first = band_of(&picture->tiling, work->from);
    uint64_t end = band_of(&picture->tiling, work->to - 1) + 1;
    if (picture->n_bands) { /* another stretch of the same payload */
        uint64_t old = picture->band + picture->n_bands;
        first = first < picture->band ? first : picture->band;
        end = end > old ? end : old;
    }
    picture->band = first;
    picture->n_bands = end - first;
}

/* The first picture of a payload; they stand together. */
static struct pt_picture *pictures_of(const struct pt_tiles *tiles, uint64_t order)
{
    struct pt_picture *pictures = tiles->pictures.items;
    size_t low = 0, high = tiles->pictures.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pictures[middle].order < order)
            low = middle + 1;
        else
            high = middle;
    }
    return pictures + low;
}

static const struct pt_picture *pictures_end(const struct pt_tiles *tiles)
{
    return (const struct pt_picture *)tiles->pictures.items + tiles->pictures.n;
}

/* Room for this rank's part of each picture. */
static enum pt_status make_room(struct pt_tiles *tiles, const struct pt_layout *layout,
                                struct pt_error *error)
{
    const struct pt_picture *end = pictures_end(tiles);
    for (size_t i = 0; i < layout->work.n; i++) {
        const struct pt_work *work = pt_layout_work(layout, i);
        struct pt_picture *p = pictures_of(tiles, work->payload.order);
        for (; p < end && p->order == work->payload.order; p++)
            see(p, work);
    }
    for (struct pt_picture *p = tiles->pictures.items; p < end; p++) {
        size_t n = (size_t)(p->planes * p->n_bands * p->tiling.across);
        struct pt_tile *room = n ? pt_array_push(&tiles->tiles, n) : NULL;
        if (n && !room)
            return pt_no_memory(error, "tiles");
        p->at = tiles->tiles.n - n;
        for (size_t i = 0; i < n; i++)
            room[i] = (struct pt_tile){{INFINITY, INFINITY, INFINITY},
                                       {-INFINITY, -INFINITY, -INFINITY}};
    }
    return PT_OK;
}

static void mark_values(const struct pt_tiles *tiles, struct pt_values *values)
{
    struct pt_value *value = values->values.items;
    for (size_t i = 0; i < values->values.n; i++) {
        struct pt_picture wanted;
        value[i].first_tile = PT_RESULT_NONE64;
        if (!picture_of(values, &value[i], &wanted))
            continue;
        const struct pt_picture *p = pictures_of(tiles, wanted.order);
        while (by_order(p, &wanted) != 0)
            p++;
        value[i].first_tile = p->first_tile;
    }
}

enum pt_status pt_tiles_plan(const struct pt_team *team, struct pt_values *values,
                             const struct pt_layout *layout, struct pt_tiles *tiles,
                             struct pt_error *error)
{
    struct pt_array mine = {.item_bytes = sizeof(struct pt_picture)};
    size_t bytes = 0;

    *tiles = (struct pt_tiles){.pictures.item_bytes = sizeof(struct pt_picture),
                               .tiles.item_bytes = sizeof(struct pt_tile)};
    enum pt_status status = find_mine(values, &mine, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status =
            pt_team_gather_all(team, mine.items, mine.n * sizeof(struct pt_picture),
                               &tiles->pictures.items, &bytes, NULL, error);
    pt_array_free(&mine);
    if (status)
        return status;
    tiles->pictures.n = tiles->pictures.room = bytes / sizeof(struct pt_picture);
    settle(tiles);
    mark_values(tiles, values);
    status = make_room(tiles, layout, error);
    return pt_team_agree(team, status, error);
}

void pt_tiles_free(struct pt_tiles *tiles)
{
    pt_array_free(&tiles->pictures);
    pt_array_free(&tiles->tiles);
}

/* ── their elements ─────────────────────────────────────────────────────────────── */

/* Elements [from, to) of one row of a picture into the tiles of its band. */
static void fold_row(const struct pt_tiling *tiling, struct pt_tile *band,
                     uint64_t from, uint64_t to, const double *const fields[3])
{
    for (uint64_t at = from; at < to;) {
        uint64_t tile = at / tiling->tile_columns;
        uint64_t end = (tile + 1) * tiling->tile_columns;
        end = end < to ? end : to;
        for (int k = 0; k < 3; k++)
            pt_fold_elements(fields[k] + (at - from), end - at, &band[tile].low[k],
                             &band[tile].high[k]);
        at = end;
    }
}

/* The first element of a band. */
static uint64_t band_start(const struct pt_tiling *tiling, uint64_t band)
{
    uint64_t row =
        band / tiling->down * tiling->rows + band % tiling->down * tiling->tile_rows;
    return row * tiling->columns;
}

static void fold_band(const struct pt_tiling *tiling, struct pt_tile *band,
                      uint64_t from, uint64_t to, const double *const fields[3])
{
    for (uint64_t at = from; at < to;) {
        uint64_t column = at % tiling->columns, left = tiling->columns - column;
        uint64_t n = left < to - at ? left : to - at;
        const double *const row[3] = {fields[0] + (at - from), fields[1] + (at - from),
                                      fields[2] + (at - from)};
        fold_row(tiling, band, column, column + n, row);
        at += n;
    }
}

static void add_to(struct pt_tiles *tiles, const struct pt_picture *p, uint64_t plane,
                   uint64_t from, uint64_t to, const double *const fields[3])
{
    const struct pt_tiling *tiling = &p->tiling;
    struct pt_tile *mine = (struct pt_tile *)tiles->tiles.items + p->at;
    uint64_t first = band_of(tiling, from), last = band_of(tiling, to - 1);

#pragma omp parallel for schedule(static)
    for (uint64_t b = first; b <= last; b++) {
        uint64_t start = band_start(tiling, b), end = band_start(tiling, b + 1);
        start = start > from ? start : from;
        end = end < to ? end : to;
        const double *const part[3] = {fields[0] + (start - from),
                                       fields[1] + (start - from),
                                       fields[2] + (start - from)};
        fold_band(tiling, mine + (plane * p->n_bands + (b - p->band)) * tiling->across,
                  start, end, part);
    }
}

void pt_tiles_add(struct pt_tiles *tiles, const struct pt_payload *payload,
                  uint64_t plane, uint64_t from, uint64_t to,
                  const double *const fields[3])
{
    const struct pt_picture *end = pictures_end(tiles);
    if (payload->n <= PT_TILED_ABOVE || from == to)
        return;
    for (const struct pt_picture *p = pictures_of(tiles, payload->order);
         p < end && p->order == payload->order; p++)
        add_to(tiles, p, plane, from, to, fields);
}

/* ── the columns ────────────────────────────────────────────────────────────────── */

struct record {
    uint64_t row;
    struct pt_tile tile;
};

static uint64_t slab_start(const struct pt_team *team, uint64_t total, int rank)
{
    return total / (uint64_t)team->size * (uint64_t)rank +
           total % (uint64_t)team->size * (uint64_t)rank / (uint64_t)team->size;
}

static int slab_of(const struct pt_team *team, uint64_t total, uint64_t row)
{
    int rank = 0;
    while (rank + 1 < team->size && slab_start(team, total, rank + 1) <= row)
        rank++;
    return rank;
}

/* Every tile of this rank with its row; a tile on the border of two ranks' shares is
 * with both. */
static enum pt_status list_tiles(const struct pt_team *team,
                                 const struct pt_tiles *tiles, struct record *records,
                                 int *destination, struct pt_error *error)
{
    const struct pt_picture *end = pictures_end(tiles);
    const struct pt_tile *all = tiles->tiles.items;
    size_t n = 0;

    if (!records || !destination)
        return pt_no_memory(error, "tiles");
    for (const struct pt_picture *p = tiles->pictures.items; p < end; p++) {
        uint64_t mine = p->n_bands * p->tiling.across;
        for (uint64_t i = 0; i < p->planes * mine; i++) {
            uint64_t row = p->first_tile + i / mine * pt_tiling_count(&p->tiling) +
                           p->band * p->tiling.across + i % mine;
            records[n] = (struct record){row, all[p->at + i]};
            destination[n++] = slab_of(team, tiles->total, row);
        }
    }
    return PT_OK;
}

static void join(struct pt_tile *slab, uint64_t start, uint64_t rows,
                 const struct record *received, size_t n)
{
    for (uint64_t i = 0; i < rows; i++)
        slab[i] = (struct pt_tile){{INFINITY, INFINITY, INFINITY},
                                   {-INFINITY, -INFINITY, -INFINITY}};
    for (size_t i = 0; i < n; i++) {
        struct pt_tile *at = &slab[received[i].row - start];
        const struct pt_tile *more = &received[i].tile;
        for (int k = 0; k < 3; k++) {
            at->low[k] = more->low[k] < at->low[k] ? more->low[k] : at->low[k];
            at->high[k] = more->high[k] > at->high[k] ? more->high[k] : at->high[k];
        }
    }
    for (uint64_t i = 0; i < rows; i++)
        for (int k = 0; k < 3; k++)
            if (slab[i].low[k] > slab[i].high[k]) /* nothing but NaN */
                slab[i].low[k] = slab[i].high[k] = (double)NAN;
}

#define FIELD(column, member)                                                          \
    {                                                                                  \
        PT_COLUMN_TILES_##column, offsetof(struct pt_tile, member)                     \
    }
static const struct pt_field fields[] = {
    FIELD(MEAN_MIN, low[0]), FIELD(MEAN_MAX, high[0]), FIELD(STD_MIN, low[1]),
    FIELD(STD_MAX, high[1]), FIELD(SIG_MIN, low[2]),   FIELD(SIG_MAX, high[2]),
};
#undef FIELD

enum pt_status pt_tiles_write(struct pt_output *output, const struct pt_tiles *tiles,
                              struct pt_error *error)
{
    const struct pt_team *team = pt_output_team(output);
    uint64_t start = slab_start(team, tiles->total, team->rank);
    uint64_t rows = slab_start(team, tiles->total, team->rank + 1) - start;
    struct record *records = pt_memory_get(tiles->tiles.n + 1, sizeof *records);
    int *destination = pt_memory_get(tiles->tiles.n + 1, sizeof *destination);
    struct pt_tile *slab = pt_memory_get(rows + 1, sizeof *slab);
    struct record *received = NULL;
    size_t n = 0;

    enum pt_status status = list_tiles(team, tiles, records, destination, error);
    if (!status && !slab)
        status = pt_no_memory(error, "tiles");
    status = pt_team_agree(team, status, error);
    if (!status)
        status = pt_team_send(team, records, tiles->tiles.n, sizeof *records,
                              destination, (void **)&received, &n, error);
    if (!status) {
        join(slab, start, rows, received, n);
        struct pt_items items = {slab, sizeof *slab, start, rows, tiles->total};
        status =
            pt_column_fields(output, fields, PT_ARRAY_LENGTH(fields), &items, error);
    }
    pt_memory_free(received);
    pt_memory_free(slab);
    pt_memory_free(destination);
    pt_memory_free(records);
    return status;
}
