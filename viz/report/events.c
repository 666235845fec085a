#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

enum { MAX_PLACES = 10000 };

static const char prefix[] = "event.cancellation.";

struct places {
    struct pt_report_cancellation *all;
    size_t n, room;
};

/* A place as the worst run had it. */
static enum pt_status keep(struct places *places, const char *place, size_t bytes,
                           unsigned long long results, double bits,
                           struct pt_error *error)
{
    struct pt_report_cancellation *at = NULL;

    for (size_t i = 0; i < places->n && !at; i++)
        if (strncmp(places->all[i].place, place, bytes) == 0 &&
            places->all[i].place[bytes] == '\0')
            at = &places->all[i];
    if (!at && places->n == MAX_PLACES)
        return PT_OK;
    if (!at && places->n == places->room) {
        size_t room = places->room ? 2 * places->room : 64;
        void *all = realloc(places->all, room * sizeof *places->all);
        if (!all)
            return pt_error_set(error, PT_E_MEMORY, "no memory for a report");
        places->all = all;
        places->room = room;
    }
    if (!at) {
        at = &places->all[places->n];
        *at = (struct pt_report_cancellation){.place = strndup(place, bytes)};
        if (!at->place)
            return pt_error_set(error, PT_E_MEMORY, "no memory for a report");
        places->n++;
    }
    at->results = results > at->results ? results : at->results;
    at->bits = bits > at->bits ? bits : at->bits;
    return PT_OK;
}

/* Lines "event.cancellation.<module>.<function> <file>:<line>=12 results, most 45 bits"
 * (trace/format/FORMAT.md); the last '=' ends the key, since a path may hold one. */
static enum pt_status read_line(struct places *places, const char *line, size_t bytes,
                                struct pt_error *error)
{
    const size_t head = sizeof prefix - 1;
    const char *equals = memrchr(line, '=', bytes);
    unsigned long long results = 0;
    double bits = 0;
    char text[64];

    if (bytes <= head || strncmp(line, prefix, head) != 0 || !equals)
        return PT_OK;
    snprintf(text, sizeof text, "%.*s", (int)(line + bytes - equals - 1), equals + 1);
    if (sscanf(text, "%llu results, most %lf bits", &results, &bits) != 2)
        return PT_OK;
    return keep(places, line + head, (size_t)(equals - line) - head, results, bits,
                error);
}

static enum pt_status read_run(struct places *places, const struct pt_result *r,
                               uint64_t run, struct pt_error *error)
{
    char *text = NULL;
    enum pt_status status = pt_result_info(r, run, &text, error);

    for (const char *line = text; status == PT_OK && line && *line;) {
        size_t n = strcspn(line, "\n");
        status = read_line(places, line, n, error);
        line += n + (line[n] == '\n');
    }
    free(text);
    return status;
}

static int by_bits(const void *a, const void *b)
{
    const struct pt_report_cancellation *x = a, *y = b;
    if (x->bits != y->bits)
        return x->bits < y->bits ? 1 : -1;
    return strcmp(x->place, y->place);
}

static enum pt_status read_cancellations(struct pt_report *report,
                                         const struct pt_result *r,
                                         struct pt_error *error)
{
    struct places places = {0};
    enum pt_status status = PT_OK;
    uint64_t runs = pt_result_rows(r, PT_COLUMN_RUNS_INFO_FIRST);

    for (uint64_t i = 0; status == PT_OK && i < runs; i++)
        status = read_run(&places, r, i, error);
    if (places.n)
        qsort(places.all, places.n, sizeof *places.all, by_bits);
    for (size_t i = 0; i < places.n; i++)
        if (status == PT_OK && i < PT_REPORT_EVENTS)
            report->cancellations[report->n_cancellations++] = places.all[i];
        else
            free(places.all[i].place);
    free(places.all);
    return status;
}

static enum pt_status read_divisions(struct pt_report *report,
                                     const struct pt_result *r, struct pt_error *error)
{
    struct pt_division found[PT_REPORT_EVENTS];
    size_t n = 0;
    enum pt_status status = pt_divisions_find(r, found, PT_REPORT_EVENTS, &n, error);

    for (size_t i = 0; status == PT_OK && i < n; i++) {
        struct pt_report_division *d = &report->divisions[report->n_divisions++];
        d->found = found[i];
        if (d->found.site == PT_RESULT_NONE32)
            continue;
        status = pt_result_u32(r, PT_COLUMN_SITES_LINE, d->found.site, &d->line, error);
        if (status == PT_OK)
            status =
                pt_result_text(r, PT_COLUMN_SITES_FILE, d->found.site, &d->file, error);
    }
    return status;
}

enum pt_status pt_report_read_events(struct pt_report *report,
                                     const struct pt_result *r, struct pt_error *error)
{
    enum pt_status status = read_cancellations(report, r, error);
    if (status == PT_OK)
        status = read_divisions(report, r, error);
    if (status == PT_OK)
        status = pt_float_divisions_find(r, &report->float_divisions,
                                         &report->n_float_divisions, error);
    return status;
}
