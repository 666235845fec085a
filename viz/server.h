/* The HTTP server: libmicrohttpd with a pool of epoll threads. It checks who asks
 * (auth.h), serves the front end (assets.h) and hands the rest to the API (router.h).
 */
#ifndef PT_VIZ_SERVER_H
#define PT_VIZ_SERVER_H

#include "auth.h"
#include "options.h"
#include "results.h"

struct pt_server; /* opaque */

/* Listens and answers from now on; `auth` and `results` are borrowed until stop.
 * Errors: PT_E_EXISTS (the port asked for is in use), PT_E_IO, PT_E_USAGE (no such
 * address). */
PT_MUST_CHECK enum pt_status pt_server_start(const struct pt_viz_options *options,
                                             const struct pt_auth *auth,
                                             struct pt_viz_results *results,
                                             struct pt_server **server,
                                             struct pt_error *error);
/* Finishes the requests under way, then closes. */
void pt_server_stop(struct pt_server *server);

int pt_server_port(const struct pt_server *server); /* 0 on a Unix socket */

/* To be called every second or so: ends connections that are too slow (clients.h). */
void pt_server_tick(struct pt_server *server);

/* Seconds since the last request came in. Thread: safe. */
unsigned pt_server_idle_seconds(const struct pt_server *server);

#endif
