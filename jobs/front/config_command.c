/* pytracer config: the configuration in force, a file to start from, a schema. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "front/commands.h"
#include "config.h"
#include "data.h"
#include "keys.h"
#include "front/options.h"
#include "schema.h"
#include "value.h"
#include "write.h"

enum { CONFIG = 1, JSON, HELP, CONFIG_LIMIT = 16 << 20 };

static const struct pt_option table[] = {
    {"config", 0, 1, CONFIG},
    {"json", 0, 0, JSON},
    {"help", 'h', 0, HELP},
};

struct wishes {
    const char *config, *what, *file;
    bool json, help;
};

/* The item of a dotted name in a configuration as JSON, under either spelling. */
static const cJSON *find(const cJSON *root, const struct pt_key *key)
{
    const cJSON *at = root;
    const char *name = key->name, *dot, *synonym = pt_key_synonym(key);

    if (synonym && cJSON_GetObjectItemCaseSensitive(root, synonym))
        return cJSON_GetObjectItemCaseSensitive(root, synonym);
    for (; at && (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        char *part = strndup(name, (size_t)(dot - name));
        at = part ? cJSON_GetObjectItemCaseSensitive(at, part) : NULL;
        free(part);
    }
    return at ? cJSON_GetObjectItemCaseSensitive(at, name) : NULL;
}

/* The file as JSON, NULL where there is none. It has been read before, without errors.
 */
static cJSON *read_file(const struct pt_config *config)
{
    char *text = NULL;
    size_t bytes = 0;
    cJSON *root = NULL;

    if (config->file &&
        pt_file_read(config->file, CONFIG_LIMIT, &text, &bytes, NULL) == PT_OK)
        root = cJSON_Parse(text);
    free(text);
    return root;
}

static const char *origin(const struct pt_config *config, const cJSON *file,
                          const struct pt_key *key)
{
    static const char *const places[][2] = {{"io.cache.root", "PYTRACER_CACHE"},
                                            {"io.cache.traces", "PYTRACER_TRACES"}};

    for (size_t i = 0; i < PT_ARRAY_LENGTH(places); i++) {
        const char *value = getenv(places[i][1]);

        if (strcmp(key->name, places[i][0]) == 0 && value && *value)
            return places[i][1];
    }
    return file && find(file, key) ? config->file : "built-in";
}

static void print_value(const struct pt_config *config, const cJSON *whole,
                        const struct pt_key *key)
{
    const struct pt_patterns *patterns = pt_value_get(config, key);
    char *text;

    if (key->kind == PT_KEY_PATTERNS) {
        printf("%zu pattern%s", patterns->n, patterns->n == 1 ? "" : "s");
        return;
    }
    text = cJSON_PrintUnformatted(find(whole, key));
    fputs(text ? text : "", stdout);
    cJSON_free(text);
}

static enum pt_status show(const struct wishes *w, struct pt_error *error)
{
    struct pt_config *config = NULL;
    size_t n;
    const struct pt_key *keys = pt_keys(&n);
    enum pt_status status = pt_config_load(w->config, &config, error);
    char *text = status == PT_OK ? pt_config_format(config, NULL, NULL) : NULL;
    cJSON *whole = text ? cJSON_Parse(text) : NULL;
    cJSON *file = status == PT_OK ? read_file(config) : NULL;

    if (status == PT_OK && whole == NULL)
        status = pt_error_set(error, PT_E_MEMORY, "no memory for the configuration");
    if (status == PT_OK && w->json)
        puts(text);
    for (size_t i = 0; status == PT_OK && !w->json && i < n; i++) {
        printf("%s = ", keys[i].name);
        print_value(config, whole, &keys[i]);
        printf("  (%s)\n", origin(config, file, &keys[i]));
    }
    cJSON_Delete(whole);
    cJSON_Delete(file);
    free(text);
    pt_config_destroy(config);
    return status;
}

/* The defaults as a file of the user's; what is there stays. */
static enum pt_status init(const struct wishes *w, struct pt_error *error)
{
    const char *path = w->file ? w->file : "pytracer.json";
    size_t n = strlen(pt_data_default_json);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    enum pt_status status;

    if (fd < 0 && errno == EEXIST)
        return pt_error_set(error, PT_E_EXISTS,
                            "%s is there already and stays as it is", path);
    if (fd < 0)
        return pt_error_sys(error, "cannot create %s", path);
    status = pt_write_at(fd, pt_data_default_json, n, 0, path, error);
    if (close(fd) != 0 && status == PT_OK)
        status = pt_error_sys(error, "cannot write %s", path);
    if (status == PT_OK)
        printf("%s written; to use it: --config %s, or PYTRACER_CONFIG\n", path, path);
    return status;
}

static enum pt_status print_schema(struct pt_error *error)
{
    char *text = pt_config_schema();

    if (text == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the schema");
    puts(text);
    free(text);
    return PT_OK;
}

static enum pt_status read_wishes(int argc, char **argv, struct wishes *w,
                                  struct pt_error *error)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);
    int id;

    while ((id = pt_options_next(&o, error)) != PT_OPTIONS_END) {
        if (id == PT_OPTIONS_BAD)
            return PT_E_USAGE;
        if (id == CONFIG)
            w->config = o.value;
        w->json |= id == JSON;
        w->help |= id == HELP;
        if (id == PT_OPTIONS_ARGUMENT && w->file)
            return pt_error_set(error, PT_E_USAGE, "unexpected argument '%s'", o.value);
        if (id == PT_OPTIONS_ARGUMENT && w->what)
            w->file = o.value;
        else if (id == PT_OPTIONS_ARGUMENT)
            w->what = o.value;
    }
    if (w->what == NULL)
        w->what = "show";
    if (w->file && strcmp(w->what, "init") != 0)
        return pt_error_set(error, PT_E_USAGE, "unexpected argument '%s'", w->file);
    return PT_OK;
}

int pt_front_config(int argc, char **argv)
{
    struct wishes w = {0};
    struct pt_error error = {0};
    enum pt_status status = read_wishes(argc, argv, &w, &error);

    if (status == PT_OK && w.help)
        fputs(pt_help_config, stdout);
    else if (status == PT_OK && strcmp(w.what, "show") == 0)
        status = show(&w, &error);
    else if (status == PT_OK && strcmp(w.what, "init") == 0)
        status = init(&w, &error);
    else if (status == PT_OK && strcmp(w.what, "schema") == 0)
        status = print_schema(&error);
    else if (status == PT_OK)
        status = pt_error_set(&error, PT_E_USAGE,
                              "'%s' is none of show, init and schema", w.what);
    if (status == PT_OK)
        return 0;
    fprintf(stderr, "pytracer config: %s\n", error.text);
    return status == PT_E_USAGE ? 2 : 1;
}
