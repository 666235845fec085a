#include "embed/events.h"

#include <Python.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "intercept/divisors.h"
#include "intercept/places.h"

enum { KEY_BYTES = 4096 };

/* By function and line: "event.cancellation.__main__.f /home/me/x.py:12". */
static void put_cancellation(void *context, const struct pt_place_count *place)
{
    char key[KEY_BYTES], value[96];

    if (place->cancelled == 0)
        return;
    snprintf(key, sizeof key, "event.cancellation.%s.%s %s:%" PRIu32, place->module,
             place->function, place->file, place->line);
    snprintf(value, sizeof value, "%" PRIu64 " results, most %u bits", place->cancelled,
             place->most_lost);
    pt_trace_writer_meta(context, key, value, strlen(value));
}

/* "event.division.__main__.f /home/me/x.py:12@40" = "28 divisions, every 1: 3ff800…",
 * "event.division.__main__.f /home/me/x.py:12@40 threads" = "8 divisions, smallest:
 * 3ff800…" */
static void put_divisors(void *context, const struct pt_divisor_site *site)
{
    char key[KEY_BYTES], value[64 + 6 * PT_DIVISORS_SMALLEST];
    bool ordered = site->stride > 0;
    int n = snprintf(value, sizeof value, "%" PRIu64 " divisions, ", site->divisions);

    n += ordered ? snprintf(value + n, sizeof value - (size_t)n, "every %" PRIu64 ": ",
                            site->stride)
                 : snprintf(value + n, sizeof value - (size_t)n, "smallest: ");
    for (size_t i = 0; i < site->n; i++)
        n += snprintf(value + n, sizeof value - (size_t)n, "%06" PRIx32, site->kept[i]);
    snprintf(key, sizeof key, "event.division.%s.%s %s:%" PRIu32 "@%" PRIu32 "%s",
             site->module, site->function, site->file, site->line, site->instruction,
             ordered ? "" : " threads");
    pt_trace_writer_meta(context, key, value, (size_t)n);
}

void pt_events_write(struct pt_trace_writer *writer)
{
    pt_places_visit(put_cancellation, writer);
    pt_divisors_visit(put_divisors, writer);
}
