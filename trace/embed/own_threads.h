/* Our threads among those of the process, told by their names. */
#ifndef PT_EMBED_OWN_THREADS_H
#define PT_EMBED_OWN_THREADS_H

#include <signal.h>
#include <stdbool.h>

/* The process bears the name that it would have under plain Python: that of the
 * interpreter's command. Thread: the process's first. */
void pt_own_threads_name_process(const char *command);

/* Between the two, threads that are created are ours: they inherit the name. They
 * also block all signals, which are the program's. */
struct pt_own_threads {
    char name[16];
    sigset_t mask;
};
void pt_own_threads_begin(struct pt_own_threads *kept);
void pt_own_threads_end(const struct pt_own_threads *kept);

/* Are there, besides the interpreter's thread (the caller's) and the process's first,
 * none but ours? */
bool pt_own_threads_alone(void);

#endif
