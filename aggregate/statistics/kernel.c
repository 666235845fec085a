#include "statistics/kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "statistics/block.h"
#include "statistics/sum.h"

enum pt_status pt_stat_work_create(const struct pt_stat_plan *plan,
                                   struct pt_stat_work **work, struct pt_error *error)
{
    size_t n = plan->n_max;
    struct pt_stat_work *made = calloc(1, sizeof *made);

    if (made == NULL) {
        goto failed;
    }
    made->plan = plan;
    made->kernel = pt_lanes_kernel_best();
    made->exact = pt_exact_work_create(n);
    made->present = calloc(n + 1, sizeof *made->present);
    made->rows = calloc(n + 1, sizeof *made->rows);
    made->room = calloc((n + 1) * PT_STAT_BLOCK, sizeof *made->room);
    made->samples = calloc(n + 1, sizeof *made->samples);
    made->bits = calloc(n + 1, sizeof *made->bits);
    made->values = calloc(n + 1, sizeof *made->values);
    if (made->exact == NULL || made->present == NULL || made->rows == NULL ||
        made->room == NULL || made->samples == NULL || made->bits == NULL ||
        made->values == NULL) {
        goto failed;
    }
    *work = made;
    return PT_OK;

failed:
    pt_stat_work_destroy(made);
    return pt_error_set(error, PT_E_MEMORY, "no memory for the statistics of %zu runs",
                        n);
}

void pt_stat_work_destroy(struct pt_stat_work *work)
{
    if (work != NULL) {
        pt_exact_work_destroy(work->exact);
        free(work->present);
        free(work->rows);
        free(work->room);
        free(work->samples);
        free(work->bits);
        free(work->values);
        free(work);
    }
}

/* The elements that the lanes did. */
static void add_lanes(const struct pt_stat_work *work, const struct pt_plane *plane,
                      size_t done, struct pt_stat_summary *summary)
{
    struct pt_lanes_totals totals;

    work->kernel->totals(&work->rules, &plane->lanes, work->count, &totals);
    summary->min = fmin(summary->min, totals.low);
    summary->max = fmax(summary->max, totals.high);
    summary->n_varying += totals.varying;
    summary->n_defined += done;
    pt_stat_sum_add(&summary->mean, totals.mean, 0);
    pt_stat_sum_add(&summary->mean2, totals.ref2, 0);
    if (work->n > 1) {
        summary->n_spread += done;
        summary->tested += totals.tested;
        summary->not_normal += totals.not_normal;
        pt_stat_sum_add(&summary->own, totals.var, 0);
        pt_stat_sum_add(&summary->var, totals.square, 0);
        pt_stat_sum_add(&summary->widest2, totals.spread2, 0);
        pt_stat_sum_add(&summary->bias2, totals.bias2, 0);
    }
}

/* Squares of y, and 64-bit integers, must lie in the lanes' range. */
static void reject(const struct pt_plane *plane, const double *reference, size_t count,
                   struct pt_lanes *lanes)
{
    bool wide_integers = plane->part.class != 'f' && plane->part.bytes == 8;

    for (size_t i = 0; i < count; i++) {
        double y = reference == NULL ? 1 : fabs(reference[i]);
        double magnitude = fmax(fabs(lanes->low[i]), fabs(lanes->high[i]));

        if (!(y >= PT_LANES_LEAST && y <= PT_LANES_GREATEST) ||
            (wide_integers && magnitude >= 0x1p53)) {
            lanes->done[i] = 0;
        }
    }
}

static size_t count_done(struct pt_lanes *lanes, size_t count)
{
    size_t done = 0;

    for (size_t i = 0; i < count; i++) {
        done += lanes->done[i];
    }
    return done;
}

/* Elements for exact arithmetic, and what fills the vectors, must not count. */
static void clear_rest(struct pt_lanes *lanes, size_t count, size_t done)
{
    for (size_t i = 0; i < count && done < count; i++) {
        if (!lanes->done[i]) {
            pt_lanes_clear(lanes, i);
        }
    }
    for (size_t i = count; i < PT_LANES_PADDED(count); i++) {
        pt_lanes_clear(lanes, i);
    }
}

/* Samples that are converted: those of the next block are fetched meanwhile. */
static void fetch_next(struct pt_part part, const void *array, size_t at)
{
    enum { LINE = 64 };
    const char *next = (const char *)array + (at + PT_STAT_BLOCK) * part.stride;

    for (size_t i = 0; i < PT_STAT_BLOCK * (size_t)part.stride; i += LINE) {
        __builtin_prefetch(next + i, 0, 2);
    }
}

/* Floats as they stand, of all runs; false: they must be converted. */
static bool narrow_rows(struct pt_stat_work *work, struct pt_part part)
{
    for (size_t i = 0; i < work->n; i++) {
        work->rows[i] =
            pt_load_narrow(part, work->present[i], work->at, work->count, PT_LANES_PAD);
        if (work->rows[i] == NULL) {
            return false;
        }
    }
    return true;
}

static void wide_rows(struct pt_stat_work *work, struct pt_part part)
{
    for (size_t i = 0; i < work->n; i++) {
        double *room = work->room + i * PT_STAT_BLOCK;

        work->rows[i] = pt_load_row(part, work->present[i], work->at, work->count,
                                    PT_LANES_PAD, room);
        if (work->rows[i] == room) {
            fetch_next(part, work->present[i], work->at);
        }
    }
}

/* The moments by one of the two vector ways; returns how many elements are done. */
static size_t run_lanes(struct pt_stat_work *work, struct pt_plane *plane,
                        const double **reference)
{
    const struct pt_stat_input *input = work->input;
    struct pt_lanes *lanes = &plane->lanes;
    size_t count = work->count, done;
    bool narrow = narrow_rows(work, plane->part);

    *reference = NULL;
    if (!narrow) {
        wide_rows(work, plane->part);
    }
    if (input->reference != NULL) {
        *reference = pt_load_row(plane->part, input->reference, work->at, count,
                                 PT_LANES_PAD, work->reference_room);
    }
    done = work->kernel->near(work->rows, work->n, narrow, count, lanes);
    if (done < count && work->n > 1) {
        if (narrow) {
            wide_rows(work, plane->part);
        }
        done = work->kernel->wide((const double *const *)work->rows, work->n, count,
                                  lanes);
    }
    if (*reference != NULL || (plane->part.class != 'f' && plane->part.bytes == 8)) {
        reject(plane, *reference, count, lanes);
        done = count_done(lanes, count);
    }
    return done;
}

static void copy_out(const struct pt_stat_work *work, const struct pt_plane *plane,
                     const struct pt_stat_output *output)
{
    size_t bytes = work->count * sizeof(double);
    size_t at = work->at + (plane == &work->plane[1] ? output->plane : 0);

    if (output->mean != NULL) {
        memcpy(output->mean + at, plane->lanes.mean, bytes);
    }
    if (output->std != NULL) {
        memcpy(output->std + at, plane->lanes.std, bytes);
    }
    if (output->sig != NULL) {
        memcpy(output->sig + at, plane->lanes.sig, bytes);
    }
    if (output->contributing != NULL) {
        memcpy(output->contributing + at, plane->lanes.contributing, bytes);
    }
}

static void run_plane(struct pt_stat_work *work, struct pt_plane *plane,
                      struct pt_stat_summary *summary)
{
    struct pt_lanes *lanes = &plane->lanes;
    size_t count = work->count, done = 0;

    memset(plane->state, PT_STATE_FINITE, count);
    plane->irregular = false;
    if (plane->part.lanes) {
        const double *reference;
        struct pt_lanes_ahead ahead = {.rows = work->rows, .item = plane->part.bytes};

        done = run_lanes(work, plane, &reference);
        ahead.n = work->rows[0] == work->room ? 0 : work->n;
        clear_rest(lanes, count, done);
        work->kernel->finish(&work->rules, reference, &ahead, count, lanes);
        add_lanes(work, plane, done, summary);
    } else {
        memset(lanes->done, 0, sizeof lanes->done);
    }
    for (size_t i = 0; i < count && done < count; i++) {
        if (!lanes->done[i]) {
            pt_element_exact(work, plane, i, summary);
        }
    }
    if (work->plan->options.method == PT_STAT_GENERAL && work->n > 1) {
        pt_block_general(work, plane);
    }
    if (plane->moments != NULL) {
        pt_block_moments(work, plane);
    }
    if (work->plan->options.compat && plane->part.lanes) {
        pt_block_compat(work, plane);
    }
}

static enum pt_status begin_piece(struct pt_stat_work *work,
                                  const struct pt_stat_input *input,
                                  struct pt_error *error)
{
    const struct pt_stat_options *options = &work->plan->options;
    unsigned precision = pt_stat_precision(input->dtype, input->item_bytes);
    double unbias;

    if (precision == 0) {
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "no statistics for elements of class '%c' and %u bytes",
                            input->dtype, input->item_bytes);
    }
    if (input->n_runs > work->plan->n_max) {
        return pt_error_set(error, PT_E_USAGE, "%zu runs, the plan is for %zu",
                            input->n_runs, work->plan->n_max);
    }
    work->input = input;
    work->n = 0;
    for (size_t i = 0; i < input->n_runs; i++) {
        if (input->samples[i] != NULL) {
            work->present[work->n++] = input->samples[i];
        }
    }
    work->n_planes = input->dtype == 'c' ? 2 : 1;
    for (unsigned i = 0; i < work->n_planes; i++) {
        work->plane[i].part = pt_part_of(input->dtype, input->item_bytes, i);
    }
    work->rules = (struct pt_lanes_rules){
        .n = (double)work->n,
        .ddof = options->ddof,
        .delta = work->plan->delta[work->n],
        .delta_contributing = work->plan->delta_contributing[work->n],
        .precision = precision,
        .normal_range = work->plan->normal_range[work->n],
        .normal_distance = work->plan->normal_distance[work->n],
        .external = input->reference != NULL,
        .absolute = options->error == PT_STAT_ABSOLUTE,
    };
    unbias = sqrt((work->rules.n - options->ddof) / (work->rules.n - 1));
    work->rules.normal_range *= unbias; /* of σ as the options define it */
    work->rules.normal_distance *= unbias;
    work->limit = pt_stat_limit(work->plan, work->n, precision);
    return PT_OK;
}

/* No run has the value. */
static void fill_nothing(const struct pt_stat_work *work,
                         const struct pt_stat_output *output, size_t first, size_t end)
{
    double *columns[] = {output->mean, output->std, output->sig, output->contributing};

    for (size_t i = first; i < end; i++) {
        for (size_t c = 0; c < PT_ARRAY_LENGTH(columns); c++) {
            for (unsigned p = 0; p < work->n_planes && columns[c] != NULL; p++) {
                columns[c][i + p * output->plane] = NAN;
            }
        }
        if (output->digits != NULL) {
            output->digits[i] = NAN;
        }
        for (unsigned p = 0; p < work->n_planes && output->moments != NULL; p++) {
            pt_moments_begin(&output->moments[i + p * output->plane]);
        }
    }
}

static void run_block(struct pt_stat_work *work, const struct pt_stat_output *output,
                      struct pt_stat_summary *summary)
{
    for (unsigned i = 0; i < work->n_planes; i++) {
        work->plane[i].moments = output->moments == NULL
                                     ? NULL
                                     : output->moments + work->at + i * output->plane;
        run_plane(work, &work->plane[i], summary);
        copy_out(work, &work->plane[i], output);
    }
    pt_block_digits(work);
    summary->n_digits +=
        work->kernel->tally(work->digits, work->count, &summary->least);
    if (output->digits != NULL) {
        memcpy(output->digits + work->at, work->digits,
               work->count * sizeof *work->digits);
    }
    if (work->plane[0].part.class != 'f') {
        pt_block_agreement(work, summary);
    }
}

enum pt_status pt_stat_range(const struct pt_stat_plan *plan, struct pt_stat_work *work,
                             const struct pt_stat_input *input, size_t first,
                             size_t end, const struct pt_stat_output *output,
                             struct pt_stat_summary *summary, struct pt_error *error)
{
    enum pt_status status;

    work->plan = plan;
    status = begin_piece(work, input, error);
    if (status != PT_OK) {
        return status;
    }
    summary->n_elements += end - first;
    if (work->n == 0) {
        fill_nothing(work, output, first, end);
        return PT_OK;
    }
    for (work->at = first; work->at < end; work->at += PT_STAT_BLOCK) {
        work->count = end - work->at < PT_STAT_BLOCK ? end - work->at : PT_STAT_BLOCK;
        run_block(work, output, summary);
    }
    return PT_OK;
}

enum pt_status pt_stat_piece(const struct pt_stat_plan *plan, struct pt_stat_work *work,
                             const struct pt_stat_input *input,
                             const struct pt_stat_output *output,
                             struct pt_stat_summary *summary, struct pt_error *error)
{
    return pt_stat_range(plan, work, input, 0, input->count, output, summary, error);
}
