/* The stack, its marks, and what follows an opcode. */
#include <stdlib.h>
#include <string.h>

#include "pickle/machine_state.h"

enum pt_status pt_machine_damaged(struct pt_pickle_machine *m, const char *what)
{
    return pt_pickle_damaged(&m->source, what, m->error);
}

enum pt_status pt_machine_full(struct pt_pickle_machine *m)
{
    return pt_error_set(m->error, PT_E_LIMIT,
                        "%s: the objects of a record take more than %d MiB",
                        m->source.path, PT_PICKLE_ROOM_BYTES >> 20);
}

enum pt_status pt_machine_push(struct pt_pickle_machine *m, struct pt_pickle_node *item)
{
    if (m->depth == m->stack_room) {
        size_t more = m->stack_room ? 2 * m->stack_room : 256;
        struct pt_pickle_node **stack = more <= PT_PICKLE_ROOM_BYTES / sizeof *stack
                                            ? realloc(m->stack, more * sizeof *stack)
                                            : NULL;
        if (!stack)
            return pt_machine_full(m);
        m->stack = stack;
        m->stack_room = more;
    }
    m->stack[m->depth++] = item;
    return PT_OK;
}

/* Whether `n` items stand above the last mark. */
bool pt_machine_has(const struct pt_pickle_machine *m, size_t n)
{
    size_t floor = m->n_marks ? m->marks[m->n_marks - 1] : 0;
    return m->depth - floor >= n;
}

struct pt_pickle_node *pt_machine_top(const struct pt_pickle_machine *m, size_t below)
{
    return m->stack[m->depth - 1 - below];
}

enum pt_status pt_machine_make(struct pt_pickle_machine *m, enum pt_pickle_kind kind,
                               struct pt_pickle_node **item)
{
    *item = pt_pickle_take(&m->room, sizeof **item);
    if (!*item)
        return pt_machine_full(m);
    (*item)->kind = (uint8_t)kind;
    return PT_OK;
}

enum pt_status pt_machine_mark(struct pt_pickle_machine *m)
{
    if (m->n_marks == m->marks_room) {
        size_t more = m->marks_room ? 2 * m->marks_room : 64;
        size_t *marks = more <= PT_PICKLE_ROOM_BYTES / sizeof *marks
                            ? realloc(m->marks, more * sizeof *marks)
                            : NULL;
        if (!marks)
            return pt_machine_full(m);
        m->marks = marks;
        m->marks_room = more;
    }
    m->marks[m->n_marks++] = m->depth;
    return PT_OK;
}

/* Takes the last mark away; what stands above it is stack[*from] and on. */
enum pt_status pt_machine_unmark(struct pt_pickle_machine *m, size_t *from)
{
    if (!m->n_marks)
        return pt_machine_damaged(m, "no mark on the stack");
    *from = m->marks[--m->n_marks];
    return PT_OK;
}

/* A little-endian number of `bytes` bytes that follows the opcode. */
enum pt_status pt_machine_number(struct pt_pickle_machine *m, size_t bytes,
                                 uint64_t *value)
{
    const unsigned char *p;
    enum pt_status status = pt_pickle_source_take(&m->source, bytes, &p, m->error);
    *value = 0;
    for (size_t i = 0; !status && i < bytes; i++)
        *value |= (uint64_t)p[i] << (8 * i);
    return status;
}

/* A line's offset and length, and its text where it is short. */
enum pt_status pt_machine_line(struct pt_pickle_machine *m, uint64_t *offset,
                               uint64_t *bytes, char *text, size_t room)
{
    *offset = pt_pickle_source_at(&m->source);
    enum pt_status status = pt_pickle_source_line(&m->source, bytes, m->error);
    text[0] = '\0';
    if (!status && *bytes < room) {
        status =
            pt_pickle_source_copy(&m->source, *offset, (size_t)*bytes, text, m->error);
        text[status ? 0 : *bytes] = '\0';
    }
    return status;
}

/* stack[from …] becomes one container. */
enum pt_status pt_machine_gather(struct pt_pickle_machine *m, enum pt_pickle_kind kind,
                                 size_t from)
{
    struct pt_pickle_node *many;
    enum pt_status status = pt_machine_make(m, kind, &many);
    for (size_t i = from; !status && i < m->depth; i++)
        if (!pt_pickle_push(&m->room, many, m->stack[i]))
            status = pt_machine_full(m);
    m->depth = from;
    return status ? status : pt_machine_push(m, many);
}
