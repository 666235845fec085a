#include "result/show.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "result/ranking.h"
#include "front/words.h"

enum { RANKING_ROWS = 30 };

static void print_flags(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *word;
    } words[] = {{PT_RUN_UNSEALED, "unfinished"},
                 {PT_RUN_DAMAGED, "damaged in part"},
                 {PT_RUN_PARTIAL, "partial"},
                 {PT_RUN_REFERENCE, "reference"},
                 {PT_RUN_PIVOT, "pivot"}};

    for (size_t i = 0; i < PT_ARRAY_LENGTH(words); i++) {
        if (flags & words[i].flag)
            printf("  %s", words[i].word);
    }
    putchar('\n');
}

struct run {
    uint64_t id, seed, calls, matched;
    int64_t ns;
    uint32_t flags;
    char *trace;
};

static enum pt_status read_run(const struct pt_result *r, uint64_t i, struct run *run,
                               struct pt_error *error)
{
    enum pt_status status = pt_result_u64(r, PT_COLUMN_RUNS_RUN_ID, i, &run->id, error);

    if (status == PT_OK)
        status = pt_result_u64(r, PT_COLUMN_RUNS_SEED, i, &run->seed, error);
    if (status == PT_OK)
        status = pt_result_u64(r, PT_COLUMN_RUNS_CALLS, i, &run->calls, error);
    if (status == PT_OK)
        status = pt_result_u64(r, PT_COLUMN_RUNS_MATCHED, i, &run->matched, error);
    if (status == PT_OK)
        status = pt_result_i64(r, PT_COLUMN_RUNS_DURATION_NS, i, &run->ns, error);
    if (status == PT_OK)
        status = pt_result_u32(r, PT_COLUMN_RUNS_FLAGS, i, &run->flags, error);
    if (status == PT_OK)
        status = pt_result_text(r, PT_COLUMN_RUNS_TRACE, i, &run->trace, error);
    return status;
}

static enum pt_status print_runs(const struct pt_result *result, struct pt_error *error)
{
    uint64_t n = pt_result_rows(result, PT_COLUMN_RUNS_RUN_ID);
    enum pt_status status = PT_OK;

    puts("   run      time       calls   in all runs  trace");
    for (uint64_t i = 0; i < n && status == PT_OK; i++) {
        struct run run = {0};
        char span[PT_WORDS];

        status = read_run(result, i, &run, error);
        if (status == PT_OK) {
            pt_words_span((double)run.ns / 1e9, span);
            printf("%6" PRIu64 "%10s%12" PRIu64 "%14" PRIu64 "  %s", run.id, span,
                   run.calls, run.matched, run.trace);
            print_flags(run.flags);
        }
        free(run.trace);
    }
    putchar('\n');
    return status;
}

static void print_about(const struct pt_result *result)
{
    const struct pt_result_about *about = pt_result_about(result);
    char date[PT_WORDS], size[PT_WORDS];

    pt_words_date(about->created_ns, date);
    pt_words_size(about->bytes, size);
    printf("%s\n  result of %s, %s, by %s\n", about->path, date, size,
           about->generator);
    printf("  %u run%s, %" PRIu64 " functions, %" PRIu64 " calls, %" PRIu64
           " values, %" PRIu64 " elements\n",
           about->n_runs, about->n_runs == 1 ? "" : "s",
           pt_result_rows(result, PT_COLUMN_FUNCTIONS_KEY),
           pt_result_rows(result, PT_COLUMN_CALLS_KEY),
           pt_result_rows(result, PT_COLUMN_VALUES_CALL),
           pt_result_rows(result, PT_COLUMN_ELEMENTS_MEAN));
    printf("  method %s, %s error, probability %g, confidence %g\n\n", about->method,
           about->error, about->probability, about->confidence);
}

/* JSON has no NaN. */
static cJSON *number(double value)
{
    return isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull();
}

static enum pt_status add_function(const struct pt_result *r, uint64_t i, cJSON *list,
                                   struct pt_error *error)
{
    static const struct {
        const char *name;
        enum pt_result_column_id column;
    } texts[] = {{"module", PT_COLUMN_FUNCTIONS_MODULE},
                 {"name", PT_COLUMN_FUNCTIONS_NAME},
                 {"file", PT_COLUMN_FUNCTIONS_FILE}},
      numbers[] = {{"self_lost", PT_COLUMN_FUNCTIONS_SELF_LOST},
                   {"self_lost_max", PT_COLUMN_FUNCTIONS_SELF_LOST_MAX},
                   {"lost", PT_COLUMN_FUNCTIONS_LOST},
                   {"digits_in", PT_COLUMN_FUNCTIONS_DIGITS_IN},
                   {"digits_out", PT_COLUMN_FUNCTIONS_DIGITS_OUT}},
      whole[] = {{"line", PT_COLUMN_FUNCTIONS_LINE},
                 {"rank", PT_COLUMN_FUNCTIONS_RANK},
                 {"flags", PT_COLUMN_FUNCTIONS_FLAGS}};
    cJSON *o = cJSON_CreateObject();
    enum pt_status status = PT_OK;
    uint64_t calls = 0;

    if (!cJSON_AddItemToArray(list, o)) {
        cJSON_Delete(o);
        return pt_error_set(error, PT_E_MEMORY, "no memory for the JSON");
    }
    for (size_t c = 0; c < PT_ARRAY_LENGTH(texts) && status == PT_OK; c++) {
        char *text = NULL;
        status = pt_result_text(r, texts[c].column, i, &text, error);
        cJSON_AddStringToObject(o, texts[c].name, text ? text : "");
        free(text);
    }
    for (size_t c = 0; c < PT_ARRAY_LENGTH(whole) && status == PT_OK; c++) {
        uint32_t value = 0;
        status = pt_result_u32(r, whole[c].column, i, &value, error);
        cJSON_AddNumberToObject(o, whole[c].name, value);
    }
    for (size_t c = 0; c < PT_ARRAY_LENGTH(numbers) && status == PT_OK; c++) {
        double value = 0;
        status = pt_result_f64(r, numbers[c].column, i, &value, error);
        cJSON_AddItemToObject(o, numbers[c].name, number(value));
    }
    if (status == PT_OK)
        status = pt_result_u64(r, PT_COLUMN_FUNCTIONS_N_CALLS, i, &calls, error);
    cJSON_AddNumberToObject(o, "calls", (double)calls);
    return status;
}

static enum pt_status print_json(const struct pt_result *result, struct pt_error *error)
{
    const struct pt_result_about *about = pt_result_about(result);
    uint64_t n = pt_result_rows(result, PT_COLUMN_FUNCTIONS_KEY);
    cJSON *root = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(root, "functions");
    char *text = NULL;
    enum pt_status status = PT_OK;

    cJSON_AddStringToObject(root, "path", about->path);
    cJSON_AddNumberToObject(root, "runs", about->n_runs);
    cJSON_AddStringToObject(root, "method", about->method);
    cJSON_AddBoolToObject(root, "has_digits", about->has_digits != 0);
    for (uint64_t i = 0; list && i < n && status == PT_OK; i++)
        status = add_function(result, i, list, error);
    if (status == PT_OK)
        text = cJSON_Print(root);
    if (status == PT_OK && text)
        puts(text);
    else if (status == PT_OK)
        status = pt_error_set(error, PT_E_MEMORY, "no memory for the JSON");
    cJSON_free(text);
    cJSON_Delete(root);
    return status;
}

enum pt_status pt_show_result(const char *path, bool json, struct pt_error *error)
{
    struct pt_result *result = NULL;
    enum pt_status status = pt_result_open(path, &result, error);

    if (status == PT_OK && json) {
        status = print_json(result, error);
    } else if (status == PT_OK) {
        print_about(result);
        status = print_runs(result, error);
        if (status == PT_OK)
            status = pt_ranking_print(stdout, result, RANKING_ROWS, error);
    }
    pt_result_close(result);
    return status;
}
