/* The unpickler, what it recognises as numbers, and the conversion to a trace, on any
 * bytes. The first byte is not part of the file: 1 converts it whole; 0 only loads its
 * objects and reads every number and text in them, which is faster.
 *
 * Built with libFuzzer this is a fuzzer; without it, a program that reads the files
 * named on its command line, and each of them cut at every offset. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "pickle/convert.h"
#include "pickle/machine.h"
#include "pickle/numbers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { DEPTH = 4, NODES = 2000 };

static void walk(const struct pt_pickle_source *source,
                 const struct pt_pickle_node *node, unsigned depth, unsigned *nodes);

static void walk_many(const struct pt_pickle_source *source,
                      const struct pt_pickle_node *many, unsigned depth,
                      unsigned *nodes)
{
    for (size_t i = 0; many && i < many->many.n; i++)
        walk(source, many->many.items[i], depth + 1, nodes);
}

static void read_data(const struct pt_pickle_source *source,
                      const struct pt_pickle_node *node)
{
    struct pt_pickle_numbers numbers;
    struct pt_error error = {0};
    unsigned char *data = NULL;
    char text[64];
    size_t got;
    if (pt_pickle_numbers(source, node, &numbers) == PT_FOUND_NUMBERS &&
        pt_pickle_numbers_read(source, &numbers, &data, &error) != PT_OK &&
        !error.text[0])
        abort(); /* a failure without words */
    free(data);
    if ((node->kind == PT_PICKLE_TEXT || node->kind == PT_PICKLE_BYTES) &&
        pt_pickle_text(source, node, text, sizeof text, &got, &error) == PT_OK &&
        got > sizeof text)
        abort();
}

static void walk(const struct pt_pickle_source *source,
                 const struct pt_pickle_node *node, unsigned depth, unsigned *nodes)
{
    if (!node || depth > DEPTH || ++*nodes > NODES)
        return;
    read_data(source, node);
    (void)pt_pickle_get(source, node, "time");
    switch (node->kind) {
    case PT_PICKLE_LIST:
    case PT_PICKLE_TUPLE:
    case PT_PICKLE_SET:
    case PT_PICKLE_DICT:
        walk_many(source, node, depth, nodes);
        break;
    case PT_PICKLE_OBJECT:
        walk(source, node->object->args, depth + 1, nodes);
        walk(source, node->object->state, depth + 1, nodes);
        walk_many(source, node->object->list, depth, nodes);
        walk_many(source, node->object->dict, depth, nodes);
        break;
    default:
        break;
    }
}

static void load_all(const char *path)
{
    struct pt_pickle_machine *machine;
    const struct pt_pickle_node *object;
    struct pt_error error = {0};
    enum pt_status status = pt_pickle_machine_open(path, &machine, &error);
    if (status)
        abort();
    while (!(status = pt_pickle_load(machine, &object, &error))) {
        unsigned nodes = 0;
        walk(pt_pickle_machine_source(machine), object, 0, &nodes);
    }
    if (status != PT_E_MISSING && !error.text[0])
        abort();
    pt_pickle_machine_close(machine);
}

static void convert(const char *path)
{
    static const struct pt_pickle_limits limits = {
        .max_elements = 1 << 20, .max_depth = 4, .max_items = 64};
    struct pt_pickle_summary summary;
    struct pt_error error = {0};
    char trace[64];
    snprintf(trace, sizeof trace, "/dev/shm/fuzz-pickle-%d.trace", (int)getpid());
    enum pt_status status = pt_pickle_convert(path, trace, &limits, &summary, &error);
    if (status && !error.text[0])
        abort();
    if (!status && unlink(trace))
        abort();
    if (status && access(trace, F_OK) == 0)
        abort(); /* something is left behind */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char path[64];
    int fd = memfd_create("pickle", MFD_CLOEXEC);
    if (fd < 0)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (bytes > 1 && pt_write_at(fd, data + 1, bytes - 1, 0, path, NULL) != PT_OK)
        abort();
    load_all(path);
    if (bytes && data[0] & 1)
        convert(path);
    close(fd);
    return 0;
}

#ifndef PT_FUZZER
int main(int argc, char **argv)
{
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        char *data;
        size_t bytes;
        struct pt_error error;
        if (pt_file_read(argv[i], (size_t)1 << 24, &data, &bytes, &error) != PT_OK) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        for (size_t cut = 0; cut <= bytes; cut++, n++) {
            char first = cut ? data[0] : 0;
            if (cut && cut < bytes && cut % 16) /* most are not converted: time */
                data[0] = 0;
            LLVMFuzzerTestOneInput((const uint8_t *)data, cut);
            if (cut)
                data[0] = first;
        }
        free(data);
    }
    printf("%zu inputs of %d files\n", n, argc - 1);
    return argc > 1 ? 0 : 1;
}
#endif
