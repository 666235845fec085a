#include "parse/binding.h"

#include <omp.h>
#include <sched.h>
#include <stdlib.h>

#include "base/log.h"

/* What one node's ranks may use together. */
struct node {
    int ranks, cores, shared; /* shared: some core belongs to several ranks */
    int mine;
};

static void look(const struct pt_team *team, struct node *node)
{
    MPI_Comm local;
    cpu_set_t mask, all;
    int mine, sum = 0;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask))
        CPU_SET(0, &mask);
    mine = CPU_COUNT(&mask);
    MPI_Comm_split_type(team->comm, MPI_COMM_TYPE_SHARED, team->rank, MPI_INFO_NULL,
                        &local);
    MPI_Comm_size(local, &node->ranks);
    MPI_Allreduce(&mask, &all, (int)sizeof mask, MPI_BYTE, MPI_BOR, local);
    MPI_Allreduce(&mine, &sum, 1, MPI_INT, MPI_SUM, local);
    MPI_Comm_free(&local);
    node->cores = CPU_COUNT(&all);
    node->shared = sum > node->cores;
    node->mine = mine;
}

static const char *plural(int n)
{
    return n == 1 ? "" : "s";
}

/* Printed by rank 0; what is warned of may be so on another rank. */
static void report(const struct pt_team *team, const struct node *node)
{
    int bound = team->threads > node->mine && node->mine < node->cores;
    int crowded = team->threads > node->mine ||
                  (node->shared && team->threads * node->ranks > node->cores);
    int some[2] = {bound, crowded}, least = node->mine;
    MPI_Allreduce(MPI_IN_PLACE, some, 2, MPI_INT, MPI_MAX, team->comm);
    MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_INT, MPI_MIN, team->comm);
    if (team->rank)
        return;
    pt_log_info("%d rank%s of %d thread%s, %d on this node's %d core%s", team->size,
                plural(team->size), team->threads, plural(team->threads), node->ranks,
                node->cores, plural(node->cores));
    if (some[0])
        pt_log_warning(
            "each rank is bound to %d core%s and has %d threads: start mpirun "
            "with --map-by slot:PE=%d or --bind-to none",
            least, plural(least), team->threads, team->threads);
    else if (some[1])
        pt_log_warning("%d rank%s of %d thread%s share %d core%s: fewer ranks or "
                       "--threads would be as fast",
                       node->ranks, plural(node->ranks), team->threads,
                       plural(team->threads), node->cores, plural(node->cores));
}

enum pt_status pt_binding_set(struct pt_team *team, unsigned asked,
                              struct pt_error *error)
{
    struct node node;
    const char *environment = getenv("OMP_NUM_THREADS");
    (void)error;
    look(team, &node);
    int share = node.shared ? node.cores / node.ranks : node.mine;
    if (asked)
        team->threads = (int)asked;
    else if (environment && atoi(environment) > 0)
        team->threads = atoi(environment);
    else
        team->threads = share > 1 ? share : 1;
    omp_set_dynamic(0);
    omp_set_num_threads(team->threads);
    report(team, &node);
    return PT_OK;
}
