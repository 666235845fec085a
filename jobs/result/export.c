/* pytracer export: a result in the forms of other tools. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/commands.h"
#include "result/functions.h"
#include "front/options.h"
#include "result/show.h"

enum { CSV = 1, JSON, PERFETTO, HELP, CHUNK = 16384 };

static const struct pt_option table[] = {
    {"csv", 0, 0, CSV},
    {"json", 0, 0, JSON},
    {"perfetto", 0, 0, PERFETTO},
    {"help", 'h', 0, HELP},
};

/* Quoted as RFC 4180 has it. */
static void put_quoted(const char *text)
{
    putchar('"');
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            putchar('"');
        putchar(*p);
    }
    putchar('"');
}

static void put_number(double value)
{
    if (isfinite(value))
        printf(",%.17g", value);
    else
        putchar(',');
}

static void print_csv(const struct pt_functions *functions)
{
    puts("module,name,file,line,rank,calls,partial_calls,flags,digits_in,digits_out,"
         "least_digits,lost,self_lost,self_lost_max");
    for (size_t i = 0; i < functions->n; i++) {
        const struct pt_function *f = &functions->items[i];

        put_quoted(f->module);
        putchar(',');
        put_quoted(f->name);
        putchar(',');
        put_quoted(f->file);
        printf(",%u,%u,%" PRIu64 ",%" PRIu64 ",%u", f->line, f->rank, f->n_calls,
               f->n_partial, f->flags);
        put_number(f->digits_in);
        put_number(f->digits_out);
        put_number(f->least_digits);
        put_number(f->lost);
        put_number(f->self_lost);
        put_number(f->self_lost_max);
        putchar('\n');
    }
}

/* Columns of calls/, a chunk at a time. */
struct calls {
    uint32_t function[CHUNK], process[CHUNK], thread[CHUNK];
    int64_t start[CHUNK], end[CHUNK];
    double in[CHUNK], out[CHUNK], lost[CHUNK];
};

static enum pt_status read_calls(const struct pt_result *r, uint64_t at, uint64_t n,
                                 struct calls *c, struct pt_error *error)
{
    const struct {
        enum pt_result_column_id column;
        void *to;
    } columns[] = {
        {PT_COLUMN_CALLS_FUNCTION, c->function}, {PT_COLUMN_CALLS_PROCESS, c->process},
        {PT_COLUMN_CALLS_THREAD, c->thread},     {PT_COLUMN_CALLS_START_NS, c->start},
        {PT_COLUMN_CALLS_END_NS, c->end},        {PT_COLUMN_CALLS_DIGITS_IN, c->in},
        {PT_COLUMN_CALLS_DIGITS_OUT, c->out},    {PT_COLUMN_CALLS_SELF_LOST, c->lost},
    };
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(columns) && status == PT_OK; i++)
        status = pt_result_read(r, columns[i].column, at, n, columns[i].to, error);
    return status;
}

static void put_argument(const char *name, double value, bool first)
{
    if (isfinite(value))
        printf("%s\"%s\":%.3f", first ? "" : ",", name, value);
}

/* A JSON text of the name; the caller frees it with cJSON_free. NULL: no memory. */
static char *json_name(const struct pt_function *f)
{
    char *name = NULL, *text;
    cJSON *item;

    if (asprintf(&name, "%s.%s", f->module, f->name) < 0)
        return NULL;
    item = cJSON_CreateString(name);
    text = item ? cJSON_PrintUnformatted(item) : NULL;
    cJSON_Delete(item);
    free(name);
    return text;
}

/* One complete event ("ph": "X") for each call, times in microseconds. */
static void print_events(const struct calls *c, uint64_t n, char *const *names,
                         bool *first)
{
    for (uint64_t i = 0; i < n; i++) {
        int64_t length = c->end[i] > c->start[i] ? c->end[i] - c->start[i] : 0;

        printf("%s{\"ph\":\"X\",\"name\":%s,\"pid\":%u,\"tid\":%u,\"ts\":%.3f,"
               "\"dur\":%.3f,\"args\":{\"function\":%u",
               *first ? "" : ",\n", names[c->function[i]], c->process[i], c->thread[i],
               (double)c->start[i] / 1e3, (double)length / 1e3, c->function[i]);
        put_argument("digits_in", c->in[i], false);
        put_argument("digits_out", c->out[i], false);
        put_argument("self_lost", c->lost[i], false);
        fputs("}}", stdout);
        *first = false;
    }
}

static enum pt_status print_perfetto(const struct pt_result *result,
                                     const struct pt_functions *functions,
                                     struct pt_error *error)
{
    uint64_t n = pt_result_rows(result, PT_COLUMN_CALLS_FUNCTION);
    struct calls *calls = malloc(sizeof *calls);
    char **names = calloc(functions->n + 1, sizeof *names);
    bool first = true;
    enum pt_status status = PT_OK;

    for (size_t i = 0; names && i < functions->n; i++)
        names[i] = json_name(&functions->items[i]);
    for (size_t i = 0; i < functions->n; i++) {
        if (calls == NULL || names == NULL || names[i] == NULL)
            status = pt_error_set(error, PT_E_MEMORY, "no memory for the calls");
    }
    if (status == PT_OK)
        fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", stdout);
    for (uint64_t at = 0; at < n && status == PT_OK; at += CHUNK) {
        uint64_t count = n - at < CHUNK ? n - at : CHUNK;

        /* pt_functions_read has checked that each call's function is there. */
        status = read_calls(result, at, count, calls, error);
        if (status == PT_OK)
            print_events(calls, count, names, &first);
    }
    if (status == PT_OK)
        fputs("\n]}\n", stdout);
    for (size_t i = 0; names && i < functions->n; i++)
        cJSON_free(names[i]);
    free(names);
    free(calls);
    return status;
}

static enum pt_status export(const char *file, int form, struct pt_error *error) {
    struct pt_result *result = NULL; struct pt_functions functions = {0};
    enum pt_status status;

    if (form == JSON) return pt_show_result(file, true, error);
    status = pt_result_open(file, &result, error);
    if (status == PT_OK) status = pt_functions_read(result, &functions, error);
    if (status == PT_OK && form == CSV) print_csv(&functions);
    else if (status == PT_OK) status = print_perfetto(result, &functions, error);
    pt_functions_destroy(&functions);
    pt_result_close(result);
    return status;
}

int pt_front_export(int argc, char **argv)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);
    struct pt_error error = {0};
    const char *file = NULL;
    int id, form = 0, forms = 0;

    while ((id = pt_options_next(&o, &error)) > PT_OPTIONS_BAD &&
           id != PT_OPTIONS_END) {
        if (id == HELP) {
            fputs(pt_help_export, stdout);
            return 0;
        }
        if (id == PT_OPTIONS_ARGUMENT && file)
            forms = 2;
        if (id == PT_OPTIONS_ARGUMENT)
            file = o.value;
        else
            forms += (form = id) > 0;
    }
    if (id == PT_OPTIONS_BAD || file == NULL || forms != 1) {
        fprintf(stderr, "pytracer export: %s\n",
                id == PT_OPTIONS_BAD
                    ? error.text
                    : "one result and one of --csv, --json, --perfetto");
        return 2;
    }
    if (export(file, form, &error) == PT_OK)
        return 0;
    fprintf(stderr, "pytracer export: %s\n", error.text);
    return 1;
}
