/* Capture: turns Python objects into the VALUE records of one phase of one call,
 * without running any of the program's code. Containers and objects are taken apart
 * into their members ("x.0", "x.key", "self.coef_") within bounds of depth, members and
 * elements; what a bound leaves out is recorded as omitted, with the reason.
 *
 * One struct pt_capture serves the process, under the GIL. Nothing is allocated once
 * its scratch memory has grown to what the values need. */
#ifndef PT_CAPTURE_CAPTURE_H
#define PT_CAPTURE_CAPTURE_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "config.h"
#include "format/writer.h"

enum {
    PT_CAPTURE_PATH_BYTES = 512, /* longest name of a value */
    PT_CAPTURE_NESTING = 64,     /* containers within containers, whatever max_depth */
    PT_CAPTURE_VALUES = 20000,   /* values of one phase of one call */
    PT_CAPTURE_MARKS = 4096      /* input values compared again at the exit */
};

/* What a value that could change in place held when the call began. */
struct pt_mark {
    uint64_t hash; /* of dtype, shape and data */
    uint32_t name;
};

/* A growing array of marks, one for each thread; calls that are under way use stretches
 * of it one above the other. */
struct pt_marks {
    struct pt_mark *items;
    size_t n, capacity;
};

struct pt_capture_limits {
    uint64_t max_elements; /* of one array; a larger one is sampled */
    uint64_t min_size;     /* elements; a smaller array is left out */
    uint32_t max_depth;    /* containers and objects within each other */
    uint32_t max_items;    /* members of one of them */
    enum pt_summaries summaries;
};

/* How many values each bound has taken away or cut. */
struct pt_capture_bounds {
    uint64_t sampled;
    uint64_t by_reason[PT_REASON_FULL + 1]; /* left out, by enum pt_value_reason */
};

enum pt_capture_mode {
    PT_CAPTURE_ALL,    /* write what is there */
    PT_CAPTURE_MARKED, /* the same, and mark what may change in place */
    PT_CAPTURE_CHANGED /* write only what differs from its mark */
};

/* Who makes a call: for pt_capture_begin. */
struct pt_capture_call {
    uint64_t time, parent; /* of its entry and of the enclosing call's, 0: none */
    uint64_t turn;         /* which of the function's calls, from 1 */
    bool only_reads;       /* see readers.h */
};

/* The large array that a call which only reads was given. Until that call ends, calls
 * that it makes are given the same array with the same content. */
struct pt_capture_known {
    uint64_t owner; /* time of the call's entry, 0: none */
    const char *data;
    uint64_t n_elements;
    uint32_t item_bytes;
    char kind;
    bool swapped;
    struct pt_hash128 content; /* of the data stored: all or a sample */
};

struct pt_capture {
    struct pt_trace_writer *writer; /* borrowed; NULL: only counts */
    struct pt_capture_limits limits;
    struct pt_capture_bounds bounds;

    /* the phase under way */
    struct pt_capture_call call;
    enum pt_phase phase;
    enum pt_capture_mode mode;
    uint64_t values, omitted, bytes; /* written in this phase */
    struct pt_marks *marks;          /* borrowed */
    size_t first_mark, next_mark;    /* this call's; where the next is expected */

    /* the value under way */
    uint32_t name; /* string id, 0: yet to be made from `path` */
    size_t path_bytes;
    char path[PT_CAPTURE_PATH_BYTES];
    uint32_t depth;
    bool changeable; /* inside something that can be changed in place */
    bool sparse;     /* inside a sparse matrix */
    const PyObject *open[PT_CAPTURE_NESTING];

    struct pt_capture_known known;
    unsigned char *scratch; /* owned */
    size_t scratch_bytes;
};

void pt_capture_init(struct pt_capture *capture, struct pt_trace_writer *writer,
                     const struct pt_capture_limits *limits);
void pt_capture_clear(struct pt_capture *capture); /* frees what it owns */

/* Begins a phase of the call that the caller has put into capture->call. `marks` may be
 * NULL in mode ALL; in mode CHANGED, `first_mark` is marks->n as it was when the
 * entry's phase began. */
void pt_capture_begin(struct pt_capture *capture, enum pt_phase phase,
                      enum pt_capture_mode mode, struct pt_marks *marks,
                      size_t first_mark);

/* Records `value` under the name `text`, whose string id is `name` (0: not known).
 * Returns true if it is, or holds, something that the call may change in place. The
 * object is borrowed. */
bool pt_capture_value(struct pt_capture *capture, uint32_t name, const char *text,
                      size_t text_bytes, PyObject *value);

/* The members of `value` under "text.member", without `value` itself: for the tuple of
 * *args and the dict of **kwargs. */
bool pt_capture_members(struct pt_capture *capture, const char *text, size_t text_bytes,
                        PyObject *value);

/* The same for a value that is also an argument, whose changes are already written: an
 * object is recorded by its type alone, everything else whole. */
void pt_capture_again(struct pt_capture *capture, const char *text, size_t text_bytes,
                      PyObject *value);

#endif
