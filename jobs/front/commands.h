/* The commands of `pytracer`. Those of other programs are exec'ed, the others are here.
 * Each returns an exit status: 0 done, 1 failed, 2 a wrong command line. */
#ifndef PT_COMMANDS_H
#define PT_COMMANDS_H

#include <stddef.h>

struct pt_front_command {
    const char *name;
    const char *summary; /* one line for `pytracer --help` */
    const char *program; /* the sibling that does it, or NULL */
    int (*run)(int argc, char **argv);
    const char *help; /* what --help prints; NULL for siblings, which print their own */
};

/* The table, in the order of the help. Static storage. Thread: safe. */
const struct pt_front_command *pt_front_commands(size_t *n);
const struct pt_front_command *pt_front_find(const char *name);

/* Builtin commands; argv[0] is the command's name. */
int pt_front_info(int argc, char **argv);
int pt_front_clean(int argc, char **argv);
int pt_front_run(int argc, char **argv);
int pt_front_submit(int argc, char **argv);
int pt_front_status(int argc, char **argv);
int pt_front_check(int argc, char **argv);
int pt_front_diff(int argc, char **argv);
int pt_front_export(int argc, char **argv);
int pt_front_config(int argc, char **argv);
int pt_front_doctor(int argc, char **argv);
int pt_front_fuzz(int argc, char **argv);
int pt_front_localize(int argc, char **argv);
int pt_front_help(int argc, char **argv);

/* Help texts, embedded from help/. */
extern const char pt_help_info[], pt_help_clean[], pt_help_run[], pt_help_help[],
    pt_help_pytracer[], pt_help_submit[], pt_help_status[], pt_help_check[],
    pt_help_diff[], pt_help_export[], pt_help_config[], pt_help_doctor[],
    pt_help_fuzz[], pt_help_localize[];

#endif
