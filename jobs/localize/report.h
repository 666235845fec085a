/* What localize prints. Standard output; thread: as stdio. */
#ifndef PT_LOCALIZE_REPORT_H
#define PT_LOCALIZE_REPORT_H

#include "localize/insight.h"
#include "localize/localize.h"

void pt_report_watched(const struct pt_localize *localize,
                       const struct pt_trial *whole);
void pt_report_insights(const struct pt_insight *insights, size_t n, size_t runs);

/* A minimal set: number `i` (from 1), and what its perturbation alone gives. */
void pt_report_set(const struct pt_localize *localize, size_t i,
                   const struct pt_units *units, const unsigned char *set,
                   const struct pt_trial *trial);
/* Minimal sets of its lines, indented. */
void pt_report_lines(const struct pt_localize *localize, const struct pt_units *units,
                     const unsigned char *set, const struct pt_trial *trial);
void pt_report_harmless(const struct pt_localize *localize,
                        const unsigned char *harmless, const struct pt_trial *trial);
void pt_report_effort(const struct pt_localize *localize);

#endif
