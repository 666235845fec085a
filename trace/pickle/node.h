/* What a pickle builds, as inert data: numbers, texts, containers, and for everything
 * else the name of what Python would have called with what it would have been given.
 * Nothing is looked up, imported or called.
 *
 * A pickle of class C, made by copyreg, becomes
 *
 *     OBJECT ── callable ─▶ GLOBAL "module.C"
 *            ── args ─────▶ TUPLE …            what C.__new__ would get
 *            ── state ────▶ DICT …             what BUILD would set
 *            ── list, dict                     what APPEND and SETITEM would add
 *
 * Nodes may be shared and may form cycles, as the objects did: whoever walks them
 * bounds the depth. Long texts and bytes stay in the file: a node names where they
 * stand. */
#ifndef PT_PICKLE_NODE_H
#define PT_PICKLE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pickle/source.h"

enum pt_pickle_kind {
    PT_PICKLE_NONE,
    PT_PICKLE_BOOL,
    PT_PICKLE_INT, /* within 64 bits, signed */
    PT_PICKLE_BIG, /* beyond: little-endian two's complement, or decimal digits */
    PT_PICKLE_FLOAT,
    PT_PICKLE_TEXT,
    PT_PICKLE_BYTES,
    PT_PICKLE_LIST,
    PT_PICKLE_TUPLE,
    PT_PICKLE_SET,
    PT_PICKLE_DICT, /* keys and values by turns, in the order of insertion */
    PT_PICKLE_GLOBAL,
    PT_PICKLE_OBJECT
};

/* How the bytes of a TEXT, BYTES or BIG stand in the file. */
enum pt_pickle_coding {
    PT_CODING_RAW,    /* bytes as they are; texts in UTF-8 */
    PT_CODING_QUOTED, /* 'repr' of a byte string (protocol 0) */
    PT_CODING_UNICODE /* raw-unicode-escape (protocol 0) */
};

struct pt_pickle_node {
    uint8_t kind;   /* enum pt_pickle_kind */
    uint8_t coding; /* enum pt_pickle_coding */
    union {
        int64_t integer; /* INT, BOOL */
        double real;
        struct {
            uint64_t offset, bytes; /* in the file */
        } data;                     /* TEXT, BYTES, BIG */
        struct {
            struct pt_pickle_node **items;
            size_t n, room;
        } many;     /* LIST, TUPLE, SET, DICT */
        char *name; /* GLOBAL: "module.name", NUL-terminated */
        struct pt_pickle_object *object;
    };
};

struct pt_pickle_object {
    const struct pt_pickle_node *callable, *args, *state; /* NULL: none */
    struct pt_pickle_node *list, *dict;
};

/* Memory of nodes: given out in pieces, freed all at once. */
struct pt_pickle_room {
    struct pt_pickle_chunk *chunks;
    size_t used;          /* of the newest chunk */
    uint64_t bytes, most; /* taken in all; the bound */
};

/* Zeroed; NULL: no memory, or beyond the bound. */
void *pt_pickle_take(struct pt_pickle_room *room, size_t bytes);
void pt_pickle_room_free(struct pt_pickle_room *room);

/* Appends to LIST, TUPLE, SET or DICT. false: no memory. */
bool pt_pickle_push(struct pt_pickle_room *room, struct pt_pickle_node *many,
                    struct pt_pickle_node *item);

/* The value of a text key in a DICT, in an OBJECT derived from dict, or among the
 * attributes of an OBJECT (its state: a dict, or a pair whose second is one); the last
 * one wins. NULL: none. */
const struct pt_pickle_node *pt_pickle_get(const struct pt_pickle_source *source,
                                           const struct pt_pickle_node *node,
                                           const char *key);

/* The dict part of a node (itself, or what SETITEM added), or NULL. */
const struct pt_pickle_node *pt_pickle_dict(const struct pt_pickle_node *node);
/* The attributes that BUILD would set, as a DICT, or NULL. */
const struct pt_pickle_node *pt_pickle_attributes(const struct pt_pickle_node *node);

/* "module.name" of a GLOBAL, or of what an OBJECT is made by; "" for others. */
const char *pt_pickle_name(const struct pt_pickle_node *node);

/* Whether an OBJECT is a bytearray, or what protocols 0 to 2 keep bytes as. */
bool pt_pickle_is_bytes(const struct pt_pickle_node *node);

/* Decodes a TEXT (to UTF-8) or BYTES (UNICODE coded text: its code points below 256,
 * which is what protocols 0 to 2 keep bytes in) into `out`, at most `room` bytes of it;
 * a character is not cut. *got: bytes given. */
PT_MUST_CHECK enum pt_status pt_pickle_text(const struct pt_pickle_source *source,
                                            const struct pt_pickle_node *node,
                                            char *out, size_t room, size_t *got,
                                            struct pt_error *error);

/* All bytes of a BYTES, of a bytearray, or of a text given to latin1's encoder;
 * PT_E_UNSUPPORTED: the node is nothing of the kind. Malloc'd, the caller frees. The
 * coded length is at most `limit`, else PT_E_LIMIT. */
PT_MUST_CHECK enum pt_status pt_pickle_bytes(const struct pt_pickle_source *source,
                                             const struct pt_pickle_node *node,
                                             uint64_t limit, unsigned char **data,
                                             size_t *bytes, struct pt_error *error);

#endif
