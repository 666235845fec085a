#include "scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "value.h"

/* One pattern; what does not belong to its form is NULL or 0. */
struct rule {
    char *text; /* owned; the others point into it */
    const char *module, *function;
    const char *file;
    uint32_t line;
    bool on;
    size_t weight;
};

struct pt_scope {
    struct rule *rules;
    size_t n;
    bool has_only;
};

static size_t letters(const char *pattern)
{
    size_t n = 0;

    for (; pattern && *pattern; pattern++)
        n += *pattern != '*';
    return n;
}

/* Cuts ":12" off the end of `text`; 0 if there is none. */
static uint32_t cut_line(char *text)
{
    char *colon = strrchr(text, ':'), *end = NULL;
    unsigned long line;

    if (!colon || colon == text || colon[1] < '1' || colon[1] > '9')
        return 0;
    line = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || line > UINT32_MAX)
        return 0;
    *colon = '\0';
    return (uint32_t)line;
}

/* Cuts the rule's text up. False: it has none of the forms. */
static bool read_forms(struct rule *rule)
{
    char *text = rule->text + strspn(rule->text, " \t");
    char *at = strrchr(text, '@'), *blank;

    text[strcspn(text, "\r\n")] = '\0';
    rule->line = cut_line(text);
    if (at) {
        *at = '\0';
        rule->function = text;
        rule->file = at + 1;
        return rule->line > 0 && *text && at[1];
    }
    if (rule->line > 0) {
        rule->file = text;
        return true;
    }
    rule->function = text;
    blank = strpbrk(text, " \t");
    if (blank) {
        *blank = '\0';
        rule->module = text;
        rule->function = blank + 1 + strspn(blank + 1, " \t");
        if (strpbrk(rule->function, " \t"))
            return false;
    }
    return *text && *rule->function && !strpbrk(text, "/:");
}

static enum pt_status add(struct pt_scope *scope, const char *text, bool on,
                          struct pt_error *error)
{
    struct rule *rule = &scope->rules[scope->n];

    *rule = (struct rule){.text = strdup(text), .on = on};
    if (!rule->text)
        return pt_error_set(error, PT_E_MEMORY, "no memory for a pattern");
    scope->n++;
    scope->has_only |= on;
    if (!read_forms(rule))
        return pt_error_set(error, PT_E_USAGE,
                            "--fuzzy-%s \"%s\": a pattern is module.function, "
                            "\"module function\", file:line or function@file:line",
                            on ? "only" : "except", text);
    rule->weight = letters(rule->module) + letters(rule->function) +
                   letters(rule->file) + (rule->module != NULL);
    return PT_OK;
}

enum pt_status pt_scope_create(const struct pt_strings *only,
                               const struct pt_strings *except, struct pt_scope **scope,
                               struct pt_error *error)
{
    struct pt_scope *made;
    enum pt_status status = PT_OK;

    *scope = NULL;
    if (only->n + except->n == 0)
        return PT_OK;
    made = calloc(1, sizeof *made);
    if (made)
        made->rules = calloc(only->n + except->n, sizeof *made->rules);
    if (!made || !made->rules)
        status = pt_error_set(error, PT_E_MEMORY, "no memory for patterns");
    for (size_t i = 0; status == PT_OK && i < only->n; i++)
        status = add(made, only->items[i], true, error);
    for (size_t i = 0; status == PT_OK && i < except->n; i++)
        status = add(made, except->items[i], false, error);
    if (status == PT_OK)
        *scope = made;
    else
        pt_scope_destroy(made);
    return status;
}

void pt_scope_destroy(struct pt_scope *scope)
{
    if (!scope)
        return;
    for (size_t i = 0; i < scope->n; i++)
        free(scope->rules[i].text);
    free(scope->rules);
    free(scope);
}

static enum pt_status append(struct pt_config *config, const char *name,
                             const char *const *patterns, size_t n,
                             struct pt_error *error)
{
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < n && status == PT_OK; i++)
        status = pt_value_append(config, pt_key_find(name, NULL), patterns[i], error);
    return status;
}

enum pt_status pt_scope_replace(struct pt_config *config, const char *const *only,
                                size_t n_only, const char *const *except,
                                size_t n_except, struct pt_error *error)
{
    struct pt_scope *scope = NULL;
    enum pt_status status = PT_OK;

    if (n_only + n_except > 0) {
        pt_value_clear(config, pt_key_find("fuzzy.only", NULL));
        pt_value_clear(config, pt_key_find("fuzzy.except", NULL));
        if (config->fuzzy.layers[0] == '\0')
            status = pt_value_set_text(config, pt_key_find("fuzzy.layers", NULL), "all",
                                       error);
    }
    if (status == PT_OK)
        status = append(config, "fuzzy.only", only, n_only, error);
    if (status == PT_OK)
        status = append(config, "fuzzy.except", except, n_except, error);
    if (status == PT_OK)
        status =
            pt_scope_create(&config->fuzzy.only, &config->fuzzy.except, &scope, error);
    pt_scope_destroy(scope);
    return status;
}

bool pt_scope_default(const struct pt_scope *scope)
{
    return !scope->has_only;
}

/* `file` or its last parts. */
static bool covers_file(const struct rule *rule, const char *file)
{
    if (pt_pattern_match(rule->file, file))
        return true;
    while ((file = strchr(file, '/')))
        if (pt_pattern_match(rule->file, ++file))
            return true;
    return false;
}

/* `name` or one of the names around it: "a.b" covers "a.b.c". */
static bool covers_members(const char *pattern, const char *module, const char *name)
{
    char whole[2048];
    int n = snprintf(whole, sizeof whole, "%s%s%s", module ? module : "",
                     module ? "." : "", name);

    if (n < 0 || n >= (int)sizeof whole)
        return false;
    for (;;) {
        char *dot;

        if (pt_pattern_match(pattern, whole))
            return true;
        dot = strrchr(whole, '.');
        if (!dot)
            return false;
        *dot = '\0';
    }
}

static bool covers_function(const struct rule *rule, const char *const modules[2],
                            const char *function)
{
    for (int i = 0; i < 2; i++) {
        if (rule->module) {
            if (pt_pattern_match(rule->module, modules[i]) &&
                covers_members(rule->function, NULL, function))
                return true;
        } else if (covers_members(rule->function, modules[i], function)) {
            return true;
        }
    }
    /* At a line the bare name is enough. */
    return rule->file && covers_members(rule->function, NULL, function);
}

/* Takes the rule's verdict if it is more specific than the best so far. */
static void weigh(const struct rule *rule, const struct rule **best)
{
    if (!*best || rule->weight > (*best)->weight ||
        (rule->weight == (*best)->weight && !rule->on))
        *best = rule;
}

static enum pt_scope_verdict verdict_of(const struct rule *best)
{
    return !best ? PT_SCOPE_INHERIT : best->on ? PT_SCOPE_ON : PT_SCOPE_OFF;
}

bool pt_scope_has_lines(const struct pt_scope *scope, const char *file,
                        uint32_t first_line, bool calls)
{
    for (size_t i = 0; i < scope->n; i++) {
        const struct rule *rule = &scope->rules[i];

        if (rule->line >= first_line && rule->file &&
            (rule->function != NULL) == calls && covers_file(rule, file))
            return true;
    }
    return false;
}

enum pt_scope_verdict pt_scope_of_function(const struct pt_scope *scope,
                                           const char *module, const char *alias,
                                           const char *function)
{
    const char *const modules[2] = {module, alias};
    const struct rule *best = NULL;

    for (size_t i = 0; i < scope->n; i++) {
        const struct rule *rule = &scope->rules[i];

        if (!rule->file && covers_function(rule, modules, function))
            weigh(rule, &best);
    }
    return verdict_of(best);
}

enum pt_scope_verdict pt_scope_of_line(const struct pt_scope *scope, const char *file,
                                       uint32_t line)
{
    const struct rule *best = NULL;

    for (size_t i = 0; i < scope->n; i++) {
        const struct rule *rule = &scope->rules[i];

        if (rule->file && !rule->function && rule->line == line &&
            covers_file(rule, file))
            weigh(rule, &best);
    }
    return verdict_of(best);
}

enum pt_scope_verdict pt_scope_of_call(const struct pt_scope *scope, const char *file,
                                       uint32_t line, const char *module,
                                       const char *alias, const char *function)
{
    const char *const modules[2] = {module, alias};
    const struct rule *best = NULL;

    for (size_t i = 0; i < scope->n; i++) {
        const struct rule *rule = &scope->rules[i];

        if (rule->file && rule->function && rule->line == line &&
            covers_file(rule, file) && covers_function(rule, modules, function))
            weigh(rule, &best);
    }
    return verdict_of(best);
}
