#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 8192, MAX_FUNCTIONS = 1000000 };

void pt_report_title(const struct pt_report_function *function, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", function->module, function->module[0] ? "." : "",
             function->name);
}

void pt_report_bits(double value, char *text, size_t size)
{
    if (isnan(value))
        snprintf(text, size, "–");
    else
        snprintf(text, size, "%.1f", value);
}

static enum pt_status read_function(const struct pt_result *r, uint64_t row,
                                    struct pt_report_function *f,
                                    struct pt_error *error)
{
    const struct {
        enum pt_result_column_id column;
        void *out;
    } numbers[] = {
        {PT_COLUMN_FUNCTIONS_LINE, &f->line},
        {PT_COLUMN_FUNCTIONS_RANK, &f->rank},
        {PT_COLUMN_FUNCTIONS_FLAGS, &f->flags},
        {PT_COLUMN_FUNCTIONS_N_CALLS, &f->n_calls},
        {PT_COLUMN_FUNCTIONS_N_PARTIAL, &f->n_partial},
        {PT_COLUMN_FUNCTIONS_DIGITS_IN, &f->digits_in},
        {PT_COLUMN_FUNCTIONS_DIGITS_OUT, &f->digits_out},
        {PT_COLUMN_FUNCTIONS_LOST, &f->lost},
        {PT_COLUMN_FUNCTIONS_SELF_LOST, &f->self_lost},
        {PT_COLUMN_FUNCTIONS_SELF_LOST_MAX, &f->self_lost_max},
    };
    enum pt_status status =
        pt_result_text(r, PT_COLUMN_FUNCTIONS_MODULE, row, &f->module, error);
    if (status == PT_OK)
        status = pt_result_text(r, PT_COLUMN_FUNCTIONS_NAME, row, &f->name, error);
    if (status == PT_OK)
        status = pt_result_text(r, PT_COLUMN_FUNCTIONS_FILE, row, &f->file, error);
    for (size_t i = 0; status == PT_OK && i < PT_ARRAY_LENGTH(numbers); i++)
        status = pt_result_read(r, numbers[i].column, row, 1, numbers[i].out, error);
    return status;
}

static int by_rank(const void *a, const void *b, void *context)
{
    const struct pt_report *report = context;
    uint32_t x = report->functions[*(const uint32_t *)a].rank;
    uint32_t y = report->functions[*(const uint32_t *)b].rank;
    return (x > y) - (x < y);
}

static enum pt_status read_functions(struct pt_report *report,
                                     const struct pt_result *r, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t n = pt_result_rows(r, PT_COLUMN_FUNCTIONS_KEY);

    if (n > MAX_FUNCTIONS)
        return pt_error_set(error, PT_E_LIMIT, "more than %d functions", MAX_FUNCTIONS);
    report->functions = calloc(n + 1, sizeof *report->functions);
    report->ranked = calloc(n + 1, sizeof *report->ranked);
    if (!report->functions || !report->ranked)
        return pt_error_set(error, PT_E_MEMORY, "no memory for a report");
    report->n_functions = (size_t)n;
    for (uint32_t i = 0; status == PT_OK && i < n; i++) {
        status = read_function(r, i, &report->functions[i], error);
        report->calls_partial += report->functions[i].n_partial;
        if (report->functions[i].rank > 0)
            report->ranked[report->n_ranked++] = i;
    }
    qsort_r(report->ranked, report->n_ranked, sizeof *report->ranked, by_rank, report);
    return status;
}

struct portion {
    double digits[CHUNK];
    uint32_t function[CHUNK], name[CHUNK], flags[CHUNK];
    uint8_t phase[CHUNK], kind[CHUNK];
};

/* Puts a value into the list of the worst, if it belongs there. */
static void keep_worst(struct pt_report *report, const struct pt_report_value *value)
{
    size_t at = report->n_worst;
    if (isnan(value->digits))
        return;
    while (at > 0 && report->worst[at - 1].digits > value->digits)
        at--;
    if (at == PT_REPORT_WORST)
        return;
    size_t n =
        report->n_worst < PT_REPORT_WORST ? report->n_worst : PT_REPORT_WORST - 1;
    memmove(report->worst + at + 1, report->worst + at,
            (n - at) * sizeof *report->worst);
    report->worst[at] = *value;
    report->n_worst = n + 1;
}

static void count_flags(struct pt_report *report, const struct portion *p, uint64_t i)
{
    report->values_omitted += p->kind[i] == 3;
    report->values_sampled += (p->flags[i] & PT_VALUE_SAMPLED) != 0;
    report->values_differ +=
        (p->flags[i] & (PT_VALUE_SHAPE_DIFFERS | PT_VALUE_NOT_ALL_RUNS)) != 0;
    report->values_nonfinite +=
        (p->flags[i] & (PT_VALUE_NONFINITE_SOME | PT_VALUE_NONFINITE_ALL)) != 0;
    if (!(p->flags[i] & PT_VALUE_BIASED))
        return;
    report->values_biased++;
    if (p->function[i] < report->n_functions)
        report->functions[p->function[i]].n_biased++;
}

/* values/ is sorted by function, name and phase: the worst of each is found on the way.
 */
static enum pt_status scan_values(struct pt_report *report, const struct pt_result *r,
                                  struct portion *p, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    struct pt_report_value worst = {.digits = NAN};
    uint32_t name = PT_RESULT_NONE32;

    report->n_values = pt_result_rows(r, PT_COLUMN_VALUES_CALL);
    for (uint64_t first = 0; status == PT_OK && first < report->n_values;
         first += CHUNK) {
        uint64_t left = report->n_values - first, n = left < CHUNK ? left : CHUNK;
        const struct {
            enum pt_result_column_id column;
            void *out;
        } columns[] = {
            {PT_COLUMN_VALUES_SIG_NORM, p->digits},
            {PT_COLUMN_VALUES_FUNCTION, p->function},
            {PT_COLUMN_VALUES_NAME, p->name},
            {PT_COLUMN_VALUES_FLAGS, p->flags},
            {PT_COLUMN_VALUES_PHASE, p->phase},
            {PT_COLUMN_VALUES_KIND, p->kind},
        };
        for (size_t i = 0; status == PT_OK && i < PT_ARRAY_LENGTH(columns); i++)
            status =
                pt_result_read(r, columns[i].column, first, n, columns[i].out, error);
        for (uint64_t i = 0; status == PT_OK && i < n; i++) {
            count_flags(report, p, i);
            bool same = p->function[i] == worst.function && p->name[i] == name &&
                        p->phase[i] == worst.phase;
            if (!same)
                keep_worst(report, &worst);
            if (!same || p->digits[i] < worst.digits || isnan(worst.digits))
                worst = (struct pt_report_value){.function = p->function[i],
                                                 .phase = p->phase[i],
                                                 .flags = p->flags[i],
                                                 .row = first + i,
                                                 .digits = p->digits[i]};
            name = p->name[i];
        }
    }
    keep_worst(report, &worst);
    return status;
}

static enum pt_status describe_worst(struct pt_report *report,
                                     const struct pt_result *r, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < report->n_worst; i++) {
        struct pt_report_value *v = &report->worst[i];
        uint32_t name = 0;
        char *dtype = NULL;
        status = pt_result_u32(r, PT_COLUMN_VALUES_NAME, v->row, &name, error);
        if (status == PT_OK)
            status = pt_result_text(r, PT_COLUMN_NAMES_NAME, name, &v->name, error);
        if (status == PT_OK)
            status = pt_result_text(r, PT_COLUMN_VALUES_DTYPE, v->row, &dtype, error);
        if (status == PT_OK)
            strncat(v->dtype, dtype, sizeof v->dtype - 1);
        if (status == PT_OK)
            status = pt_result_f64(r, PT_COLUMN_VALUES_MEAN, v->row, &v->mean, error);
        if (status == PT_OK)
            status = pt_result_f64(r, PT_COLUMN_VALUES_STD, v->row, &v->std, error);
        if (status == PT_OK)
            status = pt_result_u64(r, PT_COLUMN_VALUES_CALL, v->row, &v->call, error);
        if (status == PT_OK)
            status = pt_result_u64(r, PT_COLUMN_CALLS_TIME, v->call, &v->time, error);
        if (status == PT_OK && v->function >= report->n_functions)
            status = pt_error_set(error, PT_E_DAMAGED, "a value names no function");
        free(dtype);
    }
    return status;
}

static enum pt_status read_divergences(struct pt_report *report,
                                       const struct pt_result *r,
                                       struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t sites = pt_result_rows(r, PT_COLUMN_SITES_LINE);

    report->total_divergences = pt_result_rows(r, PT_COLUMN_DIVERGENCES_TIME);
    while (status == PT_OK && report->n_divergences < report->total_divergences &&
           report->n_divergences < PT_REPORT_DIVERGENCES) {
        uint64_t row = report->n_divergences;
        struct pt_report_divergence *d = &report->divergences[report->n_divergences++];
        uint32_t site = 0;
        status = pt_result_u64(r, PT_COLUMN_DIVERGENCES_TIME, row, &d->time, error);
        if (status == PT_OK)
            status = pt_result_u32(r, PT_COLUMN_DIVERGENCES_SITE, row, &site, error);
        if (status == PT_OK)
            status = pt_result_u32(r, PT_COLUMN_DIVERGENCES_FUNCTION, row, &d->function,
                                   error);
        if (status == PT_OK)
            status =
                pt_result_u32(r, PT_COLUMN_DIVERGENCES_N_RUNS, row, &d->n_runs, error);
        if (status == PT_OK)
            status = pt_result_u64(r, PT_COLUMN_DIVERGENCES_N_CALLS, row, &d->n_calls,
                                   error);
        if (status == PT_OK && site < sites) {
            status = pt_result_text(r, PT_COLUMN_SITES_FILE, site, &d->file, error);
            if (status == PT_OK)
                status = pt_result_u32(r, PT_COLUMN_SITES_LINE, site, &d->line, error);
        }
    }
    return status;
}

static enum pt_status read_runs(struct pt_report *report, const struct pt_result *r,
                                struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t n = pt_result_rows(r, PT_COLUMN_RUNS_FLAGS);

    for (uint64_t i = 0; status == PT_OK && i < n; i++) {
        uint32_t flags = 0;
        status = pt_result_u32(r, PT_COLUMN_RUNS_FLAGS, i, &flags, error);
        report->runs_unsealed += (flags & PT_RUN_UNSEALED) != 0;
        report->runs_damaged += (flags & PT_RUN_DAMAGED) != 0;
        report->runs_partial += (flags & PT_RUN_PARTIAL) != 0;
    }
    if (status == PT_OK && n > 0)
        status = pt_result_text(r, PT_COLUMN_RUNS_PROGRAM, 0, &report->program, error);
    else if (status == PT_OK && !(report->program = strdup("")))
        status = pt_error_set(error, PT_E_MEMORY, "no memory for a report");
    return status;
}

enum pt_status pt_report_collect(const struct pt_viz_result *result,
                                 struct pt_report **out, struct pt_error *error)
{
    const struct pt_result *r = result->result;
    struct pt_report *report = calloc(1, sizeof *report);
    struct portion *portion = malloc(sizeof *portion);
    enum pt_status status = PT_OK;

    if (!report || !portion) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory for a report");
        goto done;
    }
    report->result = result;
    report->about = pt_result_about(r);
    report->n_calls = pt_result_rows(r, PT_COLUMN_CALLS_KEY);
    status = read_runs(report, r, error);
    if (status == PT_OK)
        status = read_functions(report, r, error);
    if (status == PT_OK)
        status = scan_values(report, r, portion, error);
    if (status == PT_OK)
        status = describe_worst(report, r, error);
    if (status == PT_OK)
        status = read_divergences(report, r, error);
    if (status == PT_OK)
        status = pt_report_read_events(report, r, error);
done:
    free(portion);
    if (status == PT_OK)
        *out = report;
    else
        pt_report_destroy(report);
    return status;
}

void pt_report_destroy(struct pt_report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->n_functions; i++) {
        free(report->functions[i].module);
        free(report->functions[i].name);
        free(report->functions[i].file);
    }
    for (size_t i = 0; i < report->n_worst; i++)
        free(report->worst[i].name);
    for (size_t i = 0; i < report->n_divergences; i++)
        free(report->divergences[i].file);
    for (size_t i = 0; i < report->n_cancellations; i++)
        free(report->cancellations[i].place);
    for (size_t i = 0; i < report->n_divisions; i++)
        free(report->divisions[i].file);
    pt_float_divisions_free(report->float_divisions, report->n_float_divisions);
    free(report->functions);
    free(report->ranked);
    free(report->program);
    free(report);
}
