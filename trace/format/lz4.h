/* Blocks of LZ4, as its authors specify the format ("LZ4 Block Format Description" of
 * the LZ4 project), so that any program with an LZ4 reads what we write, and the other
 * way round. Ours, because the tracer may link no library that the traced program
 * could be using too, and because every build shall read every trace.
 *
 *     sequence:  token │ more literal bytes │ literals │ u16 offset │ more match bytes
 *                 └ literals in the upper 4 bits, match − 4 in the lower; 15: more
 *
 * The last sequence has literals alone. Thread: safe. */
#ifndef PT_TRACE_LZ4_H
#define PT_TRACE_LZ4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PT_LZ4_MOST = 1 << 16, /* bytes of one block of ours: no offset is out of reach */
    PT_LZ4_TABLE = 1 << 13,
    /* Room for what does not shrink at all. */
    PT_LZ4_ROOM = PT_LZ4_MOST + PT_LZ4_MOST / 255 + 16
};

/* Packs `bytes` bytes, at most PT_LZ4_MOST, into `to`, which has room for PT_LZ4_ROOM.
 * `table` is scratch. Returns the packed length; the same bytes give the same. */
size_t pt_lz4_pack(const unsigned char *from, size_t bytes, unsigned char *to,
                   uint16_t table[PT_LZ4_TABLE]);

/* Unpacks `packed` bytes into exactly `bytes` bytes at `to`. False: they are no LZ4, or
 * not of so many bytes; then `to` holds anything. Neither end is ever passed. */
bool pt_lz4_unpack(const unsigned char *from, size_t packed, unsigned char *to,
                   size_t bytes);

#endif
