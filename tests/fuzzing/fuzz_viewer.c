/* What pytracer-viz reads from strangers, on any bytes: addresses and their parameters,
 * answered from a real result in which some bytes may be wrong; Host, Origin and
 * Authorization headers and tokens; its command line; and texts of a trace on their way
 * into JSON.
 *
 * The first byte of an input says which. Of an address ('q', up to the first newline)
 * what follows are bytes of the result to be changed, five each: place (little-endian)
 * and value. The result is the file that PYTRACER_FUZZ_RESULT names. As in
 * fuzz_reader.c, without libFuzzer this reads the files named on its command line. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth.h"
#include "base/bytes.h"
#include "json.h"
#include "options.h"
#include "router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { PATCH = 5, MOST_PATCHES = 8, MOST_PARAMETERS = 24, MOST_WORDS = 12 };

/* As assert, in every build. */
#define must(condition)                                                                \
    do {                                                                               \
        if (!(condition)) {                                                            \
            fprintf(stderr, "line %d: not %s\n", __LINE__, #condition);                \
            abort();                                                                   \
        }                                                                              \
    } while (0)

struct parameters {
    const char *names[MOST_PARAMETERS], *values[MOST_PARAMETERS];
    size_t n;
};

/* ── in place of the server ─────────────────────────────────────────────────────── */

static struct pt_viz_result shown = {
    .shown53 = 51.9, .shown24 = 22.9, .contributing = 5};
static int result_fd = -1;
static size_t result_bytes;

const char *pt_request_get(const struct pt_request *request, const char *name)
{
    const struct parameters *parameters = request->connection;
    for (size_t i = 0; i < parameters->n; i++)
        if (strcmp(parameters->names[i], name) == 0)
            return parameters->values[i];
    return NULL;
}

enum pt_status pt_viz_results_get(struct pt_viz_results *results, const char *id,
                                  const struct pt_viz_result **out,
                                  struct pt_error *error)
{
    (void)results;
    if (id && strcmp(id, "result.h5") != 0)
        return pt_error_set(error, PT_E_MISSING,
                            "no result of that name is shown here");
    *out = &shown;
    return PT_OK;
}

bool pt_viz_results_watched(const struct pt_viz_results *results)
{
    return results != NULL;
}

void pt_viz_results_each(struct pt_viz_results *results,
                         bool (*each)(void *context,
                                      const struct pt_viz_result *result),
                         void *context)
{
    (void)results;
    each(context, &shown);
}

/* A copy without a name, which inputs may change. */
static void open_result(void)
{
    static char path[] = "/tmp/pytracer-fuzz-XXXXXX", id[] = "result.h5";
    const char *name = getenv("PYTRACER_FUZZ_RESULT");
    struct pt_error error = {.text = ""};
    struct stat st;
    int from = name ? open(name, O_RDONLY) : -1;

    if (from < 0 || fstat(from, &st) != 0) {
        fprintf(stderr, "PYTRACER_FUZZ_RESULT names no result\n");
        exit(2);
    }
    result_bytes = (size_t)st.st_size;
    char *all = malloc(result_bytes);
    result_fd = mkstemp(path);
    if (!all || result_fd < 0 || read(from, all, result_bytes) != st.st_size ||
        write(result_fd, all, result_bytes) != st.st_size)
        abort();
    free(all);
    close(from);
    shown.id = id;
    shown.path = path;
    if (pt_result_open(path, &shown.result, &error) != PT_OK) {
        fprintf(stderr, "%s\n", error.text);
        exit(2);
    }
    unlink(path);
}

/* ── one input of each kind ─────────────────────────────────────────────────────── */

static void split_query(char *query, struct parameters *parameters)
{
    while (query && *query && parameters->n < MOST_PARAMETERS) {
        char *name = strsep(&query, "&"), *value = strchr(name, '=');
        if (value)
            *value++ = '\0';
        parameters->names[parameters->n] = name;
        parameters->values[parameters->n++] = value ? value : "";
    }
}

/* Well-formed as far as quotes and brackets go; a JSON parser is not what is tried. */
static void check_json(const struct pt_buffer *body)
{
    long depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < body->n; i++) {
        char c = body->data[i];
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '{' || c == '['))
            depth++;
        else if (!in_text && (c == '}' || c == ']'))
            depth--;
        else
            must((unsigned char)c >= 0x20);
        must(depth >= 0);
    }
    must(depth == 0 && !in_text);
}

static void ask(char *address, const uint8_t *patches, size_t n_patches)
{
    struct parameters parameters = {.n = 0};
    unsigned char before[MOST_PATCHES];
    struct pt_request request = {.connection = &parameters};
    struct pt_reply reply = {.code = 200, .type = "application/json"};
    char *path = strsep(&address, "?");

    split_query(address, &parameters);
    for (size_t i = 0; i < n_patches; i++) {
        off_t at = (off_t)(pt_get32(patches + i * PATCH) % result_bytes);
        if (pread(result_fd, &before[i], 1, at) != 1 ||
            pwrite(result_fd, &patches[i * PATCH + 4], 1, at) != 1)
            abort();
    }
    pt_route(path, &request, &reply);
    must(reply.code == 200 || reply.code == 400 || reply.code == 404 ||
         reply.code == 413 || reply.code == 500 || reply.code == 503);
    if (strcmp(reply.type, "application/json") == 0 && !reply.body.failed)
        check_json(&reply.body);
    pt_buffer_destroy(&reply.body);
    for (size_t i = n_patches; i-- > 0;) {
        off_t at = (off_t)(pt_get32(patches + i * PATCH) % result_bytes);
        if (pwrite(result_fd, &before[i], 1, at) != 1)
            abort();
    }
}

static void try_headers(char *text)
{
    static struct pt_auth auth;
    struct pt_error error;
    if (!auth.token[0] && pt_auth_create(false, "node17", &auth, &error) != PT_OK)
        abort();
    char *host = strsep(&text, "\n"), *origin = text ? strsep(&text, "\n") : NULL;
    bool host_ok = pt_auth_host_ok(&auth, host);
    bool origin_ok = pt_auth_origin_ok(origin, host);
    must(!origin || !origin_ok || strstr(origin, "://"));
    must(!host_ok || host[0]);
    must(!pt_auth_token_ok(&auth, text)); /* nobody guesses 256 bits */
    must(!pt_auth_bearer_ok(&auth, text));
}

static void try_options(char *text)
{
    char name[] = "pytracer-viz", *words[MOST_WORDS + 2] = {name};
    struct pt_viz_options options;
    struct pt_error error = {.text = ""};
    int n = 1;

    while (text && n <= MOST_WORDS)
        words[n++] = strsep(&text, "\n");
    if (pt_viz_options_parse(n, words, &options, &error) != PT_OK)
        must(error.text[0]);
    else
        must(options.port >= -1 && options.port <= 65535);
}

static void try_text(const char *text, size_t bytes)
{
    struct pt_buffer out = {0};
    struct pt_json json = {.out = &out};
    pt_json_object(&json, NULL);
    pt_json_text_n(&json, text, text, bytes);
    pt_json_object_end(&json);
    if (!out.failed)
        check_json(&out);
    for (size_t i = 0; i < out.n; i++)
        must(out.data[i] != '<' && out.data[i]);
    pt_buffer_destroy(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    if (!shown.result)
        open_result();
    char *text = malloc(bytes);
    if (!text)
        abort();
    memcpy(text, data + 1, bytes - 1);
    text[bytes - 1] = '\0';
    size_t line = strcspn(text, "\n");
    switch (data[0]) {
    case 'q':
        text[line] = '\0';
        size_t rest = line + 2 < bytes ? bytes - line - 2 : 0;
        rest = rest / PATCH < MOST_PATCHES ? rest / PATCH : MOST_PATCHES;
        ask(text, data + line + 2, rest);
        break;
    case 'h':
        try_headers(text);
        break;
    case 'o':
        try_options(text);
        break;
    default:
        try_text(text, bytes - 1);
    }
    free(text);
    return 0;
}

#ifndef PT_FUZZER
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        static uint8_t data[1 << 16];
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            perror(argv[i]);
            return 1;
        }
        size_t n = fread(data, 1, sizeof data, file);
        fclose(file);
        LLVMFuzzerTestOneInput(data, n);
    }
    printf("%d inputs\n", argc - 1);
    pt_result_close(shown.result);
    return 0;
}
#endif
