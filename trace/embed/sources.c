#include "embed/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/reader.h"

enum { HASH_TEXT = 33, SOURCE_LIMIT = 32 << 20 };

/* Puts the text under its hash. Many processes of one experiment do this at once, each
 * by a name of its own; what is there already is the same text. No fsync: the hash
 * tells a damaged copy. */
static enum pt_status store(const char *folder, const char *hash, const char *text,
                            size_t bytes, struct pt_error *error)
{
    char path[PATH_MAX], temporary[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, hash) >= (int)sizeof path ||
        snprintf(temporary, sizeof temporary, "%s.%ld.part", path, (long)getpid()) >=
            (int)sizeof temporary)
        return pt_error_set(error, PT_E_LIMIT, "the path %s is too long", folder);
    if (access(path, F_OK) == 0)
        return PT_OK;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return pt_error_sys(error, "cannot write %s", temporary);
    enum pt_status status = pt_write_at(fd, text, bytes, 0, temporary, error);
    if (close(fd) != 0 && status == PT_OK)
        status = pt_error_sys(error, "cannot write %s", temporary);
    if (status == PT_OK && rename(temporary, path) != 0)
        status = pt_error_sys(error, "cannot rename %s", temporary);
    if (status != PT_OK)
        unlink(temporary);
    return status;
}

/* One file: PT_E_MISSING if it cannot be read (code made by exec, frozen modules). */
static enum pt_status keep(struct pt_trace_writer *writer, const char *folder,
                           const char *directory, const char *file,
                           struct pt_error *error)
{
    char path[PATH_MAX], hash_text[HASH_TEXT], key[PATH_MAX + 8];
    char *text = NULL;
    size_t bytes;

    if (file[0] == '\0' || file[0] == '<' ||
        snprintf(path, sizeof path, "%s%s%s", file[0] == '/' ? "" : directory,
                 file[0] == '/' ? "" : "/", file) >= (int)sizeof path ||
        snprintf(key, sizeof key, "source.%s", file) >= (int)sizeof key)
        return PT_E_MISSING;
    if (pt_file_read(path, SOURCE_LIMIT, &text, &bytes, NULL) != PT_OK)
        return PT_E_MISSING;
    struct pt_hash128 hash = pt_hash128(text, bytes);
    snprintf(hash_text, sizeof hash_text, "%016" PRIx64 "%016" PRIx64, hash.high,
             hash.low);
    enum pt_status status = store(folder, hash_text, text, bytes, error);
    if (status == PT_OK)
        pt_trace_writer_meta(writer, key, hash_text, strlen(hash_text));
    free(text);
    return status;
}

/* The strings that are names of files: by id, 1 where one is. NULL: no memory. */
static unsigned char *file_strings(const struct pt_trace_reader *reader, uint32_t *most)
{
    uint32_t functions = pt_trace_reader_n_functions(reader);
    uint32_t sites = pt_trace_reader_n_sites(reader);

    *most = 0;
    for (uint32_t id = 1; id <= functions; id++)
        if (pt_trace_reader_function(reader, id)->file > *most)
            *most = pt_trace_reader_function(reader, id)->file;
    for (uint32_t id = 1; id <= sites; id++)
        if (pt_trace_reader_site(reader, id)->file > *most)
            *most = pt_trace_reader_site(reader, id)->file;
    unsigned char *named = calloc((size_t)*most + 1, 1);
    if (named == NULL)
        return NULL;
    for (uint32_t id = 1; id <= functions; id++)
        named[pt_trace_reader_function(reader, id)->file] = 1;
    for (uint32_t id = 1; id <= sites; id++)
        named[pt_trace_reader_site(reader, id)->file] = 1;
    return named;
}

enum pt_status pt_sources_keep(struct pt_trace_writer *writer, const char *path,
                               const char *folder, const char *directory,
                               struct pt_error *error)
{
    struct pt_trace_reader *reader = NULL;
    unsigned char *named = NULL;
    uint32_t most = 0;

    enum pt_status status = pt_folder_create(folder, error);
    if (status == PT_OK)
        status = pt_trace_reader_open(path, &reader, error);
    if (status != PT_OK)
        goto done;
    named = file_strings(reader, &most);
    if (named == NULL) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory");
        goto done;
    }
    for (uint32_t id = 1; id <= most && status == PT_OK; id++) {
        if (!named[id])
            continue;
        status = keep(writer, folder, directory,
                      pt_trace_reader_string(reader, id, NULL), error);
        if (status == PT_E_MISSING)
            status = PT_OK;
    }
done:
    free(named);
    pt_trace_reader_close(reader);
    return status;
}
