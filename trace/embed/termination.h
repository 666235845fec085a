/* SIGTERM: a scheduler's time limit. Where Python and the program leave it to the
 * system (which would end the process at once), the trace is sealed first. */
#ifndef PT_EMBED_TERMINATION_H
#define PT_EMBED_TERMINATION_H

#include "base/status.h"

/* After Python's start-up. Does nothing where SIGTERM is ignored or handled already.
 * Thread: any. */
PT_MUST_CHECK enum pt_status pt_termination_install(struct pt_error *error);

#endif
