#include "fuzzy/fuzzy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static const struct layer {
    const char *name;
    enum pt_fuzzy_layer layer;
} layers_known[] = {
    {"numpy", PT_FUZZY_NUMPY}, {"python", PT_FUZZY_PYTHON},     {"libm", PT_FUZZY_LIBM},
    {"blas", PT_FUZZY_BLAS},   {"rounding", PT_FUZZY_ROUNDING},
};

static const char *const modes[] = {
    [PT_FUZZY_SR] = "sr",         [PT_FUZZY_UD] = "ud",   [PT_FUZZY_RR] = "rr",
    [PT_FUZZY_PB] = "pb",         [PT_FUZZY_MCA] = "mca", [PT_FUZZY_SR_DET] = "sr-det",
    [PT_FUZZY_UD_DET] = "ud-det",
};

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(text, word, length) == 0;
}

/* One name of the list, `length` bytes at `name`. */
static enum pt_status add_layer(const char *name, size_t length, unsigned *layers,
                                struct pt_error *error)
{
    if (length == 0 || is_word(name, length, "off") || is_word(name, length, "none"))
        return PT_OK;
    bool all = is_word(name, length, "all");
    for (size_t i = 0; i < PT_ARRAY_LENGTH(layers_known); i++) {
        const struct layer *known = &layers_known[i];
        if (all) {
            if (known->layer != PT_FUZZY_ROUNDING)
                *layers |= known->layer;
        } else if (is_word(name, length, known->name)) {
            *layers |= known->layer;
            return PT_OK;
        }
    }
    if (all)
        return PT_OK;
    return pt_error_set(
        error, PT_E_USAGE,
        "unknown layer \"%.*s\" of the stochastic arithmetic: the layers "
        "are numpy, python, libm, blas, rounding, all and off",
        (int)length, name);
}

enum pt_status pt_fuzzy_parse_layers(const char *names, unsigned *layers,
                                     struct pt_error *error)
{
    enum pt_status status = PT_OK;
    unsigned found = 0;
    for (const char *at = names; status == PT_OK; at++) {
        size_t length = strcspn(at, ",");
        status = add_layer(at, length, &found, error);
        at += length;
        if (*at == '\0')
            break;
    }
    if (status == PT_OK)
        *layers = found;
    return status;
}

enum pt_status pt_fuzzy_parse_mode(const char *name, enum pt_fuzzy_mode *mode,
                                   struct pt_error *error)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(modes); i++)
        if (strcmp(name, modes[i]) == 0) {
            *mode = (enum pt_fuzzy_mode)i;
            return PT_OK;
        }
    return pt_error_set(
        error, PT_E_USAGE,
        "unknown mode \"%s\" of the stochastic arithmetic: the modes are "
        "sr, ud, rr, pb, mca, sr-det and ud-det",
        name);
}

enum pt_status pt_fuzzy_parse_lapack(const char *name, enum pt_fuzzy_lapack *lapack,
                                     struct pt_error *error)
{
    if (strcmp(name, "auto") == 0)
        *lapack = PT_FUZZY_LAPACK_AUTO;
    else if (strcmp(name, "backward") == 0)
        *lapack = PT_FUZZY_LAPACK_BACKWARD;
    else
        return pt_error_set(error, PT_E_USAGE,
                            "unknown treatment \"%s\" of LAPACK: auto and backward",
                            name);
    return PT_OK;
}

void pt_fuzzy_layers_text(unsigned layers, char *text, size_t size)
{
    size_t used = 0;
    if (size == 0)
        return;
    text[0] = '\0';
    for (size_t i = 0; i < PT_ARRAY_LENGTH(layers_known); i++) {
        if (!(layers & layers_known[i].layer) || used >= size)
            continue;
        int n = snprintf(text + used, size - used, "%s%s", used ? "," : "",
                         layers_known[i].name);
        used += n > 0 ? (size_t)n : 0;
    }
}

const char *pt_fuzzy_mode_name(enum pt_fuzzy_mode mode)
{
    return (unsigned)mode < PT_ARRAY_LENGTH(modes) ? modes[mode] : "unknown";
}

const char *pt_fuzzy_numpy_left_alone(void)
{
    return "einsum, fft, convolve, correlate, interp, bincount, arange, products of "
           "matrices and linalg (see the layer blas), conversions of type, float16, "
           "longdouble, random";
}

enum pt_status pt_fuzzy_seed_system(uint64_t *seed, struct pt_error *error)
{
    ssize_t n;
    do {
        n = getrandom(seed, sizeof *seed, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return pt_error_sys(error, "no seed from the system's random generator");
    return PT_OK;
}
