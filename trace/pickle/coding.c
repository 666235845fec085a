/* Texts and bytes as protocols 0 to 5 code them. */
#include <stdlib.h>
#include <string.h>

#include "pickle/node.h"

/* Reads a coded stretch of the file in pieces, so that only what is asked for is
 * decoded. */
struct stretch {
    const struct pt_pickle_source *source;
    uint64_t offset, left; /* not yet in `piece` */
    size_t n, at;
    enum pt_status status;
    struct pt_error *error;
    unsigned char piece[512];
};

static int next(struct stretch *s)
{
    if (s->at == s->n) {
        s->n = s->left < sizeof s->piece ? (size_t)s->left : sizeof s->piece;
        s->at = 0;
        if (!s->n || s->status)
            return -1;
        s->status =
            pt_pickle_source_copy(s->source, s->offset, s->n, s->piece, s->error);
        if (s->status) {
            s->n = 0;
            return -1;
        }
        s->offset += s->n;
        s->left -= s->n;
    }
    return s->piece[s->at++];
}

static int hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int64_t hexadecimal(struct stretch *s, int digits)
{
    int64_t code = 0;
    for (int i = 0; i < digits; i++) {
        int digit = hex_digit(next(s));
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

/* The next byte of a quoted byte string: '\n', '\x41', '\'' …; −1 at the end. */
static int64_t next_quoted(struct stretch *s)
{
    int c = next(s);
    if (c != '\\')
        return c;
    c = next(s);
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'x':
        return hexadecimal(s, 2);
    default:
        return c;
    }
}

/* The next code point of raw-unicode-escape: latin-1 but for \uXXXX and \UXXXXXXXX. */
static int64_t next_escaped(struct stretch *s)
{
    int c = next(s);
    if (c != '\\')
        return c;
    int kind = s->at < s->n || s->left ? next(s) : -1;
    if (kind == 'u')
        return hexadecimal(s, 4);
    if (kind == 'U')
        return hexadecimal(s, 8);
    if (kind >= 0)
        s->at--; /* next() has just given it from the piece */
    return '\\';
}

/* The next code point of UTF-8; surrogates pass, as Python lets them. */
static int64_t next_utf8(struct stretch *s)
{
    int c = next(s);
    if (c < 0x80)
        return c;
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    int64_t code = more == 3 ? c & 7 : more == 2 ? c & 15 : more == 1 ? c & 31 : 0xfffd;
    for (int i = 0; i < more; i++) {
        int d = next(s);
        if (d < 0)
            return -1;
        code = code << 6 | (d & 63);
    }
    return code;
}

static size_t encode(int64_t code, unsigned char out[4])
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    int64_t c = code > 0x10ffff ? 0xfffd : code;
    if (c < 0x80) {
        out[0] = (unsigned char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 63));
    out[0] = (unsigned char)(lead[n] | c);
    return n;
}

static struct stretch begin(const struct pt_pickle_source *source,
                            const struct pt_pickle_node *node, struct pt_error *error)
{
    return (struct stretch){.source = source,
                            .offset = node->data.offset,
                            .left = node->data.bytes,
                            .error = error};
}

enum pt_status pt_pickle_text(const struct pt_pickle_source *source,
                              const struct pt_pickle_node *node, char *out, size_t room,
                              size_t *got, struct pt_error *error)
{
    struct stretch s = begin(source, node, error);
    *got = 0;
    for (int64_t c; *got < room;) {
        unsigned char bytes[4];
        bool raw = node->kind == PT_PICKLE_BYTES && node->coding == PT_CODING_RAW;
        c = raw                                 ? next(&s)
            : node->coding == PT_CODING_QUOTED  ? next_quoted(&s)
            : node->coding == PT_CODING_UNICODE ? next_escaped(&s)
                                                : next_utf8(&s);
        if (c < 0)
            break;
        size_t n = 1;
        if (raw || node->coding == PT_CODING_QUOTED)
            bytes[0] = (unsigned char)c;
        else
            n = encode(c, bytes);
        if (*got + n > room)
            break;
        memcpy(out + *got, bytes, n);
        *got += n;
    }
    return s.status;
}

bool pt_pickle_is_bytes(const struct pt_pickle_node *node)
{
    static const char *const names[] = {"_codecs.encode", "builtins.bytearray",
                                        "__builtin__.bytearray", "builtins.bytes",
                                        "__builtin__.bytes"};
    if (node->kind != PT_PICKLE_OBJECT)
        return false;
    const char *name = pt_pickle_name(node);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++)
        if (strcmp(name, names[i]) == 0)
            return node->object->args && node->object->args->kind == PT_PICKLE_TUPLE;
    return false;
}

/* The node that holds the bytes: of such an object, its first argument; bytes() has
 * none, and is empty. */
static const struct pt_pickle_node *holder(const struct pt_pickle_node *node)
{
    static const struct pt_pickle_node nothing = {.kind = PT_PICKLE_BYTES};
    if (!pt_pickle_is_bytes(node))
        return node;
    const struct pt_pickle_node *args = node->object->args;
    return args->many.n ? args->many.items[0] : &nothing;
}

static enum pt_status decode(struct stretch *s, const struct pt_pickle_node *node,
                             unsigned char *data, size_t *bytes)
{
    for (int64_t c;;) {
        c = node->coding == PT_CODING_QUOTED    ? next_quoted(s)
            : node->coding == PT_CODING_UNICODE ? next_escaped(s)
                                                : next_utf8(s);
        if (c < 0)
            return s->status;
        if (c > 255)
            return pt_error_set(s->error, PT_E_UNSUPPORTED, "%s: a text is no bytes",
                                s->source->path);
        data[(*bytes)++] = (unsigned char)c;
    }
}

enum pt_status pt_pickle_bytes(const struct pt_pickle_source *source,
                               const struct pt_pickle_node *node, uint64_t limit,
                               unsigned char **data, size_t *bytes,
                               struct pt_error *error)
{
    *data = NULL;
    *bytes = 0;
    /* bytearray(_codecs.encode(…)) */
    node = holder(holder(node));
    if (node->kind != PT_PICKLE_BYTES && node->kind != PT_PICKLE_TEXT)
        return pt_error_set(error, PT_E_UNSUPPORTED, "%s: no bytes", source->path);
    if (node->data.bytes > limit)
        return pt_error_set(error, PT_E_LIMIT, "%s: a value of %llu bytes",
                            source->path, (unsigned long long)node->data.bytes);
    size_t room = (size_t)node->data.bytes;
    unsigned char *out = malloc(room + 1);
    if (!out)
        return pt_error_set(error, PT_E_MEMORY, "out of memory for a value of %s",
                            source->path);
    struct stretch s = begin(source, node, error);
    enum pt_status status;
    if (node->kind == PT_PICKLE_BYTES && node->coding == PT_CODING_RAW) {
        status = pt_pickle_source_copy(source, node->data.offset, room, out, error);
        *bytes = room;
    } else {
        status = decode(&s, node, out, bytes);
    }
    if (status)
        free(out);
    else
        *data = out;
    return status;
}
