/* Nested calls over time, reduced to the pixels asked for: calls narrower than a pixel
 * are merged with their neighbours of the same depth, and the one that lost most stands
 * for them. */
#include "api.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4096, MAX_DEPTH = 192, MAX_BINS = 4000, MAX_CHAIN = 100000 };

/* One portion of calls/, in the order of the file: by process, then logical time. */
struct portion {
    uint64_t time[CHUNK], end_time[CHUNK];
    int64_t start_ns[CHUNK], end_ns[CHUNK], parent[CHUNK];
    uint32_t function[CHUNK], thread[CHUNK], flags[CHUNK];
    double self_lost[CHUNK];
};

struct bar {
    uint64_t call, start, end, merged, bin;
    uint32_t function, thread, flags;
    double self_lost;
    unsigned depth;
    bool used;
};

struct gantt {
    const struct pt_result *result;
    uint64_t first, n;       /* the process's slice of calls/ */
    uint64_t from, to, bins; /* on the clock asked for */
    int64_t zero_ns;         /* wall clock of the process's first call */
    bool wall;
    int64_t open[MAX_DEPTH]; /* the calls that enclose the current one */
    unsigned n_open;
    struct bar pending[MAX_DEPTH]; /* narrow bars not yet written, by depth */
    struct pt_buffer columns[8];
    struct pt_json json[8];
};

static const char *const names[8] = {"call",  "function", "thread", "depth",
                                     "start", "end",      "flags",  "merged"};

static void write_bar(struct gantt *g, const struct bar *bar)
{
    pt_json_u64(&g->json[0], NULL, bar->call);
    pt_json_u64(&g->json[1], NULL, bar->function);
    pt_json_u64(&g->json[2], NULL, bar->thread);
    pt_json_u64(&g->json[3], NULL, bar->depth);
    pt_json_u64(&g->json[4], NULL, bar->start);
    pt_json_u64(&g->json[5], NULL, bar->end);
    pt_json_u64(&g->json[6], NULL, bar->flags);
    pt_json_u64(&g->json[7], NULL, bar->merged);
}

static void flush(struct gantt *g, unsigned depth)
{
    if (g->pending[depth].used)
        write_bar(g, &g->pending[depth]);
    g->pending[depth].used = false;
}

/* Wide bars are written as they are; narrow ones wait for others in their pixel. */
static void add_bar(struct gantt *g, struct bar *bar)
{
    unsigned __int128 span = (unsigned __int128)(g->to - g->from) + 1;
    uint64_t begin = bar->start > g->from ? bar->start - g->from : 0;
    bool narrow = (unsigned __int128)(bar->end - bar->start) * g->bins < span;
    struct bar *last = &g->pending[bar->depth];

    bar->bin = (uint64_t)((unsigned __int128)begin * g->bins / span);
    bar->merged = 1;
    if (!narrow) {
        flush(g, bar->depth);
        write_bar(g, bar);
        return;
    }
    if (last->used && last->bin == bar->bin && last->thread == bar->thread) {
        uint64_t start = last->start, merged = last->merged + 1;
        uint32_t flags = last->flags | bar->flags;
        if (bar->self_lost > last->self_lost || isnan(last->self_lost))
            *last = *bar;
        last->start = start;
        last->end = bar->end > last->end ? bar->end : last->end;
        last->merged = merged;
        last->flags = flags;
    } else {
        flush(g, bar->depth);
        *last = *bar;
    }
    last->used = true;
}

/* The number of calls around a call whose parent is `parent`, found on the stack of
 * open calls or, at the window's left edge and between threads, by walking up. */
static enum pt_status find_depth(struct gantt *g, int64_t parent, unsigned *depth,
                                 struct pt_error *error)
{
    enum pt_status status = PT_OK;
    unsigned n = g->n_open;

    while (n > 0 && g->open[n - 1] != parent)
        n--;
    if (n == 0 && parent >= 0) {
        int64_t chain[MAX_DEPTH], up = parent;
        unsigned length = 0, steps = 0;
        while (status == PT_OK && up >= 0 && steps++ < MAX_CHAIN) {
            chain[length++ % MAX_DEPTH] = up;
            status = pt_result_i64(g->result, PT_COLUMN_CALLS_PARENT, (uint64_t)up, &up,
                                   error);
        }
        n = length < MAX_DEPTH ? length : MAX_DEPTH - 1;
        for (unsigned i = 0; i < n; i++)
            g->open[i] = chain[(length - 1 - i) % MAX_DEPTH];
    }
    *depth = n < MAX_DEPTH - 1 ? n : MAX_DEPTH - 2;
    return status;
}

static enum pt_status read_portion(const struct gantt *g, uint64_t first, uint64_t n,
                                   struct portion *p, struct pt_error *error)
{
    const struct {
        enum pt_result_column_id column;
        void *out;
    } columns[] = {
        {PT_COLUMN_CALLS_TIME, p->time},
        {PT_COLUMN_CALLS_END_TIME, p->end_time},
        {PT_COLUMN_CALLS_START_NS, p->start_ns},
        {PT_COLUMN_CALLS_END_NS, p->end_ns},
        {PT_COLUMN_CALLS_PARENT, p->parent},
        {PT_COLUMN_CALLS_FUNCTION, p->function},
        {PT_COLUMN_CALLS_THREAD, p->thread},
        {PT_COLUMN_CALLS_FLAGS, p->flags},
        {PT_COLUMN_CALLS_SELF_LOST, p->self_lost},
    };
    enum pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < PT_ARRAY_LENGTH(columns); i++)
        status = pt_result_read(g->result, columns[i].column, first, n, columns[i].out,
                                error);
    return status;
}

/* Start and end on the clock asked for; false: not on it. Wall clocks of calls that the
 * pivot did not make are another run's. */
static bool clock_of(const struct gantt *g, const struct portion *p, uint64_t i,
                     struct bar *bar)
{
    if (!g->wall) {
        bar->start = p->time[i];
        bar->end = p->end_time[i] > p->time[i] ? p->end_time[i] : p->time[i];
        return true;
    }
    if ((p->flags[i] & PT_CALL_NOT_PIVOT) || p->start_ns[i] < g->zero_ns)
        return false;
    bar->start = (uint64_t)(p->start_ns[i] - g->zero_ns);
    bar->end = p->end_ns[i] > p->start_ns[i] ? (uint64_t)(p->end_ns[i] - g->zero_ns)
                                             : bar->start;
    return true;
}

static enum pt_status scan(struct gantt *g, struct portion *p, struct pt_error *error)
{
    enum pt_status status = PT_OK;

    for (uint64_t done = 0; status == PT_OK && done < g->n; done += CHUNK) {
        uint64_t n = g->n - done < CHUNK ? g->n - done : CHUNK;
        status = read_portion(g, g->first + done, n, p, error);
        for (uint64_t i = 0; status == PT_OK && i < n; i++) {
            struct bar bar = {.call = g->first + done + i,
                              .function = p->function[i],
                              .thread = p->thread[i],
                              .flags = p->flags[i],
                              .self_lost = p->self_lost[i]};
            status = find_depth(g, p->parent[i], &bar.depth, error);
            g->open[bar.depth] = (int64_t)bar.call;
            g->n_open = bar.depth + 1;
            if (status == PT_OK && clock_of(g, p, i, &bar) && bar.start <= g->to &&
                bar.end >= g->from)
                add_bar(g, &bar);
            if (!g->wall && p->time[i] > g->to)
                goto done; /* the rest begins later still */
        }
    }
done:
    for (unsigned depth = 0; depth < MAX_DEPTH; depth++)
        flush(g, depth);
    return status;
}

/* The first row of calls/ whose process is at least `process`. */
static enum pt_status first_of_process(const struct pt_result *result, uint32_t process,
                                       uint64_t *row, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t low = 0, high = pt_result_rows(result, PT_COLUMN_CALLS_PROCESS);
    while (status == PT_OK && low < high) {
        uint64_t middle = low + (high - low) / 2;
        uint32_t at = 0;
        status = pt_result_u32(result, PT_COLUMN_CALLS_PROCESS, middle, &at, error);
        if (at < process)
            low = middle + 1;
        else
            high = middle;
    }
    *row = low;
    return status;
}

/* The span of the whole process on the clock asked for. */
static enum pt_status find_extent(struct gantt *g, uint64_t *last,
                                  struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t ends[2] = {g->first, g->first + g->n - 1};

    *last = 0;
    if (g->n == 0)
        return PT_OK;
    status = pt_result_i64(g->result, PT_COLUMN_CALLS_START_NS, g->first, &g->zero_ns,
                           error);
    for (int i = 0; status == PT_OK && i < 2; i++) {
        uint64_t time = 0;
        int64_t ns = 0;
        status =
            pt_result_u64(g->result, PT_COLUMN_CALLS_END_TIME, ends[i], &time, error);
        if (status == PT_OK)
            status =
                pt_result_i64(g->result, PT_COLUMN_CALLS_END_NS, ends[i], &ns, error);
        if (g->wall)
            time = ns > g->zero_ns ? (uint64_t)(ns - g->zero_ns) : 0;
        *last = time > *last ? time : *last;
    }
    return status;
}

static enum pt_status read_query(const struct pt_request *request, struct gantt *g,
                                 uint64_t *last, struct pt_error *error)
{
    uint64_t processes = pt_result_rows(g->result, PT_COLUMN_PROCESSES_ROLE),
             process = 0;
    const char *clock = pt_request_get(request, "clock");
    uint64_t end = 0;

    if (clock && strcmp(clock, "wall") != 0 && strcmp(clock, "logical") != 0)
        return pt_error_set(error, PT_E_USAGE, "clock is logical or wall");
    g->wall = clock && clock[0] == 'w';
    enum pt_status status = pt_query_u64(
        request, "process", 0, 0, processes ? processes - 1 : 0, &process, error);
    if (status == PT_OK)
        status = first_of_process(g->result, (uint32_t)process, &g->first, error);
    if (status == PT_OK)
        status = first_of_process(g->result, (uint32_t)process + 1, &end, error);
    g->n = end > g->first ? end - g->first : 0;
    if (status == PT_OK)
        status = find_extent(g, last, error);
    if (status == PT_OK)
        status = pt_query_u64(request, "from", 0, 0, UINT64_MAX - 1, &g->from, error);
    if (status == PT_OK)
        status = pt_query_u64(request, "to", *last, 0, UINT64_MAX - 1, &g->to, error);
    if (status == PT_OK)
        status = pt_query_u64(request, "bins", 1000, 1, MAX_BINS, &g->bins, error);
    if (status == PT_OK && g->from > g->to)
        status = pt_error_set(error, PT_E_USAGE, "from is after to");
    return status;
}

enum pt_status pt_api_gantt(const struct pt_request *request, struct pt_reply *reply,
                            struct pt_error *error)
{
    struct pt_json json = {.out = &reply->body};
    uint64_t last = 0;
    struct gantt *g = calloc(1, sizeof *g);
    struct portion *p = malloc(sizeof *p);
    enum pt_status status = PT_OK;

    if (!g || !p) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory for the calls");
        goto done;
    }
    g->result = request->result->result;
    for (int i = 0; i < 8; i++)
        g->json[i].out = &g->columns[i];
    status = read_query(request, g, &last, error);
    if (status == PT_OK)
        status = scan(g, p, error);
    if (status != PT_OK)
        goto done;
    pt_json_object(&json, NULL);
    pt_json_text(&json, "clock", g->wall ? "wall" : "logical");
    pt_json_u64(&json, "last", last);
    pt_json_u64(&json, "n_calls", g->n);
    pt_json_object(&json, "bars");
    for (int i = 0; i < 8; i++) {
        pt_json_array(&json, names[i]);
        pt_buffer_add(&reply->body, g->columns[i].data, g->columns[i].n);
        reply->body.failed |= g->columns[i].failed;
        pt_json_array_end(&json);
    }
    pt_json_object_end(&json);
    pt_json_object_end(&json);
done:
    for (int i = 0; g && i < 8; i++)
        pt_buffer_destroy(&g->columns[i]);
    free(p);
    free(g);
    return status;
}
