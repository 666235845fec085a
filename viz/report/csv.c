#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/text.h"

/* A field of RFC 4180; what a spreadsheet would take for a formula gets a space. */
static void add_field(struct pt_buffer *out, const char *text, const char *end)
{
    bool formula = text[0] && strchr("=+-@\t\r", text[0]);
    pt_buffer_add(out, "\"", 1);
    if (formula)
        pt_buffer_add(out, " ", 1);
    for (; *text; text++)
        pt_buffer_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    pt_buffer_printf(out, "\"%s", end);
}

static void add_number(struct pt_buffer *out, double value)
{
    if (!isnan(value))
        pt_buffer_printf(out, "%.17g", value);
    pt_buffer_add(out, ",", 1);
}

void pt_report_csv(const struct pt_report *report, struct pt_buffer *out)
{
    pt_buffer_printf(
        out, "rank,module,function,file,line,calls,partial,digits_in,digits_out,"
             "lost,self_lost,self_lost_max,notes,digits_against\r\n");
    for (size_t i = 0; i < report->n_functions; i++) {
        const struct pt_report_function *f = &report->functions[i];
        char words[96];
        pt_buffer_printf(out, "%" PRIu32 ",", f->rank);
        add_field(out, f->module, ",");
        add_field(out, f->name, ",");
        add_field(out, f->file, ",");
        pt_buffer_printf(out, "%" PRIu32 ",%" PRIu64 ",%" PRIu64 ",", f->line,
                         f->n_calls, f->n_partial);
        add_number(out, f->digits_in);
        add_number(out, f->digits_out);
        add_number(out, f->lost);
        add_number(out, f->self_lost);
        add_number(out, f->self_lost_max);
        pt_report_function_words(f, words, sizeof words);
        add_field(out, words, ",");
        add_field(out, pt_report_against(report), "\r\n");
    }
}
