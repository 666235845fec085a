/* The reader, the checker and the description of a trace on any bytes.
 *
 * Checksums would keep a fuzzer out of everything behind them: unless the first byte
 * says otherwise, they are made right before the file is read. The first byte is not
 * part of the file.
 *
 * Built with libFuzzer this is a fuzzer; without it, a program that reads the files
 * named on its command line, so that what was found once is tried by every compiler. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/block.h"
#include "format/checker.h"
#include "inspect/inspect.h"
#include "model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { AS_IT_IS = 1 }; /* bit of the first byte */

static void seal_block(unsigned char *p, uint64_t stored)
{
    pt_put64(p + PT_BLOCK_BODY_CHECKSUM,
             pt_hash64(p + PT_TRACE_BLOCK_HEADER_BYTES, (size_t)stored));
    pt_put64(p + PT_BLOCK_CHECKSUM, pt_hash64(p, PT_BLOCK_CHECKSUM));
}

/* Makes the checksums of header, blocks and trailer right, wherever a magic number
 * stands. */
static void seal(unsigned char *file, size_t n)
{
    if (n < PT_TRACE_HEADER_BYTES)
        return;
    pt_put64(file + PT_HEADER_CHECKSUM, pt_hash64(file, PT_HEADER_CHECKSUM));
    for (size_t at = PT_TRACE_HEADER_BYTES; at + PT_TRACE_BLOCK_HEADER_BYTES <= n;) {
        unsigned char *p = file + at;
        uint64_t stored = pt_get64(p + PT_BLOCK_STORED_BYTES);
        uint64_t room = n - at - PT_TRACE_BLOCK_HEADER_BYTES;
        if (pt_get32(p + PT_BLOCK_MAGIC) != PT_TRACE_BLOCK_MAGIC) {
            at += 8;
            continue;
        }
        if (stored > room) /* so that lengths which lie get as far as they can */
            stored = room;
        seal_block(p, stored);
        at += PT_TRACE_BLOCK_HEADER_BYTES + (size_t)pt_align8(stored);
    }
    unsigned char *trailer = file + n - PT_TRACE_TRAILER_BYTES;
    if (memcmp(trailer, PT_TRACE_TRAILER, 8) == 0) {
        pt_put64(trailer + PT_TRAILER_LENGTH, n);
        pt_put64(trailer + PT_TRAILER_CHECKSUM,
                 pt_hash64(trailer, PT_TRAILER_CHECKSUM));
    }
}

static void try_file(const char *path)
{
    struct pt_trace_reader *reader;
    struct pt_trace_check check;
    struct pt_error error;
    FILE *nowhere = fopen("/dev/null", "w");

    if (!nowhere)
        abort();
    if (pt_trace_reader_open(path, &reader, &error) == PT_OK) {
        model_read_all(reader);
        pt_trace_reader_close(reader);
    }
    if (pt_trace_check(path, &check, &error) != PT_OK && !error.text[0])
        abort(); /* a failure without words */
    if (pt_inspect_trace(nowhere, path, true, &error) != PT_OK && !error.text[0])
        abort();
    fclose(nowhere);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char path[64];
    size_t n = bytes ? bytes - 1 : 0;
    int fd = memfd_create("trace", MFD_CLOEXEC);
    unsigned char *file = malloc(n + 1);

    if (fd < 0 || !file)
        abort();
    if (n)
        memcpy(file, data + 1, n);
    if (bytes && !(data[0] & AS_IT_IS))
        seal(file, n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (pt_write_at(fd, file, n, 0, path, NULL) != PT_OK)
        abort();
    try_file(path);
    free(file);
    close(fd);
    return 0;
}

#ifndef PT_FUZZER
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *data;
        size_t bytes;
        struct pt_error error;
        if (pt_file_read(argv[i], (size_t)1 << 24, &data, &bytes, &error) != PT_OK) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)data, bytes);
        free(data);
    }
    printf("%d files\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
#endif
