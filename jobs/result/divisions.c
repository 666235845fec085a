#include "result/divisions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is known of one function's divisors. */
struct found {
    uint64_t calls, empty, first; /* first: of the calls, from 1 */
    uint64_t value;               /* row of values/ of that first one */
};

/* The name of the argument that is divided by; NULL: not a division. */
static const char *divisor_of(const char *function)
{
    static const char *const binary[] = {"divide", "true_divide", "floor_divide",
                                         "remainder", "fmod"};

    for (size_t i = 0; i < PT_ARRAY_LENGTH(binary); i++)
        if (strcmp(function, binary[i]) == 0)
            return "x2";
    return strcmp(function, "reciprocal") == 0 ? "x" : NULL;
}

static enum pt_status look_at(const struct pt_result *r, uint64_t value,
                              const char *divisor, struct found *found,
                              struct pt_error *error)
{
    uint8_t phase = 0;
    uint32_t name = 0;
    double digits = 0;
    char *text = NULL;
    enum pt_status status =
        pt_result_u8(r, PT_COLUMN_VALUES_PHASE, value, &phase, error);

    if (status == PT_OK)
        status = pt_result_u32(r, PT_COLUMN_VALUES_NAME, value, &name, error);
    if (status == PT_OK)
        status = pt_result_f64(r, PT_COLUMN_VALUES_SIG_NORM, value, &digits, error);
    if (status == PT_OK)
        status = pt_result_text(r, PT_COLUMN_NAMES_NAME, name, &text, error);
    if (status == PT_OK && phase == 0 && strcmp(text, divisor) == 0) {
        found->calls++;
        if (digits <= 0 && found->empty++ == 0) {
            found->first = found->calls;
            found->value = value;
        }
    }
    free(text);
    return status;
}

/* The line from which the call of that value was made, "" where it is not known. */
static enum pt_status place_of(const struct pt_result *r, uint64_t value, char **place,
                               struct pt_error *error)
{
    uint64_t call = 0;
    uint32_t site = 0, line = 0;
    char *file = NULL;
    enum pt_status status =
        pt_result_u64(r, PT_COLUMN_VALUES_CALL, value, &call, error);

    *place = NULL;
    if (status == PT_OK)
        status = pt_result_u32(r, PT_COLUMN_CALLS_SITE, call, &site, error);
    if (status == PT_OK && site >= pt_result_rows(r, PT_COLUMN_SITES_LINE))
        return PT_OK;
    if (status == PT_OK)
        status = pt_result_u32(r, PT_COLUMN_SITES_LINE, site, &line, error);
    if (status == PT_OK)
        status = pt_result_text(r, PT_COLUMN_SITES_FILE, site, &file, error);
    if (status == PT_OK && file[0] && asprintf(place, "  %s:%" PRIu32, file, line) < 0)
        *place = NULL;
    free(file);
    return status;
}

static enum pt_status print_function(FILE *out, const struct pt_result *r,
                                     uint64_t function, bool *heading,
                                     struct pt_error *error)
{
    uint64_t first = 0, n = 0;
    char *name = NULL, *module = NULL, *place = NULL;
    struct found found = {0};
    enum pt_status status =
        pt_result_text(r, PT_COLUMN_FUNCTIONS_NAME, function, &name, error);
    const char *divisor = status == PT_OK ? divisor_of(name) : NULL;

    if (!divisor)
        goto done;
    status = pt_result_u64(r, PT_COLUMN_FUNCTIONS_FIRST_VALUE, function, &first, error);
    if (status == PT_OK)
        status = pt_result_u64(r, PT_COLUMN_FUNCTIONS_N_VALUES, function, &n, error);
    for (uint64_t i = 0; i < n && status == PT_OK; i++)
        status = look_at(r, first + i, divisor, &found, error);
    if (status != PT_OK || found.empty == 0)
        goto done;
    status = pt_result_text(r, PT_COLUMN_FUNCTIONS_MODULE, function, &module, error);
    if (status == PT_OK)
        status = place_of(r, found.value, &place, error);
    if (status != PT_OK)
        goto done;
    if (!*heading)
        fputs("\nDivisions by values without a significant digit\n\n", out);
    *heading = true;
    fprintf(out,
            "      %s.%s: %" PRIu64 " of %" PRIu64 " calls, first its call %" PRIu64
            "%s\n",
            module, name, found.empty, found.calls, found.first, place ? place : "");
done:
    free(name);
    free(module);
    free(place);
    return status;
}

enum pt_status pt_divisions_print(FILE *out, const struct pt_result *result,
                                  struct pt_error *error)
{
    uint64_t n = pt_result_rows(result, PT_COLUMN_FUNCTIONS_RANK);
    enum pt_status status = PT_OK;
    bool heading = false;

    for (uint64_t i = 0; i < n && status == PT_OK; i++)
        status = print_function(out, result, i, &heading, error);
    return status;
}
