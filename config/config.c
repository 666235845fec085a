#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data.h"
#include "json.h"
#include "lists.h"
#include "value.h"

enum { CONFIG_LIMIT = 16 << 20 };

static enum pt_status apply_defaults(struct pt_config *config, struct pt_error *error)
{
    enum pt_status status =
        pt_json_apply(config, pt_data_default_json, "(built-in)", error);

    if (status == PT_OK)
        status = pt_lists_parse(config, pt_key_find("exclude_file", NULL),
                                pt_data_exclude, "(built-in exclusions)", error);
    return status;
}

enum pt_status pt_config_parse(const char *text, const char *path,
                               struct pt_config **config, struct pt_error *error)
{
    struct pt_config *made = pt_config_create();
    enum pt_status status;

    *config = NULL;
    if (made == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the configuration");
    status = apply_defaults(made, error);
    if (status == PT_OK && text) {
        status = pt_json_apply(made, text, path, error);
        made->file = strdup(path);
        if (made->file == NULL && status == PT_OK)
            status =
                pt_error_set(error, PT_E_MEMORY, "no memory for the configuration");
    }
    if (status == PT_OK)
        *config = made;
    else
        pt_config_destroy(made);
    return status;
}

/* Where this process writes: the environment wins over the file, so that one
 * configuration serves many runs. */
static enum pt_status apply_environment(struct pt_config *config,
                                        struct pt_error *error)
{
    static const struct {
        const char *variable, *key;
    } places[] = {
        {"PYTRACER_CACHE", "io.cache.root"},
        {"PYTRACER_TRACES", "io.cache.traces"},
    };
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(places) && status == PT_OK; i++) {
        const char *value = getenv(places[i].variable);

        if (value && value[0])
            status = pt_value_set_text(config, pt_key_find(places[i].key, NULL), value,
                                       error);
    }
    return status;
}

enum pt_status pt_config_load(const char *path, struct pt_config **config,
                              struct pt_error *error)
{
    const char *from = path ? path : getenv("PYTRACER_CONFIG");
    char *full = NULL, *text = NULL;
    size_t bytes = 0;
    enum pt_status status;

    *config = NULL;
    if (from == NULL || from[0] == '\0') {
        status = pt_config_parse(NULL, NULL, config, error);
        goto done;
    }
    full = realpath(from, NULL);
    status = full ? pt_file_read(full, CONFIG_LIMIT, &text, &bytes, error)
                  : pt_error_sys(error, "cannot open %s", from);
    if (status == PT_OK && memchr(text, '\0', bytes))
        status = pt_error_set(error, PT_E_CONFIG, "%s is not a text file", from);
    if (status == PT_OK)
        status = pt_config_parse(text, full, config, error);
    else
        status = pt_error_prefix(
            error, path ? "configuration" : "configuration named by PYTRACER_CONFIG");
done:
    if (status == PT_OK)
        status = apply_environment(*config, error);
    if (status != PT_OK) {
        pt_config_destroy(*config);
        *config = NULL;
    }
    free(text);
    free(full);
    return status;
}
