/* Child processes, each in a process group of its own, and the wait for what happens to
 * them or is asked of us. Thread: the program's only one. */
#ifndef PT_PROCESS_H
#define PT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

struct pt_process_plan {
    char *const *argv; /* argv[0] is a path; NULL-terminated */
    char *const
        *environment; /* "NAME=value" to set beside ours, NULL-terminated; or NULL */
    const char *directory; /* to run in; NULL: here */
    const char *out, *err; /* files created for its output; NULL: ours */
};

/* Blocks the signals that pt_process_wait reports. Before the first start. */
void pt_process_prepare(void);

/* Starts it, with standard input from /dev/null. PT_E_IO if there is no such program,
 * no such folder, or the output files cannot be made: nothing runs then. */
PT_MUST_CHECK enum pt_status pt_process_start(const struct pt_process_plan *plan,
                                              pid_t *pid, struct pt_error *error);

/* Sends a signal to the whole group. */
void pt_process_signal(pid_t pid, int signal);

enum pt_process_event {
    PT_PROCESS_NOTHING, /* the time has passed */
    PT_PROCESS_CHILD,   /* some child may have ended: ask pt_process_ended */
    PT_PROCESS_STOP     /* somebody wants us to stop (SIGINT, SIGTERM, SIGHUP) */
};

/* Waits for one of these, at most `seconds`. */
enum pt_process_event pt_process_wait(double seconds);

/* True if the child has ended; *wait_status as of waitpid, *peak_bytes (may be NULL)
 * the most memory that it, or one of its own children, held. */
bool pt_process_ended(pid_t pid, int *wait_status, uint64_t *peak_bytes);

/* Runs the program to its end and gives what it wrote to standard output,
 * NUL-terminated (the caller frees it), and its exit status (128 + signal where it was
 * killed). Its standard error is ours unless the plan says otherwise; plan->out is not
 * used. */
PT_MUST_CHECK enum pt_status pt_process_output(const struct pt_process_plan *plan,
                                               char **text, int *exit_status,
                                               struct pt_error *error);

/* Monotonic seconds. */
double pt_process_now(void);

#endif
