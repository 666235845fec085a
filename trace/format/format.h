/* The trace file: constants and records in memory. FORMAT.md beside this file is the
 * specification; tests compare the two. */
#ifndef PT_TRACE_FORMAT_H
#define PT_TRACE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PT_TRACE_MAGIC    "\x89PTRACE\n"
#define PT_TRACE_TRAILER  "PTREND1\n"
#define PT_TRACE_SUFFIX   ".trace"
#define PT_TRACE_UNSEALED ".part" /* appended to the name until the trace is sealed */

enum {
    PT_TRACE_MAJOR = 1,
    PT_TRACE_MINOR = 2,
    PT_TRACE_HEADER_BYTES = 4096,
    PT_TRACE_BLOCK_HEADER_BYTES = 80,
    PT_TRACE_BLOCK_LIMIT = 8 << 20, /* header and stored body */
    PT_TRACE_BLOCK_MAGIC = 0x4B425450,
    PT_TRACE_TRAILER_BYTES = 32,
    PT_TRACE_INLINE_BYTES = 64, /* data up to this size stand in the VALUE record */
    PT_TRACE_INDEX_BLOCKS = 256,
    PT_TRACE_ID_BYTES = 64, /* rooms of the texts in the header, NUL included */
    PT_TRACE_PROGRAM_BYTES = 1024,
    PT_TRACE_MAX_DIMENSIONS = 32,
    PT_TRACE_TEXT_BYTES = 512 << 10, /* the writer cuts longer strings and metadata */
    PT_TRACE_KEY_BYTES = 1024        /* and longer keys of metadata */
};

enum pt_trace_stream {
    PT_STREAM_META = 1,
    PT_STREAM_DEFINITIONS,
    PT_STREAM_SKELETON,
    PT_STREAM_VALUES,
    PT_STREAM_PAYLOADS,
    PT_STREAM_INDEX,
    PT_STREAM_FOOTER
};

enum pt_trace_record {
    PT_RECORD_META = 1,
    PT_RECORD_STRING,
    PT_RECORD_FUNCTION,
    PT_RECORD_SITE,
    PT_RECORD_PATH,
    PT_RECORD_ENTER,
    PT_RECORD_EXIT,
    PT_RECORD_VALUE,
    PT_RECORD_PAYLOAD,
    PT_RECORD_INDEX,
    PT_RECORD_FOOTER
};

enum pt_trace_record_flag {
    PT_RECORD_CRITICAL = 1,
    PT_EXIT_UNORDERED = 2,
    PT_EXIT_CUT = 4,
    PT_VALUE_HAS_SUMMARY = 2 /* of VALUE; flags of different records share numbers */
};

/* How the body of a block is stored. */
enum pt_trace_codec { PT_CODEC_STORED, PT_CODEC_LZ4 };

enum pt_trace_header_flag { PT_HEADER_HAS_RUN = 1, PT_HEADER_HAS_SEED = 2 };
enum pt_trace_footer_flag { PT_FOOTER_PARTIAL = 1 };
enum pt_trace_role { PT_ROLE_MAIN, PT_ROLE_MPI, PT_ROLE_FORK };

enum pt_function_kind {
    PT_FUNCTION_PYTHON = 1,
    PT_FUNCTION_UFUNC,
    PT_FUNCTION_UFUNC_METHOD,
    PT_FUNCTION_BUILTIN,
    PT_FUNCTION_METHOD_DESCRIPTOR,
    PT_FUNCTION_CYTHON,
    PT_FUNCTION_F2PY,
    PT_FUNCTION_TYPE,
    PT_FUNCTION_SCALAR
};

enum pt_phase { PT_PHASE_INPUT, PT_PHASE_OUTPUT };
enum pt_value_kind { PT_VALUE_NUMBERS = 1, PT_VALUE_LABEL, PT_VALUE_OMITTED };
enum pt_value_storage {
    PT_STORAGE_NONE,
    PT_STORAGE_INLINE,
    PT_STORAGE_PAYLOAD,
    PT_STORAGE_SAMPLE
};
enum pt_value_form {
    PT_FORM_PYTHON,
    PT_FORM_NUMPY_SCALAR,
    PT_FORM_ARRAY,
    PT_FORM_MASKED,
    PT_FORM_SPARSE
};
enum pt_value_reason {
    PT_REASON_DEPTH = 1,
    PT_REASON_SIZE,
    PT_REASON_CYCLE,
    PT_REASON_RAISED,
    PT_REASON_LIMIT,
    PT_REASON_UNSUPPORTED,
    PT_REASON_SMALL,
    PT_REASON_FULL
};

struct pt_trace_header {
    uint16_t major, minor;
    int64_t created_ns;
    uint64_t run_id;
    uint64_t seed;
    uint32_t flags;
    uint32_t pid;
    uint32_t role_kind;
    uint32_t role_rank;
    char experiment_id[PT_TRACE_ID_BYTES];
    char host[PT_TRACE_ID_BYTES];
    char role_path[PT_TRACE_ID_BYTES];
    char program[PT_TRACE_PROGRAM_BYTES];
    char directory[PT_TRACE_PROGRAM_BYTES];
};

/* A block as its header and the index describe it. */
struct pt_trace_block {
    uint64_t offset; /* of the block header in the file */
    uint64_t ordinal;
    uint64_t first_time, last_time;
    uint64_t stored_bytes, raw_bytes;
    uint64_t records;
    uint64_t body_checksum; /* 0 where only the index has been read */
    uint16_t stream;
    uint16_t codec;
};

struct pt_trace_function {
    uint32_t module, name, file; /* strings */
    uint32_t line;
    uint32_t kind; /* enum pt_function_kind */
};

struct pt_trace_site {
    uint32_t file; /* string */
    uint32_t line;
    uint32_t name; /* string */
    uint32_t instruction;
};

struct pt_trace_path {
    uint32_t parent; /* path */
    uint32_t site;
};

struct pt_trace_enter {
    uint64_t time;
    uint64_t parent;
    uint32_t function;
    uint32_t site;
    uint32_t path;
    uint32_t thread;
    int64_t ns;
    uint64_t values; /* reference */
    uint64_t data_bytes;
    uint32_t n_values;
};

struct pt_trace_exit {
    uint64_t call;
    uint64_t time;
    int64_t ns;
    uint64_t values; /* reference */
    uint64_t data_bytes;
    uint32_t n_values;
    uint32_t exception; /* string */
    uint16_t flags;
};

/* Of all elements of an array of which only a sample is stored. The parts of complex
 * numbers count as two numbers, but for the sums. */
struct pt_trace_summary {
    uint64_t n_nan, n_positive_inf, n_negative_inf;
    double min, max;           /* of the finite numbers; NaN: there are none */
    double sum, sum_imaginary; /* of the finite numbers */
    double norm;               /* root of the sum of their squares */
};

struct pt_trace_value {
    uint64_t call;
    uint32_t name; /* string */
    uint8_t phase;
    uint8_t kind;
    char dtype; /* class letter */
    uint8_t item_bytes;
    uint8_t ndim;
    uint8_t storage;
    uint16_t form;
    uint32_t reason;
    uint64_t n_elements;
    uint64_t data_bytes;
    uint64_t shape[PT_TRACE_MAX_DIMENSIONS];
    uint64_t payload; /* reference, for PAYLOAD and SAMPLE */
    bool has_summary; /* only of a SAMPLE with data */
    struct pt_trace_summary summary;
};

struct pt_trace_footer {
    uint64_t last_index;
    uint64_t n_blocks;
    uint64_t n_calls;
    uint64_t n_values;
    uint64_t data_bytes; /* before de-duplication */
    uint64_t end_time;
    uint64_t flags;
};

static inline uint64_t pt_trace_ref(uint64_t ordinal, uint64_t offset)
{
    return ordinal << 32 | offset;
}
static inline uint32_t pt_trace_ref_block(uint64_t ref)
{
    return (uint32_t)(ref >> 32);
}
static inline uint32_t pt_trace_ref_offset(uint64_t ref)
{
    return (uint32_t)ref;
}

#endif
