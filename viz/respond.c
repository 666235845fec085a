#include "respond.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { COMPRESS_FROM = 1024 }; /* bytes */

const char *pt_respond_header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void add_security_headers(struct MHD_Response *response)
{
    static const char *const headers[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
         "data: "
         "blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
         "frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"X-Frame-Options", "DENY"},
        {"Vary", "Accept-Encoding, Cookie"},
    };
    for (size_t i = 0; i < PT_ARRAY_LENGTH(headers); i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
}

/* Queues `response` (may be NULL: no memory) and lets go of it. */
enum MHD_Result pt_respond_finish(struct MHD_Connection *connection, unsigned code,
                                  struct MHD_Response *response)
{
    if (!response)
        return MHD_NO; /* the connection is closed */
    add_security_headers(response);
    enum MHD_Result result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result pt_respond_text(struct MHD_Connection *connection, unsigned code,
                                const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (response) {
        MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
        MHD_add_response_header(response, "Cache-Control", "no-store");
        if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
            MHD_add_response_header(response, "Allow", "GET, HEAD");
        if (code == MHD_HTTP_UNAUTHORIZED)
            MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    }
    return pt_respond_finish(connection, code, response);
}

/* gzip is taken where Accept-Encoding names it without q=0. */
bool pt_respond_takes_gzip(struct MHD_Connection *connection)
{
    const char *accept = pt_respond_header(connection, "Accept-Encoding");
    const char *at = accept ? strcasestr(accept, "gzip") : NULL;
    if (!at)
        return false;
    at += 4 + strspn(at + 4, " ");
    if (*at != ';')
        return true;
    at += 1 + strspn(at + 1, " ");
    return strncmp(at, "q=", 2) != 0 || strtod(at + 2, NULL) > 0;
}

bool pt_respond_has_etag(struct MHD_Connection *connection, const char *etag)
{
    const char *given = pt_respond_header(connection, "If-None-Match");
    return given && strstr(given, etag);
}

enum MHD_Result pt_respond_unchanged(struct MHD_Connection *connection,
                                     const char *etag)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response) {
        MHD_add_response_header(response, "ETag", etag);
        MHD_add_response_header(response, "Cache-Control", "private, no-cache");
    }
    return pt_respond_finish(connection, MHD_HTTP_NOT_MODIFIED, response);
}

/* The body as gzip in a new buffer; false: no memory, or not smaller. */
static bool compress_body(const struct pt_buffer *body, char **data, size_t *bytes)
{
    z_stream stream = {.next_in = (unsigned char *)body->data,
                       .avail_in = (unsigned)body->n};
    char *out = malloc(body->n);
    bool ok = out && deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8,
                                  Z_DEFAULT_STRATEGY) == Z_OK;
    if (ok) {
        stream.next_out = (unsigned char *)out;
        stream.avail_out = (unsigned)body->n;
        ok = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        deflateEnd(&stream);
    }
    if (!ok) {
        free(out);
        return false;
    }
    *data = out;
    *bytes = stream.total_out;
    return true;
}

/* Steals the reply's body. */
enum MHD_Result pt_respond_reply(struct MHD_Connection *connection,
                                 struct pt_reply *reply, const char *etag)
{
    char *data = reply->body.data;
    size_t bytes = reply->body.n;
    bool json = strcmp(reply->type, "application/json") == 0, compressed = false;

    if (reply->body.failed) {
        pt_buffer_destroy(&reply->body);
        return pt_respond_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "no memory\n");
    }
    if (json && bytes >= COMPRESS_FROM && pt_respond_takes_gzip(connection) &&
        compress_body(&reply->body, &data, &bytes)) {
        compressed = true;
        pt_buffer_destroy(&reply->body);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(bytes, data, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(data);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", reply->type);
    MHD_add_response_header(response, "Cache-Control", "private, no-cache");
    if (compressed)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    if (etag)
        MHD_add_response_header(response, "ETag", etag);
    for (size_t i = 0; i < reply->n_headers; i++)
        MHD_add_response_header(response, reply->headers[i].name,
                                reply->headers[i].value);
    return pt_respond_finish(connection, reply->code, response);
}
