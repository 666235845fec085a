#include "router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define API "/api/v1/"

/* '#' stands for one number. */
static const struct {
    const char *pattern;
    pt_handler *handler;
    bool needs_result;
} routes[] = {
    {API "results", pt_api_results, false},
    {API "overview", pt_api_overview, true},
    {API "runs", pt_api_runs, true},
    {API "functions", pt_api_functions, true},
    {API "edges", pt_api_edges, true},
    {API "sites", pt_api_sites, true},
    {API "divergences", pt_api_divergences, true},
    {API "divisions", pt_api_divisions, true},
    {API "timeline", pt_api_timeline, true},
    {API "gantt", pt_api_gantt, true},
    {API "values/#", pt_api_value, true},
    {API "values/#/elements", pt_api_elements, true},
    {API "values/#/grid", pt_api_grid, true},
    {API "values/#/norms", pt_api_norms, true},
    {API "values/#/positions", pt_api_positions, true},
    {API "calls/#", pt_api_call, true},
    {API "sources", pt_api_sources, true},
    {API "sources/#", pt_api_source, true},
};

static bool matches(const char *pattern, const char *path, uint64_t *number)
{
    while (*pattern) {
        if (*pattern == '#') {
            char *end = NULL;
            if (*path < '0' || *path > '9')
                return false;
            errno = 0;
            *number = strtoull(path, &end, 10);
            if (errno)
                return false;
            path = end;
            pattern++;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

void pt_reply_error(struct pt_reply *reply, unsigned code, const char *word,
                    const char *message)
{
    pt_buffer_destroy(&reply->body);
    reply->code = code;
    reply->type = "application/json";
    reply->n_headers = 0;
    struct pt_json json = {.out = &reply->body};
    pt_json_object(&json, NULL);
    pt_json_object(&json, "error");
    pt_json_text(&json, "status", word);
    pt_json_text(&json, "message", message);
    pt_json_object_end(&json);
    pt_json_object_end(&json);
}

static unsigned http_code(enum pt_status status)
{
    switch (status) {
    case PT_OK:
        return 200;
    case PT_E_USAGE:
        return 400;
    case PT_E_MISSING:
        return 404;
    case PT_E_LIMIT:
        return 413;
    case PT_E_MEMORY:
        return 503;
    default:
        return 500;
    }
}

void pt_route(const char *path, struct pt_request *request, struct pt_reply *reply)
{
    enum pt_status status = PT_OK;
    struct pt_error error = {.text = ""};
    size_t i = 0;

    while (i < PT_ARRAY_LENGTH(routes) &&
           !matches(routes[i].pattern, path, &request->number))
        i++;
    if (i == PT_ARRAY_LENGTH(routes)) {
        pt_reply_error(reply, 404, "missing", "no such address; see viz/API.md");
        return;
    }
    if (routes[i].needs_result)
        status = pt_viz_results_get(request->results, pt_request_get(request, "r"),
                                    &request->result, &error);
    if (status == PT_OK)
        status = routes[i].handler(request, reply, &error);
    if (status == PT_OK && reply->body.failed)
        status = pt_error_set(&error, PT_E_LIMIT,
                              "the answer is too large: ask for less at once");
    if (status != PT_OK)
        pt_reply_error(reply, http_code(status), pt_status_name(status), error.text);
}
