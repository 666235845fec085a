/* One aggregation, from options to report. */
#ifndef PT_PARSE_RUN_H
#define PT_PARSE_RUN_H

#include "parse/options.h"
#include "team/team.h"

/* Collective. All ranks return the same status and words. */
PT_MUST_CHECK enum pt_status pt_parse_run(struct pt_team *team,
                                          const struct pt_parse_options *options,
                                          int argc, char **argv,
                                          struct pt_error *error);

#endif
