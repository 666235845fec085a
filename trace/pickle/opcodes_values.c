/* Opcodes that push a number, a text or bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pickle/machine_state.h"

enum { NUMBER_BYTES = 64 };

static enum pt_status push_int(struct pt_pickle_machine *m, enum pt_pickle_kind kind,
                               int64_t integer)
{
    struct pt_pickle_node *item;
    enum pt_status status = pt_machine_make(m, kind, &item);
    if (status)
        return status;
    item->integer = integer;
    return pt_machine_push(m, item);
}

static enum pt_status push_real(struct pt_pickle_machine *m, double real)
{
    struct pt_pickle_node *item;
    enum pt_status status = pt_machine_make(m, PT_PICKLE_FLOAT, &item);
    if (status)
        return status;
    item->real = real;
    return pt_machine_push(m, item);
}

/* `bytes` bytes from here on, which stay in the file. */
static enum pt_status push_data(struct pt_pickle_machine *m, enum pt_pickle_kind kind,
                                enum pt_pickle_coding coding, uint64_t bytes)
{
    struct pt_pickle_node *item;
    uint64_t offset = pt_pickle_source_at(&m->source);
    enum pt_status status = pt_pickle_source_skip(&m->source, bytes, m->error);
    if (!status)
        status = pt_machine_make(m, kind, &item);
    if (status)
        return status;
    item->coding = (uint8_t)coding;
    item->data.offset = offset;
    item->data.bytes = bytes;
    return pt_machine_push(m, item);
}

/* A length of `width` bytes, then the data. */
static enum pt_status counted(struct pt_pickle_machine *m, enum pt_pickle_kind kind,
                              size_t width)
{
    uint64_t bytes;
    enum pt_status status = pt_machine_number(m, width, &bytes);
    return status ? status : push_data(m, kind, PT_CODING_RAW, bytes);
}

/* Little-endian two's complement. */
static enum pt_status long_number(struct pt_pickle_machine *m, size_t width)
{
    uint64_t bytes, value;
    enum pt_status status = pt_machine_number(m, width, &bytes);
    if (status)
        return status;
    if (bytes > 8)
        return push_data(m, PT_PICKLE_BIG, PT_CODING_RAW, bytes);
    status = pt_machine_number(m, (size_t)bytes, &value);
    if (bytes && bytes < 8 && value >> (8 * bytes - 1))
        value |= ~UINT64_C(0) << (8 * bytes);
    return status ? status : push_int(m, PT_PICKLE_INT, (int64_t)value);
}

static enum pt_status line_number(struct pt_pickle_machine *m, char opcode)
{
    char text[NUMBER_BYTES], *end;
    uint64_t offset, bytes;
    enum pt_status status = pt_machine_line(m, &offset, &bytes, text, sizeof text);
    if (status)
        return status;
    if (opcode == 'F') {
        double real = strtod(text, &end);
        return end == text ? pt_machine_damaged(m, "no number where one should be")
                           : push_real(m, real);
    }
    if (opcode == 'I' && bytes == 2 && text[0] == '0' &&
        (text[1] == '0' || text[1] == '1'))
        return push_int(m, PT_PICKLE_BOOL, text[1] == '1');
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (bytes >= sizeof text || errno == ERANGE) { /* its digits tell */
        struct pt_pickle_node *item;
        status = pt_machine_make(m, PT_PICKLE_BIG, &item);
        if (status)
            return status;
        item->coding = PT_CODING_QUOTED;
        item->data.offset = offset;
        item->data.bytes = bytes;
        return pt_machine_push(m, item);
    }
    if (end == text)
        return pt_machine_damaged(m, "no number where one should be");
    return push_int(m, PT_PICKLE_INT, integer);
}

static enum pt_status line_text(struct pt_pickle_machine *m, char opcode)
{
    struct pt_pickle_node *item;
    uint64_t offset = pt_pickle_source_at(&m->source), bytes;
    enum pt_status status = pt_pickle_source_line(&m->source, &bytes, m->error);
    bool quoted = opcode == 'S';
    if (status)
        return status;
    if (quoted && bytes < 2)
        return pt_machine_damaged(m, "a text without its quotes");
    status = pt_machine_make(m, quoted ? PT_PICKLE_BYTES : PT_PICKLE_TEXT, &item);
    if (status)
        return status;
    item->coding = quoted ? PT_CODING_QUOTED : PT_CODING_UNICODE;
    item->data.offset = offset + quoted;
    item->data.bytes = bytes - 2 * (uint64_t)quoted;
    return pt_machine_push(m, item);
}

static enum pt_status real8(struct pt_pickle_machine *m)
{
    const unsigned char *p;
    enum pt_status status = pt_pickle_source_take(&m->source, 8, &p, m->error);
    uint64_t bits = 0;
    double real;
    if (status)
        return status;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | p[i];
    memcpy(&real, &bits, sizeof real);
    return push_real(m, real);
}

enum pt_status pt_machine_value(struct pt_pickle_machine *m, unsigned char opcode,
                                bool *known)
{
    uint64_t value;
    enum pt_status status = PT_OK;
    *known = true;
    switch (opcode) {
    case 'N':
        return push_int(m, PT_PICKLE_NONE, 0);
    case 0x88:
    case 0x89:
        return push_int(m, PT_PICKLE_BOOL, opcode == 0x88);
    case 'J':
        status = pt_machine_number(m, 4, &value);
        return status ? status : push_int(m, PT_PICKLE_INT, (int32_t)value);
    case 'K':
    case 'M':
        status = pt_machine_number(m, opcode == 'K' ? 1 : 2, &value);
        return status ? status : push_int(m, PT_PICKLE_INT, (int64_t)value);
    case 0x8a:
    case 0x8b:
        return long_number(m, opcode == 0x8a ? 1 : 4);
    case 'I':
    case 'L':
    case 'F':
        return line_number(m, (char)opcode);
    case 'G':
        return real8(m);
    case 'S':
    case 'V':
        return line_text(m, (char)opcode);
    case 'T':
    case 'U':
        return counted(m, PT_PICKLE_BYTES, opcode == 'T' ? 4 : 1);
    case 'X':
    case 0x8c:
    case 0x8d:
        return counted(m, PT_PICKLE_TEXT, opcode == 'X' ? 4 : opcode == 0x8c ? 1 : 8);
    case 'B':
    case 'C':
    case 0x8e:
    case 0x96:
        return counted(m, PT_PICKLE_BYTES, opcode == 'B' ? 4 : opcode == 'C' ? 1 : 8);
    default:
        *known = false;
        return PT_OK;
    }
}
