#include "pickle/record.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 1 << 10 };

struct text {
    char text[TEXT_BYTES];
    size_t bytes;
};

struct record {
    int64_t time;
    bool outputs;
    struct text module, function;
    const struct pt_pickle_node *args, *backtrace;
};

static bool read_text(const struct pt_pickle_source *source,
                      const struct pt_pickle_node *node, struct text *text)
{
    text->bytes = 0;
    return node && (node->kind == PT_PICKLE_TEXT || node->kind == PT_PICKLE_BYTES) &&
           pt_pickle_text(source, node, text->text, sizeof text->text, &text->bytes,
                          NULL) == PT_OK;
}

static bool is(const struct text *text, const char *word)
{
    return text->bytes == strlen(word) && memcmp(text->text, word, text->bytes) == 0;
}

static bool read_record(const struct pt_pickle_source *source,
                        const struct pt_pickle_node *object, struct record *record)
{
    struct text label;
    const struct pt_pickle_node *time = pt_pickle_get(source, object, "time");
    if (!time || time->kind != PT_PICKLE_INT ||
        !read_text(source, pt_pickle_get(source, object, "module"), &record->module) ||
        !read_text(source, pt_pickle_get(source, object, "function"),
                   &record->function) ||
        !read_text(source, pt_pickle_get(source, object, "label"), &label))
        return false;
    record->time = time->integer;
    record->outputs = is(&label, "outputs");
    record->args = pt_pickle_get(source, object, "args");
    record->backtrace = pt_pickle_get(source, object, "backtrace");
    return record->outputs || is(&label, "inputs");
}

/* Where the call was made, 0: not recorded. */
static uint32_t find_site(struct pt_pickle_calls *calls,
                          const struct pt_pickle_node *backtrace)
{
    const struct pt_pickle_source *source = calls->emit.source;
    struct pt_trace_writer *writer = calls->emit.writer;
    struct text file, name;
    if (!backtrace ||
        !read_text(source, pt_pickle_get(source, backtrace, "filename"), &file))
        return 0;
    const struct pt_pickle_node *line = pt_pickle_get(source, backtrace, "lineno");
    struct pt_trace_site site = {
        .file = pt_trace_writer_string(writer, file.text, file.bytes),
        .line = line && line->kind == PT_PICKLE_INT ? (uint32_t)line->integer : 0};
    if (read_text(source, pt_pickle_get(source, backtrace, "name"), &name))
        site.name = pt_trace_writer_string(writer, name.text, name.bytes);
    return pt_trace_writer_site(writer, &site);
}

static enum pt_status open_call(struct pt_pickle_calls *calls, int64_t time,
                                struct pt_error *error)
{
    if (calls->n_open == calls->open_room) {
        size_t more = calls->open_room ? 2 * calls->open_room : 64;
        struct pt_pickle_open_call *open = realloc(calls->open, more * sizeof *open);
        if (!open)
            return pt_error_set(error, PT_E_MEMORY, "out of memory for open calls");
        calls->open = open;
        calls->open_room = more;
    }
    calls->open[calls->n_open++] = (struct pt_pickle_open_call){time, calls->clock};
    return PT_OK;
}

static enum pt_status write_inputs(struct pt_pickle_calls *calls,
                                   const struct record *record, struct pt_error *error)
{
    struct pt_trace_writer *writer = calls->emit.writer;
    struct pt_trace_function function = {
        .module =
            pt_trace_writer_string(writer, record->module.text, record->module.bytes),
        .name = pt_trace_writer_string(writer, record->function.text,
                                       record->function.bytes),
        .kind = PT_FUNCTION_PYTHON};
    struct pt_trace_enter enter = {
        .time = ++calls->clock,
        .parent = calls->n_open ? calls->open[calls->n_open - 1].call : 0,
        .function = pt_trace_writer_function(writer, &function),
        .site = find_site(calls, record->backtrace)};
    calls->emit.call = enter.time;
    calls->emit.phase = PT_PHASE_INPUT;
    calls->n_calls++;
    enum pt_status status = open_call(calls, record->time, error);
    if (status)
        return status;
    pt_trace_writer_begin_phase(writer);
    if (record->args)
        status = pt_pickle_emit_args(&calls->emit, record->args, error);
    pt_trace_writer_enter(writer, &enter);
    return status;
}

/* Ends the innermost call; without outputs it has raised. */
static void end_call(struct pt_pickle_calls *calls, bool raised)
{
    static const char unknown[] = "not recorded";
    struct pt_trace_writer *writer = calls->emit.writer;
    struct pt_trace_exit end = {.call = calls->open[--calls->n_open].call,
                                .time = ++calls->clock};
    if (raised) {
        end.exception = pt_trace_writer_string(writer, unknown, sizeof unknown - 1);
        pt_trace_writer_begin_phase(writer);
    }
    pt_trace_writer_exit(writer, &end);
}

static enum pt_status write_outputs(struct pt_pickle_calls *calls,
                                    const struct record *record, bool *used,
                                    struct pt_error *error)
{
    enum pt_status status = PT_OK;
    size_t at = calls->n_open;
    while (at > 0 && calls->open[at - 1].time != record->time)
        at--;
    *used = at > 0;
    if (!at)
        return PT_OK;
    while (calls->n_open > at)
        end_call(calls, true);
    calls->emit.call = calls->open[at - 1].call;
    calls->emit.phase = PT_PHASE_OUTPUT;
    pt_trace_writer_begin_phase(calls->emit.writer);
    if (record->args)
        status = pt_pickle_emit_args(&calls->emit, record->args, error);
    end_call(calls, false);
    return status;
}

enum pt_status pt_pickle_record(struct pt_pickle_calls *calls,
                                const struct pt_pickle_node *object, bool *used,
                                struct pt_error *error)
{
    struct record record;
    *used = read_record(calls->emit.source, object, &record);
    if (!*used)
        return PT_OK;
    return record.outputs ? write_outputs(calls, &record, used, error)
                          : write_inputs(calls, &record, error);
}
