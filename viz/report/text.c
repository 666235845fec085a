#include "report/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

size_t pt_report_notes(const struct pt_report *report, char notes[PT_REPORT_NOTES][160])
{
    const struct {
        uint64_t n;
        const char *text;
    } facts[] = {
        {report->runs_unsealed, "runs ended without sealing their trace"},
        {report->runs_damaged, "runs have a trace that is damaged in part"},
        {report->runs_partial, "runs were traced in part only"},
        {report->calls_partial, "calls were not made by all runs"},
        {report->values_differ,
         "values differ between runs in shape or type, or are missing"},
        {report->values_nonfinite, "values hold NaN or Inf"},
        {report->values_biased,
         "values are biased: rounding moves their mean off the run under IEEE "
         "arithmetic by more than three times its spread"},
        {report->values_omitted, "values were too large or not numbers, and left out"},
        {report->values_sampled,
         "values are represented by a sample of their elements"},
    };
    size_t n = 0;

    if (!report->about->has_digits)
        snprintf(notes[n++], sizeof notes[0], "One run only: there are no digits.");
    for (size_t i = 0; i < PT_ARRAY_LENGTH(facts); i++)
        if (facts[i].n)
            snprintf(notes[n++], sizeof notes[0], "%" PRIu64 " %s.", facts[i].n,
                     facts[i].text);
    if (n == 0)
        snprintf(notes[n++], sizeof notes[0],
                 "Nothing of what was asked for went unobserved.");
    return n;
}

const char *pt_report_against(const struct pt_report *report)
{
    return report->result->reference == PT_RESULT_NONE64 ? "the mean of the runs"
                                                         : "the run under IEEE "
                                                           "arithmetic";
}

/* Whether more runs would tell more. */
static void add_needed(const struct pt_report *report, char *text, size_t size)
{
    const struct pt_result_about *about = report->about;

    if (about->runs_needed > about->n_runs)
        snprintf(text, size, " %u runs would place the digits within ±1 bit.",
                 about->runs_needed);
    else if (about->runs_needed > 0)
        snprintf(text, size,
                 " %u runs place the digits within ±1 bit: there are enough.",
                 about->runs_needed);
}

void pt_report_lead(const struct pt_report *report, char *text, size_t size)
{
    char date[40] = "", bits[16], needed[96] = "";
    time_t seconds = (time_t)(report->about->created_ns / 1000000000);
    struct tm tm;

    if (gmtime_r(&seconds, &tm))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &tm);
    pt_report_bits(report->result->shown53, bits, sizeof bits);
    add_needed(report, needed, sizeof needed);
    snprintf(
        text, size,
        "%u runs of %s, aggregated %s by %s. %zu functions, %" PRIu64 " calls, %" PRIu64
        " values. Digits are bits; so many runs can show at most %s of 53. Method %s, "
        "probability %g, confidence %g; digits are counted against %s.%s",
        report->about->n_runs, report->program, date, report->about->generator,
        report->n_functions, report->n_calls, report->n_values, bits,
        report->about->method, report->about->probability, report->about->confidence,
        pt_report_against(report), needed);
}

void pt_report_function_words(const struct pt_report_function *function, char *text,
                              size_t size)
{
    static const struct {
        uint32_t flag;
        const char *word;
    } words[] = {{PT_FUNCTION_SOURCE, "source"},
                 {PT_FUNCTION_NONFINITE, "NaN or Inf"},
                 {PT_FUNCTION_DIVERGENT, "divergent"},
                 {PT_FUNCTION_RAISED, "raised"}};
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < PT_ARRAY_LENGTH(words); i++)
        if ((function->flags & words[i].flag) && n < size)
            n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "",
                                  words[i].word);
    if (function->n_biased && n < size)
        snprintf(text + n, size - n, "%s%" PRIu64 " value%s biased", n ? ", " : "",
                 function->n_biased, function->n_biased == 1 ? "" : "s");
}

void pt_report_division_words(const struct pt_report_division *division, char *text,
                              size_t size)
{
    const struct pt_division *found = &division->found;
    char place[1024] = "";

    if (division->file && division->file[0])
        snprintf(place, sizeof place, ", %s:%" PRIu32, division->file, division->line);
    snprintf(text, size,
             "%" PRIu64 " of %" PRIu64 " calls, first its call %" PRIu64 "%s",
             found->empty, found->calls, found->first, place);
}

void pt_report_float_division_words(const struct pt_float_division *division,
                                    char *text, size_t size)
{
    snprintf(text, size,
             "%s: %" PRIu64 " of %" PRIu64 " divisions, first its division %" PRIu64
             ", %s:%" PRIu32,
             division->function, division->empty, division->looked, division->first,
             division->file, division->line);
}
