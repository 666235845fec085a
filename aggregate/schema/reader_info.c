#include "schema/reader.h"

enum { INFO_BYTES = 4 << 20 };

enum pt_status pt_result_info(const struct pt_result *result, uint64_t run, char **text,
                              struct pt_error *error)
{
    uint64_t first = 0, bytes = 0;

    *text = NULL;
    enum pt_status status =
        pt_result_u64(result, PT_COLUMN_RUNS_INFO_FIRST, run, &first, error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_RUNS_INFO_BYTES, run, &bytes, error);
    if (status == PT_OK)
        status = pt_result_blob(result, PT_COLUMN_META_RUN_INFO, first,
                                bytes < INFO_BYTES ? bytes : INFO_BYTES, INFO_BYTES,
                                text, error);
    return status;
}
