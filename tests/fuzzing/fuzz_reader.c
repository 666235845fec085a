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
#include "seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { AS_IT_IS = 1 }; /* bit of the first byte */

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
        pt_fuzz_seal(file, n);
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
