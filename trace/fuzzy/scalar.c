#include "fuzzy/scalar.h"

#include "fuzzy/compute.h"
#include "fuzzy/flags.h"

double pt_fuzzy_scalar(struct pt_fuzzy_stream *stream, unsigned operation,
                       enum pt_fuzzy_format format, double a, double b)
{
    struct pt_fuzzy_work work = {.stream = stream, .operation = operation};
    double wide[3] = {a, b, 0};
    float narrow[3] = {(float)a, (float)b, 0};
    bool is_wide = format == PT_FUZZY_BINARY64;

    work.format = format;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    if (is_wide)
        pt_fuzzy_compute_block(&work, &wide[0], &wide[1], &wide[2], 1);
    else
        pt_fuzzy_compute_block(&work, &narrow[0], &narrow[1], &narrow[2], 1);
    pt_fuzzy_environment_leave(before, 0);
    pt_fuzzy_stream_count(stream, work.done - work.nearest, work.nearest);
    return is_wide ? wide[2] : (double)narrow[2];
}

double pt_fuzzy_scalar_fma(struct pt_fuzzy_stream *stream, enum pt_fuzzy_format format,
                           double a, double b, double c, double r)
{
    const struct pt_fuzzy_runtime *runtime = &pt_fuzzy_runtime;
    uint64_t state = *pt_fuzzy_stream_draw(stream, 1);
    bool nearest;

    if (runtime->deterministic) {
        state =
            pt_fuzzy_edge_hash(runtime->options.seed, PT_FUZZY_MULTIPLY, format, a, b);
        state = pt_fuzzy_edge_hash(state, PT_FUZZY_ADD, format, c, c);
    }
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    r = pt_fuzzy_edge_fma(format, &runtime->rounding, a, b, c, r, &state, &nearest);
    pt_fuzzy_environment_leave(before, 0);
    pt_fuzzy_stream_count(stream, !nearest, nearest);
    return r;
}

double pt_fuzzy_scalar_function(struct pt_fuzzy_stream *stream,
                                enum pt_fuzzy_function function,
                                enum pt_fuzzy_format format, double x, double y,
                                double r)
{
    struct pt_fuzzy_work work = {.stream = stream, .format = format};
    double wide[4] = {x, y, r, r};
    float narrow[4] = {(float)x, (float)y, (float)r, (float)r};

    if (pt_fuzzy_runtime.options.mode == PT_FUZZY_PB)
        return r;
    if (format == PT_FUZZY_BINARY64)
        pt_fuzzy_function_perturb(&work, function, &wide[0], &wide[1], &wide[2],
                                  &wide[3], 1);
    else
        pt_fuzzy_function_perturb(&work, function, &narrow[0], &narrow[1], &narrow[2],
                                  &narrow[3], 1);
    pt_fuzzy_stream_count(stream, work.done - work.nearest, work.nearest);
    return format == PT_FUZZY_BINARY64 ? wide[3] : (double)narrow[3];
}
