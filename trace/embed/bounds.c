#include "embed/bounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "intercept/intercept.h"

static void put(struct pt_trace_writer *writer, const char *key, uint64_t n)
{
    char text[24];

    if (n > 0)
        pt_trace_writer_meta(writer, key, text,
                             (size_t)snprintf(text, sizeof text, "%" PRIu64, n));
}

void pt_bounds_tell(struct pt_trace_writer *writer)
{
    struct pt_intercept_counts counts;

    pt_intercept_read_counts(&counts);
    const uint64_t *omitted = counts.bounds.by_reason;

    put(writer, "bound.max_elements", counts.bounds.sampled);
    put(writer, "bound.min_size", omitted[PT_REASON_SMALL]);
    put(writer, "bound.max_depth", omitted[PT_REASON_DEPTH]);
    put(writer, "bound.max_items", omitted[PT_REASON_LIMIT]);
    put(writer, "bound.cycle", omitted[PT_REASON_CYCLE]);
    put(writer, "bound.unsupported",
        omitted[PT_REASON_UNSUPPORTED] + omitted[PT_REASON_SIZE]);
    put(writer, "bound.max_calls", counts.beyond_max_calls);
    put(writer, "bound.max_bytes", omitted[PT_REASON_FULL]);
    put(writer, "bound.max_bytes.calls", counts.beyond_max_bytes);
    if (counts.beyond_max_bytes > 0 || omitted[PT_REASON_FULL] > 0) {
        pt_trace_writer_partial(writer, "io.max_bytes was reached");
        pt_log_warning("the trace is partial: io.max_bytes was reached, %" PRIu64
                       " calls and %" PRIu64 " values are not in it",
                       counts.beyond_max_bytes, omitted[PT_REASON_FULL]);
    }
}
