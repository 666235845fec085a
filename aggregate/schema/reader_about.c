#include "schema/reader_result.h"

#include <stdlib.h>
#include <string.h>

/* An attribute of one element; its members are invalid where there is none. */
struct attribute {
    hid_t id, type, space;
    bool single;
};

static struct attribute open_attribute(hid_t file, const char *name)
{
    struct attribute a = {H5Aopen(file, name, H5P_DEFAULT), H5I_INVALID_HID,
                          H5I_INVALID_HID, false};

    if (a.id >= 0) {
        a.type = H5Aget_type(a.id);
        a.space = H5Aget_space(a.id);
    }
    a.single =
        a.type >= 0 && a.space >= 0 && H5Sget_simple_extent_npoints(a.space) == 1;
    return a;
}

static void close_attribute(struct attribute a)
{
    if (a.space >= 0)
        H5Sclose(a.space);
    if (a.type >= 0)
        H5Tclose(a.type);
    if (a.id >= 0)
        H5Aclose(a.id);
}

/* Reads a numeric attribute; the class is checked, HDF5 converts. */
static bool read_number(hid_t file, const char *name, hid_t memory, void *out)
{
    struct attribute a = open_attribute(file, name);
    bool ok = a.single && H5Tget_class(a.type) == H5Tget_class(memory) &&
              H5Aread(a.id, memory, out) >= 0;

    close_attribute(a);
    return ok;
}

/* Reads a text attribute, fixed or variable length, into out[size]; longer is cut. */
static bool read_text(hid_t file, const char *name, char *out, size_t size)
{
    struct attribute a = open_attribute(file, name);
    bool text = a.single && H5Tget_class(a.type) == H5T_STRING, ok = false;

    out[0] = '\0';
    if (text && H5Tis_variable_str(a.type) > 0) {
        char *whole = NULL;
        ok = H5Aread(a.id, a.type, &whole) >= 0 && whole;
        if (ok)
            strncat(out, whole, size - 1);
        if (whole)
            H5free_memory(whole);
    } else if (text && H5Tget_size(a.type) > 0 &&
               H5Tget_size(a.type) <= PT_RESULT_TEXT_WIDTH) {
        char *whole = calloc(1, H5Tget_size(a.type) + 1);
        ok = whole && H5Aread(a.id, a.type, whole) >= 0;
        if (ok)
            strncat(out, whole, size - 1);
        free(whole);
    }
    close_attribute(a);
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
