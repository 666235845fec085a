/* Answers over one connection: every one carries the protecting headers; JSON is
 * compressed where the client takes gzip. Thread: safe, each connection by one thread.
 */
#ifndef PT_VIZ_RESPOND_H
#define PT_VIZ_RESPOND_H

#include <microhttpd.h>

#include "api.h"

/* A header of the request; NULL: not there. */
const char *pt_respond_header(struct MHD_Connection *connection, const char *name);

/* Queues `response` with the protecting headers and lets go of it. NULL (no memory)
 * closes the connection. */
enum MHD_Result pt_respond_finish(struct MHD_Connection *connection, unsigned code,
                                  struct MHD_Response *response);

/* Plain text, of static storage. */
enum MHD_Result pt_respond_text(struct MHD_Connection *connection, unsigned code,
                                const char *text);

/* Accept-Encoding names gzip, not with q=0. */
bool pt_respond_takes_gzip(struct MHD_Connection *connection);

/* If-None-Match names `etag`; and the answer to that. */
bool pt_respond_has_etag(struct MHD_Connection *connection, const char *etag);
enum MHD_Result pt_respond_unchanged(struct MHD_Connection *connection,
                                     const char *etag);

/* What a handler of the API made; steals its body. `etag` may be NULL. */
enum MHD_Result pt_respond_reply(struct MHD_Connection *connection,
                                 struct pt_reply *reply, const char *etag);

#endif
