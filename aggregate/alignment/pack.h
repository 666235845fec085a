/* The calls of one trace in about a sixth of their size, from when they are read to
 * when they are joined: the calls of all traces of a rank have to fit its memory, those
 * of one need not be small.
 *
 *   call = what it is (number in the table `whats`), distance to the enclosing call,
 *          thread, flags, and as differences to the call before or to each other
 *          times, nanoseconds, references; numbers of values
 *
 * Each is a number of 7 bits per byte, the lowest first, 0x80 set in all but the last.
 * Keys and places are not kept: pt_align_keys makes them again. */
#ifndef PT_ALIGNMENT_PACK_H
#define PT_ALIGNMENT_PACK_H

#include "alignment/skeleton.h"

/* Packs the calls, which become *spare's memory (as pt_skeleton_read takes it).
 * PT_E_MEMORY: they stay as they are. */
PT_MUST_CHECK enum pt_status pt_skeleton_pack(struct pt_skeleton *skeleton,
                                              struct pt_array *spare,
                                              struct pt_error *error);

/* Makes the calls again, owned by the skeleton, and keeps the packed ones too. Nothing
 * happens where they are there already. */
PT_MUST_CHECK enum pt_status pt_skeleton_unpack(struct pt_skeleton *skeleton,
                                                struct pt_error *error);

/* The calls one after another, packed or not. */
struct pt_skeleton_cursor {
    const struct pt_skeleton *skeleton; /* borrowed */
    size_t next;
    const unsigned char *at;
    uint64_t time, ns, ref; /* of the call before */
};

/* The next call; the caller knows that there is one: cursor->next < skeleton->n. */
void pt_skeleton_next(struct pt_skeleton_cursor *cursor, struct pt_skeleton_call *call);

#endif
