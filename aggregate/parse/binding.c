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
    int crowded = team->threads > node.mine ||
                  (node.shared && team->threads * node.ranks > node.cores);
    int any = 0;
    MPI_Allreduce(&crowded, &any, 1, MPI_INT, MPI_MAX, team->comm);
    if (team->rank)
        return PT_OK;
    pt_log_info("%d rank%s of %d thread%s, %d on this node's %d cores", team->size,
                team->size == 1 ? "" : "s", team->threads,
                team->threads == 1 ? "" : "s", node.ranks, node.cores);
    if (any && node.mine < node.cores && team->threads > node.mine)
        pt_log_warning(
            "each rank is bound to %d core%s and has %d threads: start mpirun "
            "with --map-by slot:PE=%d or --bind-to none",
            node.mine, node.mine == 1 ? "" : "s", team->threads, team->threads);
    else if (any)
        pt_log_warning(
            "%d ranks of %d threads share %d cores: fewer ranks or --threads "
            "would be as fast",
            node.ranks, team->threads, node.cores);
    return PT_OK;
}
