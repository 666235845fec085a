#include "schema/divisions.h"

#include <stdlib.h>
#include <string.h>

enum { PORTION = 4096 }; /* values, read at once */

struct portion {
    uint32_t names[PORTION];
    uint8_t phases[PORTION];
    double digits[PORTION];
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

static enum pt_status is_named(const struct pt_result *r, uint32_t name,
                               const char *wanted, bool *yes, struct pt_error *error)
{
    char *text = NULL;
    enum pt_status status = pt_result_text(r, PT_COLUMN_NAMES_NAME, name, &text, error);
    if (status == PT_OK)
        *yes = strcmp(text, wanted) == 0;
    free(text);
    return status;
}

/* Counts the divisors among values [first, first + n). */
static enum pt_status count(const struct pt_result *r, uint64_t first, uint64_t n,
                            const char *divisor, struct portion *p,
                            struct pt_division *found, struct pt_error *error)
{
    uint32_t name = PT_RESULT_NONE32;
    bool is_divisor = false;
    enum pt_status status =
        pt_result_read(r, PT_COLUMN_VALUES_NAME, first, n, p->names, error);

    if (status == PT_OK)
        status = pt_result_read(r, PT_COLUMN_VALUES_PHASE, first, n, p->phases, error);
    if (status == PT_OK)
        status =
            pt_result_read(r, PT_COLUMN_VALUES_SIG_NORM, first, n, p->digits, error);
    for (uint64_t i = 0; status == PT_OK && i < n; i++) {
        if (p->names[i] != name)
            status = is_named(r, p->names[i], divisor, &is_divisor, error);
        name = p->names[i];
        if (status != PT_OK || !is_divisor || p->phases[i] != 0)
            continue;
        found->calls++;
        if (p->digits[i] <= 0 && found->empty++ == 0) {
            found->first = found->calls;
            found->value = first + i;
        }
    }
    return status;
}

static enum pt_status find_site(const struct pt_result *r, struct pt_division *found,
                                struct pt_error *error)
{
    uint64_t call = 0;
    enum pt_status status =
        pt_result_u64(r, PT_COLUMN_VALUES_CALL, found->value, &call, error);
    if (status == PT_OK)
        status = pt_result_u32(r, PT_COLUMN_CALLS_SITE, call, &found->site, error);
    if (status == PT_OK && found->site >= pt_result_rows(r, PT_COLUMN_SITES_LINE))
        found->site = PT_RESULT_NONE32;
    return status;
}

static enum pt_status look_at(const struct pt_result *r, uint32_t function,
                              struct portion *p, struct pt_division *found,
                              struct pt_error *error)
{
    uint64_t first = 0, n = 0;
    char *name = NULL;
    enum pt_status status =
        pt_result_text(r, PT_COLUMN_FUNCTIONS_NAME, function, &name, error);
    const char *divisor = status == PT_OK ? divisor_of(name) : NULL;

    free(name);
    *found = (struct pt_division){.function = function, .site = PT_RESULT_NONE32};
    if (!divisor)
        return status;
    status = pt_result_u64(r, PT_COLUMN_FUNCTIONS_FIRST_VALUE, function, &first, error);
    if (status == PT_OK)
        status = pt_result_u64(r, PT_COLUMN_FUNCTIONS_N_VALUES, function, &n, error);
    for (uint64_t done = 0; status == PT_OK && done < n; done += PORTION)
        status = count(r, first + done, n - done < PORTION ? n - done : PORTION,
                       divisor, p, found, error);
    if (status == PT_OK && found->empty > 0)
        status = find_site(r, found, error);
    return status;
}

enum pt_status pt_divisions_find(const struct pt_result *result,
                                 struct pt_division *divisions, size_t size, size_t *n,
                                 struct pt_error *error)
{
    uint64_t rows = pt_result_rows(result, PT_COLUMN_FUNCTIONS_RANK);
    struct portion *p = malloc(sizeof *p);
    enum pt_status status =
        p ? PT_OK : pt_error_set(error, PT_E_MEMORY, "no memory for divisions");

    *n = 0;
    for (uint32_t i = 0; status == PT_OK && i < rows && *n < size; i++) {
        struct pt_division found;
        status = look_at(result, i, p, &found, error);
        if (status == PT_OK && found.empty > 0)
            divisions[(*n)++] = found;
    }
    free(p);
    return status;
}
