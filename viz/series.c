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
    key->process = 0;
    if (status == PT_OK)
        status = pt_result_u8(result, PT_COLUMN_VALUES_PHASE, row, &key->phase, error);
    if (pt_result_rows(result, PT_COLUMN_PROCESSES_ROLE) == 1)
        return status;
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_VALUES_CALL, row, &call, error);
    if (status == PT_OK)
        status =
            pt_result_u32(result, PT_COLUMN_CALLS_PROCESS, call, &key->process, error);
    return status;
}

/* The rows of a series: low has the key; high, if it is not the end, has not. */
struct search {
    const struct pt_result *result;
    const struct key *key;
    uint64_t low, high;
};

/* Looks at one row between the two. */
static enum pt_status look(struct search *search, uint64_t row, struct pt_error *error)
{
    const struct key *key = search->key;
    struct key other;
    enum pt_status status = read_key(search->result, row, &other, error);

    if (status == PT_OK && key->name == other.name && key->phase == other.phase &&
        key->process == other.process)
        search->low = row;
    else
        search->high = row;
    return status;
}

/* The first row in (row, end) whose key is another. Mostly there is one value for each
 * call, so that the rows number `guess`; else doubling steps, then halving. */
static enum pt_status find_end(const struct pt_result *result, uint64_t row,
                               uint64_t end, uint64_t guess, const struct key *key,
                               uint64_t *stop, struct pt_error *error)
{
    struct search search = {result, key, row, end};
    enum pt_status status = PT_OK;
    uint64_t step = 1;

    if (guess > 1 && guess <= end - row) {
        status = look(&search, row + guess - 1, error);
        if (status == PT_OK && search.low + 1 < end && search.low > row)
            status = look(&search, search.low + 1, error);
    }
    while (status == PT_OK && search.high - search.low > 1) {
        bool grows = search.high == end && step < end - search.low;
        uint64_t more = grows ? step : (search.high - search.low) / 2;
        step *= 2;
        status = look(&search, search.low + more, error);
    }
    *stop = search.high;
    return status;
}

enum pt_status pt_series_find(const struct pt_result *result, uint32_t function,
                              struct pt_series *series, size_t size, size_t *n,
                              struct pt_error *error)
{
    uint64_t row = 0, count = 0, calls = 0;
    *n = 0;
    enum pt_status status =
        pt_result_u64(result, PT_COLUMN_FUNCTIONS_FIRST_VALUE, function, &row, error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_FUNCTIONS_N_VALUES, function, &count,
                               error);
    if (status == PT_OK)
        status =
            pt_result_u64(result, PT_COLUMN_FUNCTIONS_N_CALLS, function, &calls, error);
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
            status = find_end(result, row, end, calls, &key, &stop, error);
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

/* The first row of the series, which is not empty, at or after `time`. */
static enum pt_status lower_bound(const struct pt_result *result,
                                  const struct pt_series *series, uint64_t time,
                                  uint64_t *row, struct pt_error *error)
{
    uint64_t low = series->first, high = series->first + series->n, first = 0, last = 0;
    enum pt_status status = pt_series_time(result, low, &first, error);

    /* Mostly the whole series is asked for. */
    if (status == PT_OK)
        status = pt_series_time(result, high - 1, &last, error);
    if (status == PT_OK && (first >= time || last < time))
        low = high = first >= time ? low : high;
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
