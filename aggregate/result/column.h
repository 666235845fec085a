/* One column from an array of structs, a field at a time. */
#ifndef PT_RESULT_COLUMN_H
#define PT_RESULT_COLUMN_H

#include <stdbool.h>
#include <string.h>

#include "result/output.h"

/* Rows [start, start + n) of a column that has `total` rows: the field at `offset` of
 * each item. The field has the column's own type and size. Creates the column. */
struct pt_field {
    enum pt_result_column_id id;
    size_t offset;
};
struct pt_items {
    const void *items;
    size_t item_bytes;
    uint64_t start, n, total;
};
PT_MUST_CHECK enum pt_status pt_column_fields(struct pt_output *output,
                                              const struct pt_field *fields, size_t n,
                                              const struct pt_items *items,
                                              struct pt_error *error);
/* A TEXT column that rank 0 writes: text(context, row) for each row, the width of the
 * longest. */
typedef const char *pt_text_of(const void *context, uint64_t row);
PT_MUST_CHECK enum pt_status pt_column_texts(const struct pt_team *team,
                                             struct pt_output *output,
                                             enum pt_result_column_id id, uint64_t rows,
                                             pt_text_of *text, const void *context,
                                             struct pt_error *error);

/* Bytes that rank 0 has, as a U8 column. */
PT_MUST_CHECK enum pt_status pt_column_blob(const struct pt_team *team,
                                            struct pt_output *output,
                                            enum pt_result_column_id id,
                                            const void *data, uint64_t bytes,
                                            struct pt_error *error);

#endif
