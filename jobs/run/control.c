#include "run/control.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/reader.h"
#include "inspect/compare.h"

/* Traces of one run: path and process of each. */
struct trace {
    char *path;
    struct pt_trace_header header;
};

struct traces {
    struct trace *items;
    size_t n;
};

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory to compare runs");
}

static bool is_sealed(const char *name)
{
    size_t n = strlen(name), m = strlen(PT_TRACE_SUFFIX);

    return n > m && strcmp(name + n - m, PT_TRACE_SUFFIX) == 0;
}

/* Adds the trace if it is one of run 1; what cannot be read is not. */
static enum pt_status add(struct traces *traces, char *path, struct pt_error *error)
{
    struct pt_trace_reader *reader = NULL;
    struct trace *items;

    if (path == NULL)
        return no_memory(error);
    if (pt_trace_reader_open(path, &reader, NULL) != PT_OK ||
        pt_trace_reader_header(reader)->run_id != 1) {
        pt_trace_reader_close(reader);
        free(path);
        return PT_OK;
    }
    items = reallocarray(traces->items, traces->n + 1, sizeof *items);
    if (items) {
        traces->items = items;
        items[traces->n++] = (struct trace){path, *pt_trace_reader_header(reader)};
    } else {
        free(path);
    }
    pt_trace_reader_close(reader);
    return items ? PT_OK : no_memory(error);
}

static enum pt_status list(const struct pt_experiment *e, const char *folder,
                           struct traces *traces, struct pt_error *error)
{
    char *path = pt_experiment_path(e, "%s", folder);
    DIR *dir = path ? opendir(path) : NULL;
    const struct dirent *entry;
    enum pt_status status = path ? PT_OK : no_memory(error);

    if (path && dir == NULL)
        status = pt_error_sys(error, "cannot read %s", path);
    while (status == PT_OK && (entry = readdir(dir)) != NULL) {
        if (is_sealed(entry->d_name))
            status = add(traces, pt_experiment_path(e, "%s/%s", folder, entry->d_name),
                         error);
    }
    if (dir)
        closedir(dir);
    free(path);
    return status;
}

static void clear(struct traces *traces)
{
    for (size_t i = 0; i < traces->n; i++)
        free(traces->items[i].path);
    free(traces->items);
}

static const struct trace *partner(const struct traces *traces,
                                   const struct pt_trace_header *h)
{
    for (size_t i = 0; i < traces->n; i++) {
        const struct pt_trace_header *other = &traces->items[i].header;

        if (other->role_kind == h->role_kind && other->role_rank == h->role_rank &&
            strcmp(other->role_path, h->role_path) == 0)
            return &traces->items[i];
    }
    return NULL;
}

static void say_difference(FILE *out, const char *words)
{
    fprintf(out,
            "control: run 1 and its repetition with the same seed differ: %s\n"
            "         there is noise that is not rounding (threads, time, memory "
            "that is not\n"
            "         initialised, random numbers without a seed), and the digits hold "
            "it too\n",
            words);
}

static enum pt_status compare(FILE *out, const struct traces *runs,
                              const struct traces *controls, bool *same,
                              struct pt_error *error)
{
    uint64_t n_calls = 0, n_values = 0, n_unordered = 0;
    enum pt_status status = PT_OK;

    *same = controls->n == runs->n && runs->n > 0;
    if (!*same)
        say_difference(out, "one has processes, or traces, that the other has not");
    for (size_t i = 0; *same && i < controls->n; i++) {
        const struct trace *one = partner(runs, &controls->items[i].header);
        struct pt_comparison c = {.words = "they have different processes"};

        if (one)
            status = pt_inspect_compare(one->path, controls->items[i].path, &c, error);
        if (status != PT_OK)
            return status;
        *same = c.same;
        if (!*same)
            say_difference(out, c.words);
        n_calls += c.n_calls;
        n_values += c.n_values;
        n_unordered += c.n_unordered;
    }
    if (*same)
        fprintf(out,
                "control: run 1 repeated is the same bit for bit: %" PRIu64
                " calls, %" PRIu64 " values\n",
                n_calls, n_values);
    if (*same && n_unordered)
        fprintf(out, "         (not compared: %" PRIu64 " calls of other threads)\n",
                n_unordered);
    return PT_OK;
}

enum pt_status pt_run_control(FILE *out, const struct pt_experiment *e, bool *same,
                              struct pt_error *error)
{
    const struct pt_run *control = &e->extra[PT_PLACE_CONTROL];
    struct traces runs = {0}, controls = {0};
    enum pt_status status;

    *same = !control->wanted;
    if (!control->wanted)
        return PT_OK;
    if (control->state != PT_RUN_DONE || e->runs[0].state != PT_RUN_DONE) {
        fprintf(out, "control: %s did not end: nothing to compare\n",
                control->state != PT_RUN_DONE ? "the control run" : "run 1");
        return PT_OK;
    }
    status = list(e, pt_experiment_run_folder(PT_PLACE_FIRST), &runs, error);
    if (status == PT_OK)
        status = list(e, pt_experiment_run_folder(PT_PLACE_CONTROL), &controls, error);
    if (status == PT_OK)
        status = compare(out, &runs, &controls, same, error);
    clear(&runs);
    clear(&controls);
    return status;
}
