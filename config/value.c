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
    case PT_KEY_WORD:
    case PT_KEY_WORDS:
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

/* `length` bytes at `word` are none of the key's words: names them all. */
static enum pt_status refuse_word(const struct pt_key *key, const char *word,
                                  size_t length, struct pt_error *error)
{
    char words[128] = "";
    size_t used = 0;

    for (unsigned i = 0; key->choices[i]; i++) {
        int n =
            snprintf(words + used, sizeof words - used, "%s'%s'",
                     i ? (key->choices[i + 1] ? ", " : " or ") : "", key->choices[i]);
        if (n > 0 && used + (size_t)n < sizeof words)
            used += (size_t)n;
    }
    return pt_error_set(error, PT_E_CONFIG, "'%s' is '%.*s', but must be %s", key->name,
                        (int)length, word, words);
}

/* The number of that word among the key's, or that of the NULL behind them. */
static unsigned find_word(const struct pt_key *key, const char *word, size_t length)
{
    unsigned i = 0;

    while (key->choices[i] && (strncmp(word, key->choices[i], length) != 0 ||
                               key->choices[i][length] != '\0'))
        i++;
    return i;
}

static enum pt_status check_words(const struct pt_key *key, const char *text,
                                  struct pt_error *error)
{
    bool many = key->kind == PT_KEY_WORDS;

    if (key->choices == NULL || (many && text[0] == '\0'))
        return PT_OK;
    for (;; text++) {
        size_t length = many ? strcspn(text, ",") : strlen(text);

        if (key->choices[find_word(key, text, length)] == NULL)
            return refuse_word(key, text, length, error);
        text += length;
        if (*text == '\0')
            return PT_OK;
    }
}

enum pt_status pt_value_set_text(struct pt_config *config, const struct pt_key *key,
                                 const char *text, struct pt_error *error)
{
    char **at = pt_value_at(config, key);
    enum pt_status status = check_words(key, text, error);
    char *copy = status == PT_OK ? strdup(text) : NULL;

    if (status != PT_OK)
        return status;
    if (copy == NULL)
        return no_memory(key, error);
    free(*at);
    *at = copy;
    return PT_OK;
}

enum pt_status pt_value_set_option(struct pt_config *config, const char *name,
                                   const char *option, const char *text,
                                   struct pt_error *error)
{
    const struct pt_key *key = pt_key_find(name, NULL);
    enum pt_status status = key->kind == PT_KEY_CHOICE
                                ? pt_value_set_choice(config, key, text, error)
                                : pt_value_set_text(config, key, text, error);

    if (status != PT_E_CONFIG)
        return status;
    if (error)
        error->status = PT_E_USAGE;
    pt_error_prefix(error, "%s", option);
    return PT_E_USAGE;
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
    unsigned i = find_word(key, word, strlen(word));

    if (key->choices[i] == NULL)
        return refuse_word(key, word, strlen(word), error);
    memcpy(pt_value_at(config, key), &i, sizeof i);
    return PT_OK;
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
