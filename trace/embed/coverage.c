#include "embed/coverage.h"

#include <Python.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "embed/events.h"
#include "embed/extensions.h"
#include "fuzzy/fuzzy.h"
#include "fuzzy/library/routines.h"
#include "intercept/intercept.h"
#include "intercept/places.h"
#include "intercept/rounding.h"

/* An extension module that no layer reaches, and how often its functions were called.
 */
struct unreached {
    char *module, *path;
    uint64_t instructions;
    uint64_t calls; /* of those that were traced */
    bool traced;
};

struct coverage {
    const struct pt_config *config;
    unsigned active, asked;
    struct unreached *unreached;
    size_t n_unreached;
};

/* What the layer numpy takes the place of lies in this module; those of its loops that
 * it does not are named in MODES.md. The module math is the layer python's. */
static bool is_reached(const char *module, unsigned active)
{
    if ((active & PT_FUZZY_NUMPY) &&
        (strcmp(module, "numpy.core._multiarray_umath") == 0 ||
         strcmp(module, "numpy._core._multiarray_umath") == 0))
        return true;
    if ((active & PT_FUZZY_PYTHON) && strcmp(module, "math") == 0)
        return true;
    return (active & PT_FUZZY_ROUNDING) && pt_rounding_module(module);
}

static void add_extension(void *context, const struct pt_extension *extension)
{
    struct coverage *coverage = context;
    struct unreached *more;

    if (is_reached(extension->module, coverage->active))
        return;
    more = realloc(coverage->unreached,
                   (coverage->n_unreached + 1) * sizeof *coverage->unreached);
    if (!more)
        return;
    coverage->unreached = more;
    more += coverage->n_unreached;
    *more = (struct unreached){.module = strdup(extension->module),
                               .path = strdup(extension->path),
                               .instructions = extension->instructions};
    if (more->module && more->path)
        coverage->n_unreached++;
}

/* The calls that were recorded of compiled functions count to the module that defines
 * them. */
static void add_calls(void *context, const struct pt_intercept_function *function)
{
    struct coverage *coverage = context;

    for (size_t i = 0; !function->file && i < coverage->n_unreached; i++) {
        struct unreached *u = &coverage->unreached[i];

        if (strcmp(u->module, function->module) == 0) {
            u->traced = true;
            u->calls += function->calls;
        }
    }
}

static void gather(struct coverage *coverage, const struct pt_config *config)
{
    struct pt_error error;

    *coverage = (struct coverage){.config = config, .active = pt_fuzzy_active()};
    if (pt_fuzzy_parse_layers(config->fuzzy.layers, &coverage->asked, &error) != PT_OK)
        coverage->asked = coverage->active;
    pt_extensions_visit(add_extension, coverage);
    pt_intercept_visit_functions(add_calls, coverage);
}

static void release(struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->n_unreached; i++) {
        free(coverage->unreached[i].module);
        free(coverage->unreached[i].path);
    }
    free(coverage->unreached);
}

static const char *layer_name(unsigned layer, char text[64])
{
    pt_fuzzy_layers_text(layer, text, 64);
    return text;
}

static void put_event(void *context, const struct pt_place_count *place)
{
    if (place->cancelled > 0)
        fprintf(context, "  %s.%s  %s:%" PRIu32 ": %" PRIu64 " results, most %u bits\n",
                place->module, place->function, place->file, place->line,
                place->cancelled, place->most_lost);
}

/* Routines of libm, BLAS and LAPACK that were called, and what each call was treated
 * with: "dgemm (libblas.so.3): sr 12, left 3". */
static void put_routines(FILE *out)
{
    bool heading = false;

    for (size_t i = 0; i < pt_fuzzy_routines_count(); i++) {
        const struct pt_fuzzy_routine *routine = pt_fuzzy_routine(i);
        const char *slash = strrchr(routine->library, '/'), *before = ":";

        for (int way = 0; way < PT_FUZZY_N_WAYS; way++) {
            uint64_t calls = atomic_load(&routine->calls[way]);

            if (calls == 0)
                continue;
            if (!heading)
                fputs("calls of routines by what they were treated with\n", out);
            heading = true;
            if (*before == ':')
                fprintf(out, "  %s (%s)", routine->name,
                        slash ? slash + 1 : routine->library);
            fprintf(out, "%s %s %" PRIu64, before,
                    pt_fuzzy_way_name((enum pt_fuzzy_way)way), calls);
            before = ",";
        }
        if (*before == ',')
            putc('\n', out);
    }
}

static void put_text(FILE *out, const struct coverage *coverage)
{
    char name[64];

    fprintf(out, "coverage of the stochastic arithmetic (%s, seed %" PRIu64 ")\n",
            coverage->config->fuzzy.mode, coverage->config->fuzzy.seed);
    fprintf(out, "  %-10s %16s %16s\n", "layer", "perturbed", "nearest");
    for (unsigned layer = 1; layer < 1U << PT_FUZZY_N_LAYERS; layer <<= 1) {
        struct pt_fuzzy_counts n = pt_fuzzy_layer_counts((enum pt_fuzzy_layer)layer);

        if (coverage->active & layer)
            fprintf(out, "  %-10s %16" PRIu64 " %16" PRIu64 "\n",
                    layer_name(layer, name), n.perturbed, n.nearest);
        else if (coverage->asked & layer)
            fprintf(out,
                    "  %-10s not active: see the warnings, or nothing asked for it\n",
                    layer_name(layer, name));
        else
            fprintf(out, "  %-10s off\n", layer_name(layer, name));
    }
    fputs("  nearest: results that rounding cannot change (NaN, Inf, zero)\n", out);
    put_routines(out);
    if (coverage->active & PT_FUZZY_NUMPY)
        fprintf(out, "left as they are in numpy: %s\n", pt_fuzzy_numpy_left_alone());
    if (coverage->config->fuzzy.cancellation > 0) {
        fprintf(out, "sums and differences that lost %u leading bits or more\n",
                coverage->config->fuzzy.cancellation);
        pt_places_visit(put_event, out);
    }
    if (coverage->n_unreached == 0)
        return;
    fputs("loaded compiled modules with floating-point code that no layer reaches\n"
          "(told from their machine code; loaded is not called, unless calls are "
          "named):\n",
          out);
    for (size_t i = 0; i < coverage->n_unreached; i++) {
        const struct unreached *u = &coverage->unreached[i];

        fprintf(out, "  %s: %" PRIu64 " instructions", u->module, u->instructions);
        if (u->traced)
            fprintf(out, ", %" PRIu64 " calls", u->calls);
        putc('\n', out);
    }
}

static void put_string(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', out);
        if ((unsigned char)*text < ' ')
            fprintf(out, "\\u%04x", (unsigned char)*text);
        else
            putc(*text, out);
    }
    putc('"', out);
}

struct json_events {
    FILE *out;
    const char *comma;
};

static void put_json_event(void *context, const struct pt_place_count *place)
{
    struct json_events *events = context;
    FILE *out = events->out;

    if (place->cancelled == 0)
        return;
    fprintf(out, "%s{\"module\": ", events->comma);
    put_string(out, place->module);
    fputs(", \"function\": ", out);
    put_string(out, place->function);
    fputs(", \"file\": ", out);
    put_string(out, place->file);
    fprintf(out,
            ", \"line\": %" PRIu32 ", \"results\": %" PRIu64 ", \"most_lost\": %u}",
            place->line, place->cancelled, place->most_lost);
    events->comma = ", ";
}

static void put_json_routines(FILE *out)
{
    const char *comma = "";

    for (size_t i = 0; i < pt_fuzzy_routines_count(); i++) {
        const struct pt_fuzzy_routine *routine = pt_fuzzy_routine(i);

        for (int way = 0; way < PT_FUZZY_N_WAYS; way++) {
            uint64_t calls = atomic_load(&routine->calls[way]);

            if (calls == 0)
                continue;
            fprintf(out, "%s{\"routine\": ", comma);
            put_string(out, routine->name);
            fputs(", \"library\": ", out);
            put_string(out, routine->library);
            fprintf(out,
                    ", \"way\": \"%s\", \"calls\": %" PRIu64
                    ", \"operations\": %" PRIu64 "}",
                    pt_fuzzy_way_name((enum pt_fuzzy_way)way), calls,
                    atomic_load(&routine->operations[way]));
            comma = ", ";
        }
    }
}

static void put_json(FILE *out, const struct coverage *coverage)
{
    const char *comma = "";
    char name[64];

    fputs("{\"mode\": ", out);
    put_string(out, coverage->config->fuzzy.mode);
    fprintf(out, ", \"seed\": \"%" PRIu64 "\", \"generator\": \"xoshiro256+\", ",
            coverage->config->fuzzy.seed);
    fputs("\"layers\": {", out);
    for (unsigned layer = 1; layer < 1U << PT_FUZZY_N_LAYERS; layer <<= 1) {
        struct pt_fuzzy_counts n = pt_fuzzy_layer_counts((enum pt_fuzzy_layer)layer);

        fprintf(out,
                "%s\"%s\": {\"asked\": %s, \"active\": %s, \"perturbed\": %" PRIu64
                ", \"nearest\": %" PRIu64 "}",
                comma, layer_name(layer, name),
                coverage->asked & layer ? "true" : "false",
                coverage->active & layer ? "true" : "false", n.perturbed, n.nearest);
        comma = ", ";
    }
    fputs("}, \"unreached\": [", out);
    comma = "";
    for (size_t i = 0; i < coverage->n_unreached; i++, comma = ", ") {
        const struct unreached *u = &coverage->unreached[i];

        fprintf(out, "%s{\"module\": ", comma);
        put_string(out, u->module);
        fputs(", \"path\": ", out);
        put_string(out, u->path);
        fprintf(out, ", \"instructions\": %" PRIu64, u->instructions);
        if (u->traced)
            fprintf(out, ", \"calls\": %" PRIu64 "}", u->calls);
        else
            fputs(", \"calls\": null}", out);
    }
    fputs("], \"routines\": [", out);
    put_json_routines(out);
    fputs("], \"cancellations\": [", out);
    struct json_events events = {out, ""};
    pt_places_visit(put_json_event, &events);
    fputs("]}\n", out);
}

/* A field of a table with tabs. */
static void put_field(FILE *out, const char *text, char end)
{
    for (; *text; text++)
        putc(*text == '\t' || *text == '\n' ? ' ' : *text, out);
    putc(end, out);
}

static void put_place(void *context, const struct pt_place_count *place)
{
    FILE *out = context;

    fprintf(out, "%" PRIu64 "\t", place->perturbed);
    put_field(out, place->module, '\t');
    put_field(out, place->function, '\t');
    put_field(out, place->file, '\t');
    fprintf(out, "%" PRIu32 "\t%" PRIu64 "\t%u\n", place->line, place->cancelled,
            place->most_lost);
}

static void put_places(FILE *out, const struct coverage *coverage)
{
    (void)coverage;
    fputs("perturbed\tmodule\tfunction\tfile\tline\tcancelled\tmost_lost\n", out);
    pt_places_visit(put_place, out);
}

typedef void put_fn(FILE *out, const struct coverage *coverage);

static void write_file(const char *path, put_fn *put, const struct coverage *coverage)
{
    struct pt_error error;
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    if (out) {
        put(out, coverage);
        if (fclose(out) == 0 && pt_file_write(path, text, bytes, &error) != PT_OK)
            pt_log_warning("no coverage: %s", error.text);
    }
    free(text);
}

/* "coverage.routine.dgemm.sr" = "12 calls, 4096 operations" */
static void put_routine_metadata(struct pt_trace_writer *writer)
{
    char key[128], value[64];

    for (size_t i = 0; i < pt_fuzzy_routines_count(); i++) {
        const struct pt_fuzzy_routine *routine = pt_fuzzy_routine(i);

        for (int way = 0; way < PT_FUZZY_N_WAYS; way++) {
            uint64_t calls = atomic_load(&routine->calls[way]);

            if (calls == 0)
                continue;
            snprintf(key, sizeof key, "coverage.routine.%s.%s", routine->name,
                     pt_fuzzy_way_name((enum pt_fuzzy_way)way));
            snprintf(value, sizeof value, "%" PRIu64 " calls, %" PRIu64 " operations",
                     calls, atomic_load(&routine->operations[way]));
            pt_trace_writer_meta(writer, key, value, strlen(value));
        }
    }
}

static void put_metadata(struct pt_trace_writer *writer,
                         const struct coverage *coverage)
{
    char key[96], value[64], name[64];

    for (unsigned layer = 1; layer < 1U << PT_FUZZY_N_LAYERS; layer <<= 1) {
        struct pt_fuzzy_counts n = pt_fuzzy_layer_counts((enum pt_fuzzy_layer)layer);

        if (!(coverage->asked & layer))
            continue;
        snprintf(key, sizeof key, "coverage.%s", layer_name(layer, name));
        snprintf(value, sizeof value,
                 coverage->active & layer ? "%" PRIu64 " perturbed, %" PRIu64 " nearest"
                                          : "not active",
                 n.perturbed, n.nearest);
        pt_trace_writer_meta(writer, key, value, strlen(value));
    }
    for (size_t i = 0; i < coverage->n_unreached; i++) {
        const struct unreached *u = &coverage->unreached[i];
        char long_key[512];

        snprintf(long_key, sizeof long_key, "coverage.unreached.%s", u->module);
        snprintf(value, sizeof value,
                 u->traced ? "%" PRIu64 " instructions, %" PRIu64 " calls"
                           : "%" PRIu64 " instructions",
                 u->instructions, u->calls);
        pt_trace_writer_meta(writer, long_key, value, strlen(value));
    }
    put_routine_metadata(writer);
    pt_events_write(writer);
}

void pt_coverage_write(const struct pt_config *config, struct pt_trace_writer *writer)
{
    const char *path = config->fuzzy.coverage;
    struct coverage coverage;

    if (pt_fuzzy_active() == 0)
        return;
    if (!writer && !path && !config->fuzzy.places)
        return;
    gather(&coverage, config);
    if (writer)
        put_metadata(writer, &coverage);
    if (path && strcmp(path, "-") == 0)
        put_text(stderr, &coverage);
    else if (path)
        write_file(path, put_json, &coverage);
    if (config->fuzzy.places)
        write_file(config->fuzzy.places, put_places, &coverage);
    release(&coverage);
}
