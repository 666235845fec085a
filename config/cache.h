/* The cache: its folders, and the names of the files in it.
 *
 *     <root>/traces/<id>.trace               .part while it is written
 *     <root>/stats/stats.<id>.h5
 *     <root>/sources/<hash>                  32 hexadecimal digits
 *     <root>/report/report.<id>.csv
 *     <root>/info/pytracer.log.<id>
 *
 *     id = YYMMDDhhmmss.<jobid_task or host>.<pid>[.r<rank>]
 *
 * Library pt_handover. pt_config_cache_folder (config.h) gives the folders. */
#ifndef PT_CACHE_H
#define PT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/status.h"
#include "config.h"

enum { PT_CACHE_WHERE = 80, PT_CACHE_ID = 160 };

struct pt_cache_id {
    time_t when;                /* local time of the name */
    char where[PT_CACHE_WHERE]; /* "<jobid>_<task>", "<jobid>" or the host's short name
                                 */
    long pid;
    int rank; /* -1: none */
};

/* The identity of this process: now, the SLURM job (and array task) or the host, the
 * process, and `rank` (-1: none). Thread: safe. */
void pt_cache_id_here(int rank, struct pt_cache_id *id);

/* Writes the id's text into `text`. Thread: safe. */
void pt_cache_id_format(const struct pt_cache_id *id, char text[PT_CACHE_ID]);

enum pt_cache_kind {
    PT_CACHE_OTHER, /* not one of ours */
    PT_CACHE_TRACE,
    PT_CACHE_STATS,
    PT_CACHE_SOURCE,
    PT_CACHE_REPORT,
    PT_CACHE_LOG
};

/* Tells what a file name (without folder) is; *id is filled for all but OTHER and
 * SOURCE, *partial tells of a temporary name (".part", ".tmp", or the six random
 * letters of pt_file_write). Both may be NULL. Thread: safe. */
enum pt_cache_kind pt_cache_name_kind(const char *name, struct pt_cache_id *id,
                                      bool *partial);

/* Path of this process's log file, "<logger.output>.<id>", a relative one in the
 * cache's info folder; NULL if messages go to standard error (or no memory). The caller
 * frees it. */
char *pt_cache_log_path(const struct pt_config *config, const struct pt_cache_id *id);

/* The short name of this host, as names hold it: up to the first dot, and every
 * character outside letters, digits and '-' made '-'. Thread: safe. */
void pt_cache_host(char host[PT_CACHE_WHERE]);

#endif
