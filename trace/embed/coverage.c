#include "embed/coverage.h"

#include <Python.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "embed/extensions.h"
#include "fuzzy/fuzzy.h"
#include "intercept/intercept.h"
#include "intercept/places.h"

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
    return (active & PT_FUZZY_ROUNDING) != 0;
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

static void put_json(FILE *out, const struct coverage *coverage)
{
    const char *comma = "";
    char name[64];

    fputs("{\"mode\": ", out);
    put_string(out, coverage->config->fuzzy.mode);
    fprintf(out, ", \"seed\": \"%" PRIu64 "\", \"generator\": \"xoshiro256++\", ",
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
    fprintf(out, "%" PRIu32 "\n", place->line);
}

static void put_places(FILE *out, const struct coverage *coverage)
{
    (void)coverage;
    fputs("perturbed\tmodule\tfunction\tfile\tline\n", out);
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
