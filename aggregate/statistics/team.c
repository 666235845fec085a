#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "statistics/block.h"

/* Threads take chunks of this many elements. */
enum { CHUNK = 32 * PT_STAT_BLOCK };

struct member {
    struct pt_stat_work *work;
    struct pt_stat_summary summary;
    struct pt_error error;
    enum pt_status status;
};

struct pt_stat_team {
    unsigned n;
    struct member *members;
    double *digits; /* grown to the largest value so far */
    size_t room;
    struct pt_stat_histogram *histogram; /* made when first needed */
};

enum pt_status pt_stat_team_create(const struct pt_stat_plan *plan, unsigned threads,
                                   struct pt_stat_team **team, struct pt_error *error)
{
    unsigned n = threads > 0 ? threads : (unsigned)omp_get_max_threads();
    struct pt_stat_team *made = calloc(1, sizeof *made);
    enum pt_status status = PT_OK;

    if (made != NULL) {
        made->members = calloc(n, sizeof *made->members);
    }
    if (made == NULL || made->members == NULL) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory for %u threads", n);
    }
    for (unsigned i = 0; i < n && status == PT_OK; i++) {
        status = pt_stat_work_create(plan, &made->members[i].work, error);
        made->n = i + 1;
    }
    if (status == PT_OK) {
        *team = made;
    } else {
        pt_stat_team_destroy(made);
    }
    return status;
}

void pt_stat_team_destroy(struct pt_stat_team *team)
{
    if (team != NULL) {
        for (unsigned i = 0; i < team->n; i++) {
            pt_stat_work_destroy(team->members[i].work);
        }
        free(team->members);
        free(team->digits);
        free(team->histogram);
        free(team);
    }
}

/* Room for the digits of a value, and the histogram where the value is that large. */
static enum pt_status prepare(struct pt_stat_team *team, size_t count,
                              struct pt_error *error)
{
    if (count > team->room) {
        double *grown = realloc(team->digits, count * sizeof *grown);

        if (grown == NULL) {
            return pt_error_set(error, PT_E_MEMORY,
                                "no memory for the digits of %zu elements", count);
        }
        team->digits = grown;
        team->room = count;
    }
    if (count > PT_STAT_EXACT_MAX && team->histogram == NULL) {
        team->histogram = malloc(sizeof *team->histogram);
        if (team->histogram == NULL) {
            return pt_error_set(error, PT_E_MEMORY, "no memory for a histogram");
        }
    }
    return PT_OK;
}

/* One chunk of the value on one thread. */
static void run_chunk(const struct pt_stat_plan *plan, struct member *member,
                      const struct pt_stat_input *input,
                      const struct pt_stat_output *output, size_t first)
{
    size_t end = input->count - first < CHUNK ? input->count : first + CHUNK;

    if (member->status == PT_OK) {
        member->status = pt_stat_range(plan, member->work, input, first, end, output,
                                       &member->summary, &member->error);
    }
}

static void take_quantiles(struct pt_stat_team *team, size_t count,
                           struct pt_stat_result *result)
{
    if (count <= PT_STAT_EXACT_MAX) {
        pt_stat_quantiles(team->digits, count, &result->sig_p05, &result->sig_median);
    } else {
        memset(team->histogram, 0, sizeof *team->histogram);
        pt_stat_histogram_add(team->histogram, team->digits, count);
        pt_stat_histogram_quantiles(team->histogram, &result->sig_p05,
                                    &result->sig_median);
    }
}

/* Merges what the threads that took part have; the first failure counts. */
static enum pt_status gather(struct pt_stat_team *team, unsigned threads,
                             struct pt_stat_summary *summary, struct pt_error *error)
{
    for (unsigned i = 0; i < threads; i++) {
        const struct member *member = team->members + i;

        if (member->status != PT_OK) {
            return pt_error_set(error, member->status, "%s", member->error.text);
        }
        pt_stat_summary_merge(summary, &member->summary);
    }
    return PT_OK;
}

static size_t runs_present(const struct pt_stat_input *input)
{
    size_t n = 0;

    for (size_t i = 0; i < input->n_runs; i++) {
        n += input->samples[i] != NULL;
    }
    return n;
}

enum pt_status pt_stat_value(const struct pt_stat_plan *plan, struct pt_stat_team *team,
                             const struct pt_stat_input *input,
                             const struct pt_stat_output *output,
                             struct pt_stat_result *result, struct pt_error *error)
{
    size_t chunks = (input->count + CHUNK - 1) / CHUNK;
    unsigned threads = chunks < team->n ? (unsigned)(chunks + (chunks == 0)) : team->n;
    struct pt_stat_output own = *output;
    struct pt_stat_summary summary;
    enum pt_status status = prepare(team, input->count, error);

    if (status != PT_OK) {
        return status;
    }
    own.digits = team->digits;
    pt_stat_summary_begin(&summary, input->dtype, input->item_bytes,
                          runs_present(input));
    for (unsigned i = 0; i < threads; i++) {
        team->members[i].summary = summary;
        team->members[i].status = PT_OK;
    }
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (size_t i = 0; i < chunks; i++) {
        run_chunk(plan, team->members + omp_get_thread_num(), input, &own, i * CHUNK);
    }
    status = gather(team, threads, &summary, error);
    if (status == PT_OK) {
        pt_stat_summary_finish(plan, &summary, result);
        if (output->digits != NULL && input->count > 0) {
            memcpy(output->digits, team->digits, input->count * sizeof(double));
        }
        take_quantiles(team, input->count, result);
    }
    return status;
}
