#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/text.h"

enum { ROWS = 200 };

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<style>\n"
    ":root{--g:#f3f5f7;--c:#fff;--i:#17212b;--q:#55636f;--l:#dfe5ea;--b:#1f6fae}\n"
    "@media(prefers-color-scheme:dark){:root{--g:#0d1217;--c:#161d25;--i:#e6edf3;--q:#"
    "9aa9b6;"
    "--l:#2b3641;--b:#59a6e6}}\n"
    "body{font:14px/1.5 system-ui,sans-serif;margin:0;padding:32px "
    "24px;background:var(--g);"
    "color:var(--i)}\nmain{max-width:1100px;margin:auto}\nh1{font-size:24px;margin:0 0 "
    "6px;"
    "letter-spacing:-.015em}\nh2{font-size:16px;margin:0 0 10px}\np{margin:0 0 18px;"
    "color:var(--q);max-width:85ch}\nsection{background:var(--c);border:1px solid "
    "var(--l);"
    "border-radius:10px;padding:16px 18px;margin:0 0 16px;overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
    "th{text-align:left;color:var(--q);font-weight:600}\nth,td{padding:5px 10px;"
    "border-bottom:1px solid "
    "var(--l)}\n.n{text-align:right;white-space:nowrap}\nsmall{color:var(--q);"
    "display:block}\n.b{width:120px;background:var(--l);border-radius:4px}.b "
    "i{display:block;height:8px;border-radius:4px;background:#c8730a}\ntd{overflow-"
    "wrap:anywhere}\n"
    "ul{margin:0;padding-left:20px}\n</style>\n";

/* A text as text, whatever is in it. */
static void add_text(struct pt_buffer *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("&<>\"'", *text) || (unsigned char)*text < 0x20)
            pt_buffer_printf(out, "&#%d;", (unsigned char)*text < 0x20 ? ' ' : *text);
        else
            pt_buffer_add(out, text, 1);
    }
}

static void add_number(struct pt_buffer *out, double value)
{
    char text[32];
    pt_report_bits(value, text, sizeof text);
    pt_buffer_printf(out, "<td class=\"n\">%s</td>", text);
}

static void add_function(struct pt_buffer *out, const struct pt_report_function *f)
{
    pt_buffer_printf(out, "<td><b>");
    add_text(out, f->name);
    pt_buffer_printf(out, "</b><small>");
    add_text(out, f->module);
    if (f->file[0]) {
        pt_buffer_printf(out, " · ");
        add_text(out, f->file);
        pt_buffer_printf(out, ":%" PRIu32, f->line);
    }
    pt_buffer_printf(out, "</small></td>");
}

static void add_ranking(const struct pt_report *report, struct pt_buffer *out)
{
    pt_buffer_printf(
        out, "<section><h2>Functions by digits they lose</h2><table><thead><tr>"
             "<th class=\"n\">#</th><th>Function</th><th class=\"n\">Calls</th>"
             "<th class=\"n\">In</th><th class=\"n\">Out</th><th class=\"n\">Lost</th>"
             "<th class=\"n\">Self-lost</th><th></th><th class=\"n\">Worst call</th>"
             "<th>Notes</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < report->n_ranked && i < ROWS; i++) {
        const struct pt_report_function *f = &report->functions[report->ranked[i]];
        char words[96];
        pt_report_function_words(f, words, sizeof words);
        pt_buffer_printf(out, "<tr><td class=\"n\">%" PRIu32 "</td>", f->rank);
        add_function(out, f);
        pt_buffer_printf(out, "<td class=\"n\">%" PRIu64 "</td>", f->n_calls);
        add_number(out, f->digits_in);
        add_number(out, f->digits_out);
        add_number(out, f->lost);
        add_number(out, f->self_lost);
        pt_buffer_printf(
            out, "<td><div class=\"b\"><i style=\"width:%.0f%%\"></i></div></td>",
            isnan(f->self_lost) ? 0.0 : fmin(100, f->self_lost / 0.53));
        add_number(out, f->self_lost_max);
        pt_buffer_printf(out, "<td>%s</td></tr>\n", words);
    }
    pt_buffer_printf(out, "</tbody></table>");
    if (report->n_ranked > ROWS)
        pt_buffer_printf(out, "<p>and %zu more.</p>", report->n_ranked - ROWS);
    pt_buffer_printf(out, "</section>\n");
}

static void add_sources(const struct pt_report *report, struct pt_buffer *out)
{
    size_t n = 0;
    for (size_t i = 0; i < report->n_functions && n < ROWS; i++) {
        const struct pt_report_function *f = &report->functions[i];
        if (!(f->flags & PT_FUNCTION_SOURCE))
            continue;
        if (n++ == 0)
            pt_buffer_printf(
                out, "<section><h2>Sources</h2><p>Their outputs vary though no "
                     "floating-point input does.</p><table><thead><tr>"
                     "<th>Function</th><th class=\"n\">Calls</th><th class=\"n\">"
                     "Digits out</th></tr></thead><tbody>\n");
        pt_buffer_printf(out, "<tr>");
        add_function(out, f);
        pt_buffer_printf(out, "<td class=\"n\">%" PRIu64 "</td>", f->n_calls);
        add_number(out, f->digits_out);
        pt_buffer_printf(out, "</tr>\n");
    }
    if (n)
        pt_buffer_printf(out, "</tbody></table></section>\n");
}

static void add_worst(const struct pt_report *report, struct pt_buffer *out)
{
    pt_buffer_printf(out,
                     "<section><h2>Values with the fewest digits</h2><table><thead><tr>"
                     "<th class=\"n\">Digits</th><th>Value</th><th>Of</th>"
                     "<th class=\"n\">Mean</th><th class=\"n\">Std</th>"
                     "<th class=\"n\">Call at</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < report->n_worst; i++) {
        const struct pt_report_value *v = &report->worst[i];
        pt_buffer_printf(out, "<tr>");
        add_number(out, v->digits);
        pt_buffer_printf(out, "<td>%s ", v->phase ? "▼ output" : "▲ input");
        add_text(out, v->name);
        pt_buffer_printf(out, "<small>");
        add_text(out, v->dtype);
        pt_buffer_printf(out, "%s</small></td>",
                         v->flags & PT_VALUE_BIASED ? " · biased" : "");
        add_function(out, &report->functions[v->function]);
        pt_buffer_printf(
            out,
            "<td class=\"n\">%.17g</td><td class=\"n\">%.3g</td><td class=\"n\">"
            "%" PRIu64 "</td></tr>\n",
            v->mean, v->std, v->time);
    }
    pt_buffer_printf(out, "</tbody></table></section>\n");
}

static void add_divergences(const struct pt_report *report, struct pt_buffer *out)
{
    if (!report->n_divergences)
        return;
    pt_buffer_printf(out,
                     "<section><h2>Where runs part</h2><p>%" PRIu64
                     " places, the first of them:</p><ul>\n",
                     report->total_divergences);
    for (size_t i = 0; i < report->n_divergences; i++) {
        const struct pt_report_divergence *d = &report->divergences[i];
        pt_buffer_printf(out, "<li>time %" PRIu64 ", ", d->time);
        add_text(out, d->file ? d->file : "?");
        pt_buffer_printf(out, ":%" PRIu32 ": %" PRIu32 " of %" PRIu32 " runs</li>\n",
                         d->line, d->n_runs, report->about->n_runs);
    }
    pt_buffer_printf(out, "</ul></section>\n");
}

static void add_cancellations(const struct pt_report *report, struct pt_buffer *out)
{
    if (!report->n_cancellations)
        return;
    pt_buffer_printf(
        out, "<section><h2>Cancellations</h2><p>Sums whose leading bits cancel; "
             "each line as the worst run had it.</p><table><thead><tr><th "
             "class=\"n\">Most bits</th><th class=\"n\">Results</th><th>Where"
             "</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < report->n_cancellations; i++) {
        const struct pt_report_cancellation *c = &report->cancellations[i];
        pt_buffer_printf(out,
                         "<tr><td class=\"n\">%.0f</td><td class=\"n\">%llu</td><td>",
                         c->bits, c->results);
        add_text(out, c->place);
        pt_buffer_printf(out, "</td></tr>\n");
    }
    pt_buffer_printf(out, "</tbody></table></section>\n");
}

static void add_divisions(const struct pt_report *report, struct pt_buffer *out)
{
    if (report->n_divisions + report->n_float_divisions == 0)
        return;
    pt_buffer_printf(out, "<section><h2>Divisions by values without a significant "
                          "digit</h2><ul>\n");
    for (size_t i = 0; i < report->n_divisions; i++) {
        const struct pt_report_division *d = &report->divisions[i];
        char title[512], words[1200];
        pt_report_title(&report->functions[d->found.function], title, sizeof title);
        pt_report_division_words(d, words, sizeof words);
        pt_buffer_printf(out, "<li>");
        add_text(out, title);
        pt_buffer_printf(out, ": ");
        add_text(out, words);
        pt_buffer_printf(out, "</li>\n");
    }
    for (size_t i = 0; i < report->n_float_divisions && i < PT_REPORT_EVENTS; i++) {
        char words[2400];
        pt_report_float_division_words(&report->float_divisions[i], words,
                                       sizeof words);
        pt_buffer_printf(out, "<li>");
        add_text(out, words);
        pt_buffer_printf(out, "</li>\n");
    }
    pt_buffer_printf(out, "</ul></section>\n");
}

void pt_report_html(const struct pt_report *report, struct pt_buffer *out)
{
    char notes[PT_REPORT_NOTES][160], lead[1200];
    size_t n = pt_report_notes(report, notes);

    pt_buffer_add(out, head, sizeof head - 1);
    pt_buffer_printf(out, "<title>Digits of ");
    add_text(out, report->program);
    pt_buffer_printf(out, "</title></head><body><main><h1>Digits of ");
    add_text(out, report->program);
    pt_buffer_printf(out, "</h1><p>");
    pt_report_lead(report, lead, sizeof lead);
    add_text(out, lead);
    pt_buffer_printf(out, "</p>\n");
    add_ranking(report, out);
    add_sources(report, out);
    add_worst(report, out);
    add_cancellations(report, out);
    add_divisions(report, out);
    add_divergences(report, out);
    pt_buffer_printf(out, "<section><h2>What was not observed</h2><ul>\n");
    for (size_t i = 0; i < n; i++)
        pt_buffer_printf(out, "<li>%s</li>\n", notes[i]);
    pt_buffer_printf(out, "</ul></section></main></body></html>\n");
}
