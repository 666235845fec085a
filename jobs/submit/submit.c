/* pytracer submit: an experiment as SLURM jobs. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <dirent.h>
#include <unistd.h>

#include "front/commands.h"
#include "front/process.h"
#include "front/programs.h"
#include "run/control.h"
#include "run/create.h"
#include "run/versions.h"
#include "submit/slurm.h"
#include "submit/scripts.h"
#include "front/words.h"

enum { MOST_ARRAYS = 1024, LIST_BYTES = 1 << 16, EXIT_DIFFERS = 3, EXIT_STOPPED = 130 };

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory to submit");
}

/* Bytes of the sealed traces. */
static uint64_t trace_bytes(const struct pt_experiment *e)
{
    char *folder = pt_experiment_path(e, "traces");
    DIR *dir = folder ? opendir(folder) : NULL;
    const struct dirent *entry;
    uint64_t bytes = 0;
    struct stat st;

    while (dir && (entry = readdir(dir)) != NULL) {
        if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
            bytes += (uint64_t)st.st_size;
    }
    if (dir)
        closedir(dir);
    free(folder);
    return bytes;
}

static void say_estimate(const struct pt_experiment *e)
{
    char one[PT_WORDS], all[PT_WORDS], there[PT_WORDS], span[PT_WORDS], cores[PT_WORDS];
    uint64_t bytes = trace_bytes(e), n = e->n_runs;
    struct statvfs fs;

    for (size_t place = 0; place < PT_PLACE_FIRST; place++)
        n += e->extra[place].wanted;
    pt_words_size(bytes, one);
    pt_words_size(bytes * n, all);
    pt_words_span(e->runs[0].seconds, span);
    pt_words_span(e->runs[0].seconds * (double)n * e->threads, cores);
    fprintf(stderr,
            "probe: a run takes %s and writes %s; %" PRIu64
            " runs take %s of one core and write %s",
            span, one, n, cores, all);
    if (statvfs(e->folder, &fs) == 0) {
        uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;

        pt_words_size(room, there);
        fprintf(stderr, ", there is room for %s\n", there);
        if (bytes * (n - 1) > room - room / 10)
            fprintf(stderr,
                    "warning: that is more than fits; take fewer runs, or lower "
                    "io.max_elements in the configuration\n");
    } else {
        putc('\n', stderr);
    }
}

/* Run 1 on a compute node, before the others: what it costs is what they will. */
static enum pt_status probe(struct pt_experiment *e, const struct pt_run_options *o,
                            struct pt_error *error)
{
    const struct {
        const char *name, *value;
    } resources[] = {
        {"partition", o->partition},   {"account", o->account}, {"qos", o->qos},
        {"constraint", o->constraint}, {"mem", o->mem},         {"time", o->time}};
    char *texts[PT_ARRAY_LENGTH(resources)] = {NULL}, cpus[40];
    char *argv[PT_ARRAY_LENGTH(resources) + 8] = {NULL};
    char *environment[] = {(char *)"SLURM_ARRAY_TASK_ID=1",
                           (char *)"SLURM_ARRAY_JOB_ID=0", NULL, NULL};
    char *srun = pt_program_on_path("srun"), *text = NULL;
    size_t n = 0;
    int exit_status = 0;
    enum pt_status status = PT_OK;

    if (srun == NULL ||
        asprintf(&environment[2], "SLURM_SUBMIT_DIR=%s", e->folder) < 0) {
        free(srun);
        return no_memory(error);
    }
    snprintf(cpus, sizeof cpus, "--cpus-per-task=%u", e->threads);
    argv[n++] = srun;
    argv[n++] = (char *)"--ntasks=1";
    argv[n++] = cpus;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(resources); i++) {
        if (resources[i].value &&
            asprintf(&texts[i], "--%s=%s", resources[i].name, resources[i].value) >= 0)
            argv[n++] = texts[i];
    }
    argv[n++] = (char *)"bash";
    argv[n] = (char *)"trace.sbatch";
    fprintf(stderr, "probing with one run (--no-probe submits at once)\n");
    status = pt_process_output(
        &(struct pt_process_plan){argv, environment, e->folder, NULL, NULL}, &text,
        &exit_status, error);
    if (status == PT_OK)
        status = pt_experiment_collect(e, error);
    if (status == PT_OK && e->runs[0].state != PT_RUN_DONE)
        status =
            pt_error_set(error, PT_E_MISSING,
                         "the probe failed, nothing was submitted; its words are in "
                         "%s/logs/run-0001.err",
                         e->folder);
    if (status == PT_OK)
        say_estimate(e);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    free(environment[2]);
    free(srun);
    free(text);
    return status;
}

static enum pt_status note_job(struct pt_experiment *e, char *id,
                               struct pt_error *error)
{
    char **jobs = reallocarray(e->jobs, e->n_jobs + 2, sizeof *jobs);

    if (jobs == NULL) {
        free(id);
        return no_memory(error);
    }
    e->jobs = jobs;
    jobs[e->n_jobs++] = id;
    jobs[e->n_jobs] = NULL;
    return pt_experiment_write(e, error);
}

/* Run `number` from 1, or 0: the reference. */
static bool is_waiting(const struct pt_experiment *e, size_t number)
{
    const struct pt_run *run =
        number ? &e->runs[number - 1] : &e->extra[PT_PLACE_REFERENCE];

    return run->wanted && run->state == PT_RUN_WAITING;
}

/* The numbers of the waiting runs from `first` to `last`, less `offset`, as SLURM
 * writes them: "0-3,7". Empty: none. False: the list is longer than SLURM takes. */
static bool list_indices(const struct pt_experiment *e, size_t first, size_t last,
                         size_t offset, char list[LIST_BYTES])
{
    size_t used = 0;

    list[0] = '\0';
    for (size_t i = first; i <= last; i++) {
        size_t end = i;
        int n;

        if (!is_waiting(e, i))
            continue;
        while (end < last && is_waiting(e, end + 1))
            end++;
        n = snprintf(list + used, LIST_BYTES - used, end > i ? "%s%zu-%zu" : "%s%zu",
                     used ? "," : "", i - offset, end - offset);
        if (n < 0 || used + (size_t)n >= LIST_BYTES)
            return false;
        used += (size_t)n;
        i = end;
    }
    return true;
}

static enum pt_status submit_array(struct pt_experiment *e,
                                   const struct pt_run_options *o, size_t first,
                                   size_t last, char list[LIST_BYTES],
                                   struct pt_error *error)
{
    char *array = NULL, *id = NULL, offset[48], throttle[24] = "";
    char *environment[] = {offset, NULL};
    char *options[] = {NULL, NULL};
    enum pt_status status;

    if (!list_indices(e, first ? first + 1 : 0, last, first, list))
        return pt_error_set(error, PT_E_LIMIT,
                            "too many separate runs are missing for "
                            "one array");
    if (list[0] == '\0')
        return PT_OK;
    if (o->throttle)
        snprintf(throttle, sizeof throttle, "%%%" PRIu64, o->throttle);
    snprintf(offset, sizeof offset, "PYTRACER_OFFSET=%zu", first);
    if (asprintf(&array, "--array=%s%s", list, throttle) < 0)
        return no_memory(error);
    options[0] = array;
    status =
        pt_slurm_submit(e->folder, "trace.sbatch", options, environment, &id, error);
    if (status == PT_OK) {
        printf("job %s: runs %s%s", id, list, throttle);
        printf(first ? ", counted from %zu\n" : "\n", first + 1);
        status = note_job(e, id, error);
    }
    free(array);
    return status;
}

/* Arrays have indices below `most`; index i of an array behind run `first` is run
 * first + i, index 0 of the first one the reference. */
static enum pt_status submit_arrays(struct pt_experiment *e,
                                    const struct pt_run_options *o, uint64_t most,
                                    struct pt_error *error)
{
    size_t chunk = most > 2 ? (size_t)most - 1 : 1;
    char *list = malloc(LIST_BYTES);
    enum pt_status status = list ? PT_OK : no_memory(error);

    for (size_t first = 0; first < e->n_runs && status == PT_OK; first += chunk) {
        size_t last = first + chunk < e->n_runs ? first + chunk : e->n_runs;
        status = submit_array(e, o, first, last, list, error);
    }
    free(list);
    return status;
}

/* Run 1 once more, by the same script. */
static enum pt_status submit_control(struct pt_experiment *e, struct pt_error *error)
{
    char *options[] = {(char *)"--array=1", NULL};
    char *environment[] = {(char *)"PYTRACER_CONTROL=1", NULL}, *id = NULL;
    enum pt_status status;

    if (!e->extra[PT_PLACE_CONTROL].wanted ||
        e->extra[PT_PLACE_CONTROL].state != PT_RUN_WAITING)
        return PT_OK;
    status =
        pt_slurm_submit(e->folder, "trace.sbatch", options, environment, &id, error);
    if (status == PT_OK) {
        printf("job %s: run 1 repeated, as control\n", id);
        status = note_job(e, id, error);
    }
    return status;
}

/* Behind the arrays of this call: they start at e->jobs[before]. */
static enum pt_status submit_parse(struct pt_experiment *e, size_t before,
                                   struct pt_error *error)
{
    char *text = NULL, *id = NULL;
    char *options[] = {NULL, NULL};
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    enum pt_status status;

    if (out == NULL)
        return no_memory(error);
    fputs("--dependency=afterany", out);
    for (size_t i = before; i < e->n_jobs; i++)
        fprintf(out, ":%s", e->jobs[i]);
    if (fclose(out) != 0) {
        free(text);
        return no_memory(error);
    }
    if (e->n_jobs > before)
        options[0] = text;
    status = pt_slurm_submit(e->folder, "parse.sbatch", options, NULL, &id, error);
    if (status == PT_OK) {
        printf("job %s: aggregation\n", id);
        status = note_job(e, id, error);
    }
    free(text);
    return status;
}

/* Until none of the jobs is left; then what came of it. */
static int follow(struct pt_experiment *e, struct pt_error *error)
{
    size_t waiting = 1, running = 0, last = SIZE_MAX;
    bool same = true;

    while (waiting + running > 0) {
        if (pt_slurm_queue(e->jobs, e->n_jobs, &waiting, &running, error) != PT_OK)
            return 1;
        if (waiting + running != last)
            fprintf(stderr, "%zu tasks wait, %zu run\n", waiting, running);
        last = waiting + running;
        if (last && pt_process_wait(2) == PT_PROCESS_STOP) {
            fprintf(stderr, "the jobs go on; to look: pytracer status %s\n", e->folder);
            return EXIT_STOPPED;
        }
    }
    if (pt_experiment_collect(e, error) != PT_OK ||
        pt_run_versions(e, error) != PT_OK || pt_experiment_write(e, error) != PT_OK)
        return 1;
    if (e->result == NULL) {
        (void)pt_error_set(error, PT_E_MISSING,
                           "there is no result; the words of the aggregation are in "
                           "%s/logs/slurm-parse-*.log",
                           e->folder);
        return 1;
    }
    if (pt_run_control(stderr, e, &same, error) != PT_OK ||
        pt_run_rank(e, error) != PT_OK)
        return 1;
    return same ? 0 : EXIT_DIFFERS;
}

static void say_how_to_watch(const struct pt_experiment *e)
{
    char *words[] = {e->folder};
    char *folder = pt_words_command(1, words);

    printf("experiment: %s\nto watch:   pytracer status %s\n", e->folder,
           folder ? folder : e->folder);
    fflush(stdout);
    free(folder);
}

static enum pt_status submit(struct pt_experiment *e, const struct pt_run_options *o,
                             const char *trace, const char *parse,
                             struct pt_error *error)
{
    size_t before = e->n_jobs;
    uint64_t most = 0;
    enum pt_status status = pt_slurm_probe(&most, error);

    if (status == PT_OK && !o->resume)
        status = pt_submit_scripts_write(e, trace, parse, error);
    if (status == PT_OK && !o->no_probe && !o->resume)
        status = probe(e, o, error);
    if (status == PT_OK)
        status = submit_arrays(e, o, most, error);
    if (status == PT_OK)
        status = submit_control(e, error);
    if (status == PT_OK)
        status = submit_parse(e, before, error);
    if (status == PT_OK)
        say_how_to_watch(e);
    return status;
}

/* What would be written, and nothing done: the experiment is made only in memory. */
static enum pt_status print_scripts(const struct pt_experiment *e, const char *trace,
                                    const char *parse)
{
    printf("=== %s/trace.sbatch\n%s\n=== %s/parse.sbatch\n%s", e->folder, trace,
           e->folder, parse);
    return PT_OK;
}

static int work(const struct pt_run_options *o, struct pt_error *error)
{
    struct pt_experiment *e = NULL;
    char *trace = NULL, *parse = NULL;
    uint64_t most;
    int fd = -1, result = 1;
    enum pt_status status = o->dry_run ? PT_OK : pt_slurm_probe(&most, error);

    if (status == PT_OK)
        status = o->resume ? pt_run_resume(o, &e, error) : pt_run_create(o, &e, error);
    if (status == PT_OK && !o->dry_run)
        status = pt_run_lock(e, &fd, error);
    if (status == PT_OK)
        status = pt_submit_scripts(e, o, &trace, &parse, error);
    if (status == PT_OK)
        status = o->dry_run ? print_scripts(e, trace, parse)
                            : submit(e, o, trace, parse, error);
    if (status == PT_OK)
        result = o->wait && !o->dry_run ? follow(e, error) : 0;
    free(trace);
    free(parse);
    if (fd >= 0)
        close(fd);
    pt_experiment_destroy(e);
    return result;
}

int pt_front_submit(int argc, char **argv)
{
    struct pt_run_options o;
    struct pt_error error = {0};
    int result;

    if (pt_run_options_read(argc, argv, true, &o, &error) != PT_OK) {
        fprintf(stderr, "pytracer submit: %s\n", error.text);
        pt_run_options_clear(&o);
        return 2;
    }
    if (o.help) {
        fputs(pt_help_submit, stdout);
        pt_run_options_clear(&o);
        return 0;
    }
    pt_process_prepare();
    result = work(&o, &error);
    if (result == 1)
        fprintf(stderr, "pytracer submit: %s\n", error.text);
    pt_run_options_clear(&o);
    return error.status == PT_E_USAGE ? 2 : result;
}
