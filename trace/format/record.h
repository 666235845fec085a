/* Records as bytes: where each field stands, and a pair of functions that move one
 * between memory and an array of bytes. Shared by writer and reader; a record is never
 * written or read by a struct cast. Thread: safe. */
#ifndef PT_TRACE_RECORD_H
#define PT_TRACE_RECORD_H

#include <assert.h>

#include "base/bytes.h"
#include "format/format.h"

/* Offsets within a record; the last of each list is the size of the part that every
 * record of the type has. */
enum pt_record_layout {
    PT_RECORD_TYPE = 0,
    PT_RECORD_FLAGS = 2,
    PT_RECORD_LENGTH = 4,
    PT_RECORD_HEADER_BYTES = 8,

    PT_META_KEY_BYTES = 8,
    PT_META_VALUE_BYTES = 12,
    PT_META_BYTES = 16,

    PT_STRING_ID = 8,
    PT_STRING_LENGTH = 12,
    PT_STRING_BYTES = 16,

    PT_FUNCTION_ID = 8,
    PT_FUNCTION_MODULE = 12,
    PT_FUNCTION_NAME = 16,
    PT_FUNCTION_FILE = 20,
    PT_FUNCTION_LINE = 24,
    PT_FUNCTION_KIND = 28,
    PT_FUNCTION_BYTES = 32,

    PT_SITE_ID = 8,
    PT_SITE_FILE = 12,
    PT_SITE_LINE = 16,
    PT_SITE_NAME = 20,
    PT_SITE_INSTRUCTION = 24,
    PT_SITE_RESERVED = 28,
    PT_SITE_BYTES = 32,

    PT_PATH_ID = 8,
    PT_PATH_PARENT = 12,
    PT_PATH_SITE = 16,
    PT_PATH_RESERVED = 20,
    PT_PATH_BYTES = 24,

    PT_ENTER_TIME = 8,
    PT_ENTER_PARENT = 16,
    PT_ENTER_FUNCTION = 24,
    PT_ENTER_SITE = 28,
    PT_ENTER_PATH = 32,
    PT_ENTER_THREAD = 36,
    PT_ENTER_NS = 40,
    PT_ENTER_VALUES = 48,
    PT_ENTER_DATA_BYTES = 56,
    PT_ENTER_N_VALUES = 64,
    PT_ENTER_RESERVED = 68,
    PT_ENTER_BYTES = 72,

    PT_EXIT_CALL = 8,
    PT_EXIT_TIME = 16,
    PT_EXIT_NS = 24,
    PT_EXIT_VALUES = 32,
    PT_EXIT_DATA_BYTES = 40,
    PT_EXIT_N_VALUES = 48,
    PT_EXIT_EXCEPTION = 52,
    PT_EXIT_BYTES = 56,

    PT_VALUE_CALL = 8,
    PT_VALUE_NAME = 16,
    PT_VALUE_PHASE = 20,
    PT_VALUE_KIND = 21,
    PT_VALUE_DTYPE = 22,
    PT_VALUE_ITEM_BYTES = 23,
    PT_VALUE_NDIM = 24,
    PT_VALUE_STORAGE = 25,
    PT_VALUE_FORM = 26,
    PT_VALUE_REASON = 28,
    PT_VALUE_N_ELEMENTS = 32,
    PT_VALUE_DATA_BYTES = 40,
    PT_VALUE_BYTES = 48,

    /* Behind the reference of a payload, where the flag says so. */
    PT_SUMMARY_N_NAN = 0,
    PT_SUMMARY_N_POSITIVE_INF = 8,
    PT_SUMMARY_N_NEGATIVE_INF = 16,
    PT_SUMMARY_MIN = 24,
    PT_SUMMARY_MAX = 32,
    PT_SUMMARY_SUM = 40,
    PT_SUMMARY_SUM_IMAGINARY = 48,
    PT_SUMMARY_NORM = 56,
    PT_SUMMARY_BYTES = 64,

    PT_PAYLOAD_HASH = 8,
    PT_PAYLOAD_CONTENT_BYTES = 24,
    PT_PAYLOAD_EXTENT_OFFSET = 32,
    PT_PAYLOAD_EXTENT_BYTES = 40,
    PT_PAYLOAD_BYTES = 48,

    PT_INDEX_BEFORE = 8,
    PT_INDEX_N_ENTRIES = 16,
    PT_INDEX_BYTES = 24,

    PT_INDEX_ENTRY_OFFSET = 0,
    PT_INDEX_ENTRY_ORDINAL = 8,
    PT_INDEX_ENTRY_FIRST_TIME = 16,
    PT_INDEX_ENTRY_LAST_TIME = 24,
    PT_INDEX_ENTRY_STORED_BYTES = 32,
    PT_INDEX_ENTRY_RAW_BYTES = 40,
    PT_INDEX_ENTRY_STREAM = 48,
    PT_INDEX_ENTRY_CODEC = 50,
    PT_INDEX_ENTRY_RECORDS = 52,
    PT_INDEX_ENTRY_BYTES = 56,

    PT_FOOTER_LAST_INDEX = 8,
    PT_FOOTER_N_BLOCKS = 16,
    PT_FOOTER_N_CALLS = 24,
    PT_FOOTER_N_VALUES = 32,
    PT_FOOTER_DATA_BYTES = 40,
    PT_FOOTER_END_TIME = 48,
    PT_FOOTER_FLAGS = 56,
    PT_FOOTER_BYTES = 64
};

static_assert(PT_ENTER_BYTES == 72 && PT_ENTER_BYTES % 8 == 0, "ENTER of FORMAT.md");
static_assert(PT_EXIT_BYTES == 56 && PT_EXIT_BYTES % 8 == 0, "EXIT of FORMAT.md");
static_assert(PT_VALUE_BYTES == 48, "fixed part of VALUE of FORMAT.md");
static_assert(PT_PAYLOAD_BYTES == 48, "PAYLOAD of FORMAT.md");
static_assert(PT_INDEX_ENTRY_BYTES == 56, "entry of INDEX of FORMAT.md");
static_assert(PT_FOOTER_BYTES == PT_RECORD_HEADER_BYTES + 7 * 8, "FOOTER of FORMAT.md");

/* The first record of a payload, or one that continues it. */
struct pt_trace_extent {
    struct pt_hash128 hash; /* of the whole content */
    uint64_t content_bytes;
    uint64_t offset; /* of this extent in the content */
    uint64_t bytes;  /* of this extent */
    bool changed;    /* of the last one, as read: while it was copied, after its hash */
};
enum { PT_PAYLOAD_CHANGED = 2 }; /* flag of a payload record */

/* The longest VALUE record: all dimensions, a reference and a summary. */
enum {
    PT_VALUE_LIMIT = PT_VALUE_BYTES + 8 * PT_TRACE_MAX_DIMENSIONS + 8 + PT_SUMMARY_BYTES
};
static_assert(PT_TRACE_INLINE_BYTES <= 8 + PT_SUMMARY_BYTES, "longest tail of VALUE");

/* The 8 bytes that start a record. `bytes` is the whole record, a multiple of 8. */
void pt_record_put_header(unsigned char *p, uint16_t type, uint16_t flags,
                          uint32_t bytes);

/* Each _put writes a whole record of PT_…_BYTES bytes at p, header included. Each _get
 * reads the fields of a record whose length the caller has checked. */
void pt_record_put_function(unsigned char *p, uint32_t id,
                            const struct pt_trace_function *function);
void pt_record_get_function(const unsigned char *p, uint32_t *id,
                            struct pt_trace_function *function);
void pt_record_put_site(unsigned char *p, uint32_t id,
                        const struct pt_trace_site *site);
void pt_record_get_site(const unsigned char *p, uint32_t *id,
                        struct pt_trace_site *site);
void pt_record_put_path(unsigned char *p, uint32_t id,
                        const struct pt_trace_path *path);
void pt_record_get_path(const unsigned char *p, uint32_t *id,
                        struct pt_trace_path *path);
void pt_record_put_enter(unsigned char *p, const struct pt_trace_enter *enter);
void pt_record_get_enter(const unsigned char *p, struct pt_trace_enter *enter);
void pt_record_put_exit(unsigned char *p, const struct pt_trace_exit *exit);
void pt_record_get_exit(const unsigned char *p, struct pt_trace_exit *exit);
void pt_record_put_footer(unsigned char *p, const struct pt_trace_footer *footer);
void pt_record_get_footer(const unsigned char *p, struct pt_trace_footer *footer);

/* The parts of fixed length; `bytes` is the length of the whole record. */
void pt_record_put_hash(unsigned char *p, struct pt_hash128 hash); /* of a payload */
void pt_record_put_extent(unsigned char *p, uint32_t bytes,
                          const struct pt_trace_extent *extent);
void pt_record_get_extent(const unsigned char *p, struct pt_trace_extent *extent);

/* The fixed part and the shape of a VALUE; what follows (inline data, or the reference
 * of a payload) stands at p + PT_VALUE_BYTES + 8 × ndim. The shape that _get reads is
 * that of at most PT_TRACE_MAX_DIMENSIONS; it leaves `payload` at 0. */
void pt_record_put_value(unsigned char *p, uint32_t bytes,
                         const struct pt_trace_value *value);
void pt_record_get_value_fixed(const unsigned char *p, struct pt_trace_value *value);
void pt_record_get_value_shape(const unsigned char *p, struct pt_trace_value *value);

void pt_record_put_summary(unsigned char *p, const struct pt_trace_summary *summary);
void pt_record_get_summary(const unsigned char *p, struct pt_trace_summary *summary);

/* One entry of an INDEX record (`offset` of the block is kept, the checksum is not). */
void pt_record_put_entry(unsigned char *p, const struct pt_trace_block *block);
void pt_record_get_entry(const unsigned char *p, struct pt_trace_block *block);

#endif
