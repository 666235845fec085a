#include "schema.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"

enum { PART_LIMIT = 64 };

static void add_type(cJSON *to, const char *const *types)
{
    cJSON *list = cJSON_AddArrayToObject(to, "type");

    for (; *types; types++)
        cJSON_AddItemToArray(list, cJSON_CreateString(*types));
}

static void add_list(cJSON *to)
{
    static const char *const types[] = {"string", "array", "null", NULL};
    cJSON *items = cJSON_CreateObject();

    add_type(to, types);
    cJSON_AddStringToObject(items, "type", "string");
    cJSON_AddItemToObject(to, "items", items);
}

/* Whole numbers beyond 2^53 come as strings. */
static void add_number(cJSON *to, const struct pt_key *key)
{
    static const char *const types[] = {"integer", "string", NULL};
    static const char *const seed[] = {"integer", "string", "null", NULL};

    if (key->kind == PT_KEY_U32) {
        cJSON_AddStringToObject(to, "type", "integer");
        cJSON_AddNumberToObject(to, "maximum", (double)key->most);
    } else {
        add_type(to, key->kind == PT_KEY_SEED ? seed : types);
        cJSON_AddStringToObject(to, "pattern", "^(0[xX][0-9a-fA-F]+|[0-9]+)$");
    }
    cJSON_AddNumberToObject(to, "minimum", (double)key->least);
}

/* Some of the words with commas between, or nothing. */
static void add_words(cJSON *to, const struct pt_key *key)
{
    char pattern[256] = "^(|", *end = pattern + strlen(pattern);

    for (int list = 0; list < 2; list++) {
        end = stpcpy(end, list ? "(,(" : "(");
        for (const char *const *word = key->choices; *word; word++)
            end = stpcpy(stpcpy(end, word == key->choices ? "" : "|"), *word);
        end = stpcpy(end, list ? "))*" : ")");
    }
    stpcpy(end, ")$");
    cJSON_AddStringToObject(to, "type", "string");
    cJSON_AddStringToObject(to, "pattern", pattern);
}

static cJSON *describe(const struct pt_key *key)
{
    static const char *const nullable[] = {"string", "null", NULL};
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "description", key->meaning);
    switch (key->kind) {
    case PT_KEY_TEXT:
        if (key->nullable)
            add_type(o, nullable);
        else
            cJSON_AddStringToObject(o, "type", "string");
        break;
    case PT_KEY_WORDS:
        add_words(o, key);
        break;
    case PT_KEY_STRINGS:
    case PT_KEY_PATHS:
    case PT_KEY_PATTERNS:
        add_list(o);
        break;
    case PT_KEY_VARIABLES: {
        cJSON *values = cJSON_CreateObject();
        add_type(values, nullable);
        cJSON_AddStringToObject(o, "type", "object");
        cJSON_AddItemToObject(o, "additionalProperties", values);
        break;
    }
    case PT_KEY_BOOL:
        cJSON_AddStringToObject(o, "type", "boolean");
        break;
    case PT_KEY_U32:
    case PT_KEY_U64:
    case PT_KEY_SEED:
        add_number(o, key);
        break;
    case PT_KEY_WORD:
    case PT_KEY_CHOICE: {
        cJSON *words = cJSON_AddArrayToObject(o, "enum");
        for (const char *const *c = key->choices; *c; c++)
            cJSON_AddItemToArray(words, cJSON_CreateString(*c));
        break;
    }
    }
    return o;
}

static cJSON *new_group(void)
{
    cJSON *group = cJSON_CreateObject();

    cJSON_AddStringToObject(group, "type", "object");
    cJSON_AddBoolToObject(group, "additionalProperties", 0);
    cJSON_AddObjectToObject(group, "properties");
    return group;
}

/* The "properties" of the group that holds the key; *name is moved to its last part. */
static cJSON *find_group(cJSON *root, const char **name)
{
    cJSON *properties = cJSON_GetObjectItem(root, "properties");
    const char *dot;

    while ((dot = strchr(*name, '.')) != NULL) {
        char part[PART_LIMIT];
        cJSON *group;

        snprintf(part, sizeof part, "%.*s", (int)(dot - *name), *name);
        group = cJSON_GetObjectItemCaseSensitive(properties, part);
        if (group == NULL) {
            group = new_group();
            cJSON_AddItemToObject(properties, part, group);
        }
        properties = cJSON_GetObjectItem(group, "properties");
        *name = dot + 1;
    }
    return properties;
}

char *pt_config_schema(void)
{
    size_t n;
    const struct pt_key *keys = pt_keys(&n);
    cJSON *root = new_group();
    char *text;

    cJSON_AddStringToObject(root, "$schema", "http://json-schema.org/draft-07/schema#");
    cJSON_AddStringToObject(root, "title", "Configuration of pytracer");
    for (size_t i = 0; i < n; i++) {
        const char *name = keys[i].name, *written;
        cJSON *group = find_group(root, &name);

        cJSON_AddItemToObject(group, name, describe(&keys[i]));
        written = pt_key_synonym(&keys[i]);
        if (written)
            cJSON_AddItemToObject(group, written, describe(&keys[i]));
    }
    text = cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}
