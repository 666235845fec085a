/* Words that the written forms of the report share. */
#ifndef PT_VIZ_REPORT_TEXT_H
#define PT_VIZ_REPORT_TEXT_H

#include "report/report.h"

enum { PT_REPORT_NOTES = 10 };

/* Writes what was not observed, one sentence each, into notes[PT_REPORT_NOTES]; returns
 * how many. */
size_t pt_report_notes(const struct pt_report *report,
                       char notes[PT_REPORT_NOTES][160]);

/* "10 runs of main.py, aggregated 2026-11-23 05:29 UTC by …" */
void pt_report_lead(const struct pt_report *report, char *text, size_t size);

/* "source, NaN or Inf" from the flags of a function. */
void pt_report_function_words(uint32_t flags, char *text, size_t size);

#endif
