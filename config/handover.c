#include "handover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>

#include "value.h"

/* The first line has a fixed length and says how many bytes follow, so that a pipe is
 * read exactly and in two pieces. */
#define HEAD_FORMAT "pytracer-configuration 1 %010zu\n"
enum { HEAD_BYTES = 36, NAME_BYTES = 23, BODY_LIMIT = 64 << 20 };

static void put_escaped(FILE *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\\')
            fputs("\\\\", out);
        else if (*p == '\t')
            fputs("\\t", out);
        else if (*p == '\n')
            fputs("\\n", out);
        else
            putc(*p, out);
    }
}

static void put_line(FILE *out, const char *key, const char *value, const char *second)
{
    fprintf(out, "%s\t", key);
    put_escaped(out, value);
    if (second) {
        putc('\t', out);
        put_escaped(out, second);
    }
    putc('\n', out);
}

static void put_value(FILE *out, const struct pt_config *config,
                      const struct pt_key *key)
{
    const void *at = pt_value_get(config, key);
    const struct pt_strings *strings = at;
    const struct pt_patterns *patterns = at;
    unsigned choice;

    switch (key->kind) {
    case PT_KEY_TEXT:
    case PT_KEY_WORD:
    case PT_KEY_WORDS:
        if (*(char *const *)at)
            put_line(out, key->name, *(char *const *)at, NULL);
        break;
    case PT_KEY_STRINGS:
    case PT_KEY_VARIABLES:
    case PT_KEY_PATHS:
        for (size_t i = 0; i < strings->n; i++)
            put_line(out, key->name, strings->items[i], NULL);
        break;
    case PT_KEY_PATTERNS:
        for (size_t i = 0; i < patterns->n; i++)
            put_line(out, key->name, patterns->items[i].module,
                     patterns->items[i].function);
        break;
    case PT_KEY_BOOL:
        put_line(out, key->name, *(const bool *)at ? "true" : "false", NULL);
        break;
    case PT_KEY_U32:
        fprintf(out, "%s\t%" PRIu32 "\n", key->name, *(const uint32_t *)at);
        break;
    case PT_KEY_SEED:
        if (!config->fuzzy.has_seed)
            break;
        /* fall through */
    case PT_KEY_U64:
        fprintf(out, "%s\t%" PRIu64 "\n", key->name, *(const uint64_t *)at);
        break;
    case PT_KEY_CHOICE:
        memcpy(&choice, at, sizeof choice);
        put_line(out, key->name, key->choices[choice], NULL);
        break;
    }
}

static enum pt_status write_all(int fd, const char *data, size_t bytes,
                                struct pt_error *error)
{
    while (bytes > 0) {
        ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return pt_error_sys(error, "cannot hand the configuration over");
        data += n;
        bytes -= (size_t)n;
    }
    return PT_OK;
}

enum pt_status pt_handover_write(int fd, const struct pt_config *config,
                                 struct pt_error *error)
{
    char *body = NULL;
    size_t bytes = 0, n;
    const struct pt_key *keys = pt_keys(&n);
    char head[HEAD_BYTES + 1];
    enum pt_status status;
    FILE *out = open_memstream(&body, &bytes);

    if (out == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the configuration");
    if (config->file)
        put_line(out, "file", config->file, NULL);
    for (size_t i = 0; i < n; i++)
        put_value(out, config, &keys[i]);
    fputs("end\n", out);
    bool bad = ferror(out);
    if (fclose(out) != 0 || bad) {
        free(body);
        return pt_error_set(error, PT_E_MEMORY, "no memory for the configuration");
    }
    snprintf(head, sizeof head, HEAD_FORMAT, bytes);
    status = write_all(fd, head, HEAD_BYTES, error);
    if (status == PT_OK)
        status = write_all(fd, body, bytes, error);
    free(body);
    return status;
}

/* Reads exactly `bytes` bytes. */
static enum pt_status read_all(int fd, char *data, size_t bytes, struct pt_error *error)
{
    while (bytes > 0) {
        ssize_t n = read(fd, data, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pt_error_sys(error, "cannot read the configuration handed over");
        if (n == 0)
            return pt_error_set(error, PT_E_FORMAT,
                                "the configuration handed over ends early");
        data += n;
        bytes -= (size_t)n;
    }
    return PT_OK;
}

static void unescape(char *text)
{
    char *to = text;

    for (const char *p = text; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
            *to++ = *p == 't' ? '\t' : *p == 'n' ? '\n' : *p;
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
}

static enum pt_status take_value(struct pt_config *config, const struct pt_key *key,
                                 const char *value, const char *second,
                                 struct pt_error *error)
{
    uint64_t number = 0;
    enum pt_status status;

    switch (key->kind) {
    case PT_KEY_TEXT:
    case PT_KEY_WORD:
    case PT_KEY_WORDS:
        return pt_value_set_text(config, key, value, error);
    case PT_KEY_STRINGS:
    case PT_KEY_VARIABLES:
    case PT_KEY_PATHS:
        return pt_value_append(config, key, value, error);
    case PT_KEY_PATTERNS:
        if (second == NULL)
            return pt_error_set(error, PT_E_FORMAT, "a pattern without function");
        return pt_value_append_pattern(config, key, value, second, error);
    case PT_KEY_BOOL:
        *(bool *)pt_value_at(config, key) = strcmp(value, "true") == 0;
        return PT_OK;
    case PT_KEY_U32:
    case PT_KEY_U64:
    case PT_KEY_SEED:
        status = pt_value_parse_number(value, &number, error);
        return status == PT_OK ? pt_value_set_number(config, key, number, error)
                               : status;
    case PT_KEY_CHOICE:
        return pt_value_set_choice(config, key, value, error);
    }
    return PT_OK;
}

/* One line, cut up in place. */
static enum pt_status take_line(struct pt_config *config, char *line,
                                struct pt_error *error)
{
    char *rest = line;
    const char *name = strsep(&rest, "\t");
    char *value = rest ? strsep(&rest, "\t") : NULL;
    const struct pt_key *key = pt_key_find(name, NULL);

    if (value == NULL)
        return pt_error_set(error, PT_E_FORMAT, "no value behind '%s'", name);
    unescape(value);
    if (rest)
        unescape(rest);
    if (strcmp(name, "file") == 0) {
        config->file = strdup(value);
        return config->file ? PT_OK : pt_error_set(error, PT_E_MEMORY, "no memory");
    }
    if (key == NULL)
        return pt_error_set(error, PT_E_VERSION, "no key '%s' in this build", name);
    return take_value(config, key, value, rest, error);
}

static enum pt_status take_body(struct pt_config *config, char *body,
                                struct pt_error *error)
{
    char *rest = body;

    while (rest) {
        char *line = strsep(&rest, "\n");
        enum pt_status status;

        if (strcmp(line, "end") == 0)
            return PT_OK;
        status = take_line(config, line, error);
        if (status != PT_OK)
            return pt_error_prefix(error, "the configuration handed over");
    }
    return pt_error_set(error, PT_E_FORMAT, "the configuration handed over has no end");
}

/* The head's length of the body. */
static enum pt_status read_head(int fd, size_t *bytes, struct pt_error *error)
{
    char head[HEAD_BYTES + 1] = "", again[HEAD_BYTES + 1];
    enum pt_status status = read_all(fd, head, HEAD_BYTES, error);

    if (status != PT_OK)
        return status;
    if (strncmp(head, HEAD_FORMAT, NAME_BYTES) != 0)
        return pt_error_set(error, PT_E_FORMAT,
                            "what was handed over is no configuration of pytracer");
    *bytes = strtoul(head + NAME_BYTES + 2, NULL, 10);
    snprintf(again, sizeof again, HEAD_FORMAT, *bytes);
    if (strcmp(head, again) != 0)
        return pt_error_set(error, PT_E_VERSION,
                            "the configuration was handed over by another version");
    if (*bytes > BODY_LIMIT)
        return pt_error_set(error, PT_E_LIMIT, "the configuration is %zu bytes",
                            *bytes);
    return PT_OK;
}

enum pt_status pt_handover_read(int fd, struct pt_config **config,
                                struct pt_error *error)
{
    struct pt_config *made = NULL;
    char *body = NULL;
    size_t bytes = 0;
    enum pt_status status = read_head(fd, &bytes, error);

    *config = NULL;
    if (status != PT_OK)
        goto done;
    made = pt_config_create();
    body = malloc(bytes + 1);
    if (made == NULL || body == NULL) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory for the configuration");
        goto done;
    }
    status = read_all(fd, body, bytes, error);
    if (status != PT_OK)
        goto done;
    body[bytes] = '\0';
    status = take_body(made, body, error);
    if (status == PT_OK) {
        *config = made;
        made = NULL;
    }
done:
    pt_config_destroy(made);
    free(body);
    return status;
}
