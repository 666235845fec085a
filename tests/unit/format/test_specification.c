/* FORMAT.md and the constants of the code say the same. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/status.h"
#include "format/block.h"
#include "format/packed.h"
#include "format/record.h"
#include "format/sample.h"
#include "format/shuffle.h"

/* One row of a table "| offset | type | `field`…": the text that tells the row. */
struct field {
    const char *section; /* what the table's heading or first line starts with */
    const char *words;   /* in the last column */
    size_t offset;
    const char *type;
};

static const struct field fields[] = {
    {"## Header", "magic", PT_HEADER_MAGIC, "8 bytes"},
    {"## Header", "major", PT_HEADER_MAJOR, "u16, u16"},
    {"## Header", "size of the header", PT_HEADER_SIZE, "u32"},
    {"## Header", "`created_ns`", PT_HEADER_CREATED_NS, "i64"},
    {"## Header", "`run_id`", PT_HEADER_RUN_ID, "u64"},
    {"## Header", "`seed`", PT_HEADER_SEED, "u64"},
    {"## Header", "flags", PT_HEADER_FLAGS, "u32"},
    {"## Header", "`pid`", PT_HEADER_PID, "u32"},
    {"## Header", "`role_kind`", PT_HEADER_ROLE_KIND, "u32"},
    {"## Header", "`role_rank`", PT_HEADER_ROLE_RANK, "u32"},
    {"## Header", "`experiment_id`", PT_HEADER_EXPERIMENT_ID, "64 bytes"},
    {"## Header", "`host`", PT_HEADER_HOST, "64 bytes"},
    {"## Header", "`role_path`", PT_HEADER_ROLE_PATH, "64 bytes"},
    {"## Header", "`program`", PT_HEADER_PROGRAM, "1024 bytes"},
    {"## Header", "`directory`", PT_HEADER_DIRECTORY, "1024 bytes"},
    {"## Header", "checksum", PT_HEADER_CHECKSUM, "u64"},
    {"## Block header", "magic", PT_BLOCK_MAGIC, "u32"},
    {"## Block header", "stream", PT_BLOCK_STREAM, "u16"},
    {"## Block header", "codec", PT_BLOCK_CODEC, "u16"},
    {"## Block header", "`ordinal`", PT_BLOCK_ORDINAL, "u64"},
    {"## Block header", "`first_time`", PT_BLOCK_FIRST_TIME, "u64"},
    {"## Block header", "`last_time`", PT_BLOCK_LAST_TIME, "u64"},
    {"## Block header", "`stored_bytes`", PT_BLOCK_STORED_BYTES, "u64"},
    {"## Block header", "`raw_bytes`", PT_BLOCK_RAW_BYTES, "u64"},
    {"## Block header", "number of records", PT_BLOCK_RECORDS, "u64"},
    {"## Block header", "checksum of the stored", PT_BLOCK_BODY_CHECKSUM, "u64"},
    {"## Block header", "reserved", PT_BLOCK_RESERVED, "u64"},
    {"## Block header", "checksum of bytes", PT_BLOCK_CHECKSUM, "u64"},
    {"## Packed bodies", "bytes of the chunk", PT_PACKED_STORED_BYTES, "u32"},
    {"## Packed bodies", "method: 0", PT_PACKED_METHOD, "u8"},
    {"## Packed bodies", "width: 1", PT_PACKED_WIDTH, "u8"},
    {"## Packed bodies", "reserved", PT_PACKED_RESERVED, "u16"},
    {"## Packed bodies", "checksum of the chunk", PT_PACKED_CHECKSUM, "u64"},
    {"Type 6 `ENTER`", "time", PT_ENTER_TIME, "u64"},
    {"Type 6 `ENTER`", "parent", PT_ENTER_PARENT, "u64"},
    {"Type 6 `ENTER`", "function", PT_ENTER_FUNCTION, "u32"},
    {"Type 6 `ENTER`", "site", PT_ENTER_SITE, "u32"},
    {"Type 6 `ENTER`", "path", PT_ENTER_PATH, "u32"},
    {"Type 6 `ENTER`", "thread", PT_ENTER_THREAD, "u32"},
    {"Type 6 `ENTER`", "monotonic", PT_ENTER_NS, "i64"},
    {"Type 6 `ENTER`", "ref of the first", PT_ENTER_VALUES, "u64"},
    {"Type 6 `ENTER`", "bytes of data", PT_ENTER_DATA_BYTES, "u64"},
    {"Type 6 `ENTER`", "number of values", PT_ENTER_N_VALUES, "u32"},
    {"Type 6 `ENTER`", "reserved", PT_ENTER_RESERVED, "u32"},
    {"Type 7 `EXIT`", "call", PT_EXIT_CALL, "u64"},
    {"Type 7 `EXIT`", "time", PT_EXIT_TIME, "u64"},
    {"Type 7 `EXIT`", "monotonic", PT_EXIT_NS, "i64"},
    {"Type 7 `EXIT`", "ref of the first", PT_EXIT_VALUES, "u64"},
    {"Type 7 `EXIT`", "bytes of data", PT_EXIT_DATA_BYTES, "u64"},
    {"Type 7 `EXIT`", "number of values", PT_EXIT_N_VALUES, "u32"},
    {"Type 7 `EXIT`", "exception", PT_EXIT_EXCEPTION, "u32"},
    {"### Values", "call", PT_VALUE_CALL, "u64"},
    {"### Values", "name", PT_VALUE_NAME, "u32"},
    {"### Values", "phase", PT_VALUE_PHASE, "u8"},
    {"### Values", "kind", PT_VALUE_KIND, "u8"},
    {"### Values", "dtype class", PT_VALUE_DTYPE, "u8"},
    {"### Values", "bytes per element", PT_VALUE_ITEM_BYTES, "u8"},
    {"### Values", "number of dimensions", PT_VALUE_NDIM, "u8"},
    {"### Values", "storage", PT_VALUE_STORAGE, "u8"},
    {"### Values", "form", PT_VALUE_FORM, "u16"},
    {"### Values", "reason", PT_VALUE_REASON, "u32"},
    {"### Values", "number of elements", PT_VALUE_N_ELEMENTS, "u64"},
    {"### Values", "data bytes", PT_VALUE_DATA_BYTES, "u64"},
    {"### Values", "shape", PT_VALUE_BYTES, "u64 × ndim"},
    {"### Payloads", "XXH3-128", PT_PAYLOAD_HASH, "u64, u64"},
    {"### Payloads", "bytes of the whole", PT_PAYLOAD_CONTENT_BYTES, "u64"},
    {"### Payloads", "offset of this", PT_PAYLOAD_EXTENT_OFFSET, "u64"},
    {"### Payloads", "bytes of this", PT_PAYLOAD_EXTENT_BYTES, "u64"},
    {"### Payloads", "data, zeros", PT_PAYLOAD_BYTES, ""},
};

/* Sentences that hold numbers. */
struct sentence {
    const char *format;
    long values[7];
};

static char *document; /* FORMAT.md */

static int read_document(void **state)
{
    size_t bytes;
    (void)state;
    return pt_file_read(PT_TEST_DOCUMENT, 1 << 20, &document, &bytes, NULL) != PT_OK;
}

static int free_document(void **state)
{
    (void)state;
    free(document);
    return 0;
}

/* The row of the section's first table whose last column starts with the words. */
static bool has_row(const struct field *field)
{
    const char *line = strstr(document, field->section);

    assert_non_null(line);
    while ((line = strstr(line, "\n| ")) != NULL) {
        char *after;
        size_t n = strlen(field->type);
        line += 3;
        size_t offset = strtoul(line, &after, 10);
        if (after == line || strncmp(after, " | ", 3) != 0)
            continue;
        after += 3 - (n == 0);
        if (offset == field->offset && strncmp(after, field->type, n) == 0 &&
            strncmp(after + n, " | ", 3) == 0 &&
            strncmp(after + n + 3, field->words, strlen(field->words)) == 0)
            return true;
        if (strncmp(after, "\n\n", 2) == 0)
            return false;
    }
    return false;
}

static void every_field_stands_where_the_document_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(fields); i++) {
        if (!has_row(&fields[i]))
            fail_msg("%s: no row | %zu | %s | %s", fields[i].section, fields[i].offset,
                     fields[i].type, fields[i].words);
    }
}

/* Number of rows that start with an offset, in the whole document. */
static size_t count_rows(void)
{
    size_t n = 0;

    for (const char *line = document; (line = strstr(line, "\n| ")) != NULL; line += 3)
        n += isdigit((unsigned char)line[3]) != 0;
    return n;
}

static void every_row_of_the_document_is_compared(void **state)
{
    enum { DEFINITIONS = 4 }; /* rows of their table start with a type, not an offset */
    (void)state;
    assert_int_equal(count_rows(), PT_ARRAY_LENGTH(fields) + DEFINITIONS);
}

/* Bytes of the fields in a list as "u32 id, u32 length, bytes (…); …". */
static size_t sum_of_fields(const char *list, const char *end)
{
    size_t sum = 0;

    for (const char *p = list; p < end; p++) {
        if (strncmp(p, "u32 ", 4) == 0)
            sum += 4;
        else if (strncmp(p, "u64 ", 4) == 0)
            sum += 8;
        else if (strncmp(p, "u16 ", 4) == 0)
            sum += 2;
    }
    return sum;
}

static void definitions_have_the_fields_of_the_document(void **state)
{
    static const struct {
        const char *row;
        size_t bytes;
    } rows[] = {{"| 2 | `STRING` | ", PT_STRING_BYTES},
                {"| 3 | `FUNCTION` | ", PT_FUNCTION_BYTES},
                {"| 4 | `SITE` | ", PT_SITE_BYTES},
                {"| 5 | `PATH` | ", PT_PATH_BYTES}};
    (void)state;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(rows); i++) {
        const char *row = strstr(document, rows[i].row);
        assert_non_null(row);
        assert_int_equal(sum_of_fields(row, strchr(row, '\n')),
                         rows[i].bytes - PT_RECORD_HEADER_BYTES);
    }
}

static void index_and_footer_have_the_fields_of_the_document(void **state)
{
    const char *index = strstr(document, "Type 10 `INDEX`");
    const char *entry = index ? strstr(index, "then per block") : NULL;
    const char *footer = strstr(document, "Type 11 `FOOTER`");
    (void)state;

    assert_true(index && entry && footer);
    assert_int_equal(sum_of_fields(index, entry),
                     PT_INDEX_BYTES - PT_RECORD_HEADER_BYTES);
    assert_int_equal(sum_of_fields(entry, strstr(entry, "(56 bytes)")),
                     PT_INDEX_ENTRY_BYTES);
    assert_int_equal(sum_of_fields(footer, strstr(footer, "Trailer")),
                     PT_FOOTER_BYTES - PT_RECORD_HEADER_BYTES);
}

/* Whether the document has the text, any white space standing for any other. */
static bool says(const char *text)
{
    for (const char *start = document; *start; start++) {
        const char *d = start, *t = text;
        while (*t && *d && (*d == *t || (isspace((unsigned char)*d) && *t == ' '))) {
            d++;
            t++;
        }
        if (!*t)
            return true;
    }
    return false;
}

static void numbers_in_sentences_agree(void **state)
{
    static const struct sentence sentences[] = {
        {"# The trace file, version %ld.%ld", {PT_TRACE_MAJOR, PT_TRACE_MINOR}},
        {"## Header (%ld bytes)", {PT_TRACE_HEADER_BYTES}},
        {"## Block header (%ld bytes)", {PT_TRACE_BLOCK_HEADER_BYTES}},
        {"major (%ld), minor (%ld)", {PT_TRACE_MAJOR, PT_TRACE_MINOR}},
        {"codec: %ld stored as it is, %ld packed", {PT_CODEC_STORED, PT_CODEC_LZ4}},
        {"method: %ld as it is, %ld LZ4", {PT_PACKED_AS_IT_IS, PT_PACKED_LZ4}},
        {"each %ld bytes of the body", {PT_PACKED_CHUNK}},
        {"an entry of %ld bytes", {PT_PACKED_ENTRY}},
        {"less than %ld times as long", {PT_PACKED_MOST_TIMES}},
        {"8 or %ld; 1 with method 0", {PT_SHUFFLE_MOST}},
        {"magic `0x%lX` (`PTBK`)", {PT_TRACE_BLOCK_MAGIC}},
        {"are at most %ld MiB", {PT_TRACE_BLOCK_LIMIT >> 20}},
        {"every %ld blocks an index block", {PT_TRACE_INDEX_BLOCKS}},
        {"trailer, %ld bytes", {PT_TRACE_TRAILER_BYTES}},
        {"Data of at most %ld bytes are inline", {PT_TRACE_INLINE_BYTES}},
        {"flags: %ld `HAS_RUN`", {PT_HEADER_HAS_RUN}},
        {"%ld `HAS_SEED`", {PT_HEADER_HAS_SEED}},
        {"Streams: %ld metadata, %ld definitions, %ld skeleton, %ld values, "
         "%ld payloads, %ld index, %ld footer.",
         {PT_STREAM_META, PT_STREAM_DEFINITIONS, PT_STREAM_SKELETON, PT_STREAM_VALUES,
          PT_STREAM_PAYLOADS, PT_STREAM_INDEX, PT_STREAM_FOOTER}},
        {"`u16 flags` (%ld `CRITICAL`", {PT_RECORD_CRITICAL}},
        {"Type %ld `META`", {PT_RECORD_META}},
        {"| %ld | `STRING` |", {PT_RECORD_STRING}},
        {"| %ld | `FUNCTION` |", {PT_RECORD_FUNCTION}},
        {"| %ld | `SITE` |", {PT_RECORD_SITE}},
        {"| %ld | `PATH` |", {PT_RECORD_PATH}},
        {"Type %ld `ENTER`, %ld bytes:", {PT_RECORD_ENTER, PT_ENTER_BYTES}},
        {"Type %ld `EXIT`, %ld bytes:", {PT_RECORD_EXIT, PT_EXIT_BYTES}},
        {"Type %ld `VALUE`:", {PT_RECORD_VALUE}},
        {"Type %ld `PAYLOAD`, %ld bytes and data:",
         {PT_RECORD_PAYLOAD, PT_PAYLOAD_BYTES}},
        {"Type %ld `INDEX`", {PT_RECORD_INDEX}},
        {"Type %ld `FOOTER`", {PT_RECORD_FOOTER}},
        {"Flags of EXIT: %ld `UNORDERED`", {PT_EXIT_UNORDERED}},
        {"%ld `CUT`", {PT_EXIT_CUT}},
        {"flags (%ld `PARTIAL`", {PT_FOOTER_PARTIAL}},
        {"`role_kind`: %ld main, %ld MPI rank, %ld fork child",
         {PT_ROLE_MAIN, PT_ROLE_MPI, PT_ROLE_FORK}},
        {"%ld Python function, %ld ufunc, %ld ufunc method (`reduce`, …), %ld builtin, "
         "%ld method descriptor, %ld Cython function, %ld f2py object",
         {PT_FUNCTION_PYTHON, PT_FUNCTION_UFUNC, PT_FUNCTION_UFUNC_METHOD,
          PT_FUNCTION_BUILTIN, PT_FUNCTION_METHOD_DESCRIPTOR, PT_FUNCTION_CYTHON,
          PT_FUNCTION_F2PY}},
        {"%ld C type, %ld scalar operator", {PT_FUNCTION_TYPE, PT_FUNCTION_SCALAR}},
        {"phase: %ld input, %ld output", {PT_PHASE_INPUT, PT_PHASE_OUTPUT}},
        {"kind: %ld numbers, %ld label, %ld omitted",
         {PT_VALUE_NUMBERS, PT_VALUE_LABEL, PT_VALUE_OMITTED}},
        {"storage: %ld none, %ld inline, %ld payload, %ld payload of a sample",
         {PT_STORAGE_NONE, PT_STORAGE_INLINE, PT_STORAGE_PAYLOAD, PT_STORAGE_SAMPLE}},
        {"form: %ld Python scalar, %ld numpy scalar, %ld array, %ld masked array, "
         "%ld sparse",
         {PT_FORM_PYTHON, PT_FORM_NUMPY_SCALAR, PT_FORM_ARRAY, PT_FORM_MASKED,
          PT_FORM_SPARSE}},
        {"%ld too deep, %ld too large, %ld cycle, %ld raised, %ld limit, "
         "%ld unsupported",
         {PT_REASON_DEPTH, PT_REASON_SIZE, PT_REASON_CYCLE, PT_REASON_RAISED,
          PT_REASON_LIMIT, PT_REASON_UNSUPPORTED}},
        {"%ld too small, %ld trace full", {PT_REASON_SMALL, PT_REASON_FULL}},
        {"the flag %ld `HAS_SUMMARY`", {PT_VALUE_HAS_SUMMARY}},
        {"The *summary* (%ld bytes)", {PT_SUMMARY_BYTES}},
        {"of w = min(%ld, m", {PT_SAMPLE_STRETCH}},
        {"keys to %ld KiB, values and strings to %ld KiB",
         {PT_TRACE_KEY_BYTES >> 10, PT_TRACE_TEXT_BYTES >> 10}},
    };
    char text[512];
    (void)state;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(sentences); i++) {
        const long *v = sentences[i].values;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, sentences[i].format, v[0], v[1], v[2], v[3], v[4],
                 v[5], v[6]);
#pragma GCC diagnostic pop
        if (!says(text))
            fail_msg("the document does not say: %s", text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_stands_where_the_document_says),
        cmocka_unit_test(every_row_of_the_document_is_compared),
        cmocka_unit_test(definitions_have_the_fields_of_the_document),
        cmocka_unit_test(index_and_footer_have_the_fields_of_the_document),
        cmocka_unit_test(numbers_in_sentences_agree),
    };
    return cmocka_run_group_tests(tests, read_document, free_document);
}
