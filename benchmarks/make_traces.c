/* Makes the traces of N runs of an imaginary program, as large as wanted: for
 * benchmarks and for tests at size. Each run computes the same numbers with its own
 * rounding errors; everything follows from the arguments.
 *
 *   make_traces FOLDER runs=5 calls=2000 elements=10000 scalars=20000 ranks=1 extra=0
 *
 * calls:   solve(x: float64[elements]) → float64[elements], each calling kernel()
 * scalars: step(a: float, b: float) → float
 * ranks:   processes of each run
 * extra:   in run r, every (r × extra)-th solve makes one more call of refine()
 * nan:     1 puts a NaN into every 100th output of run 1
 * packed:  1 packs the blocks (io.compression) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/writer.h"

struct size {
    unsigned long runs, calls, elements, scalars, ranks, extra, nan, packed;
};

struct maker {
    struct pt_trace_writer *writer;
    const struct size *size;
    unsigned long run;
    uint64_t time, noise;
    uint32_t x, ret, a, b;
    uint32_t solve, kernel, refine, step, site[4];
    double *buffer;
};

static void die(const char *what)
{
    fprintf(stderr, "make_traces: %s\n", what);
    exit(1);
}

static uint32_t text(struct maker *m, const char *s)
{
    return pt_trace_writer_string(m->writer, s, strlen(s));
}

static void define(struct maker *m)
{
    static const char *const names[] = {"solve", "kernel", "refine", "step"};
    uint32_t *functions[] = {&m->solve, &m->kernel, &m->refine, &m->step};
    for (unsigned i = 0; i < 4; i++) {
        struct pt_trace_function f = {text(m, "imaginary"), text(m, names[i]),
                                      text(m, "/program/imaginary.py"), 10 * (i + 1),
                                      PT_FUNCTION_PYTHON};
        struct pt_trace_site s = {text(m, "/program/main.py"), 100 + i, text(m, "main"),
                                  2 * i};
        *functions[i] = pt_trace_writer_function(m->writer, &f);
        m->site[i] = pt_trace_writer_site(m->writer, &s);
    }
    m->x = text(m, "x");
    m->ret = text(m, "Ret");
    m->a = text(m, "a");
    m->b = text(m, "b");
}

/* A relative error of about 2^-bits, of this run alone. */
static double noisy(struct maker *m, double value, double scale)
{
    uint64_t z = pt_splitmix64(&m->noise);
    double unit = (double)(int64_t)(z >> 11) * 0x1p-52 - 1;
    return value * (1 + unit * scale);
}

static void fill(struct maker *m, unsigned long call, double scale)
{
    for (unsigned long i = 0; i < m->size->elements; i++)
        m->buffer[i] =
            noisy(m, 1.0 + (double)((call * 7919 + i * 104729) % 1000) / 1000, scale);
}

static void array(struct maker *m, uint32_t name)
{
    struct pt_trace_value value = {.name = name,
                                   .kind = PT_VALUE_NUMBERS,
                                   .dtype = 'f',
                                   .item_bytes = 8,
                                   .ndim = 1,
                                   .form = PT_FORM_ARRAY,
                                   .storage = PT_STORAGE_INLINE,
                                   .n_elements = m->size->elements,
                                   .data_bytes = m->size->elements * 8,
                                   .shape = {m->size->elements}};
    pt_trace_writer_value(m->writer, &value, m->buffer);
}

static void scalar(struct maker *m, uint32_t name, double x)
{
    struct pt_trace_value value = {.name = name,
                                   .kind = PT_VALUE_NUMBERS,
                                   .dtype = 'f',
                                   .item_bytes = 8,
                                   .storage = PT_STORAGE_INLINE,
                                   .n_elements = 1,
                                   .data_bytes = 8};
    pt_trace_writer_value(m->writer, &value, &x);
}

static uint64_t enter(struct maker *m, uint64_t parent, uint32_t function,
                      uint32_t site)
{
    struct pt_trace_enter e = {.time = ++m->time,
                               .parent = parent,
                               .function = function,
                               .site = site,
                               .ns = (int64_t)m->time * 100};
    pt_trace_writer_enter(m->writer, &e);
    return e.time;
}

static void leave(struct maker *m, uint64_t call)
{
    struct pt_trace_exit e = {
        .call = call, .time = ++m->time, .ns = (int64_t)m->time * 100};
    pt_trace_writer_exit(m->writer, &e);
}

static void solve(struct maker *m, unsigned long call)
{
    unsigned long every = m->run * m->size->extra;
    pt_trace_writer_begin_phase(m->writer);
    fill(m, call, 0x1p-50);
    array(m, m->x);
    uint64_t outer = enter(m, 0, m->solve, m->site[0]);
    pt_trace_writer_begin_phase(m->writer);
    array(m, m->x);
    uint64_t inner = enter(m, outer, m->kernel, m->site[1]);
    pt_trace_writer_begin_phase(m->writer);
    leave(m, inner);
    if (every && call % every == every - 1) {
        pt_trace_writer_begin_phase(m->writer);
        uint64_t more = enter(m, outer, m->refine, m->site[2]);
        pt_trace_writer_begin_phase(m->writer);
        leave(m, more);
    }
    pt_trace_writer_begin_phase(m->writer);
    fill(m, call, 0x1p-30);
    if (m->size->nan && m->run == 1 && call % 100 == 0 && m->size->elements)
        m->buffer[0] = 0.0 / 0.0;
    array(m, m->ret);
    leave(m, outer);
}

static void step(struct maker *m, unsigned long i)
{
    pt_trace_writer_begin_phase(m->writer);
    scalar(m, m->a, noisy(m, 1 + (double)(i % 97), 0x1p-52));
    scalar(m, m->b, 3);
    uint64_t call = enter(m, 0, m->step, m->site[3]);
    pt_trace_writer_begin_phase(m->writer);
    scalar(m, m->ret, noisy(m, 1.0 / (1 + (double)(i % 89)), 0x1p-40));
    leave(m, call);
}

static void make(const char *folder, const struct size *size, unsigned long run,
                 unsigned long rank)
{
    struct maker m = {.size = size, .run = run, .noise = run * 1000 + rank};
    struct pt_trace_header header = {.major = PT_TRACE_MAJOR,
                                     .minor = PT_TRACE_MINOR,
                                     .created_ns = 1700000000000000000 + (int64_t)run,
                                     .run_id = run,
                                     .seed = 77 + run,
                                     .flags = PT_HEADER_HAS_RUN | PT_HEADER_HAS_SEED,
                                     .role_kind =
                                         size->ranks > 1 ? PT_ROLE_MPI : PT_ROLE_MAIN,
                                     .role_rank = (uint32_t)rank,
                                     .experiment_id = "imaginary",
                                     .host = "node1",
                                     .program = "imaginary.py"};
    const struct pt_trace_writing writing = {.codec = size->packed ? PT_CODEC_LZ4
                                                                   : PT_CODEC_STORED};
    struct pt_error error = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/240101000000.node1.%04lu.r%lu.trace", folder, run,
             rank);
    m.buffer = calloc(size->elements + 1, sizeof *m.buffer);
    if (!m.buffer ||
        pt_trace_writer_open_as(path, &writing, &header, &m.writer, &error))
        die(m.buffer ? error.text : "no memory");
    define(&m);
    pt_trace_writer_meta(m.writer, "cpu.model", "imaginary", 9);
    for (unsigned long i = 0; i < size->calls; i++)
        solve(&m, i);
    for (unsigned long i = 0; i < size->scalars; i++)
        step(&m, i);
    if (pt_trace_writer_close(m.writer, &error))
        die(error.text);
    free(m.buffer);
}

static void read_size(struct size *size, const char *argument)
{
    static const char *const names[] = {"runs",  "calls", "elements", "scalars",
                                        "ranks", "extra", "nan",      "packed"};
    unsigned long *fields = &size->runs;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++) {
        size_t n = strlen(names[i]);
        if (strncmp(argument, names[i], n) == 0 && argument[n] == '=') {
            fields[i] = strtoul(argument + n + 1, NULL, 10);
            return;
        }
    }
    die("unknown argument");
}

int main(int argc, char **argv)
{
    struct size size = {
        .runs = 5, .calls = 20, .elements = 1000, .scalars = 200, .ranks = 1};
    struct pt_error error = {0};
    if (argc < 2)
        die("usage: make_traces FOLDER name=number …");
    if (pt_folder_create(argv[1], &error))
        die(error.text);
    for (int i = 2; i < argc; i++)
        read_size(&size, argv[i]);
    for (unsigned long run = 1; run <= size.runs; run++)
        for (unsigned long rank = 0; rank < size.ranks; rank++)
            make(argv[1], &size, run, rank);
    return 0;
}
