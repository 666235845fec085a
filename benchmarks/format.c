/* Throughput of the trace file: writing and reading traces of three kinds, each beside
 * plain pwrite and pread of the same bytes in 4 MiB pieces (fsync included in both).
 * The file lies in the folder of the first argument, else $TMPDIR, else /tmp. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "format/reader.h"
#include "format/writer.h"

enum { PIECE = 4 << 20, LARGEST = 8 << 20, REPEATS = 3 };

/* `calls` calls with one input and one output of `bytes` bytes each; every `same`-th
 * content is new. */
struct load {
    const char *name;
    uint64_t calls, bytes, same;
};

static const struct load loads[] = {
    {"1,000,000 calls with scalars", 1000000, 8, 1},
    {"64 arrays of 8 MiB", 32, LARGEST, 1},
    {"200,000 arrays of 4 KiB, of which 1 in 20 is new", 100000, 4096, 20},
};

static char trace_path[4096], plain_path[4096];
static unsigned char content[LARGEST], piece[PIECE];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "bench_format: %s\n", what);
    unlink(trace_path);
    unlink(plain_path);
    exit(1);
}

static void need(enum pt_status status, const struct pt_error *error)
{
    if (status != PT_OK)
        stop(error->text);
}

static void write_phase(struct pt_trace_writer *writer, const struct load *load,
                        uint64_t call, uint8_t phase, uint64_t n, uint32_t name)
{
    struct pt_trace_value value = {.call = call,
                                   .name = name,
                                   .phase = phase,
                                   .kind = PT_VALUE_NUMBERS,
                                   .dtype = 'f',
                                   .item_bytes = 8,
                                   .ndim = 1,
                                   .storage = PT_STORAGE_INLINE,
                                   .form = PT_FORM_ARRAY,
                                   .n_elements = load->bytes / 8,
                                   .data_bytes = load->bytes,
                                   .shape = {load->bytes / 8}};
    uint64_t number = n / load->same;

    memcpy(content, &number, sizeof number);
    pt_trace_writer_begin_phase(writer);
    pt_trace_writer_value(writer, &value, content);
}

static double write_trace(const struct load *load)
{
    struct pt_trace_header header = {0};
    struct pt_trace_writer *writer;
    struct pt_error error;
    double start = now();

    need(pt_trace_writer_open(trace_path, &header, &writer, &error), &error);
    uint32_t name = pt_trace_writer_string(writer, "x", 1);
    struct pt_trace_function function = {
        .module = name, .name = name, .kind = PT_FUNCTION_PYTHON};
    uint32_t id = pt_trace_writer_function(writer, &function);
    for (uint64_t i = 0; i < load->calls; i++) {
        uint64_t time = 2 * i + 1;
        write_phase(writer, load, time, PT_PHASE_INPUT, 2 * i, name);
        pt_trace_writer_enter(writer,
                              &(struct pt_trace_enter){.time = time, .function = id});
        write_phase(writer, load, time, PT_PHASE_OUTPUT, 2 * i + 1, name);
        pt_trace_writer_exit(writer,
                             &(struct pt_trace_exit){.call = time, .time = time + 1});
    }
    need(pt_trace_writer_close(writer, &error), &error);
    return now() - start;
}

/* Every block of every stream, verified. */
static double read_trace(void)
{
    struct pt_trace_reader *reader;
    struct pt_error error;
    unsigned char *body = malloc(PT_TRACE_BLOCK_LIMIT);
    double start = now();

    if (!body)
        stop("no memory");
    need(pt_trace_reader_open(trace_path, &reader, &error), &error);
    for (int s = PT_STREAM_META; s <= PT_STREAM_PAYLOADS; s++) {
        enum pt_trace_stream stream = (enum pt_trace_stream)s;
        for (size_t i = 0; i < pt_trace_reader_n_blocks(reader, stream); i++)
            need(pt_trace_reader_read(reader, pt_trace_reader_block(reader, stream, i),
                                      body, &error),
                 &error);
    }
    pt_trace_reader_close(reader);
    free(body);
    return now() - start;
}

static double write_plain(uint64_t bytes)
{
    struct pt_error error;
    double start = now();
    int fd = open(plain_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        stop("cannot create the file to compare with");
    for (uint64_t done = 0; done < bytes; done += PIECE)
        need(pt_write_at(fd, piece,
                         bytes - done < PIECE ? (size_t)(bytes - done) : PIECE, done,
                         plain_path, &error),
             &error);
    if (fsync(fd) != 0 || close(fd) != 0)
        stop("cannot finish the file to compare with");
    return now() - start;
}

static double read_plain(void)
{
    struct pt_error error;
    size_t got = PIECE;
    double start = now();
    int fd = open(plain_path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        stop("cannot open the file to compare with");
    for (uint64_t done = 0; got == PIECE; done += PIECE)
        need(pt_read_at(fd, piece, PIECE, done, &got, plain_path, &error), &error);
    close(fd);
    return now() - start;
}

static void least(double *best, double time)
{
    if (*best == 0 || time < *best)
        *best = time;
}

static void row(const char *work, const struct load *load, double bytes, double ours,
                double plain)
{
    printf("| %s: %s | %.0f MB/s, %.2f M calls/s | %.0f MB/s | %.2f |\n", work,
           load->name, bytes / ours / 1e6, (double)load->calls / ours / 1e6,
           bytes / plain / 1e6, ours / plain);
}

static void measure(const struct load *load)
{
    double written = 0, read = 0, plain_written = 0, plain_read = 0;
    struct stat st = {0};

    for (int i = 0; i < REPEATS; i++) {
        unlink(trace_path);
        least(&written, write_trace(load));
        if (stat(trace_path, &st) != 0)
            stop("cannot examine the trace");
        least(&read, read_trace());
        least(&plain_written, write_plain((uint64_t)st.st_size));
        least(&plain_read, read_plain());
    }
    row("write", load, (double)st.st_size, written, plain_written);
    row("read", load, (double)st.st_size, read, plain_read);
    unlink(trace_path);
    unlink(plain_path);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : getenv("TMPDIR");

    folder = folder ? folder : "/tmp";
    snprintf(trace_path, sizeof trace_path, "%s/bench-%ld.trace", folder,
             (long)getpid());
    snprintf(plain_path, sizeof plain_path, "%s/bench-%ld.plain", folder,
             (long)getpid());
    memset(piece, 1, sizeof piece);
    puts("| trace file | ours | plain pwrite, pread | time / plain |\n"
         "|---|---|---|---|");
    for (size_t i = 0; i < PT_ARRAY_LENGTH(loads); i++)
        measure(&loads[i]);
    return 0;
}
