#include "write.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

enum { PART_LIMIT = 64 };

static cJSON *number(uint64_t n)
{
    char text[24];

    if (n <= UINT64_C(1) << 53)
        return cJSON_CreateNumber((double)n);
    snprintf(text, sizeof text, "%" PRIu64, n);
    return cJSON_CreateString(text);
}

static cJSON *strings(const struct pt_strings *list)
{
    if (list->n == 0)
        return cJSON_CreateArray();
    return cJSON_CreateStringArray((const char *const *)list->items, (int)list->n);
}

static cJSON *variables(const struct pt_strings *list)
{
    cJSON *object = cJSON_CreateObject();

    for (size_t i = 0; i < list->n; i++) {
        const char *equals = strchrnul(list->items[i], '=');
        char *name = strndup(list->items[i], (size_t)(equals - list->items[i]));

        if (name && *equals)
            cJSON_AddStringToObject(object, name, equals + 1);
        else if (name)
            cJSON_AddNullToObject(object, name);
        free(name);
    }
    return object;
}

/* The value of one key; `file` is the name for a key that holds patterns. */
static cJSON *value_of(const struct pt_config *config, const struct pt_key *key,
                       const char *file)
{
    const void *at = pt_value_get(config, key);
    const char *text;
    unsigned choice;

    switch (key->kind) {
    case PT_KEY_TEXT:
    case PT_KEY_WORD:
    case PT_KEY_WORDS:
        text = *(char *const *)at;
        return cJSON_CreateString(text ? text : "");
    case PT_KEY_STRINGS:
    case PT_KEY_PATHS:
        return strings(at);
    case PT_KEY_VARIABLES:
        return variables(at);
    case PT_KEY_PATTERNS:
        return cJSON_CreateString(file ? file : "");
    case PT_KEY_BOOL:
        return cJSON_CreateBool(*(const bool *)at);
    case PT_KEY_U32:
        return number(*(const uint32_t *)at);
    case PT_KEY_SEED:
        return config->fuzzy.has_seed ? number(*(const uint64_t *)at)
                                      : cJSON_CreateNull();
    case PT_KEY_U64:
        return number(*(const uint64_t *)at);
    case PT_KEY_CHOICE:
        memcpy(&choice, at, sizeof choice);
        return cJSON_CreateString(key->choices[choice]);
    }
    return NULL;
}

/* Puts `item` under the dotted name, making the groups on the way; false: no memory,
 * and `item` is released. */
static bool put(cJSON *root, const char *name, cJSON *item)
{
    cJSON *group = root;
    const char *dot;

    for (; item && (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        char part[PART_LIMIT];
        cJSON *inner;

        snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
        inner = cJSON_GetObjectItemCaseSensitive(group, part);
        if (inner == NULL)
            inner = cJSON_AddObjectToObject(group, part);
        if (inner == NULL)
            break;
        group = inner;
    }
    if (item && strchr(name, '.') == NULL && cJSON_AddItemToObject(group, name, item))
        return true;
    cJSON_Delete(item);
    return false;
}

char *pt_config_format(const struct pt_config *config, const char *include_file,
                       const char *exclude_file)
{
    size_t n;
    const struct pt_key *keys = pt_keys(&n);
    cJSON *root = cJSON_CreateObject();
    bool good = root != NULL;
    char *text = NULL;

    for (size_t i = 0; good && i < n; i++) {
        bool include = strcmp(keys[i].name, "include_file") == 0;
        const char *file = include ? include_file : exclude_file;

        good = put(root, keys[i].name, value_of(config, &keys[i], file));
    }
    if (good)
        text = cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}

char *pt_patterns_format(const struct pt_patterns *patterns)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    bool bad;

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < patterns->n; i++)
        fprintf(out, "%s %s\n", patterns->items[i].module, patterns->items[i].function);
    bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) {
        free(text);
        return NULL;
    }
    return text;
}
