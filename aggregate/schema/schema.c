#include "schema/schema.h"

#define ROW(identifier, group, name, type) {group, name, PT_COLUMN_##type},
const struct pt_result_column pt_result_columns[PT_N_COLUMNS] = {
    PT_RESULT_COLUMNS(ROW)};
#undef ROW

uint32_t pt_result_column_minor(enum pt_result_column_id column)
{
    if ((column >= PT_COLUMN_TRACES_RUN && column <= PT_COLUMN_TRACES_CHECKSUM) ||
        column == PT_COLUMN_CONTRIBUTING_DIGITS)
        return 3;
    if ((column >= PT_COLUMN_EXTREMES_MIN && column <= PT_COLUMN_MERGE_N_INF) ||
        column == PT_COLUMN_VALUES_FIRST_POSITION ||
        column == PT_COLUMN_POSITIONS_ELEMENT)
        return 2;
    return column == PT_COLUMN_VALUES_FIRST_TILE ||
           (column >= PT_COLUMN_TILES_MEAN_MIN && column <= PT_COLUMN_TILES_SIG_MAX);
}

uint32_t pt_result_type_bytes(enum pt_column_type type)
{
    static const uint32_t bytes[] = {
        [PT_COLUMN_U8] = 1,  [PT_COLUMN_U32] = 4, [PT_COLUMN_U64] = 8,
        [PT_COLUMN_I64] = 8, [PT_COLUMN_F64] = 8, [PT_COLUMN_TEXT] = 0};
    return bytes[type];
}

/* The document itself, so that what a file says of its form is what the form was. */
__asm__(".section .rodata\n"
        ".global pt_schema_text\n"
        ".hidden pt_schema_text\n"
        "pt_schema_text:\n"
        ".incbin \"" PT_SCHEMA_FILE "\"\n"
        ".global pt_schema_text_end\n"
        ".hidden pt_schema_text_end\n"
        "pt_schema_text_end:\n"
        ".previous\n");
extern const char pt_schema_text[], pt_schema_text_end[];

const char *pt_result_schema_text(size_t *bytes)
{
    *bytes = (size_t)(pt_schema_text_end - pt_schema_text);
    return pt_schema_text;
}
