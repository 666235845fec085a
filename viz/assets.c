#include "assets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"

/* assets.S puts each file between two symbols. */
#define DECLARE(symbol) extern const unsigned char pt_##symbol[], pt_##symbol##_end[]
DECLARE(asset_html);
DECLARE(asset_js);
DECLARE(asset_css);
DECLARE(asset_icon);
#undef DECLARE

enum { N_ASSETS = 5, INFLATED_LIMIT = 32 << 20 };

static struct pt_asset assets[N_ASSETS];

static void set(struct pt_asset *asset, const char *path, const char *type,
                const unsigned char *data, const unsigned char *end)
{
    asset->path = path;
    asset->type = type;
    asset->data = data;
    asset->bytes = (size_t)(end - data);
    snprintf(asset->etag, sizeof asset->etag, "\"%016" PRIx64 "\"",
             pt_hash64(data, asset->bytes));
}

void pt_assets_init(void)
{
    static const char html[] = "text/html; charset=utf-8";
    set(&assets[0], "/", html, pt_asset_html, pt_asset_html_end);
    set(&assets[1], "/index.html", html, pt_asset_html, pt_asset_html_end);
    set(&assets[2], "/app.js", "text/javascript; charset=utf-8", pt_asset_js,
        pt_asset_js_end);
    set(&assets[3], "/app.css", "text/css; charset=utf-8", pt_asset_css,
        pt_asset_css_end);
    set(&assets[4], "/favicon.svg", "image/svg+xml", pt_asset_icon, pt_asset_icon_end);
}

const struct pt_asset *pt_asset_find(const char *path)
{
    for (int i = 0; i < N_ASSETS; i++)
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    return NULL;
}

enum pt_status pt_asset_inflate(const struct pt_asset *asset, char **data,
                                size_t *bytes, struct pt_error *error)
{
    /* The last four bytes of a gzip file are its length before compression. */
    size_t n = pt_get32(asset->data + asset->bytes - 4);
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)asset->data,
                       .avail_in = (unsigned)asset->bytes};
    char *out = n <= INFLATED_LIMIT ? malloc(n ? n : 1) : NULL;

    if (!out)
        return pt_error_set(error, PT_E_MEMORY, "no memory for %s", asset->path);
    stream.next_out = (unsigned char *)out;
    stream.avail_out = (unsigned)n;
    int code = inflateInit2(&stream, 16 + MAX_WBITS);
    if (code == Z_OK)
        code = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    if (code != Z_STREAM_END) {
        free(out);
        return pt_error_set(error, PT_E_DAMAGED, "%s does not decompress", asset->path);
    }
    *data = out;
    *bytes = n;
    return PT_OK;
}
