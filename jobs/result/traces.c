#include "result/traces.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/reader.h"
#include "schema/reader.h"

enum { PIECE_BYTES = 1 << 20, WORDS = 1100 };

/* One row of traces/. */
struct record {
    char *path; /* owned */
    uint64_t bytes, checksum, run_id;
    uint32_t run_flags;
};

static enum pt_status read_record(const struct pt_result *result, uint64_t row,
                                  struct record *record, struct pt_error *error)
{
    uint32_t run = 0;
    enum pt_status status =
        pt_result_text(result, PT_COLUMN_TRACES_PATH, row, &record->path, error);

    if (status == PT_OK)
        status =
            pt_result_u64(result, PT_COLUMN_TRACES_BYTES, row, &record->bytes, error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_TRACES_CHECKSUM, row,
                               &record->checksum, error);
    if (status == PT_OK)
        status = pt_result_u32(result, PT_COLUMN_TRACES_RUN, row, &run, error);
    if (status == PT_OK)
        status =
            pt_result_u64(result, PT_COLUMN_RUNS_RUN_ID, run, &record->run_id, error);
    if (status == PT_OK)
        status =
            pt_result_u32(result, PT_COLUMN_RUNS_FLAGS, run, &record->run_flags, error);
    return status;
}

static bool is_there(const char *path)
{
    struct stat state;

    return stat(path, &state) == 0 && S_ISREG(state.st_mode);
}

/* Where the file is now; NULL: nowhere. The caller frees. */
static char *find(const char *recorded, const char *result, const char *folder)
{
    const char *slash = strrchr(recorded, '/'), *last = strrchr(result, '/');
    const char *name = slash ? slash + 1 : recorded;
    int length = last ? (int)(last - result) : 1;
    const char *home = last ? result : ".";
    char *places[3] = {NULL, NULL, NULL}, *found = NULL;

    if (folder) {
        if (asprintf(&places[0], "%s/%s", folder, name) < 0)
            places[0] = NULL;
    } else {
        places[0] = strdup(recorded);
        if (asprintf(&places[1], "%.*s/../traces/%s", length, home, name) < 0)
            places[1] = NULL;
        if (asprintf(&places[2], "%.*s/%s", length, home, name) < 0)
            places[2] = NULL;
    }
    for (size_t i = 0; i < PT_ARRAY_LENGTH(places); i++) {
        if (!found && places[i] && is_there(places[i]))
            found = places[i];
        else
            free(places[i]);
    }
    return found;
}

/* Of a file that is no trace of ours: a pickle. */
static enum pt_status sum_file(const char *path, uint64_t *checksum,
                               struct pt_error *error)
{
    struct pt_hash_state state;
    uint64_t at = 0;
    size_t got = PIECE_BYTES;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *data = malloc(PIECE_BYTES);
    enum pt_status status = PT_OK;

    if (!data)
        status = pt_error_set(error, PT_E_MEMORY, "no memory to read %s", path);
    else if (fd < 0)
        status = pt_error_sys(error, "cannot open %s", path);
    pt_hash_begin(&state);
    for (; status == PT_OK && got == PIECE_BYTES; at += got) {
        status = pt_read_at(fd, data, PIECE_BYTES, at, &got, path, error);
        pt_hash_add(&state, data, got);
    }
    *checksum = pt_hash_end(&state).low;
    if (fd >= 0)
        close(fd);
    free(data);
    return status;
}

/* Reads every block: does its body have the checksum that its header gives? */
static enum pt_status read_bodies(struct pt_trace_reader *reader,
                                  struct pt_error *error)
{
    unsigned char *body = malloc(PT_TRACE_BLOCK_LIMIT);
    enum pt_status status = PT_OK;

    if (!body)
        return pt_error_set(error, PT_E_MEMORY, "no memory to read a trace");
    for (int s = PT_STREAM_META; s <= PT_STREAM_PAYLOADS && status == PT_OK; s++) {
        size_t n = pt_trace_reader_n_blocks(reader, (enum pt_trace_stream)s);
        for (size_t i = 0; i < n && status == PT_OK; i++)
            status = pt_trace_reader_read(
                reader, pt_trace_reader_block(reader, (enum pt_trace_stream)s, i), body,
                error);
    }
    free(body);
    return status;
}

/* What is wrong with the file that was found, in words; empty: nothing. */
static void compare(const char *path, const struct record *record, char words[WORDS])
{
    struct pt_trace_reader *reader = NULL;
    struct pt_error why = {0};
    uint64_t checksum = 0;
    struct stat state = {0};

    words[0] = '\0';
    if (stat(path, &state) == 0 && (uint64_t)state.st_size != record->bytes) {
        snprintf(words, WORDS, "differs: %" PRIu64 " bytes instead of %" PRIu64,
                 (uint64_t)state.st_size, record->bytes);
        return;
    }
    enum pt_status status = pt_trace_reader_open(path, &reader, &why);
    if (status == PT_E_FORMAT) {
        status = sum_file(path, &checksum, &why);
    } else if (status == PT_OK) {
        status = pt_trace_reader_checksum(reader, &checksum, &why);
        if (status == PT_OK && !(record->run_flags & PT_RUN_DAMAGED))
            status = read_bodies(reader, &why);
    }
    pt_trace_reader_close(reader);
    if (status != PT_OK)
        snprintf(words, WORDS, "damaged: %s", why.text);
    else if (checksum != record->checksum)
        snprintf(words, WORDS,
                 "differs: its checksum is %016" PRIx64 " instead of %016" PRIx64,
                 checksum, record->checksum);
}

static enum pt_status verify_one(FILE *out, const struct pt_result *result,
                                 uint64_t row, const char *folder, bool *same,
                                 struct pt_error *error)
{
    struct record record = {0};
    char words[WORDS] = "missing";
    enum pt_status status = read_record(result, row, &record, error);

    if (status == PT_OK) {
        char *path = find(record.path, pt_result_about(result)->path, folder);
        if (path)
            compare(path, &record, words);
        *same = !words[0];
        fprintf(out, "run %" PRIu64 "  %s: %s\n", record.run_id,
                path ? path : record.path, words[0] ? words : "same");
        free(path);
    }
    free(record.path);
    return status;
}

enum pt_status pt_result_verify(FILE *out, const char *path, const char *folder,
                                struct pt_error *error)
{
    struct pt_result *result = NULL;
    uint64_t n = 0, others = 0;
    enum pt_status status = pt_result_open(path, &result, error);

    if (status == PT_OK) {
        n = pt_result_rows(result, PT_COLUMN_TRACES_BYTES);
        if (!n)
            status = pt_error_set(error, PT_E_UNSUPPORTED,
                                  "%s does not say what its traces were: it was made "
                                  "by an older version",
                                  path);
    }
    for (uint64_t i = 0; status == PT_OK && i < n; i++) {
        bool same = false;
        status = verify_one(out, result, i, folder, &same, error);
        others += !same;
    }
    pt_result_close(result);
    if (status == PT_OK && others)
        status = pt_error_set(error, PT_E_DAMAGED,
                              "%s: %" PRIu64 " of the %" PRIu64
                              " files that it was made of are not there as they were",
                              path, others, n);
    return status;
}
