#include "inspect/inspect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/checker.h"
#include "inspect/dump.h"
#include "inspect/text.h"
#include "inspect/walk.h"
#include "front/words.h"

enum { TOP_FUNCTIONS = 20, MAX_TEXT = 1000, LABEL_WIDTH = 12 };

struct function_row {
    uint32_t function;
    uint64_t calls, bytes;
};

/* What the walk adds up. */
struct summary {
    struct function_row *rows; /* by id; 0 for those that are not known */
    uint32_t n_rows;
    uint64_t raised;
};

static enum pt_status count_enter(struct pt_walk *walk,
                                  const struct pt_trace_enter *enter,
                                  const struct pt_walk_call *call,
                                  struct pt_error *error)
{
    struct summary *summary = walk->context;
    struct function_row *row =
        &summary->rows[call->function < summary->n_rows ? call->function : 0];
    (void)error;

    row->calls++;
    row->bytes += enter->data_bytes;
    return PT_OK;
}

static enum pt_status count_exit(struct pt_walk *walk, const struct pt_trace_exit *exit,
                                 const struct pt_walk_call *call,
                                 struct pt_error *error)
{
    struct summary *summary = walk->context;
    (void)error;

    summary->rows[call->function < summary->n_rows ? call->function : 0].bytes +=
        exit->data_bytes;
    summary->raised += exit->exception != 0;
    return PT_OK;
}

static void put_label(FILE *out, const char *label)
{
    fprintf(out, "%-*s ", LABEL_WIDTH, label);
}

static void put_line(FILE *out, const char *label, const char *text)
{
    put_label(out, label);
    pt_inspect_put(out, text, strlen(text), MAX_TEXT);
    fputc('\n', out);
}

/* A list of the metadata, its members apart by blanks, and the end of the line. */
static void put_list(FILE *out, const char *text, size_t bytes)
{
    for (size_t i = 0; i <= bytes;) {
        size_t n = strnlen(text + i, bytes - i);
        if (i)
            fputc(' ', out);
        pt_inspect_put(out, text + i, n, MAX_TEXT);
        i += n + 1;
    }
    fputc('\n', out);
}

static void put_state(FILE *out, const struct pt_trace_reader *reader)
{
    const struct pt_trace_header *h = pt_trace_reader_header(reader);
    const char *damage = pt_trace_reader_damage(reader);
    const struct pt_trace_footer *footer = pt_trace_reader_footer(reader);

    put_line(out, "File", pt_trace_reader_file(reader));
    put_label(out, "Kind");
    fprintf(out, "trace %u.%u, %s\n", h->major, h->minor,
            footer ? "sealed"
                   : "not sealed (still written, or its program was killed)");
    if (footer && footer->flags & PT_FOOTER_PARTIAL)
        put_line(out, "Partial",
                 pt_trace_reader_meta(reader, "partial", NULL)
                     ? pt_trace_reader_meta(reader, "partial", NULL)
                     : "the reason was not recorded");
    if (damage)
        put_line(out, "Damage", damage);
}

static void put_role(FILE *out, const struct pt_trace_header *h)
{
    static const char *const kinds[] = {"main", "MPI rank", "child of a fork"};

    put_label(out, "Role");
    fputs(h->role_kind < PT_ARRAY_LENGTH(kinds) ? kinds[h->role_kind] : "unknown", out);
    if (h->role_kind == PT_ROLE_MPI)
        fprintf(out, " %" PRIu32, h->role_rank);
    if (h->role_path[0]) {
        fputs(", fork path ", out);
        pt_inspect_put(out, h->role_path, strlen(h->role_path), MAX_TEXT);
    }
    fputc('\n', out);
}

static void put_origin(FILE *out, const struct pt_trace_reader *reader)
{
    const struct pt_trace_header *h = pt_trace_reader_header(reader);
    char date[PT_WORDS];
    size_t bytes;
    const char *argv = pt_trace_reader_meta(reader, "argv", &bytes);

    if (h->experiment_id[0])
        put_line(out, "Experiment", h->experiment_id);
    put_label(out, "Run");
    fprintf(out, "%" PRIu64 "%s\n", h->run_id,
            h->flags & PT_HEADER_HAS_RUN ? "" : " (derived)");
    if (h->flags & PT_HEADER_HAS_SEED) {
        put_label(out, "Seed");
        fprintf(out, "%" PRIu64 "\n", h->seed);
    }
    put_role(out, h);
    put_label(out, "Host");
    pt_inspect_put(out, h->host, strlen(h->host), MAX_TEXT);
    fprintf(out, ", process %" PRIu32 "\n", h->pid);
    put_line(out, "Program", h->program);
    if (argv) {
        put_label(out, "Arguments");
        put_list(out, argv, bytes);
    }
    put_line(out, "Directory", h->directory);
    pt_words_date(h->created_ns, date);
    put_line(out, "Started", date);
}

/* Bytes of blocks, as they are in the file and decoded. */
struct extent {
    uint64_t stored, raw;
    bool is_packed; /* one of them at least */
};

static void add_stream(struct extent *extent, const struct pt_trace_reader *reader,
                       enum pt_trace_stream stream)
{
    for (size_t i = 0; i < pt_trace_reader_n_blocks(reader, stream); i++) {
        const struct pt_trace_block *block = pt_trace_reader_block(reader, stream, i);
        extent->stored += block->stored_bytes;
        extent->raw += block->raw_bytes;
        extent->is_packed |= block->codec != PT_CODEC_STORED;
    }
}

/* What packing has saved; nothing where nothing is packed. */
static void put_compression(FILE *out, const struct pt_trace_reader *reader)
{
    struct extent all = {0};
    char before[PT_WORDS], after[PT_WORDS];

    for (int s = PT_STREAM_META; s <= PT_STREAM_PAYLOADS; s++)
        add_stream(&all, reader, (enum pt_trace_stream)s);
    if (!all.is_packed || all.stored == 0)
        return;
    pt_words_size(all.raw, before);
    pt_words_size(all.stored, after);
    put_label(out, "Compression");
    fprintf(out, "lz4, %s in %s (%.2f times smaller)\n", before, after,
            (double)all.raw / (double)all.stored);
}

static void put_totals(FILE *out, const struct pt_walk *walk)
{
    const struct summary *summary = walk->context;
    const char *duration = pt_trace_reader_meta(walk->reader, "duration_ns", NULL);
    double ns = duration ? strtod(duration, NULL) : (double)walk->last_ns;
    struct extent data = {0};
    char span[PT_WORDS], before[PT_WORDS], after[PT_WORDS], size[PT_WORDS];

    pt_words_span(ns > 0 ? ns / 1e9 : 0, span);
    put_line(out, "Duration", span);
    put_label(out, "Calls");
    fprintf(out, "%" PRIu64 " (%" PRIu64 " raised, %zu not ended)\n", walk->n_calls,
            summary->raised, walk->open.n);
    put_label(out, "Values");
    fprintf(out, "%" PRIu64 "\n", walk->n_values);
    pt_words_size(walk->data_bytes, before);
    add_stream(&data, walk->reader, PT_STREAM_VALUES);
    add_stream(&data, walk->reader, PT_STREAM_PAYLOADS);
    pt_words_size(data.stored, after);
    pt_words_size(pt_trace_reader_bytes(walk->reader), size);
    put_label(out, "Data");
    fprintf(out, "%s in values, stored in %s with repetitions once, file %s\n", before,
            after, size);
    put_compression(out, walk->reader);
}

/* What the configured bounds took away; nothing where they did not. */
static void put_bounds(FILE *out, const struct pt_trace_reader *reader)
{
    static const struct {
        const char *key, *what;
    } bounds[] = {{"bound.max_elements", "values sampled (io.max_elements)"},
                  {"bound.min_size", "values too small (io.min_size)"},
                  {"bound.max_depth", "values too deep (io.max_depth)"},
                  {"bound.max_items", "containers cut (io.max_items)"},
                  {"bound.cycle", "cycles not followed"},
                  {"bound.unsupported", "values of unsupported types"},
                  {"bound.max_calls", "calls not recorded (io.max_calls)"},
                  {"bound.max_bytes", "values without room (io.max_bytes)"},
                  {"bound.max_bytes.calls", "calls without room (io.max_bytes)"}};
    const char *separator = NULL;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(bounds); i++) {
        const char *n = pt_trace_reader_meta(reader, bounds[i].key, NULL);

        if (!n)
            continue;
        if (separator)
            fputs(separator, out);
        else
            put_label(out, "Bounds");
        pt_inspect_put(out, n, strlen(n), MAX_TEXT);
        fprintf(out, " %s", bounds[i].what);
        separator = ", ";
    }
    if (separator)
        fputc('\n', out);
}

static int by_bytes(const void *a, const void *b)
{
    const struct function_row *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    if (x->calls != y->calls)
        return x->calls < y->calls ? 1 : -1;
    return (x->function > y->function) - (x->function < y->function);
}

static void put_function(FILE *out, const struct pt_trace_reader *reader,
                         const struct function_row *row)
{
    const struct pt_trace_function *f = pt_trace_reader_function(reader, row->function);
    char size[PT_WORDS];
    size_t bytes;
    const char *file = pt_trace_reader_string(reader, f->file, &bytes);

    pt_words_size(row->bytes, size);
    fprintf(out, "%12" PRIu64 " %12s  ", row->calls, size);
    pt_inspect_put_function(out, reader, row->function);
    if (file[0]) {
        fputs("  ", out);
        pt_inspect_put(out, file, bytes, MAX_TEXT);
        fprintf(out, ":%" PRIu32, f->line);
    }
    fputc('\n', out);
}

static void put_functions(FILE *out, const struct pt_walk *walk)
{
    struct summary *summary = walk->context;
    uint32_t n = 0;

    for (uint32_t i = 0; i < summary->n_rows; i++) {
        if (summary->rows[i].calls)
            summary->rows[n++] = summary->rows[i];
    }
    if (n == 0)
        return;
    qsort(summary->rows, n, sizeof *summary->rows, by_bytes);
    fprintf(out, "\nFunctions by bytes (%" PRIu32 " of %" PRIu32 ")\n%12s %12s\n",
            n < TOP_FUNCTIONS ? n : TOP_FUNCTIONS, n, "calls", "bytes");
    for (uint32_t i = 0; i < n && i < TOP_FUNCTIONS; i++)
        put_function(out, walk->reader, &summary->rows[i]);
}

static void put_metadata(FILE *out, const struct pt_trace_reader *reader)
{
    const char *key, *value;
    size_t bytes;

    fputs("\nMetadata\n", out);
    for (size_t i = 0; (key = pt_trace_reader_meta_at(reader, i, &value, &bytes));
         i++) {
        fputs("  ", out);
        pt_inspect_put(out, key, strlen(key), MAX_TEXT);
        fputs(" = ", out);
        put_list(out, value, bytes);
    }
}

static enum pt_status summarise(FILE *out, struct pt_trace_reader *reader,
                                uint64_t *n_lost, struct pt_error *error)
{
    struct summary summary = {.n_rows = pt_trace_reader_n_functions(reader) + 1};
    struct pt_walk walk = {.reader = reader,
                           .context = &summary,
                           .enter = count_enter,
                           .exit = count_exit};
    enum pt_status status;

    summary.rows = calloc(summary.n_rows, sizeof *summary.rows);
    if (!summary.rows)
        return pt_error_set(error, PT_E_MEMORY, "no memory to count the functions");
    for (uint32_t i = 0; i < summary.n_rows; i++)
        summary.rows[i].function = i;
    status = pt_walk_calls(&walk, error); /* first: it may meet damage */
    if (status == PT_OK) {
        put_state(out, reader);
        put_origin(out, reader);
        put_totals(out, &walk);
        put_bounds(out, reader);
        put_functions(out, &walk);
        put_metadata(out, reader);
    }
    *n_lost = walk.n_lost;
    pt_walk_clear(&walk);
    free(summary.rows);
    return status;
}

enum pt_status pt_inspect_trace(FILE *out, const char *path, bool dump,
                                struct pt_error *error)
{
    struct pt_trace_reader *reader = NULL;
    uint64_t n_lost = 0;
    enum pt_status status = pt_trace_reader_open(path, &reader, error);

    if (status == PT_OK)
        status = summarise(out, reader, &n_lost, error);
    if (status == PT_OK && dump)
        status = pt_inspect_dump(out, reader, error);
    if (status == PT_OK && (fflush(out) != 0 || ferror(out)))
        status = pt_error_sys(error, "cannot write the description of %s", path);
    if (status == PT_OK && pt_trace_reader_damage(reader))
        status = pt_error_set(error, PT_E_DAMAGED, "%s is damaged: %s", path,
                              pt_trace_reader_damage(reader));
    if (status == PT_OK && n_lost)
        status =
            pt_error_set(error, PT_E_DAMAGED,
                         "%s is damaged: %" PRIu64 " blocks of calls", path, n_lost);
    pt_trace_reader_close(reader);
    return status;
}

enum pt_status pt_inspect_verify(FILE *out, const char *path, struct pt_error *error)
{
    struct pt_trace_check check;
    enum pt_status status = pt_trace_check(path, &check, error);

    if (status != PT_OK)
        return status;
    if (check.faults)
        return pt_error_set(error, PT_E_DAMAGED, "%s: %s (%" PRIu64 " fault%s in all)",
                            path, check.first_fault, check.faults,
                            check.faults == 1 ? "" : "s");
    pt_inspect_put(out, path, strlen(path), MAX_TEXT);
    fprintf(out,
            ": sound%s; %" PRIu64 " calls (%" PRIu64 " not ended), %" PRIu64
            " values, %" PRIu64 " payloads in %" PRIu64 " blocks\n",
            check.sealed ? "" : ", but not sealed", check.calls, check.open_calls,
            check.values, check.payloads, check.blocks);
    return PT_OK;
}
