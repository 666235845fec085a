#include "parse/traffic.h"

#include <stdio.h>

enum { N_COUNTS = sizeof(struct pt_traffic_counts) / sizeof(uint64_t) };

static void print_head(void)
{
    puts("| phase | opens | most | read bytes | most | collectives | most | messages | "
         "most | sent bytes | most | written bytes | most |\n"
         "|---|---|---|---|---|---|---|---|---|---|---|---|---|");
}

void pt_traffic_phase(const struct pt_team *team, struct pt_traffic *traffic,
                      const char *phase, const struct pt_traffic_counts *now)
{
    const uint64_t *last = (const uint64_t *)&traffic->last;
    const uint64_t *counts = (const uint64_t *)now;
    uint64_t sum[N_COUNTS], most[N_COUNTS];
    if (!traffic->wanted)
        return;
    for (int i = 0; i < N_COUNTS; i++)
        sum[i] = counts[i] - last[i];
    MPI_Allreduce(sum, most, N_COUNTS, MPI_UINT64_T, MPI_MAX, team->comm);
    MPI_Allreduce(MPI_IN_PLACE, sum, N_COUNTS, MPI_UINT64_T, MPI_SUM, team->comm);
    traffic->last = *now;
    if (team->rank == 0) {
        if (!traffic->begun)
            print_head();
        printf("| %s |", phase);
        for (int i = 0; i < N_COUNTS; i++)
            printf(" %llu | %llu |", (unsigned long long)sum[i],
                   (unsigned long long)most[i]);
        putchar('\n');
    }
    traffic->begun = true;
}
