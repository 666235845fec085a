/* The examinations of `pytracer doctor`, each a line or a few: good, warning or bad,
 * with the remedy. Thread: the program's only one. */
#ifndef PT_DOCTOR_H
#define PT_DOCTOR_H

#include "config.h"
#include "base/status.h"

struct pt_doctor {
    const struct pt_config *config;
    const char *python; /* NULL: as the environment says */
    unsigned good, warnings, bad;
};

enum pt_verdict { PT_GOOD, PT_WARNING, PT_BAD };

/* Prints one line and counts it. `remedy` may be NULL. */
void pt_doctor_say(struct pt_doctor *doctor, enum pt_verdict verdict,
                   const char *subject, const char *remedy, const char *format, ...)
    PT_PRINTF(5, 6);

void pt_doctor_programs(struct pt_doctor *doctor); /* our own */
void pt_doctor_python(struct pt_doctor *doctor);   /* interpreter, numpy, arithmetic */
void pt_doctor_cluster(struct pt_doctor *doctor);  /* MPI, SLURM */
void pt_doctor_machine(struct pt_doctor *doctor);  /* cores, CPU features */
void pt_doctor_cache(struct pt_doctor *doctor);    /* the file system of the cache */

#endif
