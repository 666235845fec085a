#include "schema/reader_result.h"

#include <stdlib.h>
#include <string.h>

/* Reads a numeric attribute; the class is checked, HDF5 converts. */
static bool read_number(hid_t file, const char *name, hid_t memory, void *out)
{
    bool ok = false;
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    if (type >= 0 && space >= 0 && H5Sget_simple_extent_npoints(space) == 1) {
        H5T_class_t class = H5Tget_class(type);
        ok = class == H5Tget_class(memory) && H5Aread(attribute, memory, out) >= 0;
    }
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    return ok;
}

/* Reads a text attribute, fixed or variable length, into out[size]; longer is cut. */
static bool read_text(hid_t file, const char *name, char *out, size_t size)
{
    bool ok = false;
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    out[0] = '\0';
    if (type < 0 || space < 0 || H5Tget_class(type) != H5T_STRING ||
        H5Sget_simple_extent_npoints(space) != 1)
        goto done;
    if (H5Tis_variable_str(type) > 0) {
        char *text = NULL;
        ok = H5Aread(attribute, type, &text) >= 0 && text;
        if (ok)
            strncat(out, text, size - 1);
        if (text)
            H5free_memory(text);
    } else if (H5Tget_size(type) > 0 && H5Tget_size(type) <= PT_RESULT_TEXT_WIDTH) {
        char *text = calloc(1, H5Tget_size(type) + 1);
        ok = text && H5Aread(attribute, type, text) >= 0;
        if (ok)
            strncat(out, text, size - 1);
        free(text);
    }
done:
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    return ok;
}

enum pt_status pt_result_read_about(struct pt_result *result, struct pt_error *error)
{
    struct pt_result_about *about = &result->about;
    hid_t file = result->file;
    char format[32];

    if (!read_text(file, "format", format, sizeof format) ||
        strcmp(format, PT_RESULT_FORMAT) != 0)
        return pt_error_set(error, PT_E_FORMAT,
                            "%s: an HDF5 file, but not a pytracer result", about->path);
    if (!read_number(file, "major", H5T_NATIVE_UINT32, &about->major) ||
        !read_number(file, "minor", H5T_NATIVE_UINT32, &about->minor))
        return pt_error_set(error, PT_E_DAMAGED, "%s: the version is missing",
                            about->path);
    if (about->major != PT_RESULT_MAJOR)
        return pt_error_set(error, PT_E_VERSION,
                            "%s: a result of format %u.%u; this program reads 1.x: use "
                            "the pytracer that wrote it, or parse the traces again",
                            about->path, about->major, about->minor);
    const struct {
        const char *name;
        hid_t type;
        void *out;
    } numbers[] = {
        {"created_ns", H5T_NATIVE_INT64, &about->created_ns},
        {"n_runs", H5T_NATIVE_UINT32, &about->n_runs},
        {"probability", H5T_NATIVE_DOUBLE, &about->probability},
        {"contributing_probability", H5T_NATIVE_DOUBLE,
         &about->contributing_probability},
        {"confidence", H5T_NATIVE_DOUBLE, &about->confidence},
        {"ddof", H5T_NATIVE_UINT32, &about->ddof},
        {"has_digits", H5T_NATIVE_UINT32, &about->has_digits},
    };
    for (size_t i = 0; i < PT_ARRAY_LENGTH(numbers); i++)
        if (!read_number(file, numbers[i].name, numbers[i].type, numbers[i].out))
            return pt_error_set(error, PT_E_DAMAGED, "%s: the attribute %s is missing",
                                about->path, numbers[i].name);
    if (!read_number(file, "runs_needed", H5T_NATIVE_UINT32, &about->runs_needed))
        about->runs_needed = 0;
    if (!read_text(file, "method", about->method, sizeof about->method) ||
        !read_text(file, "error", about->error, sizeof about->error) ||
        !read_text(file, "alignment", about->alignment, sizeof about->alignment) ||
        !read_text(file, "generator", about->generator, sizeof about->generator))
        return pt_error_set(error, PT_E_DAMAGED,
                            "%s: one of the attributes method, error, alignment, "
                            "generator is missing",
                            about->path);
    return PT_OK;
}
