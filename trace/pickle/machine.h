/* The machine that a pickle is a program for: a stack, marks on it, and a memo. It
 * knows protocols 0 to 5 and builds the nodes of node.h; no opcode of it can call
 * anything.
 *
 * A file may hold one pickle after another. Their writers differ in the memo: one
 * pickler for the whole file goes on counting (and refers to what earlier records
 * hold), one for each record starts anew. The first reference in a record behind the
 * first tells: a record of its own can only refer to what it has memoized itself.
 *
 * Bounded whatever the file says: lengths by the file's size, nodes by
 * PT_PICKLE_ROOM_BYTES, nesting by the heap and not by the C stack. */
#ifndef PT_PICKLE_MACHINE_H
#define PT_PICKLE_MACHINE_H

#include "pickle/node.h"

enum { PT_PICKLE_ROOM_BYTES = 512 << 20, PT_PICKLE_PROTOCOL = 5 };

struct pt_pickle_machine; /* opaque */

PT_MUST_CHECK enum pt_status pt_pickle_machine_open(const char *path,
                                                    struct pt_pickle_machine **machine,
                                                    struct pt_error *error);
void pt_pickle_machine_close(struct pt_pickle_machine *machine); /* NULL is legal */

/* The next object; borrowed until the next call. PT_E_MISSING: the file ends here, at
 * the end of a record. PT_E_DAMAGED, PT_E_VERSION (a protocol of later years),
 * PT_E_UNSUPPORTED (buffers out of band), PT_E_LIMIT: nothing more can be read. */
PT_MUST_CHECK enum pt_status pt_pickle_load(struct pt_pickle_machine *machine,
                                            const struct pt_pickle_node **object,
                                            struct pt_error *error);

/* For reading the texts and bytes of nodes. Borrowed. */
const struct pt_pickle_source *
pt_pickle_machine_source(const struct pt_pickle_machine *machine);

#endif
