/* pytracer-viz: opens results, serves them, ends when asked to. */
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "server.h"
#include "version.h"

static void block_signals(sigset_t *ends)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    sigaddset(ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ends, NULL); /* before threads: none of them gets them */
}

static void print_address(const struct pt_viz_options *options,
                          const struct pt_auth *auth, int port)
{
    char machine[256] = "HOST";
    const char *user = getenv("USER");

    gethostname(machine, sizeof machine - 1);
    const char *query = auth->open ? "" : "?token=";
    const char *token = auth->open ? "" : auth->token;
    if (options->socket) {
        printf("Running on unix:%s (Press CTRL+C to quit)\n", options->socket);
        printf(
            "From your machine: ssh -L %d:%s %s@%s, then open http://127.0.0.1:%d/\n",
            PT_VIZ_DEFAULT_PORT, options->socket, user ? user : "USER", machine,
            PT_VIZ_DEFAULT_PORT);
    } else {
        bool any =
            strcmp(options->host, "0.0.0.0") == 0 || strcmp(options->host, "::") == 0;
        const char *host = any ? machine : options->host;
        bool v6 = strchr(host, ':') != NULL;
        printf("Running on http://%s%s%s:%d/%s%s (Press CTRL+C to quit)\n",
               v6 ? "[" : "", options->host, v6 ? "]" : "", port, query, token);
        printf("From your machine: ssh -L %d:127.0.0.1:%d %s@%s, then open the same "
               "address\n",
               port, port, user ? user : "USER", machine);
    }
    fflush(stdout);
}

/* Until a signal, or until nobody asked for as long as --idle-timeout says. */
static void wait_for_end(const struct pt_viz_options *options, struct pt_server *server,
                         const sigset_t *ends)
{
    const struct timespec second = {.tv_sec = 1};
    while (sigtimedwait(ends, NULL, &second) <= 0) {
        pt_server_tick(server);
        if (options->idle_seconds &&
            pt_server_idle_seconds(server) >= options->idle_seconds)
            return;
    }
}

static enum pt_status check_exposure(const struct pt_viz_options *options,
                                     struct pt_error *error)
{
    if (options->callgraph)
        pt_log_warning("--callgraph %s is not needed: a result holds its call graph",
                       options->callgraph);
    if (options->host[0] == '\0')
        return pt_error_set(error, PT_E_USAGE, "--host is empty");
    return PT_OK;
}

static enum pt_status serve(const struct pt_viz_options *options,
                            struct pt_error *error)
{
    struct pt_viz_results *results = NULL;
    struct pt_server *server = NULL;
    struct pt_auth auth;
    sigset_t ends;

    block_signals(&ends);
    enum pt_status status = check_exposure(options, error);
    if (status == PT_OK)
        status = pt_viz_results_create(options, &results, error);
    if (status == PT_OK) /* a socket of mode 0600 is the owner's alone */
        status = pt_auth_create(options->no_token || options->socket, options->host,
                                &auth, error);
    if (status == PT_OK)
        status = pt_server_start(options, &auth, results, &server, error);
    if (status == PT_OK) {
        print_address(options, &auth, pt_server_port(server));
        wait_for_end(options, server, &ends);
        pt_server_stop(server);
        if (options->socket)
            unlink(options->socket);
    }
    pt_viz_results_destroy(results);
    return status;
}

int main(int argc, char **argv)
{
    struct pt_viz_options options;
    struct pt_error error = {.text = ""};

    enum pt_status status = pt_viz_options_parse(argc, argv, &options, &error);
    if (status == PT_OK && options.help) {
        fputs(pt_viz_usage, stdout);
    } else if (status == PT_OK && options.version) {
        pt_version_print(stdout, "pytracer-viz");
        printf("  libmicrohttpd: %s\n", MHD_get_version());
    } else if (status == PT_OK) {
        status = serve(&options, &error);
    }
    if (status != PT_OK)
        fprintf(stderr, "pytracer-viz: %s\n", error.text);
    return status == PT_OK ? 0 : status == PT_E_USAGE ? 2 : 1;
}
