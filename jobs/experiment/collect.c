#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "experiment/experiment.h"
#include "experiment/record.h"

enum { STATUS_LIMIT = 4096 };

/* The value of `key` in lines of "key=value", cut off in place; NULL: not there. */
static char *value_of(char *text, const char *key)
{
    size_t n = strlen(key);

    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, n) == 0 && line[n] == '=') {
            char *value = line + n + 1;
            size_t length = strcspn(value, "\n");

            return strndup(value, length);
        }
    }
    return NULL;
}

static double number_of(char *text, const char *key, double least, double most)
{
    char *value = value_of(text, key), *end = NULL;
    double number = value ? strtod(value, &end) : 0;
    bool good =
        value && end != value && *end == '\0' && number >= least && number <= most;

    free(value);
    return good ? number : 0;
}

static void take_run(struct pt_run *run, char *text)
{
    enum pt_run_state state = PT_RUN_WAITING;
    char *word = value_of(text, "state");
    int status = (int)number_of(text, "exit_status", 0, 255);

    if (word == NULL || !pt_run_state_find(word, &state) || state == PT_RUN_WAITING) {
        free(word);
        return;
    }
    free(word);
    run->state = state;
    run->signal = status > 128 ? status - 128 : 0; /* as shells say it */
    run->exit_status = status > 128 ? -1 : status;
    run->seconds = number_of(text, "seconds", 0, 1e12);
}

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for the experiment");
}

/* The content of status/<name>, NULL if it is not there or not readable. */
static enum pt_status read_status(const struct pt_experiment *e, const char *name,
                                  char **text, struct pt_error *error)
{
    char *path = pt_experiment_path(e, "status/%s", name);
    size_t bytes = 0;

    *text = NULL;
    if (path == NULL)
        return no_memory(error);
    if (pt_file_read(path, STATUS_LIMIT, text, &bytes, NULL) != PT_OK)
        *text = NULL;
    free(path);
    return PT_OK;
}

static enum pt_status collect_result(struct pt_experiment *e, struct pt_error *error)
{
    char *text = NULL;
    enum pt_status status = read_status(e, "result", &text, error);

    if (status != PT_OK || text == NULL)
        return status;
    text[strcspn(text, "\n")] = '\0';
    if (*text && strchr(text, '/') == NULL) {
        free(e->result);
        e->result = text;
    } else {
        free(text);
    }
    return PT_OK;
}

enum pt_status pt_experiment_collect(struct pt_experiment *e, struct pt_error *error)
{
    enum pt_status status = collect_result(e, error);

    for (size_t place = 0; place < PT_PLACE_FIRST + e->n_runs && status == PT_OK;
         place++) {
        struct pt_run *run = pt_experiment_run(e, place);
        char name[PT_RUN_NAME], *text = NULL;

        if (!run->wanted || run->state == PT_RUN_DONE)
            continue;
        pt_experiment_run_name(place, name);
        status = read_status(e, name, &text, error);
        if (text)
            take_run(run, text);
        free(text);
    }
    return status;
}
