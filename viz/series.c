#include "series.h"

/* What the rows of one series have in common; order: name, phase, process. */
struct key {
    uint32_t name, process;
    uint8_t phase;
};

static enum pt_status read_key(const struct pt_result *result, uint64_t row,
                               struct key *key, struct pt_error *error)
{
    uint64_t call = 0;
    enum pt_status status =
        pt_result_u32(result, PT_COLUMN_VALUES_NAME, row, &key->name, error);
    if (status == PT_OK)
        status = pt_result_u8(result, PT_COLUMN_VALUES_PHASE, row, &key->phase, error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_VALUES_CALL, row, &call, error);
    if (status == PT_OK)
        status =
            pt_result_u32(result, PT_COLUMN_CALLS_PROCESS, call, &key->process, error);
    return status;
}

static bool same_key(const struct key *a, const struct key *b)
{
    return a->name == b->name && a->phase == b->phase && a->process == b->process;
}

/* The first row in (row, end) whose key is another: doubling steps, then halving. */
static enum pt_status find_end(const struct pt_result *result, uint64_t row,
                               uint64_t end, const struct key *key, uint64_t *stop,
                               struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t low = row, high = end, step = 1; /* low: has the key; high: has not */

    while (status == PT_OK && high - low > 1) {
        struct key other;
        uint64_t middle =
            high == end && step < end - low ? low + step : low + (high - low) / 2;
        step *= 2;
        status = read_key(result, middle, &other, error);
        if (status == PT_OK && same_key(key, &other))
            low = middle;
        else
            high = middle;
    }
    *stop = high;
    return status;
}

enum pt_status pt_series_find(const struct pt_result *result, uint32_t function,
                              struct pt_series *series, size_t size, size_t *n,
                              struct pt_error *error)
{
    uint64_t row = 0, count = 0;
    *n = 0;
    enum pt_status status =
        pt_result_u64(result, PT_COLUMN_FUNCTIONS_FIRST_VALUE, function, &row, error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_FUNCTIONS_N_VALUES, function, &count,
                               error);
    uint64_t rows = pt_result_rows(result, PT_COLUMN_VALUES_CALL);
    if (status == PT_OK && (row > rows || count > rows - row))
        status = pt_error_set(error, PT_E_DAMAGED,
                              "function %u points outside the values", function);
    uint64_t end = row + count;
    while (status == PT_OK && row < end && *n < size) {
        struct key key;
        uint64_t stop = row;
        status = read_key(result, row, &key, error);
        if (status == PT_OK)
            status = find_end(result, row, end, &key, &stop, error);
        if (status != PT_OK)
            break;
        series[(*n)++] = (struct pt_series){
            .function = function,
            .name = key.name,
            .process = key.process,
            .phase = key.phase,
            .first = row,
            .n = stop - row,
        };
        row = stop;
    }
    return status;
}

enum pt_status pt_series_time(const struct pt_result *result, uint64_t row,
                              uint64_t *time, struct pt_error *error)
{
    uint64_t call = 0;
    enum pt_status status =
        pt_result_u64(result, PT_COLUMN_VALUES_CALL, row, &call, error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_CALLS_TIME, call, time, error);
    return status;
}

/* The first row of the series at or after `time`. */
static enum pt_status lower_bound(const struct pt_result *result,
                                  const struct pt_series *series, uint64_t time,
                                  uint64_t *row, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t low = series->first, high = series->first + series->n;

    while (status == PT_OK && low < high) {
        uint64_t middle = low + (high - low) / 2, at = 0;
        status = pt_series_time(result, middle, &at, error);
        if (at < time)
            low = middle + 1;
        else
            high = middle;
    }
    *row = low;
    return status;
}

enum pt_status pt_series_cut(const struct pt_result *result,
                             const struct pt_series *series, uint64_t from, uint64_t to,
                             struct pt_series *part, struct pt_error *error)
{
    uint64_t first = series->first, end = series->first + series->n;
    enum pt_status status = PT_OK;

    if (from > 0)
        status = lower_bound(result, series, from, &first, error);
    if (status == PT_OK && to < UINT64_MAX)
        status = lower_bound(result, series, to + 1, &end, error);
    *part = *series;
    part->first = first;
    part->n = end > first ? end - first : 0;
    return status;
}
