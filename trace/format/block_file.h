/* The file of a trace while it is written: blocks one after the other, after every so
 * many an index block, at the end the rest of the index, the footer and the trailer
 * (FORMAT.md). The first failure is kept; after it nothing more is written. Where a
 * disk is full the file ends with a whole block.
 *
 * Thread: one at a time writes; error, moved: any. */
#ifndef PT_TRACE_BLOCK_FILE_H
#define PT_TRACE_BLOCK_FILE_H

#include <stdatomic.h>

#include "base/status.h"
#include "format/descriptor.h"
#include "format/packed.h"
#include "format/record.h"

/* One block being filled: before `body` there is room for its header. `block` gets its
 * times and number of records from whoever fills it. */
struct pt_buffer {
    unsigned char *body;
    size_t used;
    struct pt_trace_block block;
    struct pt_buffer *next; /* in the queue or in the pool; see sink.h */
    struct pt_packed_widths widths;
};

struct pt_block_file {
    struct pt_descriptor descriptor;
    char *part;            /* name of the file. Owned */
    const char *refuge;    /* another file, NULL: none; see stage.h. Borrowed */
    atomic_bool moved;     /* to the refuge */
    struct pt_error error; /* set before `failed`, read only after */
    atomic_bool failed;
    struct pt_packer *packer; /* NULL: bodies are stored as they are */

    uint64_t end;   /* of what has been written */
    uint64_t asked; /* so far the disk was asked to take it */
    uint64_t n_blocks, n_index_blocks, last_index;
    size_t n_listed; /* blocks since the last index block */
    unsigned char index[PT_TRACE_BLOCK_HEADER_BYTES + PT_INDEX_BYTES +
                        PT_TRACE_INDEX_BLOCKS * PT_INDEX_ENTRY_BYTES];
};

/* Creates `part` exclusively, in a *file of zeros; blocks of up to `most` bytes will be
 * packed by `codec`. After a failure too pt_block_file_free frees what there is. */
PT_MUST_CHECK enum pt_status pt_block_file_create(struct pt_block_file *file,
                                                  const char *part,
                                                  enum pt_trace_codec codec,
                                                  size_t most, struct pt_error *error);
void pt_block_file_free(struct pt_block_file *file);

/* Writes the header of PT_TRACE_HEADER_BYTES; a block; what comes behind the last one,
 * synchronised (footer's last_index and n_blocks are filled in). */
void pt_block_file_begin(struct pt_block_file *file, const unsigned char *header);
void pt_block_file_put(struct pt_block_file *file, struct pt_buffer *buffer);
void pt_block_file_end(struct pt_block_file *file, struct pt_trace_footer *footer);
void pt_block_file_close(struct pt_block_file *file);

/* Asks the disk to take some of what has been written, while there is nothing else to
 * do, so that the end of the program need not wait for all of it. In pieces: the disk
 * may be busy, and blocks may come meanwhile. Whole pages only: the last one will be
 * written to again. False if there is nothing to ask for. */
bool pt_block_file_ask(struct pt_block_file *file);

/* The first failure, or NULL. Borrowed. */
const struct pt_error *pt_block_file_error(const struct pt_block_file *file);

#endif
