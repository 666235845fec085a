/* Many timelines in one pass over calls/, each reduced to the pixels asked for.
 *
 * A value's time and its call's flags stand in calls/; a function's values lie far
 * apart there. So all series walk over calls/ together, window by window, and each
 * window is read once for all of them: the work grows with the values shown, not with
 * their number times the calls between them. */
#ifndef PT_VIZ_PLOT_H
#define PT_VIZ_PLOT_H

#include "buffer.h"
#include "decimate.h"
#include "json.h"
#include "series.h"

/* row, call, time, value, flags, call_flags, site */
enum { PT_PLOT_COLUMNS = 7 };

struct pt_plot {
    enum pt_result_column_id metric;
    uint64_t from, to; /* times, both inside */
    uint64_t bins;
    bool sites;   /* each point with its row of sites/ */
    double shift; /* added to digits, up to the type's own: contributing ones */
};

struct pt_plot_series {
    struct pt_series series;                   /* the rows to be shown */
    bool all;                                  /* few enough: none is left out */
    struct pt_buffer columns[PT_PLOT_COLUMNS]; /* out: JSON arrays without brackets */
    /* while it runs */
    const struct pt_result *result;
    const struct pt_plot *plot;
    enum pt_status status; /* of what is read when a point is shown */
    struct pt_error error;
    struct pt_json json[PT_PLOT_COLUMNS];
    struct pt_decimator decimator;
    struct pt_plot_rows *rows;
    uint64_t read;
    uint32_t at, n;
};

/* Fills the columns of every series; the caller frees them with pt_plot_free, also
 * after an error. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_plot_read(const struct pt_result *result,
                                          const struct pt_plot *plot,
                                          struct pt_plot_series *series, size_t n,
                                          struct pt_error *error);
void pt_plot_free(struct pt_plot_series *series, size_t n);

#endif
