#include "inspect/dump.h"

#include <inttypes.h>
#include <string.h>

#include "inspect/text.h"
#include "inspect/walk.h"

enum {
    MAX_DEPTH = 40, /* deeper calls are indented no further */
    MAX_ELEMENTS = 6,
    MAX_NAME = 400,
    MAX_LABEL = 80,
    HEAD_BYTES = 256 /* of a value's data: six elements of any type, a label */
};

struct dump {
    FILE *out;
    struct pt_trace_reader *reader;
    uint32_t depth;
};

static void put_string(FILE *out, const struct pt_trace_reader *reader, uint32_t id)
{
    size_t bytes;
    const char *text = pt_trace_reader_string(reader, id, &bytes);

    pt_inspect_put(out, text, bytes, MAX_NAME);
}

void pt_inspect_put_function(FILE *out, const struct pt_trace_reader *reader,
                             uint32_t id)
{
    const struct pt_trace_function *f = pt_trace_reader_function(reader, id);

    if (f->name == 0) {
        fprintf(out, "function %" PRIu32, id);
        return;
    }
    if (f->module) {
        put_string(out, reader, f->module);
        fputc('.', out);
    }
    put_string(out, reader, f->name);
}

static void indent(const struct dump *dump, const char *mark)
{
    uint32_t depth = dump->depth < MAX_DEPTH ? dump->depth : MAX_DEPTH;

    fprintf(dump->out, "%*s%s", (int)(2 * depth), "", mark);
}

static void put_shape(FILE *out, const struct pt_trace_value *value)
{
    if (value->ndim == 0)
        return;
    fputs(" (", out);
    for (unsigned d = 0; d < value->ndim; d++)
        fprintf(out, "%s%" PRIu64, d ? ", " : "", value->shape[d]);
    fputs(value->ndim == 1 ? ",)" : ")", out);
}

static void put_omitted(FILE *out, const struct pt_trace_value *value)
{
    static const char *const reasons[] = {
        "",        "too deep",    "too large", "a cycle",          "raised",
        "a limit", "unsupported", "too small", "the trace is full"};

    fprintf(out, "left out: %s",
            value->reason > 0 && value->reason < PT_ARRAY_LENGTH(reasons)
                ? reasons[value->reason]
                : "unknown reason");
}

/* The first bytes of the value's data: as many as there are, at most HEAD_BYTES. */
static enum pt_status read_head(const struct dump *dump,
                                const struct pt_trace_value *value, const void *data,
                                unsigned char head[HEAD_BYTES], uint64_t *bytes,
                                struct pt_error *error)
{
    uint64_t hash[2];
    enum pt_status status = PT_OK;

    *bytes = value->data_bytes;
    if (value->storage >= PT_STORAGE_PAYLOAD)
        status = pt_trace_reader_payload_hash(dump->reader, value->payload, hash, bytes,
                                              error);
    if (*bytes > HEAD_BYTES)
        *bytes = HEAD_BYTES;
    if (status == PT_OK && value->storage >= PT_STORAGE_PAYLOAD)
        status = pt_trace_reader_payload(dump->reader, value->payload, 0, *bytes, head,
                                         error);
    else if (data)
        memcpy(head, data, (size_t)*bytes);
    else if (value->storage == PT_STORAGE_NONE)
        *bytes = 0;
    return status;
}

/* What is told of the whole array that a sample is of. */
static void put_summary(FILE *out, const struct pt_trace_value *value)
{
    const struct pt_trace_summary *s = &value->summary;

    /* a trace that lies may call anything a sample */
    fprintf(out, " of %" PRIu64,
            value->item_bytes ? value->data_bytes / value->item_bytes : 0);
    if (!value->has_summary)
        return;
    fprintf(out, "; whole: min %.9g, max %.9g, sum %.17g", s->min, s->max, s->sum);
    if (value->dtype == 'c')
        fprintf(out, "%+.17gj", s->sum_imaginary);
    fprintf(out, ", norm %.17g, %" PRIu64 " NaN, %" PRIu64 " Inf", s->norm, s->n_nan,
            s->n_positive_inf + s->n_negative_inf);
}

/* "[1, 2, 3, …]"; a scalar stands alone. */
static void put_numbers(FILE *out, const struct pt_trace_value *value,
                        const unsigned char *head, uint64_t bytes)
{
    uint64_t n = value->item_bytes ? bytes / value->item_bytes : 0, i;
    bool list = value->ndim > 0 || value->n_elements != 1;

    if (value->storage == PT_STORAGE_NONE) {
        fputs("not stored", out);
        return;
    }
    if (value->storage == PT_STORAGE_SAMPLE)
        fputs("sample ", out);
    fputs(list ? "[" : "", out);
    for (i = 0; i < n && i < MAX_ELEMENTS; i++) {
        fputs(i ? ", " : "", out);
        pt_inspect_put_element(out, value, head + i * value->item_bytes);
    }
    if (i < value->n_elements)
        fputs(i ? ", …" : "…", out);
    fputs(list ? "]" : "", out);
    if (value->storage == PT_STORAGE_SAMPLE)
        put_summary(out, value);
}

/* A label's data are a type's name, NUL, a short text. */
static void put_label(FILE *out, const unsigned char *head, uint64_t bytes)
{
    const char *text = (const char *)head;
    size_t type = strnlen(text, (size_t)bytes);

    pt_inspect_put(out, text, type, MAX_LABEL);
    if (type + 1 < bytes) {
        fputs(" ", out);
        pt_inspect_put(out, text + type + 1, (size_t)bytes - type - 1, MAX_LABEL);
    }
}

static enum pt_status put_value(void *context, const struct pt_trace_value *value,
                                const void *data, struct pt_error *error)
{
    const struct dump *dump = context;
    unsigned char head[HEAD_BYTES];
    uint64_t bytes;
    enum pt_status status;

    indent(dump, value->phase == PT_PHASE_OUTPUT ? "  < " : "  > ");
    put_string(dump->out, dump->reader, value->name);
    fputs(": ", dump->out);
    if (value->kind == PT_VALUE_NUMBERS) {
        pt_inspect_put_type(dump->out, value);
        put_shape(dump->out, value);
        fputc(' ', dump->out);
    }
    status = read_head(dump, value, data, head, &bytes, error);
    if (status != PT_OK)
        fputs("cannot be read", dump->out);
    else if (value->kind == PT_VALUE_OMITTED)
        put_omitted(dump->out, value);
    else if (value->kind == PT_VALUE_LABEL)
        put_label(dump->out, head, bytes);
    else
        put_numbers(dump->out, value, head, bytes);
    fputc('\n', dump->out);
    return status == PT_E_DAMAGED ? PT_OK : status;
}

/* What a killed program did not write, or a block that is damaged, is said and passed
 * over. */
static enum pt_status put_values(struct dump *dump, uint64_t ref, uint32_t n,
                                 struct pt_error *error)
{
    enum pt_status status =
        pt_trace_reader_values(dump->reader, ref, n, put_value, dump, error);

    if (status != PT_E_DAMAGED && status != PT_E_VERSION)
        return status;
    indent(dump, "    ");
    fputs("values cannot be read\n", dump->out);
    return PT_OK;
}

static enum pt_status dump_enter(struct pt_walk *walk,
                                 const struct pt_trace_enter *enter,
                                 const struct pt_walk_call *call,
                                 struct pt_error *error)
{
    struct dump *dump = walk->context;
    const struct pt_trace_site *site = pt_trace_reader_site(dump->reader, enter->site);

    dump->depth = call->depth;
    indent(dump, "");
    fprintf(dump->out, "#%" PRIu64 " ", enter->time);
    pt_inspect_put_function(dump->out, dump->reader, enter->function);
    if (site->file) {
        fputs("  from ", dump->out);
        put_string(dump->out, dump->reader, site->file);
        fprintf(dump->out, ":%" PRIu32 " ", site->line);
        put_string(dump->out, dump->reader, site->name);
    }
    if (enter->thread)
        fprintf(dump->out, "  thread %" PRIu32, enter->thread);
    fprintf(dump->out, "  at %.9f s\n", (double)enter->ns / 1e9);
    return put_values(dump, enter->values, enter->n_values, error);
}

static enum pt_status dump_exit(struct pt_walk *walk, const struct pt_trace_exit *exit,
                                const struct pt_walk_call *call, struct pt_error *error)
{
    struct dump *dump = walk->context;

    dump->depth = call->depth;
    indent(dump, "");
    fprintf(dump->out, "#%" PRIu64 " ", exit->call);
    if (exit->exception) {
        fputs("raised ", dump->out);
        put_string(dump->out, dump->reader, exit->exception);
    } else {
        fputs(exit->flags & PT_EXIT_CUT ? "was still running" : "returned", dump->out);
    }
    fprintf(dump->out, "%s  at %.9f s\n",
            exit->flags & PT_EXIT_UNORDERED ? " (unordered)" : "",
            (double)exit->ns / 1e9);
    return put_values(dump, exit->values, exit->n_values, error);
}

enum pt_status pt_inspect_dump(FILE *out, struct pt_trace_reader *reader,
                               struct pt_error *error)
{
    struct dump dump = {.out = out, .reader = reader};
    struct pt_walk walk = {
        .reader = reader, .context = &dump, .enter = dump_enter, .exit = dump_exit};

    fputs("\nCalls\n", out);
    enum pt_status status = pt_walk_calls(&walk, error);
    pt_walk_clear(&walk);
    return status;
}
