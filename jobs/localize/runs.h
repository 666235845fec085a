/* Runs of the program under one scope of the arithmetic, several at a time. */
#ifndef PT_LOCALIZE_RUNS_H
#define PT_LOCALIZE_RUNS_H

#include "localize/localize.h"

/* Where the arithmetic perturbs in a batch of runs. */
struct pt_batch {
    const char *name; /* of its folder */
    const struct pt_strings *only, *except;
    const char *layers;  /* NULL: as configured; "off" */
    const char *places;  /* file for --places, NULL: none */
    const char *modules; /* what is traced, words with blanks between; NULL: no trace */
    size_t n;
    bool keep; /* the folder stays */
};

/* Run `i` of the batch has ended; its standard output is in the file `out`. True: no
 * more are needed, those under way are ended. */
typedef bool pt_run_ended(void *context, size_t i, bool good, const char *out);

/* Makes the folder, runs, calls `ended` for each run in the order of their ends, and
 * removes the folder again. A traced batch is aggregated then: *result is the path of
 * the result (the caller frees it), where `result` is not NULL. PT_OK with
 * localize->stopped where somebody wanted us to stop. Errors are ours, not those of
 * runs. */
PT_MUST_CHECK enum pt_status pt_runs(struct pt_localize *localize,
                                     const struct pt_batch *batch, pt_run_ended *ended,
                                     void *context, char **result,
                                     struct pt_error *error);

/* Removes the folder of a batch that was to stay. */
void pt_runs_forget(const struct pt_localize *localize, const char *name);

#endif
