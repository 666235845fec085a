/* Opcodes of lists, tuples, sets and dicts, and of the stack itself. */
#include "pickle/machine_state.h"

static enum pt_status push_empty(struct pt_pickle_machine *m, enum pt_pickle_kind kind)
{
    struct pt_pickle_node *item;
    enum pt_status status = pt_machine_make(m, kind, &item);
    return status ? status : pt_machine_push(m, item);
}

/* The list or dict of `onto` that items go to, made when an object has none yet. */
static enum pt_status find_part(struct pt_pickle_machine *m,
                                struct pt_pickle_node *onto, enum pt_pickle_kind kind,
                                struct pt_pickle_node **part)
{
    *part = onto;
    if (onto->kind == kind || (kind == PT_PICKLE_LIST && onto->kind == PT_PICKLE_SET))
        return PT_OK;
    if (onto->kind != PT_PICKLE_OBJECT)
        return pt_machine_damaged(m, "adding to what holds nothing");
    struct pt_pickle_node **at =
        kind == PT_PICKLE_DICT ? &onto->object->dict : &onto->object->list;
    enum pt_status status = *at ? PT_OK : pt_machine_make(m, kind, at);
    *part = *at;
    return status;
}

/* Adds stack[from …] to what stands below it. */
static enum pt_status add(struct pt_pickle_machine *m, enum pt_pickle_kind kind,
                          size_t from)
{
    if (!from || (m->n_marks && m->marks[m->n_marks - 1] >= from))
        return pt_machine_damaged(m, "nothing to add to");
    struct pt_pickle_node *onto;
    enum pt_status status = find_part(m, m->stack[from - 1], kind, &onto);
    if (status)
        return status;
    if (kind == PT_PICKLE_DICT && (m->depth - from) % 2)
        return pt_machine_damaged(m, "a key without its value");
    for (size_t i = from; i < m->depth; i++)
        if (!pt_pickle_push(&m->room, onto, m->stack[i]))
            return pt_machine_full(m);
    m->depth = from;
    return PT_OK;
}

static enum pt_status pop(struct pt_pickle_machine *m)
{
    if (m->n_marks && m->marks[m->n_marks - 1] == m->depth)
        m->n_marks--;
    else if (m->depth)
        m->depth--;
    else
        return pt_machine_damaged(m, "the stack is empty");
    return PT_OK;
}

static enum pt_status fixed_tuple(struct pt_pickle_machine *m, size_t n)
{
    return pt_machine_has(m, n)
               ? pt_machine_gather(m, PT_PICKLE_TUPLE, m->depth - n)
               : pt_machine_damaged(m, "the stack is too short for a tuple");
}

static enum pt_status marked(struct pt_pickle_machine *m, unsigned char opcode)
{
    size_t from;
    enum pt_status status = pt_machine_unmark(m, &from);
    if (status)
        return status;
    switch (opcode) {
    case 'l':
        return pt_machine_gather(m, PT_PICKLE_LIST, from);
    case 't':
        return pt_machine_gather(m, PT_PICKLE_TUPLE, from);
    case 'd':
        return (m->depth - from) % 2 ? pt_machine_damaged(m, "a key without its value")
                                     : pt_machine_gather(m, PT_PICKLE_DICT, from);
    case 0x91:
        return pt_machine_gather(m, PT_PICKLE_SET, from);
    case 'u':
        return add(m, PT_PICKLE_DICT, from);
    case '1':
        m->depth = from;
        return PT_OK;
    default: /* APPENDS, ADDITEMS */
        return add(m, PT_PICKLE_LIST, from);
    }
}

enum pt_status pt_machine_container(struct pt_pickle_machine *m, unsigned char opcode,
                                    bool *known)
{
    *known = true;
    switch (opcode) {
    case '(':
        return pt_machine_mark(m);
    case '0':
        return pop(m);
    case '2':
        return pt_machine_has(m, 1) ? pt_machine_push(m, pt_machine_top(m, 0))
                                    : pt_machine_damaged(m, "the stack is empty");
    case ']':
        return push_empty(m, PT_PICKLE_LIST);
    case '}':
        return push_empty(m, PT_PICKLE_DICT);
    case ')':
        return push_empty(m, PT_PICKLE_TUPLE);
    case 0x8f:
        return push_empty(m, PT_PICKLE_SET);
    case 0x85:
    case 0x86:
    case 0x87:
        return fixed_tuple(m, opcode - 0x84U);
    case 'a':
        return pt_machine_has(m, 2) ? add(m, PT_PICKLE_LIST, m->depth - 1)
                                    : pt_machine_damaged(m, "nothing to add to");
    case 's':
        return pt_machine_has(m, 3) ? add(m, PT_PICKLE_DICT, m->depth - 2)
                                    : pt_machine_damaged(m, "nothing to add to");
    case 'l':
    case 't':
    case 'd':
    case 'u':
    case 'e':
    case '1':
    case 0x90:
    case 0x91:
        return marked(m, opcode);
    default:
        *known = false;
        return PT_OK;
    }
}
