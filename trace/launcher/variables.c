#include "launcher/variables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/identity.h"

static const char seed_place[] = "{seed}", run_place[] = "{run_index}";

bool pt_variables_want_seed(const struct pt_config *config)
{
    for (size_t i = 0; i < config->environment.n; i++)
        if (strstr(config->environment.items[i], seed_place))
            return true;
    return false;
}

/* `value` with its places filled in; the caller frees it. NULL: no memory. */
static char *fill_in(const char *value, uint64_t seed, uint64_t run)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    while (out && *value) {
        if (strncmp(value, seed_place, strlen(seed_place)) == 0) {
            fprintf(out, "%" PRIu64, seed);
            value += strlen(seed_place);
        } else if (strncmp(value, run_place, strlen(run_place)) == 0) {
            fprintf(out, "%" PRIu64, run);
            value += strlen(run_place);
        } else {
            putc(*value++, out);
        }
    }
    if (!out || fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static enum pt_status apply(const char *item, uint64_t seed, uint64_t run,
                            struct pt_error *error)
{
    const char *equals = strchrnul(item, '=');
    char *name = strndup(item, (size_t)(equals - item));
    char *value = *equals ? fill_in(equals + 1, seed, run) : NULL;
    enum pt_status status = PT_OK;

    if (!name || (*equals && !value))
        status = pt_error_set(error, PT_E_MEMORY, "no memory for the environment");
    else if ((value ? setenv(name, value, 1) : unsetenv(name)) != 0)
        status = pt_error_sys(error, "cannot set the variable %s", name);
    free(name);
    free(value);
    return status;
}

enum pt_status pt_variables_apply(const struct pt_config *config,
                                  struct pt_error *error)
{
    struct pt_identity identity;
    enum pt_status status = PT_OK;

    if (config->environment.n == 0)
        return PT_OK;
    status = pt_identity_read(&identity, error);
    for (size_t i = 0; i < config->environment.n && status == PT_OK; i++)
        status = apply(config->environment.items[i], config->fuzzy.seed,
                       identity.has_run ? identity.run_id : 0, error);
    return status;
}
