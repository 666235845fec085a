/* The files of a cache that are ours to remove: regular files, in the folders of the
 * cache, whose names we give. Symbolic links are never followed below the root.
 * Thread: each sweep belongs to one thread. */
#ifndef PT_SWEEP_H
#define PT_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "cache.h"
#include "config.h"

struct pt_sweep_file {
    char *path;
    enum pt_cache_kind kind;
    uint64_t bytes;
    time_t modified;
    bool busy; /* a process that may still live writes it */
};

struct pt_sweep {
    struct pt_sweep_file *files;
    size_t n;
    size_t others; /* entries that are not ours */
};

/* Lists the files of the cache that `config` names. A folder that is not there is
 * skipped. PT_E_IO if one cannot be read. End with pt_sweep_destroy. */
PT_MUST_CHECK enum pt_status pt_sweep_list(const struct pt_config *config,
                                           struct pt_sweep *sweep,
                                           struct pt_error *error);
void pt_sweep_destroy(struct pt_sweep *sweep);

/* Removes the cache's folders that are empty, and its root. */
void pt_sweep_folders(const struct pt_config *config);

#endif
