#include <inttypes.h>
#include <string.h>

#include "report/text.h"

enum { ROWS = 50 };

/* A text inside a table: nothing in it means anything to Markdown or to a browser. */
static void add_text(struct pt_buffer *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<' || *text == '>' || *text == '&')
            pt_buffer_printf(out, "&#%d;", *text);
        else if (*text == '\n' || *text == '\r')
            pt_buffer_add(out, " ", 1);
        else if (strchr("\\`*_{}[]()#|!~", *text))
            pt_buffer_printf(out, "\\%c", *text);
        else
            pt_buffer_add(out, text, 1);
    }
}

static void add_bits(struct pt_buffer *out, double value)
{
    char text[32];
    pt_report_bits(value, text, sizeof text);
    pt_buffer_printf(out, " %s |", text);
}

static void add_title(struct pt_buffer *out, const struct pt_report_function *f)
{
    add_text(out, f->module);
    if (f->module[0])
        pt_buffer_add(out, ".", 1);
    add_text(out, f->name);
}

static void add_ranking(const struct pt_report *report, struct pt_buffer *out)
{
    pt_buffer_printf(
        out, "## Functions by digits they lose\n\n"
             "| # | function | at | calls | in | out | lost | self-lost | worst |\n"
             "|--:|---|---|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < report->n_ranked && i < ROWS; i++) {
        const struct pt_report_function *f = &report->functions[report->ranked[i]];
        pt_buffer_printf(out, "| %" PRIu32 " | ", f->rank);
        add_title(out, f);
        pt_buffer_printf(out, " | ");
        add_text(out, f->file);
        if (f->file[0])
            pt_buffer_printf(out, ":%" PRIu32, f->line);
        pt_buffer_printf(out, " | %" PRIu64 " |", f->n_calls);
        add_bits(out, f->digits_in);
        add_bits(out, f->digits_out);
        add_bits(out, f->lost);
        add_bits(out, f->self_lost);
        add_bits(out, f->self_lost_max);
        pt_buffer_add(out, "\n", 1);
    }
    if (report->n_ranked > ROWS)
        pt_buffer_printf(out, "\nand %zu more.\n", report->n_ranked - ROWS);
}

static void add_worst(const struct pt_report *report, struct pt_buffer *out)
{
    pt_buffer_printf(out, "\n## Values with the fewest digits\n\n"
                          "| digits | value | of | mean | std | call at |\n"
                          "|--:|---|---|--:|--:|--:|\n");
    for (size_t i = 0; i < report->n_worst; i++) {
        const struct pt_report_value *v = &report->worst[i];
        pt_buffer_add(out, "|", 1);
        add_bits(out, v->digits);
        pt_buffer_printf(out, " %s ", v->phase ? "output" : "input");
        add_text(out, v->name);
        pt_buffer_printf(out, "%s | ", v->flags & PT_VALUE_BIASED ? " (biased)" : "");
        add_title(out, &report->functions[v->function]);
        pt_buffer_printf(out, " | %.17g | %.3g | %" PRIu64 " |\n", v->mean, v->std,
                         v->time);
    }
}

static void add_events(const struct pt_report *report, struct pt_buffer *out)
{
    if (report->n_cancellations)
        pt_buffer_printf(out, "\n## Cancellations\n\nSums whose leading bits cancel; "
                              "each line as the worst run had it.\n\n"
                              "| where | most bits | results |\n|---|--:|--:|\n");
    for (size_t i = 0; i < report->n_cancellations; i++) {
        const struct pt_report_cancellation *c = &report->cancellations[i];
        pt_buffer_printf(out, "| ");
        add_text(out, c->place);
        pt_buffer_printf(out, " | %.0f | %llu |\n", c->bits, c->results);
    }
    if (report->n_divisions + report->n_float_divisions > 0)
        pt_buffer_printf(out,
                         "\n## Divisions by values without a significant digit\n\n");
    for (size_t i = 0; i < report->n_divisions; i++) {
        const struct pt_report_division *d = &report->divisions[i];
        char words[1200];
        pt_report_division_words(d, words, sizeof words);
        pt_buffer_printf(out, "- ");
        add_title(out, &report->functions[d->found.function]);
        pt_buffer_printf(out, ": ");
        add_text(out, words);
        pt_buffer_printf(out, "\n");
    }
    for (size_t i = 0; i < report->n_float_divisions && i < PT_REPORT_EVENTS; i++) {
        char words[2400];
        pt_report_float_division_words(&report->float_divisions[i], words,
                                       sizeof words);
        pt_buffer_printf(out, "- ");
        add_text(out, words);
        pt_buffer_printf(out, "\n");
    }
}

void pt_report_markdown(const struct pt_report *report, struct pt_buffer *out)
{
    char notes[PT_REPORT_NOTES][160], lead[1200];
    size_t n = pt_report_notes(report, notes);

    pt_buffer_printf(out, "# Digits of ");
    add_text(out, report->program);
    pt_buffer_printf(out, "\n\n");
    pt_report_lead(report, lead, sizeof lead);
    add_text(out, lead);
    pt_buffer_printf(out, "\n\n");
    add_ranking(report, out);
    add_worst(report, out);
    add_events(report, out);
    if (report->total_divergences)
        pt_buffer_printf(out,
                         "\n## Where runs part\n\n%" PRIu64 " places; the first:\n\n",
                         report->total_divergences);
    for (size_t i = 0; i < report->n_divergences; i++) {
        const struct pt_report_divergence *d = &report->divergences[i];
        pt_buffer_printf(out, "- time %" PRIu64 ", ", d->time);
        add_text(out, d->file ? d->file : "?");
        pt_buffer_printf(out, ":%" PRIu32 ": %" PRIu32 " of %" PRIu32 " runs\n",
                         d->line, d->n_runs, report->about->n_runs);
    }
    pt_buffer_printf(out, "\n## What was not observed\n\n");
    for (size_t i = 0; i < n; i++)
        pt_buffer_printf(out, "- %s\n", notes[i]);
}
