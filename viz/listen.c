#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 511, PORTS_TRIED = 100 };

/* A socket file that nobody answers on is left over from a killed viewer. */
static bool is_stale(const struct sockaddr_un *address)
{
    bool stale = false;
    struct stat st;
    int fd = -1;

    if (lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
        (fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0) {
        stale = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
                errno == ECONNREFUSED;
        close(fd);
    }
    return stale;
}

static enum pt_status listen_unix(const char *path, int *out, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return pt_error_set(error, PT_E_USAGE, "the socket's path is too long: %s",
                            path);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return pt_error_sys(error, "cannot make a socket");
    if (is_stale(&address))
        unlink(path);
    mode_t mask =
        umask(0177); /* born with mode 0600: no moment in which others connect */
    int failed = bind(fd, (struct sockaddr *)&address, sizeof address);
    umask(mask);
    if (failed)
        status = errno == EADDRINUSE
                     ? pt_error_set(error, PT_E_EXISTS,
                                    "%s is there already: name another --socket", path)
                     : pt_error_sys(error, "cannot listen on %s", path);
    else if (listen(fd, BACKLOG) != 0)
        status = pt_error_sys(error, "cannot listen on %s", path);
    if (status == PT_OK)
        *out = fd;
    else
        close(fd);
    return status;
}

/* One attempt; errno tells why it failed. */
static int try_port(const struct addrinfo *info, int port)
{
    struct sockaddr_storage address;
    int on = 1;

    memcpy(&address, info->ai_addr, info->ai_addrlen);
    if (info->ai_family == AF_INET6)
        ((struct sockaddr_in6 *)&address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)&address)->sin_port = htons((uint16_t)port);
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (struct sockaddr *)&address, info->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int bound_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6
                     ? ((struct sockaddr_in6 *)&address)->sin6_port
                     : ((struct sockaddr_in *)&address)->sin_port);
}

static enum pt_status listen_tcp(const struct pt_viz_options *options, int *out,
                                 int *port, struct pt_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *info = NULL;
    int asked = options->port >= 0 ? options->port : PT_VIZ_DEFAULT_PORT;
    int tries = options->port >= 0 ? 1 : PORTS_TRIED, fd = -1;

    int failed = getaddrinfo(options->host, NULL, &hints, &info);
    if (failed)
        return pt_error_set(error, PT_E_USAGE, "no address for the host '%s': %s",
                            options->host, gai_strerror(failed));
    for (int i = 0; fd < 0 && i < tries; i++) {
        fd = try_port(info, asked + i);
        if (fd < 0 && errno != EADDRINUSE)
            break;
    }
    freeaddrinfo(info);
    if (fd < 0 && errno == EADDRINUSE)
        return pt_error_set(error, PT_E_EXISTS,
                            "port %d of %s is in use: choose another with --port, or "
                            "--port 0 for any that is free",
                            asked, options->host);
    if (fd < 0)
        return pt_error_sys(error, "cannot listen on %s port %d", options->host, asked);
    *out = fd;
    *port = bound_port(fd);
    return PT_OK;
}

enum pt_status pt_listen(const struct pt_viz_options *options, int *fd, int *port,
                         struct pt_error *error)
{
    *port = 0;
    if (options->socket)
        return listen_unix(options->socket, fd, error);
    return listen_tcp(options, fd, port, error);
}
