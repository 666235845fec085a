/* Bytes of samples that the statistics kernel takes in a second, beside a plain read of
 * the same memory by as many threads.
 *
 *     bench_statistics_kernel [runs [megabytes [threads]]] */
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "statistics/kernel.h"

enum { REPEATS = 25 };

struct data {
    size_t n_runs, count;
    char *store;
    const void **samples;
    unsigned item_bytes;
};

/* Different in each element and run, the same in each execution. */
static double noise(uint64_t *state)
{
    return (double)(pt_splitmix64(state) >> 11) * 0x1p-53 - 0.5;
}

static void fill(struct data *data, double amplitude)
{
    for (size_t run = 0; run < data->n_runs; run++) {
        uint64_t state = run + 1;
        char *array = data->store + run * data->count * data->item_bytes;

        for (size_t i = 0; i < data->count; i++) {
            double x = (1 + 1e-3 * (double)(i % 997)) * (1 + amplitude * noise(&state));

            if (data->item_bytes == 4) {
                ((float *)(void *)array)[i] = (float)x;
            } else {
                ((double *)(void *)array)[i] = x;
            }
        }
        data->samples[run] = array;
    }
}

/* The best read of the same bytes: all threads, sums of 64-bit words. */
static double read_seconds(const struct data *data, int threads)
{
    size_t words = data->n_runs * data->count * data->item_bytes / 8;
    const uint64_t *store = (const void *)data->store;
    double best = HUGE_VAL;
    volatile uint64_t keep;

    for (int r = 0; r < REPEATS; r++) {
        double start = omp_get_wtime();
        uint64_t sum = 0;

#pragma omp parallel for num_threads(threads) reduction(+ : sum)
        for (size_t i = 0; i < words; i++) {
            sum += store[i];
        }
        keep = sum;
        best = fmin(best, omp_get_wtime() - start);
    }
    (void)keep;
    return best;
}

struct columns {
    double *mean, *std, *sig;
};

static void must(enum pt_status status, const struct pt_error *error)
{
    if (status != PT_OK) {
        fprintf(stderr, "%s\n", error->text);
        exit(1);
    }
}

static struct pt_stat_output output_at(const struct columns *columns, size_t at)
{
    return (struct pt_stat_output){
        .mean = columns->mean + at, .std = columns->std + at, .sig = columns->sig + at};
}

/* Mean, standard deviation and digits of each element: one piece to each thread. */
static double kernel_seconds(const struct data *data, const struct pt_stat_plan *plan,
                             int threads, const struct columns *columns)
{
    size_t share =
        (data->count / (size_t)threads + PT_STAT_BLOCK) / PT_STAT_BLOCK * PT_STAT_BLOCK;
    double best = HUGE_VAL;

#pragma omp parallel num_threads(threads)
    {
        struct pt_stat_work *work;
        struct pt_error error;
        const void **samples = calloc(data->n_runs, sizeof *samples);
        size_t at = share * (size_t)omp_get_thread_num();
        struct pt_stat_output output = output_at(columns, at);
        struct pt_stat_input input = {
            .samples = samples,
            .n_runs = data->n_runs,
            .count = at >= data->count          ? 0
                     : data->count - at < share ? data->count - at
                                                : share,
            .dtype = 'f',
            .item_bytes = (uint8_t)data->item_bytes,
        };

        must(pt_stat_work_create(plan, &work, &error), &error);
        for (size_t i = 0; i < data->n_runs; i++) {
            samples[i] = (const char *)data->samples[i] + at * data->item_bytes;
        }
        for (int r = 0; r < REPEATS; r++) {
            struct pt_stat_summary summary;
            double start;

            pt_stat_summary_begin(&summary, 'f', data->item_bytes, data->n_runs);
#pragma omp barrier
            start = omp_get_wtime();
            must(pt_stat_piece(plan, work, &input, &output, &summary, &error), &error);
#pragma omp barrier
#pragma omp single
            best = fmin(best, omp_get_wtime() - start);
        }
        pt_stat_work_destroy(work);
        free(samples);
    }
    return best;
}

/* The same with everything that is stored of the whole value, quantiles included. */
static double value_seconds(const struct data *data, const struct pt_stat_plan *plan,
                            int threads, const struct columns *columns)
{
    struct pt_stat_input input = {.samples = data->samples,
                                  .n_runs = data->n_runs,
                                  .count = data->count,
                                  .dtype = 'f',
                                  .item_bytes = (uint8_t)data->item_bytes};
    struct pt_stat_output output = output_at(columns, 0);
    struct pt_stat_team *team;
    struct pt_error error;
    double best = HUGE_VAL;

    must(pt_stat_team_create(plan, (unsigned)threads, &team, &error), &error);
    for (int r = 0; r < REPEATS; r++) {
        struct pt_stat_result result;
        double start = omp_get_wtime();

        must(pt_stat_value(plan, team, &input, &output, &result, &error), &error);
        best = fmin(best, omp_get_wtime() - start);
    }
    pt_stat_team_destroy(team);
    return best;
}

static void measure(const char *name, struct data *data, double amplitude,
                    const struct pt_stat_plan *plan, int threads,
                    const struct columns *columns)
{
    double bytes = 1e-9 * (double)(data->n_runs * data->count * data->item_bytes);
    double reading, kernel, value;

    fill(data, amplitude);
    reading = read_seconds(data, threads);
    kernel = kernel_seconds(data, plan, threads, columns);
    value = value_seconds(data, plan, threads, columns);
    printf("| %s, %zu runs, %d threads | %.1f | %.1f | %.1f | %.2f |\n", name,
           data->n_runs, threads, bytes / value, bytes / kernel, bytes / reading,
           reading / kernel);
}

int main(int argc, char **argv)
{
    size_t runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 20;
    size_t megabytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 160;
    int threads = argc > 3 ? atoi(argv[3]) : omp_get_max_threads();
    struct pt_stat_options options = pt_stat_options_default();
    struct data data = {.n_runs = runs};
    struct columns columns;
    struct pt_stat_plan *plan;
    struct pt_error error;

    if (runs < 2 || megabytes < 1 || threads < 1) {
        fprintf(stderr, "usage: bench_statistics_kernel [runs (2 or more) [megabytes "
                        "[threads]]]\n");
        return 2;
    }
    data.count = megabytes * 1000000 / (8 * runs);
    data.store = calloc(runs * data.count, 8);
    data.samples = calloc(runs, sizeof *data.samples);
    columns.mean = calloc(3 * data.count, sizeof *columns.mean);
    if (data.store == NULL || data.samples == NULL || columns.mean == NULL) {
        fprintf(stderr, "no memory for %zu MB\n", megabytes);
        return 1;
    }
    columns.std = columns.mean + data.count;
    columns.sig = columns.std + data.count;
    must(pt_stat_plan_create(&options, runs, &plan, &error), &error);
    printf(
        "| samples | whole value GB/s | kernel GB/s | plain read GB/s | kernel/read |\n"
        "|---|---|---|---|---|\n");
    data.item_bytes = 8;
    measure("float64, 11 digits agree", &data, 1e-11, plan, threads, &columns);
    measure("float64, 3 digits agree", &data, 1e-3, plan, threads, &columns);
    data.item_bytes = 4;
    measure("float32, 5 digits agree", &data, 1e-5, plan, threads, &columns);
    pt_stat_plan_destroy(plan);
    free(columns.mean);
    free(data.samples);
    free(data.store);
    return 0;
}
