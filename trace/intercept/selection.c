#include "intercept/runtime.h"
#include "pattern.h"

/* A function is known under the module that defines it and under the one that exports
 * it; the user's lists may speak of either. */
bool pt_selects_function(const struct pt_config *config, const char *module,
                         const char *public_module, const char *function)
{
    const char *names[2] = {module, public_module};
    bool loaded = false, included = config->include.n == 0;

    for (int i = 0; i < 2; i++) {
        loaded |= pt_modules_match(&config->modules_to_load, names[i]);
        included |= pt_patterns_match(&config->include, names[i], function);
        if (pt_modules_match(&config->modules_to_exclude, names[i]) ||
            pt_patterns_match(&config->exclude, names[i], function))
            return false;
    }
    return loaded && included;
}

bool pt_selects_module(const struct pt_config *config, const char *module,
                       const char *public_module)
{
    return (pt_modules_match(&config->modules_to_load, module) ||
            pt_modules_match(&config->modules_to_load, public_module)) &&
           !pt_modules_match(&config->modules_to_exclude, module) &&
           !pt_modules_match(&config->modules_to_exclude, public_module);
}

/* Ufuncs and scalars have switches of their own, so that their module need not be
 * listed; an include list decides about them only if it speaks of their module. */
bool pt_selects_operation(const struct pt_config *config, bool switched_on,
                          const char *module, const char *function)
{
    bool spoken_of = false;

    if (!switched_on || pt_modules_match(&config->modules_to_exclude, module) ||
        pt_patterns_match(&config->exclude, module, function))
        return false;
    for (size_t i = 0; i < config->include.n; i++)
        spoken_of |= pt_pattern_match(config->include.items[i].module, module);
    return !spoken_of || pt_patterns_match(&config->include, module, function);
}
