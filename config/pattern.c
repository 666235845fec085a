#include "pattern.h"

#include <string.h>

/* Matches pattern[0 .. np) against text[0 .. nt). After a '*' the earliest match of
 * what follows is enough, so only the last star ever needs another try. */
static bool match(const char *pattern, size_t np, const char *text, size_t nt)
{
    size_t p = 0, t = 0;
    size_t star = np, resume = 0; /* star == np: none yet */

    while (t < nt) {
        if (p < np && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < np && pattern[p] == text[t]) {
            p++;
            t++;
        } else if (star < np) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < np && pattern[p] == '*')
        p++;
    return p == np;
}

bool pt_pattern_match(const char *pattern, const char *text)
{
    return match(pattern, strlen(pattern), text, strlen(text));
}

/* `name` or one of the names that hold it ("a.b.c": also "a.b" and "a"). */
static bool match_with_members(const char *pattern, const char *name)
{
    size_t np = strlen(pattern);

    if (match(pattern, np, name, strlen(name)))
        return true;
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        if (match(pattern, np, name, (size_t)(dot - name)))
            return true;
    }
    return false;
}

bool pt_patterns_match(const struct pt_patterns *patterns, const char *module,
                       const char *function)
{
    for (size_t i = 0; i < patterns->n; i++) {
        const struct pt_pattern *p = &patterns->items[i];

        if (pt_pattern_match(p->module, module) &&
            match_with_members(p->function, function))
            return true;
    }
    return false;
}

bool pt_modules_match(const struct pt_strings *modules, const char *module)
{
    for (size_t i = 0; i < modules->n; i++) {
        if (match_with_members(modules->items[i], module))
            return true;
    }
    return false;
}

bool pt_config_wants_module(const struct pt_config *config, const char *module)
{
    return module && pt_modules_match(&config->modules_to_load, module) &&
           !pt_modules_match(&config->modules_to_exclude, module);
}

bool pt_config_wants(const struct pt_config *config, const char *module,
                     const char *function)
{
    if (function == NULL || !pt_config_wants_module(config, module))
        return false;
    if (config->include.n && !pt_patterns_match(&config->include, module, function))
        return false;
    return !pt_patterns_match(&config->exclude, module, function);
}
