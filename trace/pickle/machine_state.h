/* What machine.c and opcodes.c share. */
#ifndef PT_PICKLE_MACHINE_STATE_H
#define PT_PICKLE_MACHINE_STATE_H

#include "pickle/machine.h"

enum pt_pickle_memo { PT_MEMO_UNKNOWN, PT_MEMO_SHARED, PT_MEMO_OWN };

struct pt_pickle_machine {
    struct pt_pickle_source source;
    struct pt_pickle_room room;
    struct pt_pickle_node **stack;
    size_t depth, stack_room;
    size_t *marks; /* depths of the stack */
    size_t n_marks, marks_room;
    struct pt_pickle_node **memo;
    size_t n_memo, memo_room; /* n_memo: numbers in use, some may be NULL */
    enum pt_pickle_memo mode;
    size_t base;   /* n_memo when the record began */
    bool referred; /* a GET in this record */
    uint64_t records;
    bool stopped; /* after STOP, or a failure */
    struct pt_error *error;
};

/* One opcode; PT_OK also for STOP, which sets `stopped`. */
PT_MUST_CHECK enum pt_status pt_pickle_step(struct pt_pickle_machine *m);

/* ── stack.c: for the opcodes. All failures are in m->error. ── */

enum pt_status pt_machine_damaged(struct pt_pickle_machine *m, const char *what);
enum pt_status pt_machine_full(struct pt_pickle_machine *m); /* PT_E_LIMIT */
PT_MUST_CHECK enum pt_status pt_machine_push(struct pt_pickle_machine *m,
                                             struct pt_pickle_node *item);
/* Whether `n` items stand above the last mark. */
bool pt_machine_has(const struct pt_pickle_machine *m, size_t n);
/* The item with `below` others above it, which the caller knows is there. */
struct pt_pickle_node *pt_machine_top(const struct pt_pickle_machine *m, size_t below);
/* A new node of that kind, not yet on the stack. */
PT_MUST_CHECK enum pt_status pt_machine_make(struct pt_pickle_machine *m,
                                             enum pt_pickle_kind kind,
                                             struct pt_pickle_node **item);
PT_MUST_CHECK enum pt_status pt_machine_mark(struct pt_pickle_machine *m);
/* Takes the last mark away; what stood above it is stack[*from] and on. */
PT_MUST_CHECK enum pt_status pt_machine_unmark(struct pt_pickle_machine *m,
                                               size_t *from);
/* stack[from …] becomes one container. */
PT_MUST_CHECK enum pt_status pt_machine_gather(struct pt_pickle_machine *m,
                                               enum pt_pickle_kind kind, size_t from);
/* A little-endian number of `bytes` (at most 8) bytes that follows the opcode. */
PT_MUST_CHECK enum pt_status pt_machine_number(struct pt_pickle_machine *m,
                                               size_t bytes, uint64_t *value);
/* The line that follows the opcode: where it stands, and its text where it is shorter
 * than `room` (else an empty one). */
PT_MUST_CHECK enum pt_status pt_machine_line(struct pt_pickle_machine *m,
                                             uint64_t *offset, uint64_t *bytes,
                                             char *text, size_t room);

/* ── opcodes_….c: one group each; *known: the opcode is of the group. ── */

PT_MUST_CHECK enum pt_status pt_machine_value(struct pt_pickle_machine *m,
                                              unsigned char opcode, bool *known);
PT_MUST_CHECK enum pt_status pt_machine_container(struct pt_pickle_machine *m,
                                                  unsigned char opcode, bool *known);
PT_MUST_CHECK enum pt_status pt_machine_memo(struct pt_pickle_machine *m,
                                             unsigned char opcode, bool *known);
PT_MUST_CHECK enum pt_status pt_machine_object(struct pt_pickle_machine *m,
                                               unsigned char opcode, bool *known);

#endif
