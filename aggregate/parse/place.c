#include "parse/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cache.h"
#include "team/array.h"

enum { PLACE_BYTES = 4096 };

static enum pt_status in_cache(const struct pt_config *config, char *path,
                               struct pt_error *error)
{
    const char *name = config->io.stats_filename;
    char id[PT_CACHE_ID], stats[PT_CACHE_ID + 16];
    struct pt_cache_id here;
    if (!name || !name[0]) {
        pt_cache_id_here(-1, &here);
        pt_cache_id_format(&here, id);
        snprintf(stats, sizeof stats, "stats.%s.h5", id);
        name = stats;
    }
    if (strchr(name, '/')) {
        snprintf(path, PLACE_BYTES, "%s", name);
        return PT_OK;
    }
    char *folder = pt_config_cache_folder(config, "stats");
    enum pt_status status = folder ? pt_folder_create(folder, error)
                                   : pt_no_memory(error, "the cache's folder");
    if (!status)
        snprintf(path, PLACE_BYTES, "%s/%s", folder, name);
    pt_memory_free(folder);
    return status;
}

static enum pt_status check(const char *path, bool force, struct pt_error *error)
{
    char folder[PLACE_BYTES];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    if (access(slash ? folder : ".", W_OK | X_OK))
        return pt_error_sys(error, "cannot write %s", path);
    if (!force && access(path, F_OK) == 0)
        return pt_error_set(
            error, PT_E_EXISTS,
            "%s exists: give --force to replace it, or another --output", path);
    return PT_OK;
}

enum pt_status pt_place_choose(const struct pt_team *team,
                               const struct pt_parse_options *options,
                               const struct pt_config *config, char **path,
                               struct pt_error *error)
{
    enum pt_status status = PT_OK;
    *path = calloc(1, PLACE_BYTES);
    if (!*path)
        status = pt_no_memory(error, "the result's name");
    else if (team->rank == 0 && options->output)
        snprintf(*path, PLACE_BYTES, "%s", options->output);
    else if (team->rank == 0)
        status = in_cache(config, *path, error);
    if (!status && team->rank == 0)
        status = check(*path, options->force, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        pt_team_broadcast(team, *path, PLACE_BYTES);
    return status;
}
