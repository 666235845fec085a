#include "server.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "assets.h"
#include "base/bytes.h"
#include "clients.h"
#include "listen.h"
#include "respond.h"
#include "router.h"

/* More connections than PT_CLIENTS_MOST would wait without a word; those beyond SOFT
 * get a 503. */
enum { SOFT_LIMIT = 512, THREADS = 4, TIMEOUT_SECONDS = 30 };
enum { MAX_URL = 4096 };

struct pt_server {
    struct MHD_Daemon *daemon;
    const struct pt_auth *auth;
    struct pt_viz_results *results;
    const struct pt_viz_options *options;
    int port;
    struct pt_clients clients;
    atomic_long last_request_s;
};

typedef enum MHD_Result outcome;

static long now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

const char *pt_request_get(const struct pt_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND,
                                       name);
}

/* The first visit brings the token in the URL: it moves into a cookie (and the page
 * takes it out of the address bar). No redirect: a browser that came from another site
 * would not send a strict cookie along. */
static void set_cookie(const struct pt_server *server, struct MHD_Response *response)
{
    char cookie[160];
    snprintf(cookie, sizeof cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict",
             server->auth->cookie, server->auth->token);
    MHD_add_response_header(response, "Set-Cookie", cookie);
}

static outcome answer_asset(const struct pt_server *server,
                            struct MHD_Connection *connection,
                            const struct pt_asset *asset, bool first_visit)
{
    struct MHD_Response *response = NULL;
    struct pt_error error;
    char *plain = NULL;
    size_t bytes = 0;

    if (!first_visit && pt_respond_has_etag(connection, asset->etag))
        return pt_respond_unchanged(connection, asset->etag);
    if (pt_respond_takes_gzip(connection)) {
        response = MHD_create_response_from_buffer(
            asset->bytes, (void *)(uintptr_t)asset->data, MHD_RESPMEM_PERSISTENT);
        if (response)
            MHD_add_response_header(response, "Content-Encoding", "gzip");
    } else if (pt_asset_inflate(asset, &plain, &bytes, &error) == PT_OK) {
        response = MHD_create_response_from_buffer(bytes, plain, MHD_RESPMEM_MUST_FREE);
        if (!response)
            free(plain);
    }
    if (response) {
        MHD_add_response_header(response, "Content-Type", asset->type);
        MHD_add_response_header(response, "ETag", asset->etag);
        MHD_add_response_header(response, "Cache-Control",
                                first_visit ? "no-store" : "private, no-cache");
        if (first_visit)
            set_cookie(server, response);
    }
    return pt_respond_finish(connection, MHD_HTTP_OK, response);
}

/* What the answer depends on: the result (a finished file does not change) and the
 * whole query. */
struct tag_hash {
    char text[MAX_URL];
    size_t n;
};

static outcome add_argument(void *context, enum MHD_ValueKind kind, const char *key,
                            const char *value)
{
    struct tag_hash *hash = context;
    (void)kind;
    if (strcmp(key, "token") != 0 && hash->n < sizeof hash->text)
        hash->n += (size_t)snprintf(hash->text + hash->n, sizeof hash->text - hash->n,
                                    "&%s=%s", key, value ? value : "");
    return MHD_YES;
}

static bool make_etag(struct MHD_Connection *connection, const char *path,
                      const struct pt_viz_result *result, char *etag, size_t size)
{
    struct tag_hash hash;
    const struct pt_result_about *about = pt_result_about(result->result);

    hash.n = (size_t)snprintf(hash.text, sizeof hash.text, "%s %s %" PRIu64 " %" PRId64,
                              path, result->path, about->bytes, about->mtime_ns);
    if (hash.n < sizeof hash.text)
        MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_argument,
                                  &hash);
    if (hash.n >= sizeof hash.text)
        return false;
    snprintf(etag, size, "\"%016" PRIx64 "\"", pt_hash64(hash.text, hash.n));
    return true;
}

static outcome answer_api(const struct pt_server *server,
                          struct MHD_Connection *connection, const char *path)
{
    struct pt_request request = {.connection = connection, .results = server->results};
    struct pt_reply reply = {.code = MHD_HTTP_OK, .type = "application/json"};
    const struct pt_viz_result *result = NULL;
    char etag[24];
    bool tagged = strcmp(path, "/api/v1/results") != 0 &&
                  pt_viz_results_get(server->results, pt_request_get(&request, "r"),
                                     &result, NULL) == PT_OK &&
                  make_etag(connection, path, result, etag, sizeof etag);

    if (tagged && pt_respond_has_etag(connection, etag))
        return pt_respond_unchanged(connection, etag);
    pt_route(path, &request, &reply);
    return pt_respond_reply(connection, &reply,
                            tagged && reply.code == MHD_HTTP_OK ? etag : NULL);
}

static outcome answer_get(const struct pt_server *server,
                          struct MHD_Connection *connection, const char *path)
{
    const struct pt_auth *auth = server->auth;
    const char *host = pt_respond_header(connection, "Host");
    const char *token =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token");

    if (strcmp(path, "/healthz") == 0)
        return pt_respond_text(connection, MHD_HTTP_OK, "ok\n");
    if (!pt_auth_host_ok(auth, host))
        return pt_respond_text(connection, MHD_HTTP_FORBIDDEN,
                               "this host name is not one of this server\n");
    if (!pt_auth_origin_ok(pt_respond_header(connection, "Origin"), host))
        return pt_respond_text(connection, MHD_HTTP_FORBIDDEN,
                               "requests from other pages are not answered\n");
    const struct pt_asset *asset = pt_asset_find(path);
    bool by_token = pt_auth_token_ok(auth, token);
    if (!by_token &&
        !pt_auth_token_ok(auth, MHD_lookup_connection_value(connection, MHD_COOKIE_KIND,
                                                            auth->cookie)) &&
        !pt_auth_bearer_ok(auth, pt_respond_header(connection, "Authorization")))
        return pt_respond_text(
            connection, MHD_HTTP_UNAUTHORIZED,
            "Open the address that pytracer-viz printed: its token is "
            "needed once.\n");
    if (asset)
        return answer_asset(server, connection, asset,
                            by_token && token && !auth->open);
    return answer_api(server, connection, path);
}

/* Where a request stands, as addresses that MHD keeps for us between its calls. */
static char request_bad, request_seen, request_seen_bad;

/* Sees the address before it is decoded: "%00" in it would end our copy early. */
static void *note_url(void *context, const char *url, struct MHD_Connection *connection)
{
    (void)connection;
    const struct pt_server *server = context;
    if (server->options->debug) {
        const char *query = strstr(url, "token=");
        fprintf(stderr, "request %.*s%s\n", query ? (int)(query - url) : 512, url,
                query ? "token=…" : "");
    }
    return strstr(url, "%00") ? &request_bad : NULL;
}

static struct pt_client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* Called once with the headers, then once for each piece of a body, then to answer. */
static outcome handle(void *context, struct MHD_Connection *connection,
                      const char *path, const char *method, const char *version,
                      const char *body, size_t *body_bytes, void **state)
{
    struct pt_server *server = context;
    (void)version;
    (void)body;

    if (*state != &request_seen && *state != &request_seen_bad) {
        *state = *state == &request_bad ? &request_seen_bad : &request_seen;
        atomic_store(&server->last_request_s, now_s());
        pt_clients_turn(&server->clients, client_of(connection), true, now_s());
        return MHD_YES;
    }
    if (*body_bytes) {
        *body_bytes = 0; /* nothing here takes a body */
        return MHD_YES;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return pt_respond_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                               "only GET and HEAD are answered\n");
    if (*state == &request_seen_bad)
        return pt_respond_text(connection, MHD_HTTP_BAD_REQUEST, "no such address\n");
    if (pt_clients_count(&server->clients) > SOFT_LIMIT)
        return pt_respond_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                               "too many connections; try again soon\n");
    return answer_get(server, connection, path);
}

static void note_connection(void *context, struct MHD_Connection *connection,
                            void **socket_context,
                            enum MHD_ConnectionNotificationCode code)
{
    struct pt_server *server = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *socket_context =
            info ? pt_clients_enter(&server->clients, info->connect_fd, now_s()) : NULL;
    else
        pt_clients_leave(&server->clients, *socket_context);
}

static void end_request(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode code)
{
    struct pt_server *server = context;
    (void)state;
    (void)code;
    pt_clients_turn(&server->clients, client_of(connection), false, now_s());
}

static void log_library(void *context, const char *format, va_list args)
{
    const struct pt_server *server = context;
    if (server->options->debug)
        vfprintf(stderr, format, args);
}

enum pt_status pt_server_start(const struct pt_viz_options *options,
                               const struct pt_auth *auth,
                               struct pt_viz_results *results, struct pt_server **out,
                               struct pt_error *error)
{
    int fd = -1;
    struct pt_server *server = calloc(1, sizeof *server);
    if (!server)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the server");
    pt_clients_init(&server->clients);
    server->auth = auth;
    server->results = results;
    server->options = options;
    atomic_store(&server->last_request_s, now_s());
    enum pt_status status = pt_listen(options, &fd, &server->port, error);
    if (status != PT_OK)
        goto done;
    pt_assets_init();
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle,
        server, MHD_OPTION_EXTERNAL_LOGGER, log_library, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE,
        options->threaded ? (unsigned)THREADS : 1u, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)PT_CLIENTS_MOST, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)TIMEOUT_SECONDS, MHD_OPTION_NOTIFY_CONNECTION, note_connection,
        server, MHD_OPTION_NOTIFY_COMPLETED, end_request, server,
        MHD_OPTION_URI_LOG_CALLBACK, note_url, server, MHD_OPTION_END);
    if (!server->daemon) {
        status = pt_error_sys(error, "the HTTP server does not start");
        close(fd);
    }
done:
    if (status == PT_OK)
        *out = server;
    else
        free(server);
    return status;
}

void pt_server_stop(struct pt_server *server)
{
    if (!server)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}

int pt_server_port(const struct pt_server *server)
{
    return server->port;
}

void pt_server_tick(struct pt_server *server)
{
    pt_clients_end_slow(&server->clients, now_s());
}

unsigned pt_server_idle_seconds(const struct pt_server *server)
{
    long idle = now_s() - atomic_load(&server->last_request_s);
    return idle > 0 ? (unsigned)idle : 0;
}
