#include "result/column.h"

#include <stdlib.h>

#include "team/array.h"

/* Rows of one copy. */
enum { SLAB = 1 << 20 };

static enum pt_status write_field(struct pt_output *output,
                                  const struct pt_field *field,
                                  const struct pt_items *items, unsigned char *slab,
                                  uint64_t rounds, struct pt_error *error)
{
    uint32_t bytes = pt_result_type_bytes(pt_result_columns[field->id].type);
    enum pt_status status = PT_OK;
    for (uint64_t i = 0; !status && i < rounds; i++) {
        uint64_t from = i * SLAB < items->n ? i * SLAB : items->n;
        uint64_t n = items->n - from < SLAB ? items->n - from : SLAB;
        const char *at =
            (const char *)items->items + from * items->item_bytes + field->offset;
        for (uint64_t k = 0; k < n; k++)
            memcpy(slab + k * bytes, at + k * items->item_bytes, bytes);
        status =
            pt_output_write(output, field->id, items->start + from, n, slab, error);
    }
    return status;
}

enum pt_status pt_column_fields(struct pt_output *output, const struct pt_field *fields,
                                size_t n, const struct pt_items *items,
                                struct pt_error *error)
{
    const struct pt_team *team = pt_output_team(output);
    uint64_t rounds = (pt_team_max(team, items->n) + SLAB - 1) / SLAB;
    uint64_t room = items->n < SLAB ? items->n : SLAB;
    unsigned char *slab = pt_memory_get((size_t)room * 8 + 1, 1);
    enum pt_status status =
        pt_team_agree(team, slab ? PT_OK : pt_no_memory(error, "a column"), error);
    for (size_t i = 0; !status && i < n; i++)
        status = pt_output_column(output, fields[i].id, items->total, 1, error);
    for (size_t i = 0; !status && i < n; i++)
        status = write_field(output, &fields[i], items, slab, rounds, error);
    pt_memory_free(slab);
    return status;
}

enum pt_status pt_column_texts(const struct pt_team *team, struct pt_output *output,
                               enum pt_result_column_id id, uint64_t rows,
                               pt_text_of *text, const void *context,
                               struct pt_error *error)
{
    size_t width = 1;
    char *data = NULL;
    enum pt_status status = PT_OK;
    for (uint64_t i = 0; team->rank == 0 && i < rows; i++) {
        size_t bytes = strlen(text(context, i));
        width = bytes > width ? bytes : width;
    }
    pt_team_broadcast(team, &width, sizeof width);
    if (team->rank == 0) {
        data = pt_memory_get((size_t)rows + 1, width);
        if (!data)
            status = pt_no_memory(error, "a column");
        for (uint64_t i = 0; data && i < rows; i++)
            memcpy(data + i * width, text(context, i), strlen(text(context, i)));
    }
    status = pt_team_agree(team, status, error);
    if (!status)
        status = pt_output_column(output, id, rows, (uint32_t)width, error);
    if (!status)
        status =
            pt_output_write(output, id, 0, team->rank == 0 ? rows : 0, data, error);
    pt_memory_free(data);
    return status;
}

enum pt_status pt_column_blob(const struct pt_team *team, struct pt_output *output,
                              enum pt_result_column_id id, const void *data,
                              uint64_t bytes, struct pt_error *error)
{
    pt_team_broadcast(team, &bytes, sizeof bytes);
    enum pt_status status = pt_output_column(output, id, bytes, 1, error);
    if (!status)
        status =
            pt_output_write(output, id, 0, team->rank == 0 ? bytes : 0, data, error);
    return status;
}
