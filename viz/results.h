/* The results that are shown: those named on the command line, and, with a folder,
 * those that lie in it (also ones that appear later). A result is opened when it is
 * first asked for and stays open. Ids are base names; what a request asks for is looked
 * up in this list and never used as a path. */
#ifndef PT_VIZ_RESULTS_H
#define PT_VIZ_RESULTS_H

#include <stdint.h>

#include "options.h"
#include "schema/reader.h"

struct pt_viz_result {
    char *id; /* base name, with ~2, ~3 … after it where two are alike */
    char *path;
    struct pt_result *result; /* NULL: not opened yet */
    double shown53, shown24;  /* most digits that n runs can show: D(n); NaN: none */
    uint64_t reference;  /* row of the run under IEEE arithmetic that digits are counted
                            against; PT_RESULT_NONE64: the mean of the runs */
    double contributing; /* digits by which contributing ones exceed significant ones;
                            NaN: not a constant (General), or one run only */
};

struct pt_viz_results; /* opaque */

/* Opens those named. With neither files nor folder: the stats folder of the
 * cache that the configuration names. Errors: those of pt_result_open; PT_E_MISSING,
 * saying where was looked. */
PT_MUST_CHECK enum pt_status pt_viz_results_create(const struct pt_viz_options *options,
                                                   struct pt_viz_results **results,
                                                   struct pt_error *error);
void pt_viz_results_destroy(struct pt_viz_results *results);

/* The result called `id`, opened; NULL: the first (with a folder, the newest). Borrowed
 * until destroy. PT_E_MISSING: no such result. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_viz_results_get(struct pt_viz_results *results,
                                                const char *id,
                                                const struct pt_viz_result **result,
                                                struct pt_error *error);

/* Looks at the folder again, then calls `each` for every known result, opened or not,
 * until it returns false. Thread: safe; `each` must not call back. */
void pt_viz_results_each(struct pt_viz_results *results,
                         bool (*each)(void *context,
                                      const struct pt_viz_result *result),
                         void *context);

/* May new results appear (is there a folder)? Thread: safe. */
bool pt_viz_results_watched(const struct pt_viz_results *results);

#endif
