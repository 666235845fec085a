/* Opcodes of protocol 4, without memo and frames. The first failure to write is kept,
 * and told when the file is closed. Thread: one writer, one thread. */
#ifndef PT_PICKLE_WRITER_H
#define PT_PICKLE_WRITER_H

#include <stdint.h>
#include <stdio.h>

#include "format/format.h"

struct pt_pickle_writer {
    FILE *file;
};

void pt_pickle_put_opcode(struct pt_pickle_writer *writer, int opcode);
void pt_pickle_put_text(struct pt_pickle_writer *writer, const char *text,
                        size_t bytes);
void pt_pickle_put_word(struct pt_pickle_writer *writer, const char *word); /* ASCII */
void pt_pickle_put_integer(struct pt_pickle_writer *writer, uint64_t bits,
                           int is_signed);
void pt_pickle_put_real(struct pt_pickle_writer *writer, double real);
/* What stands before `bytes` bytes of data that the caller writes. */
void pt_pickle_put_bytes_head(struct pt_pickle_writer *writer, uint64_t bytes);
/* module.name, looked up by who reads. */
void pt_pickle_put_global(struct pt_pickle_writer *writer, const char *module,
                          const char *name);
/* numpy.dtype of a class and a size. */
void pt_pickle_put_dtype(struct pt_pickle_writer *writer, char dtype, unsigned bytes);

/* Everything of an array but its data: head, then the data, then tail. */
void pt_pickle_put_array_head(struct pt_pickle_writer *writer,
                              const struct pt_trace_value *value);
void pt_pickle_put_array_tail(struct pt_pickle_writer *writer);

#endif
