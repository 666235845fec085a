#include "embed/session.h"

#include <Python.h>

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "cache.h"
#include "embed/bounds.h"
#include "embed/coverage.h"
#include "embed/metadata.h"
#include "embed/own_threads.h"
#include "embed/report.h"
#include "embed/sources.h"
#include "embed/suggest.h"
#include "format/writer.h"
#include "fuzzy/fuzzy.h"
#include "intercept/divisors.h"
#include "intercept/intercept.h"
#include "launcher/identity.h"
#include "pickle/export.h"

enum state { STATE_NONE, STATE_RUNNING, STATE_STOPPED, STATE_SEALED };

static struct {
    _Atomic enum state state; /* forward only, but for a fork; changed under the GIL
                                 (to STOPPED) or the lock (to SEALED) */
    pthread_mutex_t lock;     /* of seal, which several threads may reach */
    pid_t pid;                /* a child by vfork or a fork in C has our memory */
    const struct pt_handle *handle;
    struct pt_identity identity;
    struct pt_trace_writer *writer;    /* NULL: only a report */
    char path[PATH_MAX];               /* of the sealed trace */
    char report[PATH_MAX];             /* empty: none */
    char *traces;                      /* their folder, absolute */
    char *sources;                     /* folder of their copies, absolute */
    char *stage;                       /* folder of the node, absolute; NULL: none */
    char *directory;                   /* at the start */
    int64_t start_ns;                  /* monotonic */
    char fork_path[PT_TRACE_ID_BYTES]; /* "0.2": third child of the first child */
    unsigned forks;                    /* children so far */
    bool interrupted;                  /* by a fork: may be continued */
} session = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A name that the user gave, as it is: its folder is made. */
static enum pt_status given_path(const char *given, char path[PATH_MAX],
                                 struct pt_error *error)
{
    if (snprintf(path, PATH_MAX, "%s", given) >= PATH_MAX)
        return pt_error_set(error, PT_E_LIMIT, "the path %s is too long", given);
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return PT_OK;
    *slash = '\0';
    enum pt_status status = pt_folder_create(path, error);
    *slash = '/';
    return status;
}

/* What a run is called: two runs of the same program have the same text. */
static void describe_program(const struct pt_command *command, char *text, size_t room)
{
    static const char *const forms[] = {[PT_COMMAND_SCRIPT] = "%s",
                                        [PT_COMMAND_MODULE] = "-m %s",
                                        [PT_COMMAND_CODE] = "-c %s",
                                        [PT_COMMAND_STDIN] = "-"};
    const char *target = command->target != NULL ? command->target : "";
    const char *form = forms[command->kind];
    snprintf(text, room, "%.*s%s", (int)strcspn(form, "%"), form,
             strchr(form, '%') != NULL ? target : "");
}

static void fill_header(struct pt_trace_header *header)
{
    const struct pt_identity *identity = &session.identity;
    const struct pt_config *config = session.handle->config;

    *header = (struct pt_trace_header){.major = PT_TRACE_MAJOR,
                                       .minor = PT_TRACE_MINOR,
                                       .created_ns = identity->created_ns,
                                       .run_id = identity->run_id,
                                       .pid = identity->pid,
                                       .role_kind = identity->role_kind,
                                       .role_rank = identity->role_rank};
    if (session.fork_path[0] != '\0')
        header->role_kind = PT_ROLE_FORK;
    memcpy(header->role_path, session.fork_path, sizeof header->role_path);
    if (identity->has_run)
        header->flags |= PT_HEADER_HAS_RUN;
    if (config->fuzzy.has_seed) {
        header->flags |= PT_HEADER_HAS_SEED;
        header->seed = config->fuzzy.seed;
    }
    memcpy(header->experiment_id, identity->experiment, sizeof header->experiment_id);
    memcpy(header->host, identity->host, sizeof header->host);
    describe_program(&session.handle->command, header->program, sizeof header->program);
    snprintf(header->directory, sizeof header->directory, "%s", session.directory);
}

static enum pt_status open_writer(struct pt_error *error)
{
    struct pt_trace_header header;
    struct pt_own_threads kept;
    fill_header(&header);
    pt_own_threads_begin(&kept);
    const struct pt_trace_writing writing = {
        .stage = session.stage,
        .codec = session.handle->config->io.compression == PT_COMPRESSION_LZ4
                     ? PT_CODEC_LZ4
                     : PT_CODEC_STORED};
    enum pt_status status = pt_trace_writer_open_as(session.path, &writing, &header,
                                                    &session.writer, error);
    pt_own_threads_end(&kept);
    return status;
}

/* The name that the user gave, in the folder of traces if it has none; with the path of
 * forks before its suffix in a child: "x.f0.2.trace". */
static enum pt_status given_trace(const char *given, struct pt_error *error)
{
    char name[PATH_MAX], fork[PT_TRACE_ID_BYTES + 2] = "";
    size_t length = strlen(given), suffix = strlen(PT_TRACE_SUFFIX);
    if (length < suffix || strcmp(given + length - suffix, PT_TRACE_SUFFIX) != 0)
        suffix = 0;
    if (session.fork_path[0] != '\0')
        snprintf(fork, sizeof fork, ".f%s", session.fork_path);
    bool whole = strchr(given, '/') != NULL;
    if (snprintf(name, sizeof name, "%s%s%.*s%s%s", whole ? "" : session.traces,
                 whole ? "" : "/", (int)(length - suffix), given, fork,
                 given + length - suffix) >= (int)sizeof name)
        return pt_error_set(error, PT_E_LIMIT, "the path %s is too long", given);
    return given_path(name, session.path, error);
}

/* A name of ours. Where it is taken (another node of the cluster has the same pid in
 * the same second), a later second is free. */
static enum pt_status create_named(struct pt_error *error)
{
    enum { LATER = 60 };
    enum pt_status status = PT_OK;
    for (int later = 0; later < LATER; later++) {
        char id[PT_CACHE_ID], name[PATH_MAX];
        pt_cache_id_format(&session.identity.name, id);
        if (snprintf(name, sizeof name, "%s/%s%s", session.traces, id,
                     PT_TRACE_SUFFIX) >= (int)sizeof name)
            return pt_error_set(error, PT_E_LIMIT, "the path %s is too long",
                                session.traces);
        status = given_path(name, session.path, error);
        if (status == PT_OK)
            status = open_writer(error);
        if (status != PT_E_EXISTS)
            break;
        session.identity.name.when++;
    }
    return status;
}

/* The folder of io.cache.stage, made if it is not there. */
static enum pt_status find_stage(struct pt_error *error)
{
    const char *stage = session.handle->config->io.cache.stage;
    if (stage == NULL || session.stage != NULL)
        return PT_OK;
    enum pt_status status = pt_folder_create(stage, error);
    if (status != PT_OK)
        return status;
    session.stage = realpath(stage, NULL);
    return session.stage != NULL
               ? PT_OK
               : pt_error_sys(error, "cannot find the folder %s", stage);
}

static enum pt_status create_trace(struct pt_error *error)
{
    enum pt_status found = find_stage(error);
    if (found != PT_OK)
        return found;
    const char *given = session.handle->config->io.trace;
    if (given == NULL)
        return create_named(error);
    enum pt_status status = given_trace(given, error);
    return status == PT_OK ? open_writer(error) : status;
}

static enum pt_status open_log(struct pt_error *error)
{
    const struct pt_config *config = session.handle->config;
    struct pt_log_options options = {.level = config->logger.level,
                                     .format = config->logger.format,
                                     .color = config->logger.color};
    char *path = pt_cache_log_path(config, &session.identity.name), whole[PATH_MAX];
    enum pt_status status = PT_OK;

    if (path != NULL)
        status = given_path(path, whole, error);
    options.path = path;
    if (status == PT_OK)
        status = pt_log_open(&options, error);
    if (status == PT_OK && pt_fuzzy_active() != 0)
        pt_log_info("stochastic arithmetic: seed %" PRIu64, config->fuzzy.seed);
    if (status == PT_OK && path != NULL && session.writer != NULL)
        pt_trace_writer_meta(session.writer, "log.path", path, strlen(path));
    free(path);
    return status;
}

static enum pt_status name_report(struct pt_error *error)
{
    const char *given = session.handle->config->io.report_filename;
    char id[PT_CACHE_ID], name[PATH_MAX];

    if (session.handle->report != PT_REPORT_ON &&
        session.handle->report != PT_REPORT_ONLY)
        return PT_OK;
    char *folder = pt_config_cache_folder(session.handle->config, "report");
    if (folder == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory");
    pt_cache_id_format(&session.identity.name, id);
    if (given == NULL)
        snprintf(name, sizeof name, "%s/report.%s.csv", folder, id);
    else
        snprintf(name, sizeof name, "%s%s%s", strchr(given, '/') != NULL ? "" : folder,
                 strchr(given, '/') != NULL ? "" : "/", given);
    free(folder);
    enum pt_status status = given_path(name, session.report, error);
    if (status == PT_OK && session.writer != NULL)
        pt_trace_writer_meta(session.writer, "report.path", session.report,
                             strlen(session.report));
    return status;
}

/* A program under the arithmetic alone: nothing is recorded and no file is made. */
static enum pt_status open_without_trace(struct pt_error *error)
{
    const struct pt_config *config = session.handle->config;
    struct pt_log_options options = {.level = config->logger.level,
                                     .format = config->logger.format,
                                     .color = config->logger.color};
    enum pt_status status = pt_identity_read(&session.identity, error);
    if (status == PT_OK)
        status = pt_log_open(&options, error);
    if (status == PT_OK)
        session.state = STATE_RUNNING;
    return status;
}

enum pt_status pt_session_open(const struct pt_handle *handle, struct pt_error *error)
{
    session.handle = handle;
    session.pid = getpid();
    session.start_ns = monotonic_ns();
    if (handle->report == PT_REPORT_NO_TRACE)
        return open_without_trace(error);
    session.directory = getcwd(NULL, 0);
    session.traces = pt_config_cache_folder(handle->config, "traces");
    session.sources = pt_config_cache_folder(handle->config, "sources");
    if (session.directory == NULL || session.traces == NULL || session.sources == NULL)
        return pt_error_sys(error, "cannot find out the working directory");
    enum pt_status status = pt_identity_read(&session.identity, error);
    const struct pt_config *config = handle->config;
    if (status == PT_OK && handle->report == PT_REPORT_SUGGEST)
        status = pt_suggest_everything(handle->config, &config, error);
    else if (status == PT_OK && handle->report != PT_REPORT_ONLY)
        status = create_trace(error);
    if (status == PT_OK)
        status = open_log(error);
    if (status == PT_OK)
        status = name_report(error);
    if (status == PT_OK && session.writer != NULL) {
        pt_metadata_start(session.writer, handle);
        pt_divisors_start();
    }
    if (status == PT_OK)
        status = pt_intercept_start(config, session.writer, error);
    if (status == PT_OK)
        session.state = STATE_RUNNING;
    return status;
}

static void stop_trace(void)
{
    struct pt_error error;
    pt_metadata_libraries(session.writer);
    pt_bounds_tell(session.writer);
    pt_trace_writer_flush(session.writer);
    if (pt_trace_writer_error(session.writer) != NULL)
        return; /* seal tells */
    if (pt_sources_keep(session.writer, pt_trace_writer_part(session.writer),
                        session.sources, session.directory, &error) != PT_OK)
        pt_log_warning("the sources are not kept: %s", error.text);
}

void pt_session_stop(void)
{
    struct pt_error error;
    if (pt_session_stopped())
        return;
    pt_intercept_stop();
    pt_coverage_write(session.handle->config, session.writer);
    if (session.handle->report == PT_REPORT_SUGGEST)
        pt_suggest_print(session.handle->config);
    if (session.writer != NULL)
        stop_trace();
    /* standard output is the program's; mpirun makes it a terminal of its own */
    bool show = session.handle->config->io.report_filename == NULL && isatty(2) == 1;
    if (session.report[0] != '\0' &&
        pt_report_write(session.report, show, &error) != PT_OK)
        pt_log_warning("no report: %s", error.text);
    session.state = STATE_STOPPED;
}

bool pt_session_stopped(void)
{
    return session.state != STATE_RUNNING || getpid() != session.pid;
}

/* io.type "pickle": what Python reads takes the place of the sealed trace. */
static void export_trace(void)
{
    struct pt_error error;
    size_t stem = strlen(session.path) - strlen(PT_TRACE_SUFFIX);
    char pickle[PATH_MAX + sizeof ".pkl"];
    bool suffixed = strlen(session.path) > strlen(PT_TRACE_SUFFIX) &&
                    strcmp(session.path + stem, PT_TRACE_SUFFIX) == 0;
    snprintf(pickle, sizeof pickle, "%.*s.pkl",
             (int)(suffixed ? stem : strlen(session.path)), session.path);
    if (pt_pickle_export(session.path, pickle, &error) == PT_OK) {
        unlink(session.path);
        pt_log_info("trace: %s", pickle);
    } else {
        pt_log_warning("no pickle, the trace %s is kept: %s", session.path, error.text);
    }
}

void pt_session_seal(struct pt_ending ending)
{
    struct pt_error error = {0};
    if (session.state != STATE_STOPPED || getpid() != session.pid)
        return;
    pthread_mutex_lock(&session.lock);
    if (session.state == STATE_STOPPED && session.writer != NULL) {
        pt_metadata_end(session.writer, ending, monotonic_ns() - session.start_ns);
        pt_trace_writer_flush(session.writer);
        bool whole = pt_trace_writer_error(session.writer) == NULL;
        if (pt_trace_writer_close(session.writer, &error) != PT_OK)
            pt_log_warning("the trace %s is %s: %s", session.path,
                           whole && session.stage != NULL ? "not in its place"
                                                          : "partial",
                           error.text);
        else if (session.handle->config->io.type == PT_IO_PICKLE)
            export_trace();
        else
            pt_log_info("trace: %s", session.path);
        session.writer = NULL;
    }
    session.state = STATE_SEALED;
    pthread_mutex_unlock(&session.lock);
}

void pt_session_before_fork(void)
{
    session.forks++;
    if (session.state == STATE_RUNNING && session.writer != NULL)
        pt_trace_writer_flush(session.writer);
}

void pt_session_in_child(void)
{
    size_t length = strlen(session.fork_path);
    session.interrupted = session.state == STATE_RUNNING && session.writer != NULL;
    if (session.state == STATE_RUNNING)
        pt_intercept_forget();
    pt_trace_writer_abandon(session.writer);
    session.writer = NULL;
    session.report[0] = '\0'; /* which is the parent's to write */
    session.state = STATE_NONE;
    session.pid = getpid();
    pthread_mutex_init(&session.lock, NULL); /* another thread may have held it */
    snprintf(session.fork_path + length, sizeof session.fork_path - length, "%s%u",
             length > 0 ? "." : "", session.forks - 1);
    session.forks = 0;
}

enum pt_status pt_session_continue(struct pt_error *error)
{
    struct pt_identity now;
    if (!session.interrupted || !session.handle->config->io.fork)
        return PT_OK;
    session.interrupted = false;
    session.start_ns = monotonic_ns();
    enum pt_status status = pt_identity_read(&now, error);
    if (status != PT_OK)
        return status;
    session.identity.created_ns = now.created_ns;
    session.identity.pid = now.pid;
    session.identity.name = now.name;
    status = create_trace(error);
    if (status != PT_OK)
        return status;
    pt_metadata_start(session.writer, session.handle);
    status = pt_intercept_start(session.handle->config, session.writer, error);
    if (status == PT_OK)
        session.state = STATE_RUNNING;
    return status;
}

uint64_t pt_session_process(void)
{
    const struct pt_identity *identity = &session.identity;
    char text[PT_TRACE_ID_BYTES + 32];
    uint64_t rank =
        identity->role_kind == PT_ROLE_MPI ? (uint64_t)identity->role_rank + 1 : 0;
    if (session.fork_path[0] == '\0')
        return rank;
    int n = snprintf(text, sizeof text, "%llu/%s", (unsigned long long)rank,
                     session.fork_path);
    return pt_hash64(text, (size_t)n);
}
