#include "run/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "scope.h"
#include "target.h"
#include "value.h"
#include "write.h"

static enum pt_status set(struct pt_config *config, const char *key, const char *text,
                          struct pt_error *error)
{
    return pt_value_set_text(config, pt_key_find(key, NULL), text, error);
}

static enum pt_status apply_fuzzy(struct pt_config *config,
                                  const struct pt_run_options *o,
                                  struct pt_error *error)
{
    const char *layers = o->layers;
    enum pt_status status;

    if (o->no_fuzzy)
        layers = "";
    else if (layers == NULL)
        layers = config->fuzzy.layers[0] ? config->fuzzy.layers : "all";
    status = pt_value_set_option(config, "fuzzy.layers", "--fuzzy", layers, error);
    if (status == PT_OK && o->mode)
        status = pt_value_set_option(config, "fuzzy.mode", "--mode", o->mode, error);
    if (status == PT_OK && o->lapack)
        status = pt_value_set_option(config, "fuzzy.lapack", "--fuzzy-lapack",
                                     o->lapack, error);
    if (status == PT_OK)
        status =
            pt_scope_replace(config, o->only, o->n_only, o->except, o->n_except, error);
    if (o->blas_limit)
        config->fuzzy.blas_limit = o->blas_limit;
    if (o->cancellation)
        config->fuzzy.cancellation = (uint32_t)o->cancellation;
    if (o->precision64)
        config->fuzzy.precision_binary64 = (uint32_t)o->precision64;
    if (o->precision32)
        config->fuzzy.precision_binary32 = (uint32_t)o->precision32;
    return status;
}

enum pt_status pt_run_config_apply(struct pt_config *config,
                                   const struct pt_run_options *options,
                                   struct pt_error *error)
{
    static const char *const single[] = {"io.trace", "io.export.filename",
                                         "io.stats.filename", "io.report.filename"};
    static const char *const folders[][2] = {
        {"io.cache.traces", "traces"},   {"io.cache.stats", "stats"},
        {"io.cache.sources", "sources"}, {"io.cache.report", "report"},
        {"io.cache.info", "info"},
    };
    enum pt_status status = apply_fuzzy(config, options, error);

    if (status == PT_OK)
        status = pt_targets_apply(config, options->targets, options->n_targets, error);
    if (status == PT_OK && options->compression)
        status = pt_value_set_option(config, "io.compression", "--compression",
                                     options->compression, error);

    for (size_t i = 0; i < PT_ARRAY_LENGTH(single); i++)
        pt_value_clear(config, pt_key_find(single[i], NULL));
    for (size_t i = 0; i < PT_ARRAY_LENGTH(folders) && status == PT_OK; i++)
        status = set(config, folders[i][0], folders[i][1], error);
    return status;
}

static enum pt_status write_text(const char *folder, const char *name, char *text,
                                 struct pt_error *error)
{
    char *path = NULL;
    enum pt_status status;

    if (text == NULL || asprintf(&path, "%s/%s", folder, name) < 0)
        status = pt_error_set(error, PT_E_MEMORY, "no memory for the configuration");
    else
        status = pt_file_write(path, text, strlen(text), error);
    free(path);
    free(text);
    return status;
}

enum pt_status pt_run_config_write(const struct pt_config *config, const char *folder,
                                   struct pt_error *error)
{
    enum pt_status status =
        write_text(folder, "include.txt", pt_patterns_format(&config->include), error);

    if (status == PT_OK)
        status = write_text(folder, "exclude.txt", pt_patterns_format(&config->exclude),
                            error);
    if (status == PT_OK)
        status =
            write_text(folder, "config.json",
                       pt_config_format(config, "include.txt", "exclude.txt"), error);
    return status;
}
