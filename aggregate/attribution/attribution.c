#include "attribution/attribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

/* ── calls ──────────────────────────────────────────────────────────────────────── */

static bool is_float(const struct pt_value *value)
{
    return value->kind == PT_VALUE_NUMBERS &&
           (value->dtype == 'f' || value->dtype == 'c');
}

static enum pt_status measure_call(const struct pt_stat_plan *plan,
                                   const struct pt_value *values, size_t n,
                                   struct pt_array *scratch, struct pt_call *call,
                                   struct pt_loss_call *loss, struct pt_error *error)
{
    scratch->n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct pt_value *value = &values[i];
        if (value->flags & (PT_VALUE_SHAPE_DIFFERS | PT_VALUE_NOT_ALL_RUNS))
            call->flags |= PT_CALL_VALUES_DIFFER;
        if (!is_float(value))
            continue;
        struct pt_loss_value *at = pt_array_push(scratch, 1);
        if (!at)
            return pt_no_memory(error, "the attribution");
        *at = (struct pt_loss_value){.digits = value->result.sig_norm,
                                     .n_runs = value->n_runs,
                                     .flags = value->result.flags,
                                     .precision = value->precision,
                                     .is_output = value->phase == PT_PHASE_OUTPUT};
    }
    pt_loss_call(plan, scratch->items, scratch->n, loss);
    if (loss->not_finite)
        call->flags |= PT_CALL_NONFINITE;
    return PT_OK;
}

static enum pt_status measure_calls(const struct pt_stat_plan *plan,
                                    struct pt_calls *calls,
                                    const struct pt_values *values,
                                    struct pt_attribution *attribution,
                                    struct pt_error *error)
{
    struct pt_array scratch = {.item_bytes = sizeof(struct pt_loss_value)};
    const struct pt_value *rows = values->values.items;
    enum pt_status status = PT_OK;
    size_t next = 0;
    attribution->calls = pt_memory_get(calls->n + 1, sizeof *attribution->calls);
    attribution->first_value = pt_memory_get(calls->n + 1, sizeof(uint64_t));
    if (!attribution->calls || !attribution->first_value)
        return pt_no_memory(error, "the attribution");
    for (size_t i = 0; !status && i < calls->n; i++) {
        size_t first = next;
        while (next < values->values.n && rows[next].call == calls->first + i)
            next++;
        attribution->first_value[i] = first;
        status = measure_call(plan, rows + first, next - first, &scratch,
                              &calls->items[i], &attribution->calls[i], error);
    }
    attribution->first_value[calls->n] = next;
    pt_array_free(&scratch);
    return status;
}

/* ── a caller does not inherit its callees' loss ────────────────────────────────── */

struct callee_output {
    uint64_t parent;
    double out;
};

static enum pt_status tell_parents(const struct pt_team *team,
                                   const struct pt_calls *calls,
                                   struct pt_attribution *attribution,
                                   struct pt_error *error)
{
    struct callee_output *mine = pt_memory_get(calls->n + 1, sizeof *mine),
                         *received = NULL;
    int *destination = pt_memory_get(calls->n + 1, sizeof *destination);
    size_t n = 0, n_received = 0;
    enum pt_status status =
        mine && destination ? PT_OK : pt_no_memory(error, "the attribution");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    for (size_t i = 0; i < calls->n; i++) {
        int64_t parent = calls->items[i].parent;
        if (parent < 0 || isnan(attribution->calls[i].out))
            continue;
        mine[n] = (struct callee_output){(uint64_t)parent, attribution->calls[i].out};
        destination[n++] = pt_calls_rank(team, calls->starts, (uint64_t)parent);
    }
    status = pt_team_send(team, mine, n, sizeof *mine, destination, (void **)&received,
                          &n_received, error);
    for (size_t i = 0; !status && i < n_received; i++) {
        struct pt_loss_call *caller =
            &attribution->calls[received[i].parent - calls->first];
        if (!isnan(caller->out))
            caller->self_lost =
                fmin(caller->self_lost, fmax(0, received[i].out - caller->out));
    }
done:
    pt_memory_free(mine);
    pt_memory_free(received);
    pt_memory_free(destination);
    return status;
}

/* ── functions ──────────────────────────────────────────────────────────────────── */

struct of_function {
    uint32_t function, flags;
    struct pt_loss_call loss;
};

struct function_answer {
    uint32_t function, unused;
    struct pt_function_row row;
};

static int by_function(const void *first, const void *second)
{
    const struct of_function *a = first, *b = second;
    return (a->function > b->function) - (a->function < b->function);
}

static void summarise(const struct of_function *list, size_t n,
                      const struct pt_loss_call **pointers, double *scratch,
                      struct function_answer *answer)
{
    struct pt_function_row *row = &answer->row;
    answer->function = list[0].function;
    for (size_t i = 0; i < n; i++) {
        pointers[i] = &list[i].loss;
        row->n_calls++;
        row->n_partial += (list[i].flags & PT_CALL_NOT_ALL_RUNS) != 0;
        if (list[i].flags & (PT_CALL_NOT_ALL_RUNS | PT_CALL_VALUES_DIFFER))
            row->flags |= PT_FUNCTION_DIVERGENT;
        if (list[i].flags & PT_CALL_RAISED)
            row->flags |= PT_FUNCTION_RAISED;
    }
    pt_loss_function(pointers, n, scratch, &row->loss);
    if (row->loss.flags & PT_LOSS_SOURCE)
        row->flags |= PT_FUNCTION_SOURCE;
    if (row->loss.flags & PT_LOSS_NOT_FINITE)
        row->flags |= PT_FUNCTION_NONFINITE;
}

static enum pt_status summarise_all(struct of_function *list, size_t n,
                                    struct pt_array *answers, struct pt_error *error)
{
    const struct pt_loss_call **pointers = pt_memory_get(n + 1, sizeof(void *));
    double *scratch = pt_memory_get(n + 1, sizeof *scratch);
    enum pt_status status =
        pointers && scratch ? PT_OK : pt_no_memory(error, "the attribution");
    if (n)
        qsort(list, n, sizeof *list, by_function);
    for (size_t first = 0, stop; !status && first < n; first = stop) {
        for (stop = first; stop < n && list[stop].function == list[first].function;)
            stop++;
        struct function_answer *answer = pt_array_push(answers, 1);
        if (!answer)
            status = pt_no_memory(error, "the attribution");
        else
            summarise(list + first, stop - first, pointers, scratch, answer);
    }
    pt_memory_free(pointers);
    pt_memory_free(scratch);
    return status;
}

static enum pt_status rank_functions(const struct pt_definitions *definitions,
                                     struct pt_function_row *rows,
                                     struct pt_error *error)
{
    size_t n = definitions->n_functions;
    struct pt_loss_function *losses = pt_memory_get(n + 1, sizeof *losses);
    const char **names = pt_memory_get(n + 1, sizeof(char *));
    enum pt_status status =
        losses && names ? PT_OK : pt_no_memory(error, "the ranking");
    for (size_t i = 0; !status && i < n; i++) {
        losses[i] = rows[i].loss;
        names[i] = definitions->functions[i].b;
    }
    if (!status)
        status = pt_loss_rank(losses, names, n, error);
    for (size_t i = 0; !status && i < n; i++)
        rows[i].loss.rank = losses[i].rank;
    pt_memory_free(losses);
    pt_memory_free(names);
    return status;
}

static enum pt_status attribute_functions(const struct pt_team *team,
                                          const struct pt_definitions *definitions,
                                          const struct pt_calls *calls,
                                          struct pt_attribution *attribution,
                                          struct pt_error *error)
{
    struct pt_array answers = {.item_bytes = sizeof(struct function_answer)};
    struct of_function *mine = pt_memory_get(calls->n + 1, sizeof *mine),
                       *received = NULL;
    struct function_answer *all = NULL;
    int *destination = pt_memory_get(calls->n + 1, sizeof *destination);
    size_t n = 0, n_received = 0, bytes = 0;
    attribution->functions =
        pt_memory_get(definitions->n_functions + 1, sizeof *attribution->functions);
    enum pt_status status = mine && destination && attribution->functions
                                ? PT_OK
                                : pt_no_memory(error, "the attribution");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    for (size_t i = 0; i < calls->n; i++) {
        const struct pt_call *call = &calls->items[i];
        if (call->function == PT_RESULT_NONE32)
            continue;
        mine[n] =
            (struct of_function){call->function, call->flags, attribution->calls[i]};
        destination[n++] = (int)(call->function % (uint32_t)team->size);
    }
    status = pt_team_send(team, mine, n, sizeof *mine, destination, (void **)&received,
                          &n_received, error);
    if (!status)
        status = summarise_all(received, n_received, &answers, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status = pt_team_gather_all(team, answers.items, answers.n * sizeof *all,
                                    (void **)&all, &bytes, NULL, error);
    for (size_t i = 0; i < definitions->n_functions; i++)
        attribution->functions[i].loss =
            (struct pt_loss_function){.digits_in = NAN,
                                      .digits_out = NAN,
                                      .lost = NAN,
                                      .self_lost = NAN,
                                      .self_lost_max = NAN};
    for (size_t i = 0; !status && i < bytes / sizeof *all; i++)
        attribution->functions[all[i].function] = all[i].row;
    if (!status)
        status = rank_functions(definitions, attribution->functions, error);
    status = pt_team_agree(team, status, error);
done:
    pt_memory_free(mine);
    pt_memory_free(received);
    pt_memory_free(destination);
    pt_memory_free(all);
    pt_array_free(&answers);
    return status;
}

enum pt_status pt_attribute(const struct pt_team *team,
                            const struct pt_definitions *definitions,
                            struct pt_calls *calls, const struct pt_values *values,
                            const struct pt_stat_plan *plan,
                            struct pt_attribution *attribution, struct pt_error *error)
{
    *attribution = (struct pt_attribution){0};
    enum pt_status status = measure_calls(plan, calls, values, attribution, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status = tell_parents(team, calls, attribution, error);
    if (!status)
        status = attribute_functions(team, definitions, calls, attribution, error);
    if (!status)
        status = pt_attribute_edges(team, calls, attribution, error);
    if (!status)
        status = pt_attribute_divergences(team, calls, attribution, error);
    if (status)
        pt_attribution_free(attribution);
    return status;
}

void pt_attribution_free(struct pt_attribution *attribution)
{
    pt_memory_free(attribution->calls);
    pt_memory_free(attribution->first_value);
    pt_memory_free(attribution->functions);
    pt_memory_free(attribution->edges);
    pt_memory_free(attribution->divergences);
    *attribution = (struct pt_attribution){0};
}
