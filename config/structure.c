#include <stdlib.h>

#include "value.h"

struct pt_config *pt_config_create(void)
{
    return calloc(1, sizeof(struct pt_config));
}

void pt_config_destroy(struct pt_config *config)
{
    size_t n;
    const struct pt_key *keys = pt_keys(&n);

    if (config == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        pt_value_clear(config, &keys[i]);
    free(config->file);
    free(config);
}
