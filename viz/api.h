/* The answers of the HTTP API (API.md), one file per subject. A handler reads a request
 * and fills a reply; it knows nothing of sockets. It runs on any thread, and many run
 * at once. */
#ifndef PT_VIZ_API_H
#define PT_VIZ_API_H

#include "buffer.h"
#include "json.h"
#include "results.h"

enum { PT_REPLY_HEADERS = 6 };

struct pt_request {
    void *connection; /* the server's; read through pt_request_get */
    struct pt_viz_results *results;
    const struct pt_viz_result *result; /* NULL for routes that need none */
    uint64_t number;                    /* the number in the path */
};

struct pt_reply {
    unsigned code;    /* HTTP status, 200 unless changed */
    const char *type; /* content type; JSON unless changed */
    struct pt_buffer body;
    struct {
        const char *name;
        char value[64];
    } headers[PT_REPLY_HEADERS];
    size_t n_headers;
};

typedef enum pt_status pt_handler(const struct pt_request *request,
                                  struct pt_reply *reply, struct pt_error *error);

/* The text of a query parameter, decoded; NULL: not given. Borrowed until the reply. */
const char *pt_request_get(const struct pt_request *request, const char *name);

void pt_reply_header(struct pt_reply *reply, const char *name, const char *format, ...)
    PT_PRINTF(3, 4);

/* Numbers of the query: `fallback` where not given, PT_E_USAGE (naming the parameter)
 * where it is not a number within [min, max]. */
PT_MUST_CHECK enum pt_status pt_query_u64(const struct pt_request *request,
                                          const char *name, uint64_t fallback,
                                          uint64_t min, uint64_t max, uint64_t *value,
                                          struct pt_error *error);
/* A list "3,17,4" of at most `size` row numbers below `rows`; none given: *n = 0. */
PT_MUST_CHECK enum pt_status pt_query_list(const struct pt_request *request,
                                           const char *name, uint64_t rows,
                                           uint32_t *list, size_t size, size_t *n,
                                           struct pt_error *error);

/* Row `number` of a column must exist: PT_E_MISSING, "no such <what>: <number>". */
PT_MUST_CHECK enum pt_status pt_check_row(const struct pt_request *request,
                                          enum pt_result_column_id column,
                                          uint64_t number, const char *what,
                                          struct pt_error *error);

/* Writes row `row` of a column as a member named as the column is. */
PT_MUST_CHECK enum pt_status pt_json_column_row(struct pt_json *json, const char *key,
                                                const struct pt_result *result,
                                                enum pt_result_column_id column,
                                                uint64_t row, struct pt_error *error);
/* Writes rows [first, first + count) as an array; `hex` for 64-bit keys. */
PT_MUST_CHECK enum pt_status pt_json_column(struct pt_json *json, const char *key,
                                            const struct pt_result *result,
                                            enum pt_result_column_id column,
                                            uint64_t first, uint64_t count, bool hex,
                                            struct pt_error *error);

pt_handler pt_api_results;
pt_handler pt_api_overview;
pt_handler pt_api_runs;
pt_handler pt_api_functions;
pt_handler pt_api_edges;
pt_handler pt_api_sites;
pt_handler pt_api_norms;
pt_handler pt_api_positions;
pt_handler pt_api_divergences;
pt_handler pt_api_divisions;
pt_handler pt_api_timeline;
pt_handler pt_api_gantt;
pt_handler pt_api_value;
pt_handler pt_api_elements;
pt_handler pt_api_grid;
pt_handler pt_api_call;
pt_handler pt_api_sources;
pt_handler pt_api_source;

#endif
