#include "cache/listing_print.h"

#include <inttypes.h>
#include <string.h>

#include "front/words.h"

static const char *const states[] = {"whole", "unfinished", "damaged"};

static void put(FILE *out, const char *key, const char *value)
{
    fprintf(out, "%15s:\t%s\n", key, value ? value : "None");
}

static const char *name_of(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? slash + 1 : path;
}

static void put_head(FILE *out, const struct pt_listed *item)
{
    char date[PT_WORDS], size[PT_WORDS];

    pt_words_date(item->created_ns, date);
    pt_words_size(item->bytes, size);
    put(out, "Date", date);
    put(out, "Name", item->name);
    put(out, "Path", item->path);
    put(out, "Size", size);
    put(out, "Args", item->args);
}

/* Files that are as they should be need no word. */
static void put_state(FILE *out, const struct pt_listed *item)
{
    if (item->state != PT_LISTED_WHOLE)
        fprintf(out, "%15s:\t%s%s%s\n", "State", states[item->state],
                item->problem ? ": " : "", item->problem ? item->problem : "");
    putc('\n', out);
}

void pt_listing_print_traces(FILE *out, const struct pt_listing *listing)
{
    fputs("========== Traces ==========\n\n", out);
    for (size_t i = 0; i < listing->n; i++) {
        const struct pt_listed *item = &listing->items[i];

        put_head(out, item);
        put(out, "ReportName", name_of(item->report));
        put(out, "ReportPath", item->report);
        put(out, "PytracerLogName", name_of(item->log));
        put(out, "PytracerLogPath", item->log);
        put_state(out, item);
    }
}

void pt_listing_print_results(FILE *out, const struct pt_listing *listing)
{
    fputs("========== Aggregation ==========\n\n", out);
    for (size_t i = 0; i < listing->n; i++) {
        const struct pt_listed *item = &listing->items[i];
        /* The call graph is in the result file itself. */
        bool whole = item->state == PT_LISTED_WHOLE;

        put_head(out, item);
        fprintf(out, "%15s:\t", "Traces");
        for (size_t t = 0; t < item->n_traces; t++)
            fprintf(out, "%s%s", t ? ", " : "", item->traces[t]);
        fputs(item->n_traces ? "\n" : "None\n", out);
        put(out, "CallgraphName", whole ? item->name : NULL);
        put(out, "CallgraphPath", whole ? item->path : NULL);
        put_state(out, item);
    }
}

static bool add_text(cJSON *to, const char *name, const char *text)
{
    return text ? cJSON_AddStringToObject(to, name, text) != NULL
                : cJSON_AddNullToObject(to, name) != NULL;
}

static cJSON *item_json(const struct pt_listed *item)
{
    cJSON *o = cJSON_CreateObject();
    cJSON *traces = NULL;
    char ns[24];

    snprintf(ns, sizeof ns, "%" PRId64, item->created_ns);
    if (o && add_text(o, "name", item->name) && add_text(o, "path", item->path) &&
        cJSON_AddNumberToObject(o, "bytes", (double)item->bytes) &&
        add_text(o, "created_ns", ns) && add_text(o, "state", states[item->state]) &&
        add_text(o, "problem", item->problem) && add_text(o, "args", item->args) &&
        add_text(o, "report", item->report) && add_text(o, "log", item->log)) {
        if (item->traces == NULL)
            return o;
        traces = cJSON_CreateStringArray((const char *const *)item->traces,
                                         (int)item->n_traces);
        if (cJSON_AddItemToObject(o, "traces", traces))
            return o;
        cJSON_Delete(traces);
    }
    cJSON_Delete(o);
    return NULL;
}

cJSON *pt_listing_json(const struct pt_listing *listing)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; list && i < listing->n; i++) {
        cJSON *item = item_json(&listing->items[i]);

        if (item == NULL || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            cJSON_Delete(list);
            return NULL;
        }
    }
    return list;
}
