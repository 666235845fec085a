/* pytracer-parse: from the traces of N runs to one result file.
 *
 * The phases, each of which all ranks enter and leave together:
 * options → catalogue → skeleton, alignment → values → layout → compute → attribution →
 * write → report. */
#include <hdf5.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "config.h"
#include "parse/options.h"
#include "parse/run.h"
#include "result/output.h"
#include "version.h"

static const char *const rank_variables[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",
                                             "PMI_RANK"};

/* The number that a launcher gave this process, or NULL: started by hand. */
static const char *launched_rank(void)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(rank_variables); i++)
        if (getenv(rank_variables[i]) != NULL)
            return getenv(rank_variables[i]);
    return NULL;
}

/* Which libraries it runs with now, not those it was built with. */
static void say_version(void)
{
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
    unsigned version[3] = {0};
    int length;

    pt_version_print(stdout, "pytracer-parse");
    MPI_Get_library_version(mpi, &length);
    mpi[strcspn(mpi, ",\n")] = '\0';
    if (H5get_libversion(&version[0], &version[1], &version[2]) >= 0)
        printf("  MPI:      %s\n  HDF5:     %u.%u.%u, parallel\n", mpi, version[0],
               version[1], version[2]);
}

/* What needs no ranks is said by one of them, before MPI is started. */
static int answer(const struct pt_parse_options *options, enum pt_status status,
                  const struct pt_error *error)
{
    const char *rank = launched_rank();

    if (rank != NULL && strcmp(rank, "0") != 0)
        return status ? 2 : 0;
    if (status)
        pt_log_error("%s", error->text);
    else if (options->help)
        pt_parse_help(stdout);
    else
        say_version();
    return status ? 2 : 0;
}

/* Started by hand, Open MPI would bring up a daemon for a possible MPI_Comm_spawn, and
 * ssh to start it with, and load the drivers of all networks, some of which measure the
 * clock for a fifth of a second; one process needs none of them, nor a folder for its
 * session: all that are started so share one, and fail when one makes it while another
 * takes it away. Other libraries ignore it. */
static void prepare_alone(void)
{
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
    setenv("OMPI_MCA_pml", "ob1", 0);
    setenv("OMPI_MCA_btl", "self", 0);
}

/* Ranks and threads that wait leave the processor to those that work, where the machine
 * is shared: by default both kinds would turn in a loop. libgomp reads its variable
 * before main begins, hence the program is started again, once; where that fails, it
 * waits as it did. */
static void wait_politely(const struct pt_parse_options *options, char **argv)
{
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    if (options->threads == 1 || getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT"))
        return;
    if (setenv("OMP_WAIT_POLICY", "passive", 1) == 0)
        execv("/proc/self/exe", argv);
}

/* Open MPI's mpirun calls the job failed if a rank ends before mpirun has read that it
 * finalised, and a rank waits for the answer for two seconds only: where the machine is
 * so busy, it stays for some more. */
static void finalize(void)
{
    enum { ANSWER_SECONDS = 2, MORE_SECONDS = 5 };
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    MPI_Finalize();
    clock_gettime(CLOCK_MONOTONIC, &after);
    if (launched_rank() != NULL && after.tv_sec - before.tv_sec >= ANSWER_SECONDS)
        sleep(MORE_SECONDS);
}

int main(int argc, char **argv)
{
    struct pt_parse_options options;
    struct pt_error error = {0};
    struct pt_team team = {.comm = MPI_COMM_WORLD, .threads = 1};
    int provided;

    enum pt_status status = pt_parse_options_read(argc, argv, &options, &error);
    if (status || options.help || options.version) {
        int code = answer(&options, status, &error);
        pt_parse_options_free(&options);
        return code;
    }
    wait_politely(&options, argv);
    if (launched_rank() == NULL)
        prepare_alone();
    /* Open MPI's "sm" keeps a semaphore for the shared pointer of an open file, which
     * nothing here uses, under the last part of the file's name: jobs of one node whose
     * results are called the same would take it away from each other. */
    setenv("OMPI_MCA_sharedfp", "^sm", 0);
    /* Nothing here is one-sided, and looking for UCX measures the clock for long. */
    setenv("OMPI_MCA_osc", "^ucx", 0);
    /* A limit of the size of files is an error of the write, as a full disk is. */
    signal(SIGXFSZ, SIG_IGN);
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(team.comm, &team.rank);
    MPI_Comm_size(team.comm, &team.size);
    status = pt_parse_run(&team, &options, argc, argv, &error);
    if (status && team.rank == 0)
        pt_log_error("%s", error.text);
    pt_parse_options_free(&options);
    pt_log_close();
    fflush(stdout);
    if (pt_output_stuck()) {
        MPI_Barrier(team.comm);
        _exit(1);
    }
    finalize();
    return status == PT_OK ? 0 : status == PT_E_USAGE ? 2 : 1;
}
