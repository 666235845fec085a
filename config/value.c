#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *pt_value_at(struct pt_config *config, const struct pt_key *key)
{
    return (char *)config + key->offset;
}

const void *pt_value_get(const struct pt_config *config, const struct pt_key *key)
{
    return (const char *)config + key->offset;
}

static void clear_strings(struct pt_strings *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct pt_strings){0};
}

static void clear_patterns(struct pt_patterns *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->items[i].module);
        free(list->items[i].function);
    }
    free(list->items);
    *list = (struct pt_patterns){0};
}

void pt_value_clear(struct pt_config *config, const struct pt_key *key)
{
    void *at = pt_value_at(config, key);

    switch (key->kind) {
    case PT_KEY_TEXT:
        free(*(char **)at);
        *(char **)at = NULL;
        break;
    case PT_KEY_STRINGS:
    case PT_KEY_VARIABLES:
    case PT_KEY_PATHS:
        clear_strings(at);
        break;
    case PT_KEY_PATTERNS:
        clear_patterns(at);
        break;
    case PT_KEY_BOOL:
        *(bool *)at = false;
        break;
    case PT_KEY_U32:
        *(uint32_t *)at = 0;
        break;
    case PT_KEY_SEED:
        config->fuzzy.has_seed = false;
        *(uint64_t *)at = 0;
        break;
    case PT_KEY_U64:
        *(uint64_t *)at = 0;
        break;
    case PT_KEY_CHOICE:
        memset(at, 0, sizeof(unsigned));
        break;
    }
}

static enum pt_status no_memory(const struct pt_key *key, struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for '%s'", key->name);
}

enum pt_status pt_value_set_text(struct pt_config *config, const struct pt_key *key,
                                 const char *text, struct pt_error *error)
{
    char **at = pt_value_at(config, key);
    char *copy = strdup(text);

    if (copy == NULL)
        return no_memory(key, error);
    free(*at);
    *at = copy;
    return PT_OK;
}

enum pt_status pt_value_append(struct pt_config *config, const struct pt_key *key,
                               const char *text, struct pt_error *error)
{
    struct pt_strings *list = pt_value_at(config, key);
    char **items = reallocarray(list->items, list->n + 1, sizeof *items);

    if (items == NULL)
        return no_memory(key, error);
    list->items = items;
    items[list->n] = strdup(text);
    if (items[list->n] == NULL)
        return no_memory(key, error);
    list->n++;
    return PT_OK;
}

enum pt_status pt_value_append_pattern(struct pt_config *config,
                                       const struct pt_key *key, const char *module,
                                       const char *function, struct pt_error *error)
{
    struct pt_patterns *list = pt_value_at(config, key);
    struct pt_pattern *items = reallocarray(list->items, list->n + 1, sizeof *items);
    struct pt_pattern *item;

    if (items == NULL)
        return no_memory(key, error);
    list->items = items;
    item = &items[list->n];
    item->module = strdup(module);
    item->function = strdup(function);
    if (item->module == NULL || item->function == NULL) {
        free(item->module);
        free(item->function);
        return no_memory(key, error);
    }
    list->n++;
    return PT_OK;
}

enum pt_status pt_value_set_number(struct pt_config *config, const struct pt_key *key,
                                   uint64_t number, struct pt_error *error)
{
    void *at = pt_value_at(config, key);

    if (number < key->least || number > key->most)
        return pt_error_set(error, PT_E_CONFIG,
                            "'%s' is %llu, but must be %llu to %llu", key->name,
                            (unsigned long long)number, (unsigned long long)key->least,
                            (unsigned long long)key->most);
    if (key->kind == PT_KEY_U32) {
        *(uint32_t *)at = (uint32_t)number;
    } else {
        *(uint64_t *)at = number;
        if (key->kind == PT_KEY_SEED)
            config->fuzzy.has_seed = true;
    }
    return PT_OK;
}

enum pt_status pt_value_set_choice(struct pt_config *config, const struct pt_key *key,
                                   const char *word, struct pt_error *error)
{
    char words[128] = "";
    size_t used = 0;

    for (unsigned i = 0; key->choices[i]; i++) {
        if (strcmp(word, key->choices[i]) == 0) {
            memcpy(pt_value_at(config, key), &i, sizeof i);
            return PT_OK;
        }
        int n =
            snprintf(words + used, sizeof words - used, "%s'%s'",
                     i ? (key->choices[i + 1] ? ", " : " or ") : "", key->choices[i]);
        if (n > 0 && used + (size_t)n < sizeof words)
            used += (size_t)n;
    }
    return pt_error_set(error, PT_E_CONFIG, "'%s' is '%s', but must be %s", key->name,
                        word, words);
}

enum pt_status pt_value_parse_number(const char *text, uint64_t *number,
                                     struct pt_error *error)
{
    char *end = NULL;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

    errno = 0;
    *number = 0;
    if (text[0] >= '0' && text[0] <= '9')
        *number = strtoull(text, &end, hex ? 16 : 10);
    if (end == NULL || *end != '\0' || errno != 0)
        return pt_error_set(error, PT_E_CONFIG,
                            "'%s' is not a whole number from 0 to 2^64-1", text);
    return PT_OK;
}
