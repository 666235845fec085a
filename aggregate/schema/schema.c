#include "schema/schema.h"

#define ROW(identifier, group, name, type) {group, name, PT_COLUMN_##type},
const struct pt_result_column pt_result_columns[PT_N_COLUMNS] = {
    PT_RESULT_COLUMNS(ROW)};
#undef ROW

uint32_t pt_result_type_bytes(enum pt_column_type type)
{
    static const uint32_t bytes[] = {
        [PT_COLUMN_U8] = 1,  [PT_COLUMN_U32] = 4, [PT_COLUMN_U64] = 8,
        [PT_COLUMN_I64] = 8, [PT_COLUMN_F64] = 8, [PT_COLUMN_TEXT] = 0};
    return bytes[type];
}
