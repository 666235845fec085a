/* Who may read: a random token, given once in the URL and then kept in a cookie, and
 * the checks of Host and Origin that keep other pages of the same browser out (DNS
 * rebinding, cross-site requests). Read-only after creation. Thread: safe. */
#ifndef PT_VIZ_AUTH_H
#define PT_VIZ_AUTH_H

#include <stdbool.h>

#include "base/status.h"

enum { PT_AUTH_TOKEN = 43 };

struct pt_auth {
    bool open;                     /* no token is asked for */
    char token[PT_AUTH_TOKEN + 1]; /* 256 bits, base64url */
    char cookie[32];               /* name: cookies do not keep ports apart, names do */
    char host[256];                /* the name this server was told to listen on */
};

/* Draws a token from the system's generator (getrandom). */
PT_MUST_CHECK enum pt_status pt_auth_create(bool open, const char *host,
                                            struct pt_auth *auth,
                                            struct pt_error *error);

/* Is `given` (may be NULL) the token? Takes the same time wherever they differ. */
bool pt_auth_token_ok(const struct pt_auth *auth, const char *given);

/* The value of an "Authorization: Bearer …" header (may be NULL). */
bool pt_auth_bearer_ok(const struct pt_auth *auth, const char *header);

/* May a request with this Host header (NULL: none) be answered? An address in digits,
 * localhost, the machine's own name and the name given with --host are; a name that
 * somebody else's DNS made point here is not. */
bool pt_auth_host_ok(const struct pt_auth *auth, const char *host);

/* An Origin header (NULL: none, as in ordinary navigation) must be this same host. */
bool pt_auth_origin_ok(const char *origin, const char *host);

#endif
