#include "schema/reader_result.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { SIGNATURE_BYTES = 8 };

static pthread_mutex_t hdf5_lock = PTHREAD_MUTEX_INITIALIZER;

void pt_result_lock(void)
{
    pthread_mutex_lock(&hdf5_lock);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void pt_result_unlock(void)
{
    pthread_mutex_unlock(&hdf5_lock);
}

hid_t pt_result_memory_type(enum pt_column_type type, size_t width)
{
    hid_t result = H5I_INVALID_HID;
    switch (type) {
    case PT_COLUMN_U8:
        result = H5Tcopy(H5T_NATIVE_UINT8);
        break;
    case PT_COLUMN_U32:
        result = H5Tcopy(H5T_NATIVE_UINT32);
        break;
    case PT_COLUMN_U64:
        result = H5Tcopy(H5T_NATIVE_UINT64);
        break;
    case PT_COLUMN_I64:
        result = H5Tcopy(H5T_NATIVE_INT64);
        break;
    case PT_COLUMN_F64:
        result = H5Tcopy(H5T_NATIVE_DOUBLE);
        break;
    case PT_COLUMN_TEXT:
        result = H5Tcopy(H5T_C_S1);
        if (result >= 0 && (H5Tset_size(result, width) < 0 ||
                            H5Tset_strpad(result, H5T_STR_NULLPAD) < 0)) {
            H5Tclose(result);
            result = H5I_INVALID_HID;
        }
        break;
    }
    return result;
}

/* Is the stored type what the documentation says? Sets *width. */
static bool is_type(hid_t stored, enum pt_column_type type, size_t *width)
{
    H5T_class_t class = H5Tget_class(stored);
    size_t size = H5Tget_size(stored);
    *width = size;
    if (type == PT_COLUMN_TEXT)
        return class == H5T_STRING && H5Tis_variable_str(stored) == 0 && size > 0 &&
               size <= PT_RESULT_TEXT_WIDTH;
    if (type == PT_COLUMN_F64)
        return class == H5T_FLOAT && size == 8;
    if (class != H5T_INTEGER)
        return false;
    bool is_signed = H5Tget_sign(stored) == H5T_SGN_2;
    switch (type) {
    case PT_COLUMN_U8:
        return size == 1 && !is_signed;
    case PT_COLUMN_U32:
        return size == 4 && !is_signed;
    case PT_COLUMN_U64:
        return size == 8 && !is_signed;
    default:
        return size == 8 && is_signed;
    }
}

/* Bytes in the file equal bytes in memory: same order, no padding, IEEE. */
static bool same_bytes(hid_t stored, enum pt_column_type type)
{
    switch (type) {
    case PT_COLUMN_U32:
        return H5Tequal(stored, H5T_NATIVE_UINT32) > 0;
    case PT_COLUMN_U64:
        return H5Tequal(stored, H5T_NATIVE_UINT64) > 0;
    case PT_COLUMN_I64:
        return H5Tequal(stored, H5T_NATIVE_INT64) > 0;
    case PT_COLUMN_F64:
        return H5Tequal(stored, H5T_NATIVE_DOUBLE) > 0;
    default:
        return true;
    }
}

static bool is_contiguous(hid_t dataset)
{
    hid_t list = H5Dget_create_plist(dataset);
    bool yes = list >= 0 && H5Pget_layout(list) == H5D_CONTIGUOUS;
    if (list >= 0)
        H5Pclose(list);
    return yes;
}

/* Is there a link of that name, and not a plain one? A soft or external link may lead
 * to another file, a dataset's storage too (keeps_elsewhere). A result can come from
 * anyone: nothing but the file itself is read, so that no report carries what it did
 * not hold. */
static bool is_link(hid_t file, const char *name)
{
    H5L_info_t info;
    return H5Lexists(file, name, H5P_DEFAULT) > 0 &&
           (H5Lget_info(file, name, &info, H5P_DEFAULT) < 0 ||
            info.type != H5L_TYPE_HARD);
}

static bool keeps_elsewhere(hid_t dataset)
{
    hid_t list = H5Dget_create_plist(dataset);
    bool yes = list < 0 || H5Pget_external_count(list) != 0 ||
               H5Pget_layout(list) == H5D_VIRTUAL;
    if (list >= 0)
        H5Pclose(list);
    return yes;
}

static enum pt_status place_column(struct pt_result *result,
                                   enum pt_result_column_id column,
                                   struct pt_error *error)
{
    enum pt_status status = PT_OK;
    enum pt_column_type type = pt_result_columns[column].type;
    char name[64];
    struct pt_result_place *place = &result->places[column];
    hid_t stored = H5I_INVALID_HID, space = H5I_INVALID_HID;
    hsize_t rows = 0;

    pt_result_column_path(column, name, sizeof name);
    if (is_link(result->file, pt_result_columns[column].group) ||
        is_link(result->file, name))
        return pt_error_set(error, PT_E_DAMAGED,
                            "%s: the column %s is a link, perhaps to another file; a "
                            "result is read from one file only",
                            result->about.path, name);
    hid_t dataset = H5Dopen2(result->file, name, H5P_DEFAULT);
    if (dataset < 0 && pt_result_column_minor(column) > result->about.minor) {
        place->direct = true; /* an older file: no rows */
        place->width = pt_result_type_bytes(type);
        goto done;
    }
    if (dataset < 0) {
        status = pt_error_set(error, PT_E_DAMAGED, "%s: the column %s is missing",
                              result->about.path, name);
        goto done;
    }
    if (keeps_elsewhere(dataset)) {
        status = pt_error_set(error, PT_E_DAMAGED,
                              "%s: the column %s keeps its numbers in another file; a "
                              "result is read from one file only",
                              result->about.path, name);
        goto done;
    }
    stored = H5Dget_type(dataset);
    space = H5Dget_space(dataset);
    if (stored < 0 || space < 0 || H5Sget_simple_extent_ndims(space) != 1 ||
        H5Sget_simple_extent_dims(space, &rows, NULL) != 1 ||
        !is_type(stored, type, &place->width)) {
        status = pt_error_set(error, PT_E_DAMAGED,
                              "%s: the column %s is not of its documented type",
                              result->about.path, name);
        goto done;
    }
    place->rows = rows;
    haddr_t offset = H5Dget_offset(dataset);
    place->direct = rows == 0 || (offset != HADDR_UNDEF && is_contiguous(dataset) &&
                                  same_bytes(stored, type));
    place->offset = rows == 0 ? 0 : (uint64_t)offset;
    if (place->direct && rows > 0 &&
        (rows > result->about.bytes / place->width ||
         place->offset > result->about.bytes - rows * place->width))
        status = pt_error_set(error, PT_E_DAMAGED,
                              "%s: the column %s reaches beyond the end of the file "
                              "(cut while copying?)",
                              result->about.path, name);
    if (status == PT_OK && !place->direct) {
        place->dataset = dataset;
        dataset = H5I_INVALID_HID;
    }
done:
    if (space >= 0)
        H5Sclose(space);
    if (stored >= 0)
        H5Tclose(stored);
    if (dataset >= 0)
        H5Dclose(dataset);
    return status;
}

/* Blobs are as long as they are; the other columns of a group have one length. */
static bool is_blob(int column)
{
    return column == PT_COLUMN_SOURCES_TEXT ||
           strcmp(pt_result_columns[column].group, "meta") == 0;
}

static enum pt_status check_lengths(const struct pt_result *result,
                                    struct pt_error *error)
{
    int first = 0;
    for (int i = 0; i < PT_N_COLUMNS; i++) {
        const struct pt_result_column *column = &pt_result_columns[i];
        const struct pt_result_column *head = &pt_result_columns[first];
        if (strcmp(column->group, head->group) != 0)
            first = i;
        else if (!is_blob(i) &&
                 pt_result_column_minor((enum pt_result_column_id)i) <=
                     result->about.minor &&
                 result->places[i].rows != result->places[first].rows)
            return pt_error_set(
                error, PT_E_DAMAGED,
                "%s: %s/%s has %" PRIu64 " rows where %s/%s has %" PRIu64,
                result->about.path, column->group, column->name, result->places[i].rows,
                head->group, head->name, result->places[first].rows);
    }
    return PT_OK;
}

/* What the first bytes say, before HDF5 is asked. */
static enum pt_status check_signature(struct pt_result *result, struct pt_error *error)
{
    static const unsigned char hdf5[SIGNATURE_BYTES] = {0x89, 'H',  'D',  'F',
                                                        '\r', '\n', 0x1a, '\n'};
    static const unsigned char trace[SIGNATURE_BYTES] = {0x89, 'P', 'T', 'R',
                                                         'A',  'C', 'E', '\n'};
    unsigned char head[SIGNATURE_BYTES];
    size_t got = 0;
    const char *path = result->about.path;

    enum pt_status status =
        pt_read_at(result->fd, head, sizeof head, 0, &got, path, error);
    if (status != PT_OK)
        return status;
    if (got == sizeof head && memcmp(head, trace, sizeof head) == 0)
        return pt_error_set(error, PT_E_FORMAT,
                            "%s: a trace, not a result: run pytracer parse on it first",
                            path);
    if (got < sizeof head || memcmp(head, hdf5, sizeof head) != 0)
        return pt_error_set(error, PT_E_FORMAT,
                            "%s: not a pytracer result (not an HDF5 file)", path);
    return PT_OK;
}

static enum pt_status open_descriptor(struct pt_result *result, struct pt_error *error)
{
    struct stat st;
    const char *path = result->about.path;

    result->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (result->fd < 0 || fstat(result->fd, &st) != 0)
        return pt_error_sys(error, "cannot open %s", path);
    if (!S_ISREG(st.st_mode))
        return pt_error_set(error, PT_E_FORMAT, "%s: not a file%s", path,
                            S_ISDIR(st.st_mode) ? " but a folder" : "");
    result->about.bytes = (uint64_t)st.st_size;
    result->about.mtime_ns =
        (int64_t)st.st_mtim.tv_sec * 1000000000 + (int64_t)st.st_mtim.tv_nsec;
    return check_signature(result, error);
}

static enum pt_status open_hdf5(struct pt_result *result, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 11, 0) || H5_VERSION_GE(1, 12, 1)
    /* Some parallel file systems refuse flock; a finished result is never written to.
     */
    if (access >= 0)
        H5Pset_file_locking(access, false, true);
#endif
    result->file = H5Fopen(result->about.path, H5F_ACC_RDONLY, access);
    if (access >= 0)
        H5Pclose(access);
    if (result->file < 0)
        return pt_error_set(error, PT_E_DAMAGED,
                            "%s: HDF5 cannot read it: damaged, cut while copying, or "
                            "still being written",
                            result->about.path);
    status = pt_result_read_about(result, error);
    for (int i = 0; status == PT_OK && i < PT_N_COLUMNS; i++)
        status = place_column(result, (enum pt_result_column_id)i, error);
    return status;
}

enum pt_status pt_result_open(const char *path, struct pt_result **out,
                              struct pt_error *error)
{
    enum pt_status status = PT_OK;
    struct pt_result *result = calloc(1, sizeof *result);

    if (!result)
        return pt_error_set(error, PT_E_MEMORY, "no memory to open %s", path);
    result->fd = -1;
    result->file = H5I_INVALID_HID;
    for (int i = 0; i < PT_N_COLUMNS; i++)
        result->places[i].dataset = H5I_INVALID_HID;
    result->about.path = strdup(path);
    if (!result->about.path) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory to open %s", path);
        goto done;
    }
    status = open_descriptor(result, error);
    if (status != PT_OK)
        goto done;
    pt_result_lock();
    status = open_hdf5(result, error);
    pt_result_unlock();
    if (status == PT_OK)
        status = check_lengths(result, error);
done:
    if (status == PT_OK)
        *out = result;
    else
        pt_result_close(result);
    return status;
}

void pt_result_close(struct pt_result *result)
{
    if (!result)
        return;
    pt_result_lock();
    for (int i = 0; i < PT_N_COLUMNS; i++)
        if (result->places[i].dataset >= 0)
            H5Dclose(result->places[i].dataset);
    if (result->file >= 0)
        H5Fclose(result->file);
    pt_result_unlock();
    if (result->fd >= 0)
        close(result->fd);
    free(result->about.path);
    free(result);
}
