/* The program's text, as parse embedded it in the result: the only files the viewer
 * ever shows. */
#include "api.h"

#include <stdlib.h>

enum { SOURCE_BYTES = 16 << 20 };

enum pt_status pt_api_sources(const struct pt_request *request, struct pt_reply *reply,
                              struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};
    uint64_t rows = pt_result_rows(result, PT_COLUMN_SOURCES_PATH);

    pt_json_object(&json, NULL);
    enum pt_status status = pt_json_column(
        &json, "path", result, PT_COLUMN_SOURCES_PATH, 0, rows, false, error);
    if (status == PT_OK)
        status = pt_json_column(&json, "bytes", result, PT_COLUMN_SOURCES_BYTES, 0,
                                rows, false, error);
    pt_json_object_end(&json);
    return status;
}

enum pt_status pt_api_source(const struct pt_request *request, struct pt_reply *reply,
                             struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};
    uint64_t first = 0, bytes = 0;
    char *text = NULL;

    enum pt_status status =
        pt_check_row(request, PT_COLUMN_SOURCES_PATH, request->number, "source", error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_SOURCES_FIRST, request->number, &first,
                               error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_SOURCES_BYTES, request->number, &bytes,
                               error);
    if (status == PT_OK)
        status = pt_result_blob(result, PT_COLUMN_SOURCES_TEXT, first, bytes,
                                SOURCE_BYTES, &text, error);
    pt_json_object(&json, NULL);
    if (status == PT_OK)
        status = pt_json_column_row(&json, "path", result, PT_COLUMN_SOURCES_PATH,
                                    request->number, error);
    if (status == PT_OK)
        pt_json_text_n(&json, "text", text, bytes);
    pt_json_object_end(&json);
    free(text);
    return status;
}
