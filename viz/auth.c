#include "auth.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/bytes.h"

enum { SECRET_BYTES = 32 };

static void to_base64url(const unsigned char *in, size_t n, char *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned long bits = 0;
    int have = 0;
    for (size_t i = 0; i < n; i++) {
        bits = (bits << 8) | in[i];
        for (have += 8; have >= 6; have -= 6)
            *out++ = letters[(bits >> (have - 6)) & 63];
    }
    if (have)
        *out++ = letters[(bits << (6 - have)) & 63];
    *out = '\0';
}

enum pt_status pt_auth_create(bool open, const char *host, struct pt_auth *auth,
                              struct pt_error *error)
{
    unsigned char secret[SECRET_BYTES];

    memset(auth, 0, sizeof *auth);
    auth->open = open;
    snprintf(auth->host, sizeof auth->host, "%s", host ? host : "");
    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
        return pt_error_sys(error, "no random numbers for the token");
    to_base64url(secret, sizeof secret, auth->token);
    snprintf(auth->cookie, sizeof auth->cookie, "pytracer_%08x",
             (unsigned)pt_hash64(auth->token, PT_AUTH_TOKEN));
    return PT_OK;
}

bool pt_auth_token_ok(const struct pt_auth *auth, const char *given)
{
    volatile unsigned char differs = 0;
    if (auth->open)
        return true;
    if (!given || strlen(given) != PT_AUTH_TOKEN)
        return false;
    for (size_t i = 0; i < PT_AUTH_TOKEN; i++)
        differs = (unsigned char)(differs | (given[i] ^ auth->token[i]));
    return differs == 0;
}

bool pt_auth_bearer_ok(const struct pt_auth *auth, const char *header)
{
    static const char scheme[] = "Bearer ";
    return header && strncasecmp(header, scheme, sizeof scheme - 1) == 0 &&
           pt_auth_token_ok(auth, header + sizeof scheme - 1);
}

/* The name in "name:port" or "[address]:port". */
static bool split_host(const char *host, char *name, size_t size)
{
    const char *end = NULL;
    if (host[0] == '[') {
        end = strchr(++host, ']');
        if (!end || (end[1] && end[1] != ':'))
            return false;
    } else {
        end = host + strcspn(host, ":");
    }
    size_t n = (size_t)(end - host);
    if (n == 0 || n >= size)
        return false;
    memcpy(name, host, n);
    name[n] = '\0';
    return true;
}

bool pt_auth_host_ok(const struct pt_auth *auth, const char *host)
{
    char name[256], own[256] = "";
    struct in6_addr address;

    if (!host || !split_host(host, name, sizeof name))
        return false;
    if (strcasecmp(name, "localhost") == 0 || strcasecmp(name, auth->host) == 0 ||
        inet_pton(AF_INET, name, &address) == 1 ||
        inet_pton(AF_INET6, name, &address) == 1)
        return true;
    return gethostname(own, sizeof own - 1) == 0 && strcasecmp(name, own) == 0;
}

bool pt_auth_origin_ok(const char *origin, const char *host)
{
    if (!origin)
        return true;
    const char *rest = strstr(origin, "://");
    return rest && host && strcasecmp(rest + 3, host) == 0;
}
