/* Words that the written forms of the report share. */
#ifndef PT_VIZ_REPORT_TEXT_H
#define PT_VIZ_REPORT_TEXT_H

#include "report/report.h"

enum { PT_REPORT_NOTES = 12 };

/* Writes what was not observed, one sentence each, into notes[PT_REPORT_NOTES]; returns
 * how many. */
size_t pt_report_notes(const struct pt_report *report,
                       char notes[PT_REPORT_NOTES][160]);

/* "10 runs of main.py, aggregated 2026-11-23 05:29 UTC by …" */
void pt_report_lead(const struct pt_report *report, char *text, size_t size);

/* "source, NaN or Inf, 3 values biased": what is to be said of a function. */
void pt_report_function_words(const struct pt_report_function *function, char *text,
                              size_t size);

/* What digits are counted against. */
const char *pt_report_against(const struct pt_report *report);

/* "12 of 40 calls, first its call 3  file.py:7" */
void pt_report_division_words(const struct pt_report_division *division, char *text,
                              size_t size);

/* "__main__.f: 4 of 38 divisions, first its division 15, /home/me/x.py:4" */
void pt_report_float_division_words(const struct pt_float_division *division,
                                    char *text, size_t size);

#endif
