/* The catalogue, the alignment and the partition on two traces made of any bytes: what
 * pytracer-parse does before it writes, on one rank.
 *
 * Bytes 1 and 2 of an input say where the second trace differs from the first, so that
 * runs part; the rest is the first trace. Unless byte 0 says otherwise, checksums are
 * made right, as in fuzz_reader.c.
 *
 * Built with libFuzzer this is a fuzzer; without it, a program that reads the files
 * named on its command line. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alignment/join.h"
#include "alignment/match.h"
#include "alignment/pack.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "format/block.h"
#include "partition/layout.h"
#include "seal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { AS_IT_IS = 1, HEAD = 3, RUN_ID = 24 };

static struct pt_team team;
static char folder[64];

static void clean(void)
{
    static const char *const names[] = {"/a.trace", "/b.trace", ""};
    char path[128];
    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++) {
        snprintf(path, sizeof path, "%s%s", folder, names[i]);
        (void)remove(path);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct pt_log_options quiet = {.level = PT_LOG_ERROR};
    (void)argc;
    (void)argv;
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
    MPI_Init(NULL, NULL);
    team = (struct pt_team){
        .comm = MPI_COMM_SELF, .rank = 0, .size = 1, .threads = 1, .readers = 1};
    snprintf(folder, sizeof folder, "/dev/shm/fuzz-partition-%d", (int)getpid());
    if (atexit(clean) || mkdir(folder, 0700) || pt_log_open(&quiet, NULL) != PT_OK)
        abort();
    return 0;
}

/* What a run of pytracer-parse holds up to its output. */
struct stages {
    struct pt_catalogue catalogue;
    struct pt_stat_plan *plan;
    struct pt_definitions definitions;
    struct pt_skeleton *skeletons;
    struct pt_trace_reader **readers;
    struct pt_trace_hashes *hashes;
    uint32_t *pivots;
    struct pt_calls calls;
    struct pt_readers opened;
    struct pt_values values;
    struct pt_layout layout;
};

static enum pt_status define(struct stages *s, struct pt_error *error)
{
    struct pt_definition_book book;
    enum pt_status status = PT_OK;
    pt_definition_book_begin(&book);
    for (size_t k = 0; !status && k < s->catalogue.n_traces; k++) {
        s->skeletons[k].trace = (uint32_t)k;
        status =
            pt_trace_reader_open(s->catalogue.traces[k].path, &s->readers[k], error);
        if (!status)
            status = pt_definition_book_add(&book, s->readers[k], &s->hashes[k], error);
    }
    if (!status)
        status = pt_definitions_share(&team, &book, &s->definitions, error);
    pt_definition_book_free(&book);
    return status;
}

static enum pt_status align(struct stages *s, unsigned alignment,
                            struct pt_error *error)
{
    size_t n = s->catalogue.n_traces;
    uint64_t by_occurrence;
    struct pt_array spare = {0};
    enum pt_status status = define(s, error);
    for (size_t k = 0; !status && k < n; k++) {
        uint32_t process = s->catalogue.traces[k].process;
        status = pt_skeleton_read(s->readers[k], &s->hashes[k], &s->definitions, &spare,
                                  &s->skeletons[k], error);
        if (!status)
            status = pt_align_keys(&s->skeletons[k],
                                   s->catalogue.processes[process].role, error);
        if (!status)
            status = pt_skeleton_pack(&s->skeletons[k], &spare, error);
    }
    pt_array_free(&spare);
    if (!status)
        status =
            pt_align_pivots(&team, &s->catalogue, s->skeletons, n, s->pivots, error);
    if (!status)
        status = pt_align_match(&team, &s->catalogue, s->pivots,
                                (enum pt_alignment)(alignment % 3), s->skeletons, n,
                                &by_occurrence, error);
    if (!status)
        status = pt_calls_join(&team, &s->catalogue, s->pivots, s->skeletons, n,
                               &s->calls, error);
    return status;
}

static enum pt_status partition(struct stages *s, struct pt_error *error)
{
    struct pt_values_wanted wanted = {true, true};
    enum pt_status status = pt_readers_create(&s->catalogue, &s->opened, error);
    if (!status)
        status = pt_values_read(&team, &s->calls, &s->opened, s->plan, wanted,
                                &s->values, error);
    if (!status)
        status =
            pt_layout_make(&team, &s->values, s->catalogue.n_runs, &s->layout, error);
    return status;
}

static void stages_free(struct stages *s)
{
    pt_layout_free(&s->layout);
    pt_values_free(&s->values);
    pt_readers_free(&s->opened);
    pt_calls_free(&s->calls);
    for (size_t k = 0; s->skeletons && k < s->catalogue.n_traces; k++) {
        pt_skeleton_free(&s->skeletons[k]);
        pt_trace_reader_close(s->readers[k]);
        pt_trace_hashes_free(&s->hashes[k]);
    }
    free(s->skeletons);
    free(s->readers);
    free(s->hashes);
    free(s->pivots);
    pt_definitions_free(&s->definitions);
    pt_stat_plan_destroy(s->plan);
    pt_catalogue_free(&s->catalogue);
}

static void run(unsigned alignment)
{
    struct stages s = {0};
    struct pt_error error = {0};
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_catalogue_request request = {.folder = folder,
                                           .import = {.format = PT_FORMAT_NATIVE}};
    enum pt_status status = pt_catalogue_read(&team, &request, &s.catalogue, &error);
    if (!status) {
        size_t n = s.catalogue.n_traces + 1;
        s.skeletons = calloc(n, sizeof *s.skeletons);
        s.readers = calloc(n, sizeof(struct pt_trace_reader *));
        s.hashes = calloc(n, sizeof *s.hashes);
        s.pivots = calloc(s.catalogue.n_processes + 1, sizeof *s.pivots);
        if (!s.skeletons || !s.readers || !s.hashes || !s.pivots)
            abort();
        status = pt_stat_plan_create(&options, s.catalogue.n_samples, &s.plan, &error);
    }
    if (!status)
        status = align(&s, alignment, &error);
    if (!status)
        status = partition(&s, &error);
    if (status && !error.text[0])
        abort(); /* a failure without words */
    stages_free(&s);
}

static void put_trace(const char *name, const unsigned char *file, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || pt_write_at(fd, file, n, 0, path, NULL) != PT_OK)
        abort();
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes <= HEAD)
        return 0;
    size_t n = bytes - HEAD, at = ((size_t)data[1] << 8 | data[2]) * 8;
    unsigned char *file = malloc(n);
    if (!file)
        abort();
    memcpy(file, data + HEAD, n);
    if (!(data[0] & AS_IT_IS))
        pt_fuzz_seal(file, n);
    put_trace("a.trace", file, n);
    if (n > RUN_ID)
        file[RUN_ID] ^= 1;
    if (at < n)
        file[at] ^= 1;
    if (!(data[0] & AS_IT_IS))
        pt_fuzz_seal(file, n);
    put_trace("b.trace", file, n);
    free(file);
    run(data[0] >> 1);
    return 0;
}

#ifndef PT_FUZZER
int main(int argc, char **argv)
{
    size_t n = 0;
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        char *data;
        size_t bytes;
        struct pt_error error;
        if (pt_file_read(argv[i], (size_t)1 << 24, &data, &bytes, &error) != PT_OK) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)data, bytes);
        for (size_t cut = 0; cut + HEAD < bytes;
             cut += 8, n++) /* all there is stands at 8s */
            LLVMFuzzerTestOneInput((const uint8_t *)data, HEAD + cut);
        free(data);
    }
    printf("%zu inputs of %d files\n", n, argc - 1);
    MPI_Finalize();
    return argc > 1 ? 0 : 1;
}
#endif
