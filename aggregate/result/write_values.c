#include "result/write.h"

#include <stdio.h>
#include <stdlib.h>

#include "result/column.h"
#include "schema/schema.h"

/* A row of values/ as it is written; `row` is where. */
struct record {
    uint64_t row;
    uint64_t call, n_elements, first_element, n_stored, shape_first, first_tile,
        first_position;
    uint64_t n_nan, n_inf, label_first, label_bytes;
    double sig_norm, sig_min, sig_p05, sig_median, mean, std, min, max, agreement;
    uint32_t function, name, n_runs, flags;
    uint8_t phase, kind, ndim;
    char dtype[5];
};

enum { DTYPE_WIDTH = 4 };

/* As numpy writes it: '<f8', '|b1'. */
static void dtype_text(const struct pt_value *value, char text[5])
{
    memset(text, 0, 5);
    if (value->kind == PT_VALUE_NUMBERS)
        snprintf(text, 5, "%c%c%u", value->item_bytes == 1 ? '|' : '<', value->dtype,
                 value->item_bytes % 100u);
}

static struct record record_of(const struct pt_value *value, uint64_t row,
                               uint64_t labels_before)
{
    const struct pt_stat_result *r = &value->result;
    struct record record = {.row = row,
                            .call = value->call,
                            .n_elements = value->n_elements,
                            .first_element = value->first_element,
                            .n_stored = value->n_stored,
                            .shape_first = value->shape,
                            .first_tile = value->first_tile,
                            .first_position = value->first_position,
                            .n_nan = r->n_nan,
                            .n_inf = r->n_inf,
                            .label_bytes = value->label_bytes,
                            .sig_norm = r->sig_norm,
                            .sig_min = r->sig_min,
                            .sig_p05 = r->sig_p05,
                            .sig_median = r->sig_median,
                            .mean = r->mean,
                            .std = r->std,
                            .min = r->min,
                            .max = r->max,
                            .agreement = r->agreement,
                            .function = value->function,
                            .name = value->name,
                            .n_runs = value->n_runs,
                            .flags = value->flags | r->flags,
                            .phase = value->phase,
                            .kind = value->kind,
                            .ndim = value->ndim};
    if (value->kind == PT_VALUE_LABEL)
        record.label_first = labels_before + value->label_first;
    dtype_text(value, record.dtype);
    return record;
}

/* Rows that are moved and written in one go: what they take is bounded so. */
enum { GO_ROWS = 1 << 18 };

/* The rows [first, first + n) of one go; rank r writes [r·n/size, (r + 1)·n/size). */
struct go {
    uint64_t first, n;
};

static uint64_t slab_start(const struct pt_team *team, const struct go *go, int rank)
{
    return go->first + go->n * (uint64_t)rank / (uint64_t)team->size;
}

static int slab_of(const struct pt_team *team, const struct go *go, uint64_t row)
{
    int rank = (int)((row - go->first) * (uint64_t)team->size / go->n);
    while (rank > 0 && slab_start(team, go, rank) > row)
        rank--;
    while (rank + 1 < team->size && slab_start(team, go, rank + 1) <= row)
        rank++;
    return rank;
}

static enum pt_status pick_rows(const struct pt_result *result, const struct go *go,
                                uint64_t labels_before, struct pt_array *mine,
                                struct pt_array *destination, struct pt_error *error)
{
    const struct pt_values *values = result->values;
    const struct pt_value *value = values->values.items;
    const uint64_t *rows = result->tables->rows;
    mine->n = destination->n = 0;
    for (size_t i = 0; i < values->values.n; i++) {
        if (rows[i] - go->first >= go->n)
            continue;
        struct record *at = pt_array_push(mine, 1);
        int *where = pt_array_push(destination, 1);
        if (!at || !where)
            return pt_no_memory(error, "rows of values");
        *at = record_of(&value[i], rows[i], labels_before);
        *where = slab_of(result->team, go, rows[i]);
    }
    return PT_OK;
}

/* *rows: this rank's slab of the go, in order; the caller frees. */
static enum pt_status move_rows(const struct pt_result *result, const struct go *go,
                                uint64_t labels_before, struct record **rows, size_t *n,
                                struct pt_error *error)
{
    const struct pt_team *team = result->team;
    struct pt_array mine = {.item_bytes = sizeof(struct record)};
    struct pt_array destination = {.item_bytes = sizeof(int)};
    struct record *received = NULL;
    enum pt_status status =
        pick_rows(result, go, labels_before, &mine, &destination, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status = pt_team_send(team, mine.items, mine.n, sizeof(struct record),
                              destination.items, (void **)&received, n, error);
    pt_array_free(&mine);
    pt_array_free(&destination);
    if (status)
        return status;
    *rows = pt_memory_get(*n + 1, sizeof **rows);
    uint64_t start = slab_start(team, go, team->rank);
    for (size_t i = 0; *rows && i < *n; i++)
        (*rows)[received[i].row - start] = received[i];
    pt_memory_free(received);
    return pt_team_agree(team, *rows ? PT_OK : pt_no_memory(error, "rows of values"),
                         error);
}

#define FIELD(column, member)                                                          \
    {                                                                                  \
        PT_COLUMN_VALUES_##column, offsetof(struct record, member)                     \
    }
static const struct pt_field fields[] = {
    FIELD(CALL, call),
    FIELD(FUNCTION, function),
    FIELD(NAME, name),
    FIELD(PHASE, phase),
    FIELD(KIND, kind),
    FIELD(NDIM, ndim),
    FIELD(SHAPE_FIRST, shape_first),
    FIELD(N_ELEMENTS, n_elements),
    FIELD(FIRST_ELEMENT, first_element),
    FIELD(N_STORED, n_stored),
    FIELD(N_RUNS, n_runs),
    FIELD(SIG_NORM, sig_norm),
    FIELD(SIG_MIN, sig_min),
    FIELD(SIG_P05, sig_p05),
    FIELD(SIG_MEDIAN, sig_median),
    FIELD(MEAN, mean),
    FIELD(STD, std),
    FIELD(MIN, min),
    FIELD(MAX, max),
    FIELD(N_NAN, n_nan),
    FIELD(N_INF, n_inf),
    FIELD(AGREEMENT, agreement),
    FIELD(LABEL_FIRST, label_first),
    FIELD(LABEL_BYTES, label_bytes),
    FIELD(FLAGS, flags),
    FIELD(FIRST_TILE, first_tile),
    FIELD(FIRST_POSITION, first_position),
};
#undef FIELD

static enum pt_status write_dtypes(struct pt_output *output, const struct pt_team *team,
                                   const struct record *rows, uint64_t start, size_t n,
                                   struct pt_error *error)
{
    char *texts = pt_memory_get(n * DTYPE_WIDTH + 1, 1);
    enum pt_status status =
        pt_team_agree(team, texts ? PT_OK : pt_no_memory(error, "a column"), error);
    for (size_t i = 0; !status && i < n; i++)
        memcpy(texts + i * DTYPE_WIDTH, rows[i].dtype, DTYPE_WIDTH);
    if (!status)
        status =
            pt_output_write(output, PT_COLUMN_VALUES_DTYPE, start, n, texts, error);
    pt_memory_free(texts);
    return status;
}

static enum pt_status write_go(struct pt_output *output, const struct pt_result *result,
                               const struct go *go, uint64_t labels_before,
                               struct pt_error *error)
{
    const struct pt_team *team = result->team;
    uint64_t start = slab_start(team, go, team->rank);
    struct record *rows = NULL;
    size_t n = 0;
    enum pt_status status = move_rows(result, go, labels_before, &rows, &n, error);
    struct pt_items items = {rows, sizeof *rows, start, n, result->values->total};
    if (!status)
        status =
            pt_column_write(output, fields, PT_ARRAY_LENGTH(fields), &items, error);
    if (!status)
        status = write_dtypes(output, team, rows, start, n, error);
    pt_memory_free(rows);
    return status;
}

static enum pt_status write_blobs(struct pt_output *output,
                                  const struct pt_result *result,
                                  uint64_t labels_before, uint64_t labels,
                                  struct pt_error *error)
{
    const struct pt_team *team = result->team;
    const struct pt_tables *tables = result->tables;
    const struct pt_values *values = result->values;
    uint64_t mine = team->rank == 0;
    enum pt_status status =
        pt_output_column(output, PT_COLUMN_META_LABELS, labels, 1, error);
    if (!status)
        status = pt_output_write(output, PT_COLUMN_META_LABELS, labels_before,
                                 values->labels.n, values->labels.items, error);
    if (!status)
        status =
            pt_output_column(output, PT_COLUMN_REFS_VALUE, values->total, 1, error);
    if (!status)
        status = pt_output_write(output, PT_COLUMN_REFS_VALUE, values->first,
                                 values->values.n, tables->rows, error);
    if (!status)
        status = pt_output_column(output, PT_COLUMN_NAMES_NAME, tables->n_names,
                                  tables->name_width, error);
    if (!status)
        status = pt_output_write(output, PT_COLUMN_NAMES_NAME, 0,
                                 mine * tables->n_names, tables->names, error);
    if (!status)
        status =
            pt_output_column(output, PT_COLUMN_DIMS_SIZE, tables->n_sizes, 1, error);
    if (!status)
        status = pt_output_write(output, PT_COLUMN_DIMS_SIZE, 0, mine * tables->n_sizes,
                                 tables->sizes, error);
    return status;
}

enum pt_status pt_result_write_values(struct pt_output *output,
                                      const struct pt_result *result,
                                      struct pt_error *error)
{
    uint64_t total = result->values->total, labels;
    uint64_t labels_before =
        pt_team_offset(result->team, result->values->labels.n, &labels);
    enum pt_status status =
        pt_column_create(output, fields, PT_ARRAY_LENGTH(fields), total, error);
    if (!status)
        status =
            pt_output_column(output, PT_COLUMN_VALUES_DTYPE, total, DTYPE_WIDTH, error);
    for (uint64_t first = 0; !status && first < total; first += GO_ROWS) {
        struct go go = {first, total - first < GO_ROWS ? total - first : GO_ROWS};
        status = write_go(output, result, &go, labels_before, error);
    }
    if (!status)
        status = write_blobs(output, result, labels_before, labels, error);
    return status;
}
