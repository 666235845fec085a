/* The front end, compressed with gzip and linked into the program. */
#ifndef PT_VIZ_ASSETS_H
#define PT_VIZ_ASSETS_H

#include <stddef.h>

#include "base/status.h"

struct pt_asset {
    const char *path; /* as in the URL: "/app.js" */
    const char *type;
    const unsigned char *data; /* gzip */
    size_t bytes;
    char etag[24]; /* quoted, from the content */
};

/* Computes the tags; once, before the threads start. */
void pt_assets_init(void);

/* NULL: no such asset. Thread: safe after init. */
const struct pt_asset *pt_asset_find(const char *path);

/* The asset as it was before gzip, for clients that do not take it; the caller frees
 * *data. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_asset_inflate(const struct pt_asset *asset, char **data,
                                              size_t *bytes, struct pt_error *error);

#endif
