#include "result/output.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "team/array.h"

#define PIECE_BYTES ((uint64_t)1 << 30)

enum { CLOSE_SECONDS = 60 };

struct pt_output {
    const struct pt_team *team;
    char *path, *temporary;
    hid_t file, collective;
    int early; /* descriptor of the same file, see write_early; −1: none */
    hid_t columns[PT_N_COLUMNS];
    uint32_t widths[PT_N_COLUMNS];
    uint64_t rows[PT_N_COLUMNS];
    uint64_t bytes;
    enum pt_status status; /* the first failure, agreed */
};

/* The innermost reason that HDF5 gives. */
static herr_t walk(unsigned n, const H5E_error2_t *entry, void *data)
{
    const char **reason = data;
    (void)n;
    if (entry->desc && entry->desc[0])
        *reason = entry->desc;
    return 0;
}

static enum pt_status fail(const struct pt_output *output, const char *what,
                           struct pt_error *error)
{
    const char *reason = "no reason given";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, walk, &reason);
    enum pt_status status =
        pt_error_set(error, PT_E_IO, "%s: HDF5 could not %s (%s); is the disk full?",
                     output->temporary, what, reason);
    H5Eclear2(H5E_DEFAULT);
    return status;
}

static enum pt_status settle(struct pt_output *output, enum pt_status mine,
                             struct pt_error *error)
{
    output->status = pt_team_agree(output->team, mine, error);
    return output->status;
}

static enum pt_status set_hints(const char *hints, MPI_Info info,
                                struct pt_error *error)
{
    char *copy = strdup(hints), *rest = copy;
    enum pt_status status = copy ? PT_OK : pt_no_memory(error, "the MPI-IO hints");
    for (char *word; !status && (word = strsep(&rest, ","));) {
        char *equals = strchr(word, '=');
        if (!equals || equals == word)
            status = pt_error_set(error, PT_E_USAGE,
                                  "--hints %s: write key=value,key=value", hints);
        else {
            *equals = '\0';
            MPI_Info_set(info, word, equals + 1);
        }
    }
    pt_memory_free(copy);
    return status;
}

static enum pt_status create_file(struct pt_output *output, const char *hints,
                                  struct pt_error *error)
{
    MPI_Info info = MPI_INFO_NULL;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    enum pt_status status = PT_OK;

    MPI_Info_create(&info);
    if (hints)
        status = set_hints(hints, info, error);
    if (!status &&
        (H5Pset_fapl_mpio(access, output->team->comm, info) < 0 ||
         H5Pset_coll_metadata_write(access, 1) < 0 ||
         H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST) < 0 ||
         H5Pset_obj_track_times(creation, 0) < 0))
        status = fail(output, "be set up", error);
    status = pt_team_agree(output->team, status, error);
    if (!status) {
        output->file = H5Fcreate(output->temporary, H5F_ACC_TRUNC, creation, access);
        if (output->file < 0)
            status = fail(output, "create the file", error);
        else
            output->early = open(output->temporary, O_WRONLY | O_CLOEXEC);
    }
    H5Pclose(access);
    H5Pclose(creation);
    MPI_Info_free(&info);
    return settle(output, status, error);
}

static enum pt_status create_groups(struct pt_output *output, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (int i = 0; !status && i < PT_N_COLUMNS; i++) {
        const char *group = pt_result_columns[i].group;
        if (i > 0 && strcmp(group, pt_result_columns[i - 1].group) == 0)
            continue;
        hid_t id =
            H5Gcreate2(output->file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (id < 0 || H5Gclose(id) < 0)
            status = fail(output, "create a group", error);
    }
    return settle(output, status, error);
}

enum pt_status pt_output_create(const struct pt_team *team, const char *path,
                                const char *hints, struct pt_output **result,
                                struct pt_error *error)
{
    struct pt_output *output = pt_memory_get(1, sizeof *output);
    enum pt_status status = PT_OK;

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    *result = NULL;
    if (!output || asprintf(&output->temporary, "%s.tmp", path) < 0 ||
        !(output->path = strdup(path)))
        status = pt_no_memory(error, "the result file");
    status = pt_team_agree(team, status, error);
    if (status) {
        if (output)
            pt_memory_free(output->temporary);
        pt_memory_free(output);
        return status;
    }
    output->team = team;
    output->file = output->early = -1;
    for (int i = 0; i < PT_N_COLUMNS; i++)
        output->columns[i] = -1;
    output->collective = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_dxpl_mpio(output->collective, H5FD_MPIO_COLLECTIVE);
    /* Every rank writes its own contiguous stretch: the phases of two-phase I/O would
     * only copy. Hints can change that on file systems that want it. */
    if (!hints)
        H5Pset_dxpl_mpio_collective_opt(output->collective, H5FD_MPIO_INDIVIDUAL_IO);
    *result = output;
    status = create_file(output, hints, error);
    if (!status)
        status = create_groups(output, error);
    return status;
}

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
        status = fail(output, "create a column", error);
    H5Pclose(creation);
    H5Sclose(space);
    type_close(column->type, type);
    return settle(output, status, error);
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
    return bad < 0 ? fail(output, "select rows", error) : PT_OK;
}

/* Lets the disk begin while the ranks go on computing: all that is left for the end is
 * what has not reached it by then. A hint: errors are of no importance here. */
static void write_early(const struct pt_output *output, enum pt_result_column_id id,
                        const struct pt_output_stretch *stretches, size_t n)
{
    enum { WORTH_BYTES = 1 << 20 };
    uint64_t width = output->widths[id];
    haddr_t place = n ? H5Dget_offset(output->columns[id]) : HADDR_UNDEF;
    if (output->early < 0 || place == HADDR_UNDEF)
        return;
    uint64_t first = stretches[0].start;
    uint64_t end = stretches[n - 1].start + stretches[n - 1].n;
    if ((end - first) * width >= WORTH_BYTES)
        sync_file_range(output->early, (off_t)(place + first * width),
                        (off_t)((end - first) * width), SYNC_FILE_RANGE_WRITE);
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
        status = fail(output, what, error);
    }
    H5Sclose(space);
    H5Sclose(memory);
    type_close(column->type, type);
    if (!status)
        write_early(output, id, stretches, rows ? n : 0);
    output->bytes += rows * output->widths[id];
    return settle(output, status, error);
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
    return write_once(output, id, stretches, n, data, error);
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
        status = fail(output, "write an attribute", error);
    if (attribute >= 0 && H5Aclose(attribute) < 0 && !status)
        status = fail(output, "write an attribute", error);
    H5Sclose(space);
    return settle(output, status, error);
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

/* Set where HDF5 could not close a file of this process. */
static bool stuck;

bool pt_output_stuck(void)
{
    return stuck;
}

static enum pt_status close_file(struct pt_output *output, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (int i = 0; i < PT_N_COLUMNS; i++)
        if (output->columns[i] >= 0 && H5Dclose(output->columns[i]) < 0)
            status = fail(output, "close a column", error);
    if (output->file >= 0 && H5Fclose(output->file) < 0)
        status = fail(output, "close the file", error);
    stuck = status != PT_OK;
    H5Pclose(output->collective);
    if (output->early >= 0)
        close(output->early);
    return status;
}

/* What HDF5 still has to write when it closes the file are its metadata, at places
 * below the file's end. A rank that met a full disk there would fall out of step with
 * the others, and all would wait for ever: so the space is taken first. */
static enum pt_status reserve(const struct pt_output *output, struct pt_error *error)
{
    hsize_t bytes = 0;
    enum pt_status status = PT_OK;
    int fd = open(output->temporary, O_WRONLY | O_CLOEXEC);
    if (H5Fget_filesize(output->file, &bytes) < 0)
        bytes = 0;
    if (fd < 0 || (fallocate(fd, 0, 0, (off_t)bytes) &&
                   (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)))
        status = pt_error_sys(error, "cannot write %s", output->temporary);
    if (fd >= 0)
        close(fd);
    return status;
}

/* For a file that is thrown away: frees its space, so that closing it meets no full
 * disk, and sees to it that a close that hangs all the same is the end. */
static void abandon(const struct pt_output *output)
{
    if (output->team->rank == 0 && truncate(output->temporary, 0))
        pt_log_debug("cannot truncate %s", output->temporary);
    MPI_Barrier(output->team->comm);
    alarm(CLOSE_SECONDS);
}

enum pt_status pt_output_publish(struct pt_output *output, enum pt_status mine,
                                 struct pt_error *error)
{
    if (!output)
        return mine;
    const struct pt_team *team = output->team;
    struct pt_error why = {0};
    if (!mine && team->rank == 0)
        mine = reserve(output, error);
    mine = pt_team_agree(team, mine, error);
    if (mine)
        abandon(output);
    enum pt_status closed = close_file(output, &why);
    alarm(0);
    if (!mine && closed) {
        mine = closed;
        *error = why;
    }
    enum pt_status status = pt_team_agree(team, mine, error);
    if (team->rank == 0 && status)
        (void)!unlink(output->temporary);
    else if (team->rank == 0)
        status = pt_file_publish(output->temporary, output->path, error);
    status = pt_team_agree(team, status, error);
    pt_memory_free(output->path);
    pt_memory_free(output->temporary);
    pt_memory_free(output);
    return status;
}

uint64_t pt_output_bytes(const struct pt_output *output)
{
    return output->bytes;
}

const struct pt_team *pt_output_team(const struct pt_output *output)
{
    return output->team;
}
