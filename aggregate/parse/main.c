/* pytracer-parse: from the traces of N runs to one result file.
 *
 * The phases, each of which all ranks enter and leave together:
 * options → catalogue → skeleton, alignment → values → layout → compute → attribution →
 * write → report. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config.h"
#include "parse/options.h"
#include "parse/run.h"

/* Started by hand, Open MPI would bring up a daemon for a possible MPI_Comm_spawn, and
 * ssh to start it with; one process needs neither. Other libraries ignore the variable. */
static void start_alone(void)
{
    static const char *const launchers[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK",
                                            "PMI_RANK", "PMI_SIZE"};

    for (size_t i = 0; i < PT_ARRAY_LENGTH(launchers); i++)
        if (getenv(launchers[i]) != NULL)
            return;
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
}

static int leave(int code)
{
    fflush(stdout);
    MPI_Finalize();
    return code;
}

int main(int argc, char **argv)
{
    struct pt_parse_options options;
    struct pt_error error = {0};
    struct pt_team team = {.comm = MPI_COMM_WORLD, .threads = 1};
    int provided;

    start_alone();
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(team.comm, &team.rank);
    MPI_Comm_size(team.comm, &team.size);
    enum pt_status status = pt_parse_options_read(argc, argv, &options, &error);
    if (!status && (options.help || options.version)) {
        if (team.rank == 0 && options.help)
            pt_parse_help(stdout);
        else if (team.rank == 0)
            puts("pytracer-parse " PT_VERSION);
        pt_parse_options_free(&options);
        return leave(0);
    }
    if (!status)
        status = pt_parse_run(&team, &options, argc, argv, &error);
    if (status && team.rank == 0)
        pt_log_error("%s", error.text);
    pt_parse_options_free(&options);
    pt_log_close();
    return leave(status == PT_OK ? 0 : status == PT_E_USAGE ? 2 : 1);
}
