#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "result/file.h"

#define PIECE_BYTES ((uint64_t)1 << 30)

/* In the file. TEXT is a type of its own, which the caller closes. */
static hid_t type_of(enum pt_column_type type, uint32_t width)
{
    switch (type) {
    case PT_COLUMN_U8:
        return H5T_STD_U8LE;
    case PT_COLUMN_U32:
        return H5T_STD_U32LE;
    case PT_COLUMN_U64:
        return H5T_STD_U64LE;
    case PT_COLUMN_I64:
        return H5T_STD_I64LE;
    case PT_COLUMN_F64:
        return H5T_IEEE_F64LE;
    case PT_COLUMN_TEXT:
        break;
    }
    hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, width);
    H5Tset_strpad(text, H5T_STR_NULLPAD);
    H5Tset_cset(text, H5T_CSET_UTF8);
    return text;
}

static void type_close(enum pt_column_type type, hid_t id)
{
    if (type == PT_COLUMN_TEXT)
        H5Tclose(id);
}

enum pt_status pt_output_column(struct pt_output *output, enum pt_result_column_id id,
                                uint64_t rows, uint32_t width, struct pt_error *error)
{
    const struct pt_result_column *column = &pt_result_columns[id];
    enum pt_status status = PT_OK;
    hsize_t size = rows;
    char name[128];

    if (output->status)
        return output->status;
    uint32_t bytes = pt_result_type_bytes(column->type);
    output->widths[id] = bytes ? bytes : width;
    output->rows[id] = rows;
    snprintf(name, sizeof name, "%s/%s", column->group, column->name);
    hid_t type = type_of(column->type, width);
    hid_t space = H5Screate_simple(1, &size, NULL);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_layout(creation, H5D_CONTIGUOUS);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(creation, 0);
    output->columns[id] =
        H5Dcreate2(output->file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (output->columns[id] < 0)
        status = pt_output_fail(output, "create a column", error);
    H5Pclose(creation);
    H5Sclose(space);
    type_close(column->type, type);
    if (!status && rows) {
        haddr_t place = H5Dget_offset(output->columns[id]);
        output->places[id] = place;
        if (place == HADDR_UNDEF)
            status = pt_output_fail(output, "place a column", error);
    }
    return pt_output_settle(output, status, error);
}

static enum pt_status select_stretches(const struct pt_output *output, hid_t space,
                                       const struct pt_output_stretch *stretches,
                                       size_t n, struct pt_error *error)
{
    herr_t bad = n == 0 ? H5Sselect_none(space) : 0;
    for (size_t i = 0; bad >= 0 && i < n; i++) {
        hsize_t start = stretches[i].start, count = stretches[i].n;
        bad = H5Sselect_hyperslab(space, i ? H5S_SELECT_OR : H5S_SELECT_SET, &start,
                                  NULL, &count, NULL);
    }
    return bad < 0 ? pt_output_fail(output, "select rows", error) : PT_OK;
}

/* Each rank by itself: the column's place in the file is fixed since it was created. */
static enum pt_status write_direct(struct pt_output *output,
                                   enum pt_result_column_id id,
                                   const struct pt_output_stretch *stretches, size_t n,
                                   const char *data, struct pt_error *error)
{
    const struct pt_result_column *column = &pt_result_columns[id];
    uint64_t width = output->widths[id];
    enum pt_status status = PT_OK;
    struct pt_error why;
    for (size_t i = 0; !status && i < n; i++) {
        uint64_t bytes = stretches[i].n * width;
        status = pt_write_at(output->place, data, (size_t)bytes,
                             output->places[id] + stretches[i].start * width,
                             output->temporary, &why);
        data += bytes;
        output->bytes += bytes;
        pt_flusher_add(&output->flusher, bytes);
    }
    if (status)
        return pt_error_set(error, status, "%s (%s/%s); is the disk full?", why.text,
                            column->group, column->name);
    return PT_OK;
}

/* One collective write. A rank that could not make its selection joins with nothing. */
static enum pt_status write_once(struct pt_output *output, enum pt_result_column_id id,
                                 const struct pt_output_stretch *stretches, size_t n,
                                 const void *data, struct pt_error *error)
{
    const struct pt_result_column *column = &pt_result_columns[id];
    hsize_t rows = 0;
    for (size_t i = 0; i < n; i++)
        rows += stretches[i].n;
    hsize_t room = rows ? rows : 1;
    hid_t type = type_of(column->type, output->widths[id]);
    hid_t memory = H5Screate_simple(1, &room, NULL);
    hid_t space = H5Dget_space(output->columns[id]);
    enum pt_status status =
        select_stretches(output, space, stretches, rows ? n : 0, error);
    if (status)
        H5Sselect_none(space);
    if (status || !rows)
        H5Sselect_none(memory);
    if (H5Dwrite(output->columns[id], type, memory, space, output->collective, data) <
            0 &&
        !status) {
        char what[160];
        snprintf(what, sizeof what, "write %s/%s", column->group, column->name);
        status = pt_output_fail(output, what, error);
    }
    H5Sclose(space);
    H5Sclose(memory);
    type_close(column->type, type);
    output->bytes += rows * output->widths[id];
    pt_flusher_add(&output->flusher, rows * output->widths[id]);
    return pt_output_settle(output, status, error);
}

enum pt_status pt_output_write(struct pt_output *output, enum pt_result_column_id id,
                               uint64_t start, uint64_t n, const void *data,
                               struct pt_error *error)
{
    enum pt_status status = output->status;
    uint64_t piece = status ? 1 : PIECE_BYTES / output->widths[id];
    uint64_t rounds = pt_team_max(output->team, (n + piece - 1) / piece);
    for (uint64_t i = 0; !status && i < rounds; i++) {
        uint64_t from = i * piece < n ? i * piece : n;
        struct pt_output_stretch now = {start + from,
                                        n - from < piece ? n - from : piece};
        const char *at = (const char *)data + from * output->widths[id];
        status = write_once(output, id, &now, now.n != 0, now.n ? at : (const void *)"",
                            error);
    }
    return status;
}

enum pt_status pt_output_write_stretches(struct pt_output *output,
                                         enum pt_result_column_id id,
                                         const struct pt_output_stretch *stretches,
                                         size_t n, const void *data,
                                         struct pt_error *error)
{
    if (output->status ||
        !output->rows[id]) /* HDF5 fails to write nothing to nothing */
        return output->status;
    return output->direct ? write_direct(output, id, stretches, n, data, error)
                          : write_once(output, id, stretches, n, data, error);
}

static enum pt_status write_attribute(struct pt_output *output, const char *name,
                                      hid_t type, const void *value,
                                      struct pt_error *error)
{
    enum pt_status status = PT_OK;
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute =
        H5Acreate2(output->file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, type, value) < 0)
        status = pt_output_fail(output, "write an attribute", error);
    if (attribute >= 0 && H5Aclose(attribute) < 0 && !status)
        status = pt_output_fail(output, "write an attribute", error);
    H5Sclose(space);
    return pt_output_settle(output, status, error);
}

enum pt_status pt_output_number(struct pt_output *output, const char *name,
                                enum pt_column_type type, const void *value,
                                struct pt_error *error)
{
    return output->status
               ? output->status
               : write_attribute(output, name, type_of(type, 0), value, error);
}

enum pt_status pt_output_text(struct pt_output *output, const char *name,
                              const char *text, struct pt_error *error)
{
    if (output->status)
        return output->status;
    size_t bytes = strlen(text);
    hid_t type = type_of(PT_COLUMN_TEXT, bytes ? (uint32_t)bytes : 1);
    enum pt_status status = write_attribute(output, name, type, text, error);
    type_close(PT_COLUMN_TEXT, type);
    return status;
}
