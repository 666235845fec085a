#include "alignment/definitions.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "schema/schema.h"

/* A packed definition, as it travels between ranks:
 *
 *   0 hash | 8 line | 12 detail | 16 bytes of a | 20 of b | 24 of file | 28 0 |
 *   32 a NUL b NUL file NUL, zeros up to 8 */
enum { PACKED_BYTES = 32 };

enum { SALT_FUNCTION = 1, SALT_SITE, SALT_PATH };

struct text {
    const char *data;
    size_t bytes;
};

static struct text text_of(const struct pt_trace_reader *reader, uint32_t id)
{
    struct text text;
    text.data = pt_trace_reader_string(reader, id, &text.bytes);
    /* Texts are columns padded with NUL: one inside would hide the rest. */
    text.bytes = strnlen(text.data, text.bytes);
    return text;
}

static enum pt_status pack(struct pt_array *packed, struct pt_map *seen, uint64_t salt,
                           const struct text texts[3], uint32_t line, uint32_t detail,
                           uint64_t *hash, struct pt_error *error)
{
    size_t start = packed->n, at = PACKED_BYTES;
    size_t bytes = texts[0].bytes + texts[1].bytes + texts[2].bytes + 3;
    size_t whole = (size_t)pt_align8(PACKED_BYTES + bytes);
    unsigned char *record = pt_array_push(packed, whole);
    int is_new = 0;
    if (!record)
        return pt_no_memory(error, "definitions");
    pt_put32(record + 8, line);
    pt_put32(record + 12, detail);
    for (int i = 0; i < 3; i++) {
        pt_put32(record + 16 + 4 * i, (uint32_t)texts[i].bytes);
        memcpy(record + at, texts[i].data, texts[i].bytes);
        at += texts[i].bytes + 1;
    }
    *hash = pt_hash64(record + 8, whole - 8);
    pt_put64(record, *hash);
    if (!pt_map_put(seen, pt_mix(*hash, salt), 0, &is_new))
        return pt_no_memory(error, "definitions");
    if (!is_new)
        packed->n = start;
    return PT_OK;
}

static enum pt_status add_functions(struct pt_definition_book *book,
                                    const struct pt_trace_reader *reader,
                                    struct pt_trace_hashes *hashes,
                                    struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (uint32_t id = 1; !status && id <= hashes->n_functions; id++) {
        const struct pt_trace_function *f = pt_trace_reader_function(reader, id);
        struct text texts[3] = {text_of(reader, f->module), text_of(reader, f->name),
                                text_of(reader, f->file)};
        status = pack(&book->functions, &book->seen, SALT_FUNCTION, texts, f->line,
                      f->kind, &hashes->functions[id], error);
    }
    return status;
}

static enum pt_status add_sites(struct pt_definition_book *book,
                                const struct pt_trace_reader *reader,
                                struct pt_trace_hashes *hashes, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (uint32_t id = 1; !status && id <= hashes->n_sites; id++) {
        const struct pt_trace_site *s = pt_trace_reader_site(reader, id);
        struct text texts[3] = {
            text_of(reader, s->name), {"", 0}, text_of(reader, s->file)};
        status = pack(&book->sites, &book->seen, SALT_SITE, texts, s->line,
                      s->instruction, &hashes->sites[id], error);
    }
    return status;
}

static enum pt_status add_paths(struct pt_definition_book *book,
                                const struct pt_trace_reader *reader,
                                struct pt_trace_hashes *hashes, struct pt_error *error)
{
    for (uint32_t id = 1; id <= hashes->n_paths; id++) {
        const struct pt_trace_path *p = pt_trace_reader_path(reader, id);
        struct pt_path_definition path = {0};
        int is_new = 0;
        /* A parent is defined before its children; anything else is damage. */
        path.parent_hash = p->parent < id ? hashes->paths[p->parent] : 0;
        path.site_hash = p->site <= hashes->n_sites ? hashes->sites[p->site] : 0;
        path.hash = pt_mix(path.parent_hash, path.site_hash);
        hashes->paths[id] = path.hash;
        if (!pt_map_put(&book->seen, pt_mix(path.hash, SALT_PATH), 0, &is_new))
            return pt_no_memory(error, "definitions");
        if (!is_new)
            continue;
        struct pt_path_definition *at = pt_array_push(&book->paths, 1);
        if (!at)
            return pt_no_memory(error, "definitions");
        *at = path;
    }
    return PT_OK;
}

void pt_definition_book_begin(struct pt_definition_book *book)
{
    *book = (struct pt_definition_book){0};
    book->functions.item_bytes = book->sites.item_bytes = 1;
    book->paths.item_bytes = sizeof(struct pt_path_definition);
}

void pt_definition_book_free(struct pt_definition_book *book)
{
    pt_array_free(&book->functions);
    pt_array_free(&book->sites);
    pt_array_free(&book->paths);
    pt_map_free(&book->seen);
}

enum pt_status pt_definition_book_add(struct pt_definition_book *book,
                                      const struct pt_trace_reader *reader,
                                      struct pt_trace_hashes *hashes,
                                      struct pt_error *error)
{
    *hashes =
        (struct pt_trace_hashes){.n_functions = pt_trace_reader_n_functions(reader),
                                 .n_sites = pt_trace_reader_n_sites(reader),
                                 .n_paths = pt_trace_reader_n_paths(reader)};
    hashes->functions =
        pt_memory_get((size_t)hashes->n_functions + 1, sizeof(uint64_t));
    hashes->sites = pt_memory_get((size_t)hashes->n_sites + 1, sizeof(uint64_t));
    hashes->paths = pt_memory_get((size_t)hashes->n_paths + 1, sizeof(uint64_t));
    if (!hashes->functions || !hashes->sites || !hashes->paths)
        return pt_no_memory(error, "definitions");
    enum pt_status status = add_functions(book, reader, hashes, error);
    if (!status)
        status = add_sites(book, reader, hashes, error);
    if (!status)
        status = add_paths(book, reader, hashes, error);
    return status;
}

void pt_trace_hashes_free(struct pt_trace_hashes *hashes)
{
    pt_memory_free(hashes->functions);
    pt_memory_free(hashes->sites);
    pt_memory_free(hashes->paths);
    *hashes = (struct pt_trace_hashes){0};
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* (module, name, file, line, kind) for functions; sites are looked for by file and
 * line, so these come first there: the `a` of a site is compared last. */
static int by_function(const void *first, const void *second)
{
    const struct pt_definition *x = first, *y = second;
    int order = strcmp(x->a, y->a);
    if (!order)
        order = strcmp(x->b, y->b);
    if (!order)
        order = strcmp(x->file, y->file);
    if (!order)
        order = compare_numbers(x->line, y->line);
    return order ? order : compare_numbers(x->detail, y->detail);
}

static int by_site(const void *first, const void *second)
{
    const struct pt_definition *x = first, *y = second;
    int order = strcmp(x->file, y->file);
    if (!order)
        order = compare_numbers(x->line, y->line);
    if (!order)
        order = strcmp(x->a, y->a);
    return order ? order : compare_numbers(x->detail, y->detail);
}

/* Unpacks, sorts and numbers; `text` keeps the strings. */
static enum pt_status unpack(const char *text, size_t bytes,
                             int (*compare)(const void *, const void *),
                             struct pt_definition **out, size_t *n, struct pt_map *rows,
                             struct pt_error *error)
{
    struct pt_array list = {.item_bytes = sizeof(struct pt_definition)};
    enum pt_status status = PT_OK;
    for (size_t at = 0; at < bytes;) {
        const unsigned char *record = (const unsigned char *)text + at;
        size_t a = pt_get32(record + 16), b = pt_get32(record + 20),
               file = pt_get32(record + 24);
        struct pt_definition one = {.hash = pt_get64(record),
                                    .line = pt_get32(record + 8),
                                    .detail = pt_get32(record + 12),
                                    .a = text + at + PACKED_BYTES};
        int is_new = 0;
        one.b = one.a + a + 1;
        one.file = one.b + b + 1;
        at += (size_t)pt_align8(PACKED_BYTES + a + b + file + 3);
        if (!pt_map_put(rows, one.hash, 0, &is_new))
            status = pt_no_memory(error, "definitions");
        struct pt_definition *place = is_new ? pt_array_push(&list, 1) : NULL;
        if (place)
            *place = one;
        else if (is_new)
            status = pt_no_memory(error, "definitions");
        if (status)
            break;
    }
    if (!status && list.n)
        qsort(list.items, list.n, list.item_bytes, compare);
    *out = list.items;
    *n = list.n;
    for (size_t i = 0; !status && i < *n; i++)
        *pt_map_put(rows, (*out)[i].hash, 0, NULL) = i;
    return status;
}

static int by_place(const void *first, const void *second)
{
    const struct pt_path_definition *x = first, *y = second;
    int order = compare_numbers(x->depth, y->depth);
    if (!order)
        order = compare_numbers(x->parent, y->parent);
    if (!order)
        order = compare_numbers(x->site, y->site);
    return order ? order : compare_numbers(x->hash, y->hash);
}

/* Numbers one depth after the other: the rows of the parents are known by then. */
static enum pt_status order_paths(struct pt_definitions *d, struct pt_error *error)
{
    struct pt_path_definition *paths = d->paths;
    for (size_t i = 0; i < d->n_paths; i++) {
        uint32_t depth = 0;
        uint64_t up = paths[i].parent_hash;
        const uint64_t *row;
        while (up && (row = pt_map_get(&d->path_rows, up)) && depth < d->n_paths) {
            depth++;
            up = paths[*row].parent_hash;
        }
        paths[i].depth = depth;
        paths[i].site = pt_definitions_row(&d->site_rows, paths[i].site_hash);
        paths[i].parent = PT_RESULT_NONE32;
    }
    if (d->n_paths)
        qsort(paths, d->n_paths, sizeof *paths, by_place);
    for (size_t start = 0, stop; start < d->n_paths; start = stop) {
        for (stop = start;
             stop < d->n_paths && paths[stop].depth == paths[start].depth;)
            stop++;
        for (size_t i = start; paths[start].depth && i < stop; i++)
            paths[i].parent = pt_definitions_row(&d->path_rows, paths[i].parent_hash);
        qsort(paths + start, stop - start, sizeof *paths, by_place);
        for (size_t i = start; i < stop; i++) {
            uint64_t *row = pt_map_put(&d->path_rows, paths[i].hash, i, NULL);
            if (!row)
                return pt_no_memory(error, "call paths");
            *row = i;
        }
    }
    return PT_OK;
}

static enum pt_status unique_paths(struct pt_definitions *d, struct pt_error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->n_paths; i++) {
        int is_new = 0;
        if (!pt_map_put(&d->path_rows, d->paths[i].hash, kept, &is_new))
            return pt_no_memory(error, "call paths");
        if (is_new)
            d->paths[kept++] = d->paths[i];
    }
    d->n_paths = kept;
    return order_paths(d, error);
}

enum pt_status pt_definitions_share(const struct pt_team *team,
                                    const struct pt_definition_book *book,
                                    struct pt_definitions *d, struct pt_error *error)
{
    size_t functions = 0, sites = 0, paths = 0;
    char *function_text = NULL, *site_text = NULL;
    *d = (struct pt_definitions){0};
    enum pt_status status =
        pt_team_gather_all(team, book->functions.items, book->functions.n,
                           (void **)&function_text, &functions, NULL, error);
    if (!status)
        status = pt_team_gather_all(team, book->sites.items, book->sites.n,
                                    (void **)&site_text, &sites, NULL, error);
    if (!status)
        status = pt_team_gather_all(team, book->paths.items,
                                    book->paths.n * sizeof *d->paths,
                                    (void **)&d->paths, &paths, NULL, error);
    if (status)
        goto done;
    d->n_paths = paths / sizeof *d->paths;
    d->text = pt_memory_get(functions + sites + 1, 1);
    d->text_bytes = functions + sites;
    if (!d->text)
        status = pt_no_memory(error, "definitions");
    if (!status) {
        memcpy(d->text, function_text, functions);
        memcpy(d->text + functions, site_text, sites);
        status = unpack(d->text, functions, by_function, &d->functions, &d->n_functions,
                        &d->function_rows, error);
    }
    if (!status)
        status = unpack(d->text + functions, sites, by_site, &d->sites, &d->n_sites,
                        &d->site_rows, error);
    if (!status)
        status = unique_paths(d, error);
    status = pt_team_agree(team, status, error);
done:
    pt_memory_free(function_text);
    pt_memory_free(site_text);
    return status;
}

void pt_definitions_free(struct pt_definitions *d)
{
    pt_memory_free(d->functions);
    pt_memory_free(d->sites);
    pt_memory_free(d->paths);
    pt_memory_free(d->text);
    pt_map_free(&d->function_rows);
    pt_map_free(&d->site_rows);
    pt_map_free(&d->path_rows);
    *d = (struct pt_definitions){0};
}

uint32_t pt_definitions_row(const struct pt_map *rows, uint64_t hash)
{
    const uint64_t *row = hash ? pt_map_get(rows, hash) : NULL;
    return row ? (uint32_t)*row : PT_RESULT_NONE32;
}
