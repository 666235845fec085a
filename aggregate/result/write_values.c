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
    FIELD(DTYPE, dtype),
};
enum { N_FIELDS = PT_ARRAY_LENGTH(fields) };
#undef FIELD

/* One rank's slab of a go, a column behind the other, and how its rows get there; used
 * again for each go. */
struct slab {
    struct record *mine; /* where rows change their rank */
    int *destination;
    unsigned char *columns[N_FIELDS];
    uint32_t widths[N_FIELDS];
};

static uint32_t width_of(const struct pt_field *field)
{
    uint32_t bytes = pt_result_type_bytes(pt_result_columns[field->id].type);
    return bytes ? bytes : DTYPE_WIDTH;
}

static void slab_free(struct slab *slab)
{
    for (size_t f = 0; f < N_FIELDS; f++)
        pt_memory_free(slab->columns[f]);
    pt_memory_free(slab->mine);
    pt_memory_free(slab->destination);
}

static enum pt_status slab_make(const struct pt_result *result, struct slab *slab,
                                struct pt_error *error)
{
    uint64_t total = result->values->total, size = (uint64_t)result->team->size;
    uint64_t rows = (total < GO_ROWS ? total : GO_ROWS) / size + 1;
    bool ok = true;
    for (size_t f = 0; f < N_FIELDS; f++) {
        slab->widths[f] = width_of(&fields[f]);
        slab->columns[f] = pt_memory_get(rows, slab->widths[f]);
        ok &= slab->columns[f] != NULL;
    }
    if (size > 1) {
        uint64_t n = result->values->values.n;
        n = (n < GO_ROWS ? n : GO_ROWS) + 1;
        slab->mine = pt_memory_get(n, sizeof *slab->mine);
        slab->destination = pt_memory_get(n, sizeof *slab->destination);
        ok &= slab->mine && slab->destination;
    }
    return pt_team_agree(result->team,
                         ok ? PT_OK : pt_no_memory(error, "rows of values"), error);
}

static void put_row(struct slab *slab, const struct record *record, uint64_t at)
{
    for (size_t f = 0; f < N_FIELDS; f++) {
        const char *from = (const char *)record + fields[f].offset;
        unsigned char *to = slab->columns[f] + at * slab->widths[f];
        switch (slab->widths[f]) { /* so that each copy is one instruction */
        case 8:
            memcpy(to, from, 8);
            break;
        case 4:
            memcpy(to, from, 4);
            break;
        default:
            *to = (unsigned char)*from;
        }
    }
}

/* The rows of this rank's values that belong to the go: into the slab where the rank is
 * alone, else into `mine`; returns how many. */
static size_t pick_rows(const struct pt_result *result, const struct go *go,
                        uint64_t labels_before, struct slab *slab)
{
    const struct pt_values *values = result->values;
    const struct pt_value *value = values->values.items;
    const uint64_t *rows = result->tables->rows;
    bool alone = result->team->size == 1;
    size_t n = 0;
    for (size_t i = 0; i < values->values.n; i++) {
        if (rows[i] - go->first >= go->n)
            continue;
        struct record record = record_of(&value[i], rows[i], labels_before);
        if (alone) {
            put_row(slab, &record, rows[i] - go->first);
        } else {
            slab->destination[n] = slab_of(result->team, go, rows[i]);
            slab->mine[n] = record;
        }
        n++;
    }
    return n;
}

/* Fills this rank's slab of the go; *n rows. */
static enum pt_status move_rows(const struct pt_result *result, const struct go *go,
                                uint64_t labels_before, struct slab *slab, size_t *n,
                                struct pt_error *error)
{
    const struct pt_team *team = result->team;
    struct record *received = NULL;
    *n = pick_rows(result, go, labels_before, slab);
    if (team->size == 1)
        return PT_OK;
    enum pt_status status =
        pt_team_send(team, slab->mine, *n, sizeof(struct record), slab->destination,
                     (void **)&received, n, error);
    uint64_t start = slab_start(team, go, team->rank);
    for (size_t i = 0; !status && i < *n; i++)
        put_row(slab, &received[i], received[i].row - start);
    pt_memory_free(received);
    return status;
}

static enum pt_status write_go(struct pt_output *output, const struct pt_result *result,
                               const struct go *go, uint64_t labels_before,
                               struct slab *slab, struct pt_error *error)
{
    uint64_t start = slab_start(result->team, go, result->team->rank);
    size_t n = 0;
    enum pt_status status = move_rows(result, go, labels_before, slab, &n, error);
    for (size_t f = 0; !status && f < N_FIELDS; f++)
        status =
            pt_output_write(output, fields[f].id, start, n, slab->columns[f], error);
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
    struct slab slab = {0};
    enum pt_status status = slab_make(result, &slab, error);
    for (size_t f = 0; !status && f < N_FIELDS; f++)
        status = pt_output_column(output, fields[f].id, total, slab.widths[f], error);
    for (uint64_t first = 0; !status && first < total; first += GO_ROWS) {
        struct go go = {first, total - first < GO_ROWS ? total - first : GO_ROWS};
        status = write_go(output, result, &go, labels_before, &slab, error);
    }
    slab_free(&slab);
    if (!status)
        status = write_blobs(output, result, labels_before, labels, error);
    return status;
}
