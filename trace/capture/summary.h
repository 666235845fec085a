/* Summaries of whole arrays of which only a sample is stored. */
#ifndef PT_CAPTURE_SUMMARY_H
#define PT_CAPTURE_SUMMARY_H

#include "capture/gather.h"
#include "format/format.h"

/* Summarises the n elements (kind b, i, u, f or c). Each sum is made of eight partial
 * ones, of every eighth number, which are then added in order: the same in every run
 * and on every processor. The floating-point environment is as before. Thread: safe. */
void pt_summary_make(const struct pt_elements *elements, uint64_t n,
                     struct pt_trace_summary *summary);

enum { PT_SUMMARY_LANES = 8 };

/* Partial results. Internal, with the function below. */
struct pt_summary_lanes {
    double sum[PT_SUMMARY_LANES], squares[PT_SUMMARY_LANES];
    double min[PT_SUMMARY_LANES], max[PT_SUMMARY_LANES];
};

/* Adds n × scale numbers, n a multiple of the lanes, of which the ones that are not
 * finite count as absent; returns whether there are such. */
bool pt_summary_add(struct pt_summary_lanes *lanes, const double *numbers, size_t n,
                    double scale);
/* The same on a processor that has AVX2 (x86-64 only). */
bool pt_summary_add_avx2(struct pt_summary_lanes *lanes, const double *numbers,
                         size_t n, double scale);

#endif
