#include "statistics/loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool varies(const struct pt_loss_value *value)
{
    return !(value->flags & PT_STAT_NO_VARIATION) ||
           (value->flags & PT_STAT_PARTLY_FINITE);
}

static bool has_not_finite(const struct pt_loss_value *value)
{
    return value->flags & (PT_STAT_PARTLY_FINITE | PT_STAT_NEVER_FINITE);
}

/* Least digits of the outputs, and D(n) of the output that has the least room: what an
 * input can be compared with. */
static void take_outputs(const struct pt_stat_plan *plan,
                         const struct pt_loss_value *values, size_t n,
                         struct pt_loss_call *call)
{
    for (size_t i = 0; i < n; i++) {
        const struct pt_loss_value *value = values + i;

        if (!value->is_output || isnan(value->digits)) {
            continue;
        }
        call->limit =
            fmin(call->limit, pt_stat_limit(plan, value->n_runs, value->precision));
        call->out = fmin(call->out, value->digits);
        call->output_varies |= varies(value);
    }
}

static double clamp(double digits, double limit)
{
    return digits < 0 ? 0 : digits > limit ? limit : digits;
}

void pt_loss_call(const struct pt_stat_plan *plan, const struct pt_loss_value *values,
                  size_t n_values, struct pt_loss_call *call)
{
    bool input_not_finite = false, output_not_finite = false;
    double in = HUGE_VAL;

    *call = (struct pt_loss_call){.in = NAN, .out = NAN, .limit = NAN};
    take_outputs(plan, values, n_values, call);
    for (size_t i = 0; i < n_values; i++) {
        const struct pt_loss_value *value = values + i;

        if (value->is_output) {
            output_not_finite |= has_not_finite(value);
            continue;
        }
        input_not_finite |= has_not_finite(value);
        call->has_float_input = true;
        if (!isnan(value->digits) && varies(value)) {
            in = fmin(in, value->digits);
        }
    }
    call->not_finite = output_not_finite && !input_not_finite;
    if (!isnan(call->out)) {
        call->out = clamp(call->out, call->limit);
        call->in = clamp(in, call->limit); /* none varies: D(n) */
    }
    call->lost = fmax(0, call->in - call->out);
    call->lost = isnan(call->out) ? NAN : call->lost;
    call->self_lost = call->lost;
}

void pt_loss_attribute(struct pt_loss_call *calls, const int64_t *parent,
                       size_t n_calls)
{
    for (size_t i = 0; i < n_calls; i++) {
        calls[i].self_lost = calls[i].lost;
    }
    /* self = max(0, min(in, outputs of the calls made) − out): the least over the calls
     * made is the least over the differences. */
    for (size_t i = 0; i < n_calls; i++) {
        struct pt_loss_call *caller = parent[i] < 0 ? NULL : calls + parent[i];

        if (caller != NULL && !isnan(caller->out) && !isnan(calls[i].out)) {
            double own = fmax(0, calls[i].out - caller->out);

            caller->self_lost = fmin(caller->self_lost, own);
        }
    }
}

static double median_of(const struct pt_loss_call *const *calls, size_t n, size_t field,
                        double *scratch)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(scratch + i, (const char *)calls[i] + field, sizeof *scratch);
    }
    return pt_stat_median(scratch, n);
}

void pt_loss_function(const struct pt_loss_call *const *calls, size_t n,
                      double *scratch, struct pt_loss_function *function)
{
    bool input = false, varying = false, not_finite = false;
    double worst = NAN;

    for (size_t i = 0; i < n; i++) {
        input |= calls[i]->has_float_input;
        varying |= calls[i]->output_varies;
        not_finite |= calls[i]->not_finite;
        worst = fmax(worst, calls[i]->self_lost); /* fmax leaves NaNs out */
    }
    *function = (struct pt_loss_function){
        .digits_in = median_of(calls, n, offsetof(struct pt_loss_call, in), scratch),
        .digits_out = median_of(calls, n, offsetof(struct pt_loss_call, out), scratch),
        .lost = median_of(calls, n, offsetof(struct pt_loss_call, lost), scratch),
        .self_lost =
            median_of(calls, n, offsetof(struct pt_loss_call, self_lost), scratch),
        .self_lost_max = worst,
        .flags = (!input && varying ? PT_LOSS_SOURCE : 0u) |
                 (not_finite ? PT_LOSS_NOT_FINITE : 0u),
    };
}

struct ranked {
    struct pt_loss_function *function;
    const char *name;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    int order = (x->function->self_lost < y->function->self_lost) -
                (x->function->self_lost > y->function->self_lost);

    if (order == 0) {
        order = (x->function->self_lost_max < y->function->self_lost_max) -
                (x->function->self_lost_max > y->function->self_lost_max);
    }
    if (order == 0) {
        order = strcmp(x->name, y->name);
    }
    if (order == 0) {
        order = (x->function > y->function) - (x->function < y->function);
    }
    return order;
}

enum pt_status pt_loss_rank(struct pt_loss_function *functions,
                            const char *const *names, size_t n, struct pt_error *error)
{
    struct ranked *order = malloc((n + 1) * sizeof *order);
    size_t ranked = 0;

    if (order == NULL) {
        return pt_error_set(error, PT_E_MEMORY, "no memory to rank %zu functions", n);
    }
    for (size_t i = 0; i < n; i++) {
        functions[i].rank = 0;
        if (!isnan(functions[i].self_lost) && !(functions[i].flags & PT_LOSS_SOURCE)) {
            order[ranked++] = (struct ranked){functions + i, names[i]};
        }
    }
    qsort(order, ranked, sizeof *order, compare_ranked);
    for (size_t i = 0; i < ranked; i++) {
        order[i].function->rank = (uint32_t)(i + 1);
    }
    free(order);
    return PT_OK;
}
