/* A made-up program for the tests of the trace file: the same seed makes the same calls
 * with the same values, so that what was written can be made again and compared with
 * what is read. */
#ifndef PT_TEST_MODEL_H
#define PT_TEST_MODEL_H

#include "format/reader.h"
#include "format/writer.h"

struct model_options {
    uint64_t seed;
    uint32_t n_calls;
    uint64_t big_bytes; /* of the one big array, in the middle; 0: none */
    uint64_t max_bytes; /* of the other values */
};

/* What the model writes is packed from then on, and half of its contents can be; or
 * not. The second: where a test has the argument "lz4". */
void model_use_codec(enum pt_trace_codec codec);
void model_take_arguments(int argc, char **argv);

void model_header(struct pt_trace_header *header);

/* A writer of the model's header, packing or not; checks that it opens. */
struct pt_trace_writer *model_open(const char *path);

/* A reader of the file; checks that it opens. */
struct pt_trace_reader *model_read(const char *path);

/* A value of the call: an array of n doubles, named by string 1. */
struct pt_trace_value model_array(uint64_t call, size_t n);

/* What stands before the first call; one call; and all of them with what surrounds
 * them. */
void model_begin(struct pt_trace_writer *writer);
void model_write_call(struct pt_trace_writer *writer,
                      const struct model_options *options, uint32_t index);
void model_write(struct pt_trace_writer *writer, const struct model_options *options);

/* Writes a whole trace, sealed; checks each step. */
void model_file(const char *path, const struct model_options *options);

/* Compares what is read with the model, from the first call on, and returns the number
 * of calls whose enter and exit with all values are as written. Fails the test on
 * anything that is there but different; stops at the first thing that is missing. */
uint32_t model_compare(struct pt_trace_reader *reader,
                       const struct model_options *options);

/* Reads everything that a reader offers, whatever the file holds; fails on nothing.
 * Returns the number of records seen. For damaged files. */
uint64_t model_read_all(struct pt_trace_reader *reader);

/* A new folder under /tmp, removed with its files at exit. Static storage. */
const char *model_folder(void);
/* A name in that folder. Caller frees. */
char *model_path(const char *name);

#endif
