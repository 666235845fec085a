/* Where the result goes. */
#ifndef PT_PARSE_PLACE_H
#define PT_PARSE_PLACE_H

#include "config.h"
#include "parse/options.h"
#include "team/team.h"

/* Collective. --output, else io.stats.filename (in the cache's folder of results,
 * unless it has a folder of its own), else stats.<id>.h5 there. PT_E_EXISTS: something
 * is there and --force was not given. The caller frees *path. */
PT_MUST_CHECK enum pt_status pt_place_choose(const struct pt_team *team,
                                             const struct pt_parse_options *options,
                                             const struct pt_config *config,
                                             char **path, struct pt_error *error);

#endif
