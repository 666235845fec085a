#include "result/divisions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schema/divisions.h"
#include "schema/float_divisions.h"

enum { MOST = 100 };

/* The line from which the first such call was made, "" where it is not known. */
static enum pt_status place_of(const struct pt_result *r, uint32_t site, char **place,
                               struct pt_error *error)
{
    uint32_t line = 0;
    char *file = NULL;
    enum pt_status status = PT_OK;

    *place = NULL;
    if (site == PT_RESULT_NONE32)
        return PT_OK;
    status = pt_result_u32(r, PT_COLUMN_SITES_LINE, site, &line, error);
    if (status == PT_OK)
        status = pt_result_text(r, PT_COLUMN_SITES_FILE, site, &file, error);
    if (status == PT_OK && file[0] && asprintf(place, "  %s:%" PRIu32, file, line) < 0)
        *place = NULL;
    free(file);
    return status;
}

static enum pt_status print_one(FILE *out, const struct pt_result *r,
                                const struct pt_division *found, struct pt_error *error)
{
    char *name = NULL, *module = NULL, *place = NULL;
    enum pt_status status =
        pt_result_text(r, PT_COLUMN_FUNCTIONS_NAME, found->function, &name, error);

    if (status == PT_OK)
        status = pt_result_text(r, PT_COLUMN_FUNCTIONS_MODULE, found->function, &module,
                                error);
    if (status == PT_OK)
        status = place_of(r, found->site, &place, error);
    if (status == PT_OK)
        fprintf(out,
                "      %s.%s: %" PRIu64 " of %" PRIu64 " calls, first its call %" PRIu64
                "%s\n",
                module, name, found->empty, found->calls, found->first,
                place ? place : "");
    free(name);
    free(module);
    free(place);
    return status;
}

static void print_float(FILE *out, const struct pt_float_division *found)
{
    fprintf(out, "      %s: %" PRIu64 " of %" PRIu64 " divisions, ", found->function,
            found->empty, found->looked);
    if (found->first > 0)
        fprintf(out, "first its division %" PRIu64, found->first);
    else
        fputs("in threads", out);
    fprintf(out, "  %s:%" PRIu32 "\n", found->file, found->line);
}

enum pt_status pt_divisions_print(FILE *out, const struct pt_result *result,
                                  struct pt_error *error)
{
    struct pt_division found[MOST];
    struct pt_float_division *floats = NULL;
    size_t n = 0, n_floats = 0;
    enum pt_status status = pt_divisions_find(result, found, MOST, &n, error);

    if (status == PT_OK)
        status = pt_float_divisions_find(result, &floats, &n_floats, error);
    if (status == PT_OK && n + n_floats > 0)
        fputs("\nDivisions by values without a significant digit\n\n", out);
    for (size_t i = 0; i < n && status == PT_OK; i++)
        status = print_one(out, result, &found[i], error);
    for (size_t i = 0; i < n_floats && i < MOST && status == PT_OK; i++)
        print_float(out, &floats[i]);
    pt_float_divisions_free(floats, n_floats);
    return status;
}
