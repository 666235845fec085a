/* From path to handler. */
#ifndef PT_VIZ_ROUTER_H
#define PT_VIZ_ROUTER_H

#include "api.h"

/* Answers GET `path` ("/api/v1/…"): finds the handler, the result asked for (parameter
 * `r`), runs it, and turns errors into an HTTP status with a JSON reason. Thread: safe.
 */
void pt_route(const char *path, struct pt_request *request, struct pt_reply *reply);

/* Makes *reply the JSON error `status` says, with the message in `error`. */
void pt_reply_error(struct pt_reply *reply, unsigned code, const char *word,
                    const char *message);

#endif
