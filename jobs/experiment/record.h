/* experiment.json: an experiment as JSON text and back.
 *
 *     {"format": "pytracer-experiment", "version": 1, "generator": "0.1.0",
 *      "id": "261123043000.node1.4711", "created": "2026-11-23T04:30:00Z",
 *      "created_ns": "1795408200000000000", "seed": "42", "directory": "/home/me",
 *      "python": null, "command": ["script.py", "a b"], "timeout": 0, "threads": 1,
 *      "versions": {"python.version": "3.11.2", "cpu.model": "…", …},
 *      "result": "stats.….h5", "jobs": ["4711"],
 *      "reference": {"seed": "123…", "state": "done", …}, "control": null,
 *      "runs": [{"run": 1, "seed": "123…", "state": "done", "exit_status": 0,
 *                "signal": 0, "seconds": 1.25}, …]}
 *
 * Whole numbers of 64 bits are strings. Thread: safe. */
#ifndef PT_RECORD_H
#define PT_RECORD_H

#include "experiment/experiment.h"

/* The caller frees the text; NULL: no memory. */
char *pt_record_format(const struct pt_experiment *experiment);

/* `path` is for messages. All but `folder` is set. PT_E_FORMAT, PT_E_VERSION. The
 * caller ends *experiment with pt_experiment_destroy. */
PT_MUST_CHECK enum pt_status pt_record_parse(const char *text, const char *path,
                                             struct pt_experiment **experiment,
                                             struct pt_error *error);

/* "waiting", "done", "failed", "timed out", "stopped". */
const char *pt_run_state_name(enum pt_run_state state);

/* The state of that name; false if there is none. */
bool pt_run_state_find(const char *name, enum pt_run_state *state);

#endif
