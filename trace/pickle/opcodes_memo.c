/* Opcodes that keep an object under a number and fetch it again. */
#include <stdlib.h>

#include "pickle/machine_state.h"

enum { NUMBER_BYTES = 64, MEMO_MOST = 1 << 26 };

static enum pt_status put(struct pt_pickle_machine *m, uint64_t at)
{
    if (!pt_machine_has(m, 1))
        return pt_machine_damaged(m, "nothing to memoize");
    /* Numbers count what was memoized, which took a byte each. */
    if (at >= MEMO_MOST || at >= pt_pickle_source_at(&m->source))
        return pt_machine_damaged(m, "a memo number beyond all bounds");
    if (at >= m->memo_room) {
        size_t more = m->memo_room ? 2 * m->memo_room : 256;
        while (more <= at)
            more *= 2;
        struct pt_pickle_node **memo = realloc(m->memo, more * sizeof *memo);
        if (!memo)
            return pt_machine_full(m);
        m->memo = memo;
        m->memo_room = more;
    }
    for (; m->n_memo <= at; m->n_memo++)
        m->memo[m->n_memo] = NULL;
    m->memo[at] = pt_machine_top(m, 0);
    return PT_OK;
}

/* See machine.h: the first reference of a later record tells whose memo it is. A
 * reference below what the record itself has memoized can be of its own memo only. */
static enum pt_status get(struct pt_pickle_machine *m, uint64_t at)
{
    uint64_t own = m->n_memo - m->base;
    if (m->mode == PT_MEMO_UNKNOWN && m->base && !m->referred)
        m->mode = at >= own ? PT_MEMO_SHARED : PT_MEMO_OWN;
    m->referred = true;
    if (m->mode == PT_MEMO_OWN && m->base)
        at = at < own ? at + m->base : UINT64_MAX;
    if (at >= m->n_memo || !m->memo[at])
        return pt_machine_damaged(m, "a reference to what is not in the memo");
    return pt_machine_push(m, m->memo[at]);
}

/* GET and PUT of protocol 0 write the number as text. */
static enum pt_status memo_line(struct pt_pickle_machine *m, uint64_t *value)
{
    char text[NUMBER_BYTES], *end;
    uint64_t offset, bytes;
    enum pt_status status = pt_machine_line(m, &offset, &bytes, text, sizeof text);
    if (status)
        return status;
    *value = strtoull(text, &end, 10);
    return end == text || text[0] == '-'
               ? pt_machine_damaged(m, "no number of the memo")
               : PT_OK;
}

enum pt_status pt_machine_memo(struct pt_pickle_machine *m, unsigned char opcode,
                               bool *known)
{
    uint64_t at = m->n_memo;
    enum pt_status status = PT_OK;
    *known = true;
    switch (opcode) {
    case 'p':
    case 'g':
        status = memo_line(m, &at);
        break;
    case 'q':
    case 'h':
        status = pt_machine_number(m, 1, &at);
        break;
    case 'r':
    case 'j':
        status = pt_machine_number(m, 4, &at);
        break;
    case 0x94:
        break;
    default:
        *known = false;
        return PT_OK;
    }
    if (status)
        return status;
    return opcode == 'g' || opcode == 'h' || opcode == 'j' ? get(m, at) : put(m, at);
}
