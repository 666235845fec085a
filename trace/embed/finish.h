/* The end of the session from anywhere: whichever thread, with the GIL or without. */
#ifndef PT_EMBED_FINISH_H
#define PT_EMBED_FINISH_H

#include "embed/session.h"

/* Stops and seals the session. Where the calling thread does not hold the GIL, another
 * one asks for it, at most PT_FINISH_PATIENCE seconds: the program may be deep in C
 * code, or the interpreter may be going down and freeze whoever asks. The trace then
 * stays unsealed, and readable. Once the session has been stopped in that way the GIL
 * is never released: the program stands still until the process is gone, which the
 * caller sees to. Thread: safe. */
enum { PT_FINISH_PATIENCE = 5 };
void pt_finish(struct pt_ending ending);

#endif
