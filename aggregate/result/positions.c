#include "result/positions.h"

#include <stdlib.h>

#include "format/sample.h"
#include "schema/schema.h"

/* m of n elements; first: row of positions/. */
struct pt_sampling {
    uint64_t n, m, first;
};

static int by_numbers(const void *first, const void *second)
{
    const struct pt_sampling *a = first, *b = second;
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    return (a->m > b->m) - (a->m < b->m);
}

/* False: the value is no sample, or stored whole. */
static bool sampling_of(const struct pt_value *value, struct pt_sampling *sampling)
{
    if (!(value->flags & PT_VALUE_SAMPLED) || value->n_stored == 0)
        return false;
    *sampling = (struct pt_sampling){
        .n = value->n_elements, .m = value->n_stored / (value->dtype == 'c' ? 2 : 1)};
    return sampling->m <= sampling->n;
}

static size_t sort_unique(struct pt_sampling *pairs, size_t n)
{
    size_t kept = 0;
    if (n > 0)
        qsort(pairs, n, sizeof *pairs, by_numbers);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || by_numbers(&pairs[kept - 1], &pairs[i]) != 0)
            pairs[kept++] = pairs[i];
    return kept;
}

/* Values follow one another with the same numbers more often than not. */
static enum pt_status collect(const struct pt_values *values, struct pt_array *mine,
                              struct pt_error *error)
{
    const struct pt_value *value = values->values.items;
    struct pt_sampling sampling, last = {0};
    for (size_t i = 0; i < values->values.n; i++) {
        if (!sampling_of(&value[i], &sampling) || by_numbers(&sampling, &last) == 0)
            continue;
        struct pt_sampling *at = pt_array_push(mine, 1);
        if (!at)
            return pt_no_memory(error, "positions of samples");
        *at = last = sampling;
    }
    mine->n = sort_unique(mine->items, mine->n);
    return PT_OK;
}

static void mark_values(const struct pt_positions *positions, struct pt_values *values)
{
    struct pt_value *value = values->values.items;
    for (size_t i = 0; i < values->values.n; i++) {
        struct pt_sampling sampling;
        value[i].first_position = PT_RESULT_NONE64;
        if (sampling_of(&value[i], &sampling))
            value[i].first_position = ((const struct pt_sampling *)bsearch(
                                           &sampling, positions->pairs, positions->n,
                                           sizeof sampling, by_numbers))
                                          ->first;
    }
}

enum pt_status pt_positions_find(const struct pt_team *team, struct pt_values *values,
                                 struct pt_positions *positions, struct pt_error *error)
{
    struct pt_array mine = {.item_bytes = sizeof(struct pt_sampling)};
    size_t bytes = 0;
    void *all = NULL;
    *positions = (struct pt_positions){.team = team};
    enum pt_status status = pt_team_agree(team, collect(values, &mine, error), error);
    if (!status)
        status =
            pt_team_gather_all(team, mine.items, mine.n * sizeof(struct pt_sampling),
                               &all, &bytes, NULL, error);
    pt_array_free(&mine);
    if (status)
        return status;
    positions->pairs = all;
    positions->n = sort_unique(all, bytes / sizeof(struct pt_sampling));
    for (size_t i = 0; i < positions->n; i++) {
        positions->pairs[i].first = positions->total;
        positions->total += positions->pairs[i].m;
    }
    mark_values(positions, values);
    return PT_OK;
}

void pt_positions_free(struct pt_positions *positions)
{
    pt_memory_free(positions->pairs);
    *positions = (struct pt_positions){0};
}

/* Rows [from, from + n) of positions/. */
static void fill(const struct pt_positions *positions, uint64_t from, uint64_t n,
                 uint64_t *out)
{
    const struct pt_sampling *pair = positions->pairs;
    while (n > 0 && from >= pair->first + pair->m)
        pair++;
    for (; n > 0; n--, from++) {
        if (from == pair->first + pair->m)
            pair++;
        *out++ = pt_sample_position(pair->n, pair->m, from - pair->first);
    }
}

enum pt_status pt_positions_write(struct pt_output *output,
                                  const struct pt_positions *positions,
                                  struct pt_error *error)
{
    enum { ROWS = 1 << 20 }; /* of one rank in one go */
    const struct pt_team *team = positions->team;
    uint64_t total = positions->total;
    enum pt_status status =
        pt_output_column(output, PT_COLUMN_POSITIONS_ELEMENT, total, 1, error);
    uint64_t *rows = malloc(ROWS * sizeof *rows);
    if (!status)
        status = pt_team_agree(
            team, rows ? PT_OK : pt_no_memory(error, "positions of samples"), error);
    for (uint64_t go = 0; !status && go < total; go += ROWS * (uint64_t)team->size) {
        uint64_t from = go + ROWS * (uint64_t)team->rank;
        uint64_t n = from >= total ? 0 : total - from < ROWS ? total - from : ROWS;
        fill(positions, from, n, rows);
        status = pt_output_write(output, PT_COLUMN_POSITIONS_ELEMENT, n ? from : 0, n,
                                 rows, error);
    }
    free(rows);
    return status;
}
