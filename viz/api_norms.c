/* Norms of a value's mean, of its deviation and of both together. They are not in the
 * file: all elements are read, a piece at a time. */
#include "api.h"
#include "value.h"

#include <math.h>
#include <stdlib.h>

enum { PIECE = 1 << 15 };
#define ELEMENTS_LIMIT ((uint64_t)1 << 26)

/* The Euclidean norm as scale · √sum, so that no square overflows or vanishes, and the
 * greatest size. NaN and Inf are counted and passed over. */
struct norm {
    double scale, sum, greatest;
    uint64_t left_out;
};

static void add(struct norm *norm, double size)
{
    if (!isfinite(size)) {
        norm->left_out++;
        return;
    }
    if (size > norm->scale) {
        double ratio = norm->scale / size;
        norm->sum = 1 + norm->sum * ratio * ratio;
        norm->scale = size;
    } else if (size > 0) {
        double ratio = size / norm->scale;
        norm->sum += ratio * ratio;
    }
    norm->greatest = size > norm->greatest ? size : norm->greatest;
}

/* Complex numbers are one element of size |re + i im|: planes are read side by side. */
static enum pt_status measure(const struct pt_result *result,
                              const struct pt_value *value,
                              enum pt_result_column_id column, double *piece,
                              struct norm *norm, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t plane = value->n_stored / value->planes;

    for (uint64_t done = 0; status == PT_OK && done < plane; done += PIECE) {
        uint64_t n = plane - done < PIECE ? plane - done : PIECE;
        for (unsigned p = 0; status == PT_OK && p < value->planes; p++)
            status =
                pt_result_read(result, column, value->first_element + p * plane + done,
                               n, piece + p * PIECE, error);
        for (uint64_t i = 0; status == PT_OK && i < n; i++)
            add(norm, value->planes == 2 ? hypot(piece[i], piece[PIECE + i])
                                         : fabs(piece[i]));
    }
    return status;
}

enum pt_status pt_api_norms(const struct pt_request *request, struct pt_reply *reply,
                            struct pt_error *error)
{
    static const struct {
        const char *name;
        enum pt_result_column_id column;
    } fields[] = {{"mean", PT_COLUMN_ELEMENTS_MEAN}, {"std", PT_COLUMN_ELEMENTS_STD}};
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};
    struct pt_value value;
    double *piece = NULL;

    enum pt_status status =
        pt_check_row(request, PT_COLUMN_VALUES_CALL, request->number, "value", error);
    if (status == PT_OK)
        status = pt_value_read(result, request->number, &value, error);
    if (status == PT_OK && value.planes == 0)
        status =
            pt_error_set(error, PT_E_MISSING, "no elements of this value are stored");
    if (status == PT_OK && value.n_stored > ELEMENTS_LIMIT)
        status = pt_error_set(error, PT_E_LIMIT,
                              "norms are computed of at most 2^26 elements");
    if (status == PT_OK && !(piece = malloc(2 * PIECE * sizeof *piece)))
        status = pt_error_set(error, PT_E_MEMORY, "no memory for the norms");
    pt_json_object(&json, NULL);
    for (size_t i = 0; status == PT_OK && i < PT_ARRAY_LENGTH(fields); i++) {
        struct norm norm = {0};
        status = measure(result, &value, fields[i].column, piece, &norm, error);
        pt_json_object(&json, fields[i].name);
        pt_json_f64(&json, "two", norm.scale * sqrt(norm.sum));
        pt_json_f64(&json, "max", norm.greatest);
        pt_json_u64(&json, "left_out", norm.left_out);
        pt_json_object_end(&json);
    }
    pt_json_object_end(&json);
    free(piece);
    return status;
}
