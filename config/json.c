#include "json.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lists.h"
#include "value.h"

enum { NAME_LIMIT = 256 };

struct reading {
    struct pt_config *config;
    const cJSON *root;
    const char *path;
};

static const char *kind_of(const cJSON *item)
{
    if (cJSON_IsString(item))
        return "a string";
    if (cJSON_IsNumber(item))
        return "a number";
    if (cJSON_IsBool(item))
        return "true or false";
    if (cJSON_IsArray(item))
        return "a list";
    if (cJSON_IsObject(item))
        return "a group of keys";
    return "null";
}

static enum pt_status wrong_type(const char *name, const char *wanted,
                                 const cJSON *item, struct pt_error *error)
{
    return pt_error_set(error, PT_E_CONFIG, "'%s' must be %s, not %s", name, wanted,
                        kind_of(item));
}

/* `name` against the configuration's folder; the caller frees it. NULL: no memory. */
static char *beside(const char *config_path, const char *name)
{
    const char *slash = strrchr(config_path, '/');
    char *path = NULL;

    if (name[0] == '/' || slash == NULL)
        return strdup(name);
    if (asprintf(&path, "%.*s/%s", (int)(slash - config_path), config_path, name) < 0)
        return NULL;
    return path;
}

static enum pt_status add_member(struct reading *r, const struct pt_key *key,
                                 const char *text, struct pt_error *error)
{
    enum pt_status status;
    char *path;

    if (text[0] == '\0')
        return PT_OK;
    if (key->kind == PT_KEY_STRINGS)
        return pt_value_append(r->config, key, text, error);
    path = beside(r->path, text);
    if (path == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory for '%s'", key->name);
    if (key->kind == PT_KEY_PATHS)
        status = pt_value_append(r->config, key, path, error);
    else
        status = pt_lists_read(r->config, key, path, error);
    if (status == PT_E_CONFIG)
        (void)pt_error_prefix(error, "'%s'", key->name);
    free(path);
    return status;
}

static enum pt_status set_list(struct reading *r, const struct pt_key *key,
                               const cJSON *item, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    const cJSON *member;

    pt_value_clear(r->config, key);
    if (cJSON_IsNull(item))
        return PT_OK;
    if (cJSON_IsString(item))
        return add_member(r, key, item->valuestring, error);
    if (!cJSON_IsArray(item))
        return wrong_type(key->name, "a string or a list of strings", item, error);
    cJSON_ArrayForEach(member, item)
    {
        if (!cJSON_IsString(member))
            return wrong_type(key->name, "a list of strings", member, error);
        status = add_member(r, key, member->valuestring, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static enum pt_status set_variables(struct reading *r, const struct pt_key *key,
                                    const cJSON *item, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    const cJSON *member;

    pt_value_clear(r->config, key);
    if (cJSON_IsNull(item))
        return PT_OK;
    if (!cJSON_IsObject(item))
        return wrong_type(key->name, "an object of names and strings", item, error);
    cJSON_ArrayForEach(member, item)
    {
        char *text = NULL;

        if (!cJSON_IsString(member) && !cJSON_IsNull(member))
            return wrong_type(member->string, "a string or null", member, error);
        if (member->string[0] == '\0' || strchr(member->string, '='))
            return pt_error_set(error, PT_E_CONFIG,
                                "'%s': \"%s\" is no name of a variable", key->name,
                                member->string);
        if (asprintf(&text, "%s%s%s", member->string, cJSON_IsNull(member) ? "" : "=",
                     cJSON_IsNull(member) ? "" : member->valuestring) < 0)
            return pt_error_set(error, PT_E_MEMORY, "no memory for '%s'", key->name);
        status = pt_value_append(r->config, key, text, error);
        free(text);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

/* JSON numbers are doubles here: whole ones are exact up to 2^53, larger ones are
 * written as strings. */
static enum pt_status set_number(struct reading *r, const struct pt_key *key,
                                 const cJSON *item, struct pt_error *error)
{
    uint64_t number = 0;
    enum pt_status status;

    if (key->kind == PT_KEY_SEED && cJSON_IsNull(item)) {
        pt_value_clear(r->config, key);
        return PT_OK;
    }
    if (cJSON_IsString(item) && key->kind != PT_KEY_U32) {
        status = pt_value_parse_number(item->valuestring, &number, error);
        if (status != PT_OK)
            return pt_error_prefix(error, "'%s'", key->name);
    } else if (cJSON_IsNumber(item)) {
        double value = item->valuedouble;
        if (!(value >= 0 && value <= 9007199254740992.0) ||
            value != (double)(uint64_t)value)
            return pt_error_set(error, PT_E_CONFIG,
                                "'%s' is %.17g, but must be a whole number from 0 to "
                                "2^53 (larger ones as a string)",
                                key->name, value);
        number = (uint64_t)value;
    } else {
        return wrong_type(key->name, "a whole number", item, error);
    }
    return pt_value_set_number(r->config, key, number, error);
}

static enum pt_status set_text(struct reading *r, const struct pt_key *key,
                               const cJSON *item, struct pt_error *error)
{
    bool null = cJSON_IsNull(item);

    if (!cJSON_IsString(item) && !(null && key->nullable))
        return wrong_type(key->name, "a string", item, error);
    if (key->nullable && (null || item->valuestring[0] == '\0')) {
        pt_value_clear(r->config, key);
        return PT_OK;
    }
    if (strncmp(key->name, "io.cache.", 9) == 0 && item->valuestring[0] == '\0')
        return pt_error_set(error, PT_E_CONFIG, "'%s' must not be empty", key->name);
    return pt_value_set_text(r->config, key, item->valuestring, error);
}

static enum pt_status set_value(struct reading *r, const struct pt_key *key,
                                const cJSON *item, struct pt_error *error)
{
    switch (key->kind) {
    case PT_KEY_TEXT:
    case PT_KEY_WORD:
    case PT_KEY_WORDS:
        return set_text(r, key, item, error);
    case PT_KEY_STRINGS:
    case PT_KEY_PATHS:
    case PT_KEY_PATTERNS:
        return set_list(r, key, item, error);
    case PT_KEY_VARIABLES:
        return set_variables(r, key, item, error);
    case PT_KEY_BOOL:
        if (!cJSON_IsBool(item))
            return wrong_type(key->name, "true or false", item, error);
        *(bool *)pt_value_at(r->config, key) = cJSON_IsTrue(item);
        return PT_OK;
    case PT_KEY_U32:
    case PT_KEY_U64:
    case PT_KEY_SEED:
        return set_number(r, key, item, error);
    case PT_KEY_CHOICE:
        if (!cJSON_IsString(item))
            return wrong_type(key->name, "a string", item, error);
        return pt_value_set_choice(r->config, key, item->valuestring, error);
    }
    return PT_OK;
}

/* Both spellings of one key are welcome as long as they say the same. */
static enum pt_status check_spellings(const struct reading *r, const struct pt_key *key,
                                      const cJSON *item, struct pt_error *error)
{
    const cJSON *proper = cJSON_GetObjectItemCaseSensitive(r->root, key->name);

    if (proper && !cJSON_Compare(proper, item, true))
        return pt_error_set(error, PT_E_CONFIG,
                            "'%s' and '%s' are one key and differ; keep '%s'",
                            item->string, key->name, key->name);
    return PT_OK;
}

/* True if a key lies in the group of that dotted name. */
static bool is_group(const char *name)
{
    size_t n, length = strlen(name);
    const struct pt_key *keys = pt_keys(&n);

    for (size_t i = 0; i < n; i++) {
        if (strncmp(keys[i].name, name, length) == 0 && keys[i].name[length] == '.')
            return true;
    }
    return false;
}

static enum pt_status check_twice(const cJSON *group, const cJSON *item,
                                  const char *name, struct pt_error *error)
{
    const cJSON *first = cJSON_GetObjectItemCaseSensitive(group, item->string);

    if (first != item)
        return pt_error_set(error, PT_E_CONFIG, "the key '%s' is there twice", name);
    return PT_OK;
}

static enum pt_status apply_group(struct reading *r, const cJSON *group,
                                  const char *prefix, struct pt_error *error);

static enum pt_status apply_item(struct reading *r, const cJSON *group,
                                 const cJSON *item, const char *prefix,
                                 struct pt_error *error)
{
    char name[NAME_LIMIT];
    bool synonym;
    const struct pt_key *key;
    enum pt_status status;

    snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", item->string);
    status = check_twice(group, item, name, error);
    if (status != PT_OK)
        return status;
    key = strchr(item->string, '.') ? NULL : pt_key_find(name, &synonym);
    if (key) {
        if (synonym)
            status = check_spellings(r, key, item, error);
        return status == PT_OK ? set_value(r, key, item, error) : status;
    }
    if (strchr(item->string, '.') || !is_group(name))
        return pt_error_set(error, PT_E_CONFIG,
                            "unknown key '%s'; the nearest known one is '%s'", name,
                            pt_key_nearest(name));
    if (!cJSON_IsObject(item))
        return wrong_type(name, "a group of keys", item, error);
    return apply_group(r, item, name, error);
}

static enum pt_status apply_group(struct reading *r, const cJSON *group,
                                  const char *prefix, struct pt_error *error)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, group)
    {
        enum pt_status status = apply_item(r, group, item, prefix, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static unsigned line_of(const char *text, const char *at)
{
    unsigned line = 1;

    for (const char *p = text; p < at && *p; p++)
        line += *p == '\n';
    return line;
}

enum pt_status pt_json_apply(struct pt_config *config, const char *text,
                             const char *path, struct pt_error *error)
{
    const char *end = text;
    cJSON *root = cJSON_ParseWithOpts(text, &end, true);
    struct reading r = {config, root, path};
    enum pt_status status;

    if (root == NULL) {
        status = pt_error_set(error, PT_E_CONFIG, "line %u is not JSON",
                              line_of(text, end ? end : text));
    } else if (!cJSON_IsObject(root)) {
        status =
            pt_error_set(error, PT_E_CONFIG,
                         "the whole must be an object in { }, not %s", kind_of(root));
    } else {
        status = apply_group(&r, root, "", error);
    }
    if (status != PT_OK)
        status = pt_error_prefix(error, "configuration %s", path);
    cJSON_Delete(root);
    return status;
}
