#include "submit/slurm.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/process.h"
#include "front/programs.h"

enum { MOST_OPTIONS = 32 };

/* Runs one of SLURM's programs; its standard error is the user's. */
static enum pt_status ask(const char *program, char **argv, const char *folder,
                          char *const *environment, char **text, struct pt_error *error)
{
    char *path = pt_program_on_path(program);
    int exit_status = 0;
    struct pt_process_plan plan = {argv, environment, folder, NULL, NULL};
    enum pt_status status;

    *text = NULL;
    if (path == NULL)
        return pt_error_set(
            error, PT_E_MISSING,
            "there is no SLURM here (no %s on PATH); on one machine, use "
            "pytracer run",
            program);
    argv[0] = path;
    status = pt_process_output(&plan, text, &exit_status, error);
    if (status == PT_OK && exit_status != 0)
        status = pt_error_set(error, PT_E_IO,
                              "%s failed with status %d (its words are "
                              "above)",
                              program, exit_status);
    if (status != PT_OK) {
        free(*text);
        *text = NULL;
    }
    free(path);
    return status;
}

enum pt_status pt_slurm_probe(uint64_t *most, struct pt_error *error)
{
    char *argv[] = {NULL, (char *)"show", (char *)"config", NULL};
    char *text = NULL, *sbatch = pt_program_on_path("sbatch");
    const char *at;
    enum pt_status status;

    *most = 1001;
    if (sbatch == NULL)
        return pt_error_set(
            error, PT_E_MISSING,
            "there is no SLURM here (no sbatch on PATH); on one machine, "
            "use pytracer run");
    free(sbatch);
    status = ask("scontrol", argv, NULL, NULL, &text, error);
    if (status == PT_OK && (at = strstr(text, "MaxArraySize")) != NULL) {
        at += strcspn(at, "0123456789\n");
        if (isdigit((unsigned char)*at))
            *most = strtoull(at, NULL, 10);
    }
    free(text);
    return status;
}

enum pt_status pt_slurm_submit(const char *folder, const char *script,
                               char *const *options, char *const *environment,
                               char **id, struct pt_error *error)
{
    char *argv[MOST_OPTIONS + 4] = {NULL, (char *)"--parsable"};
    size_t n = 2;
    enum pt_status status;

    for (; *options && n < MOST_OPTIONS; options++)
        argv[n++] = *options;
    argv[n] = (char *)script;
    status = ask("sbatch", argv, folder, environment, id, error);
    if (status != PT_OK)
        return status;
    (*id)[strcspn(*id, ";\n")] = '\0'; /* "4711;cluster" */
    if ((*id)[0] == '\0' || (*id)[strspn(*id, "0123456789")] != '\0') {
        status = pt_error_set(error, PT_E_FORMAT,
                              "sbatch answered '%s', not the number "
                              "of a job",
                              *id);
        free(*id);
        *id = NULL;
    }
    return status;
}

/* squeue refuses a single job that is long gone; asking for all of ours does not. */
enum pt_status pt_slurm_queue(char *const *ids, size_t n, size_t *waiting,
                              size_t *running, struct pt_error *error)
{
    char *argv[] = {NULL,         (char *)"-h",       (char *)"-r",
                    (char *)"-o", (char *)"%A %F %T", (char *)"--me",
                    NULL};
    char *text = NULL;
    enum pt_status status = ask("squeue", argv, NULL, NULL, &text, error);

    *waiting = *running = 0;
    for (char *rest = text; status == PT_OK && rest && *rest;) {
        char *line = strsep(&rest, "\n"), *word = strsep(&line, " ");
        char *array = line ? strsep(&line, " ") : NULL;
        bool ours = false;

        for (size_t i = 0; array && i < n; i++)
            ours |= strcmp(word, ids[i]) == 0 || strcmp(array, ids[i]) == 0;
        if (!ours || line == NULL)
            continue;
        if (strcmp(line, "PENDING") == 0 || strcmp(line, "REQUEUED") == 0 ||
            strcmp(line, "REQUEUE_HOLD") == 0)
            (*waiting)++;
        else
            (*running)++;
    }
    free(text);
    return status;
}
