#include "pickle/writer.h"

#include <string.h>

#include "base/bytes.h"

enum {
    MARK = '(',
    STOP = '.',
    TUPLE = 't',
    REDUCE = 'R',
    BUILD = 'b',
    NONE = 'N',
    FLOAT = 'G',
    INT4 = 'J',
    LONG1 = 0x8a,
    TRUE_ = 0x88,
    FALSE_ = 0x89,
    TEXT4 = 'X',
    BYTES1 = 'C',
    BYTES8 = 0x8e,
    STACK_GLOBAL = 0x93
};

static void put(struct pt_pickle_writer *writer, const void *data, size_t bytes)
{
    (void)fwrite(data, 1, bytes, writer->file); /* ferror() keeps a failure */
}

void pt_pickle_put_opcode(struct pt_pickle_writer *writer, int opcode)
{
    (void)putc(opcode, writer->file);
}

void pt_pickle_put_text(struct pt_pickle_writer *writer, const char *text, size_t bytes)
{
    unsigned char head[5] = {TEXT4};
    pt_put32(head + 1, (uint32_t)bytes);
    put(writer, head, sizeof head);
    put(writer, text, bytes);
}

void pt_pickle_put_word(struct pt_pickle_writer *writer, const char *word)
{
    pt_pickle_put_text(writer, word, strlen(word));
}

void pt_pickle_put_integer(struct pt_pickle_writer *writer, uint64_t bits,
                           int is_signed)
{
    unsigned char data[11] = {LONG1, 8};
    if (bits < (uint64_t)INT32_MAX) {
        data[0] = INT4;
        pt_put32(data + 1, (uint32_t)bits);
        put(writer, data, 5);
        return;
    }
    pt_put64(data + 2, bits);
    if (!is_signed && bits >> 63)
        data[1] = 9; /* the ninth byte is 0: positive */
    put(writer, data, 2 + (size_t)data[1]);
}

void pt_pickle_put_real(struct pt_pickle_writer *writer, double real)
{
    unsigned char data[9] = {FLOAT};
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    for (int i = 0; i < 8; i++)
        data[1 + i] = (unsigned char)(bits >> (56 - 8 * i));
    put(writer, data, sizeof data);
}

void pt_pickle_put_bytes_head(struct pt_pickle_writer *writer, uint64_t bytes)
{
    unsigned char head[9] = {BYTES8};
    pt_put64(head + 1, bytes);
    put(writer, head, sizeof head);
}

void pt_pickle_put_global(struct pt_pickle_writer *writer, const char *module,
                          const char *name)
{
    pt_pickle_put_word(writer, module);
    pt_pickle_put_word(writer, name);
    pt_pickle_put_opcode(writer, STACK_GLOBAL);
}

static void put_bool(struct pt_pickle_writer *writer, int truth)
{
    pt_pickle_put_opcode(writer, truth ? TRUE_ : FALSE_);
}

void pt_pickle_put_dtype(struct pt_pickle_writer *writer, char dtype, unsigned bytes)
{
    static const unsigned char rest[] = {NONE, NONE, NONE, INT4, 0xff, 0xff,
                                         0xff, 0xff, INT4, 0xff, 0xff, 0xff,
                                         0xff, INT4, 0,    0,    0,    0};
    char text[8];
    snprintf(text, sizeof text, "%c%u", dtype, bytes);
    pt_pickle_put_global(writer, "numpy", "dtype");
    pt_pickle_put_opcode(writer, MARK);
    pt_pickle_put_word(writer, text);
    put_bool(writer, 0);
    put_bool(writer, 1);
    pt_pickle_put_opcode(writer, TUPLE);
    pt_pickle_put_opcode(writer, REDUCE);
    pt_pickle_put_opcode(writer, MARK);
    pt_pickle_put_integer(writer, 3, 0);
    pt_pickle_put_word(writer, bytes > 1 ? "<" : "|");
    put(writer, rest, sizeof rest);
    pt_pickle_put_opcode(writer, TUPLE);
    pt_pickle_put_opcode(writer, BUILD);
}

void pt_pickle_put_array_head(struct pt_pickle_writer *writer,
                              const struct pt_trace_value *value)
{
    static const unsigned char type[] = {BYTES1, 1, 'b'};
    pt_pickle_put_global(writer, "numpy.core.multiarray", "_reconstruct");
    pt_pickle_put_opcode(writer, MARK);
    pt_pickle_put_global(writer, "numpy", "ndarray");
    pt_pickle_put_opcode(writer, MARK);
    pt_pickle_put_integer(writer, 0, 0);
    pt_pickle_put_opcode(writer, TUPLE);
    put(writer, type, sizeof type);
    pt_pickle_put_opcode(writer, TUPLE);
    pt_pickle_put_opcode(writer, REDUCE);

    pt_pickle_put_opcode(writer, MARK);
    pt_pickle_put_integer(writer, 1, 0);
    pt_pickle_put_opcode(writer, MARK);
    for (int i = 0; i < value->ndim; i++)
        pt_pickle_put_integer(writer, value->shape[i], 0);
    pt_pickle_put_opcode(writer, TUPLE);
    pt_pickle_put_dtype(writer, value->dtype, value->item_bytes);
    put_bool(writer, 0);
    pt_pickle_put_bytes_head(writer, value->data_bytes);
}

void pt_pickle_put_array_tail(struct pt_pickle_writer *writer)
{
    pt_pickle_put_opcode(writer, TUPLE);
    pt_pickle_put_opcode(writer, BUILD);
}
