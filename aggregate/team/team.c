#include "team/team.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "team/array.h"

/* One round moves at most this much to or from one rank. */
#define ROUND_BYTES ((size_t)256 << 20)

/* Collective calls are made by one thread of the process. */
static struct pt_team_traffic traffic;

struct pt_team_traffic pt_team_traffic(void)
{
    return traffic;
}

/* A collective of `bytes` bytes per rank: about one message per doubling of ranks. */
static void count_collective(const struct pt_team *team, size_t bytes)
{
    uint64_t rounds = 0;
    for (int reach = 1; reach < team->size; reach *= 2)
        rounds++;
    traffic.collectives++;
    traffic.messages += rounds;
    traffic.bytes += rounds * bytes;
}

/* A rank that waits for long sleeps, longer and longer: within MPI it would turn in a
 * loop, on a processor that other ranks could use, or the system, which carries their
 * results to the disk. */
static void wait_asleep(MPI_Request *request)
{
    enum { TRIES = 200, LEAST_NAP_NS = 50000, LONGEST_NAP_NS = 1000000 };
    struct timespec nap = {.tv_nsec = LEAST_NAP_NS};
    int done = 0;
    for (int tries = 0; !done; tries++) {
        if (tries >= TRIES)
            nanosleep(&nap, NULL);
        if (tries >= TRIES && nap.tv_nsec < LONGEST_NAP_NS)
            nap.tv_nsec += nap.tv_nsec / 8;
        MPI_Test(request, &done, MPI_STATUS_IGNORE);
    }
}

enum pt_status pt_team_agree(const struct pt_team *team, enum pt_status mine,
                             struct pt_error *error)
{
    int failed = mine ? team->rank : team->size, first = 0;
    MPI_Request request;
    count_collective(team, sizeof failed);
    MPI_Iallreduce(&failed, &first, 1, MPI_INT, MPI_MIN, team->comm, &request);
    wait_asleep(&request);
    if (first == team->size)
        return PT_OK;
    struct pt_error shared = {0};
    if (first == team->rank) {
        shared = *error;
        shared.status = mine;
    }
    MPI_Bcast(&shared, (int)sizeof shared, MPI_BYTE, first, team->comm);
    *error = shared;
    return shared.status;
}

/* counts[r]: records to rank r; order[i]: place of record i among them, sorted by
 * destination and stable. */
static void bucket(const int *destination, size_t n, int size, size_t *counts,
                   size_t *order)
{
    size_t start = 0;
    memset(counts, 0, (size_t)size * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        counts[destination[i]]++;
    size_t *next = counts + size;
    for (int r = 0; r < size; r++) {
        next[r] = start;
        start += counts[r];
    }
    for (size_t i = 0; i < n; i++)
        order[i] = next[destination[i]]++;
}

static int round_fill(int *counts, int *places, const size_t *all, int size,
                      size_t done, size_t limit)
{
    size_t start = 0;
    for (int r = 0; r < size; r++) {
        size_t left = all[r] > done ? all[r] - done : 0;
        counts[r] = (int)(left < limit ? left : limit);
        if (start + done > INT_MAX)
            return -1;
        places[r] = (int)(start + (counts[r] ? done : 0));
        start += all[r];
    }
    return 0;
}

static enum pt_status exchange_rounds(const struct pt_team *team, const char *send,
                                      const size_t *send_counts, char *receive,
                                      const size_t *receive_counts, size_t record_bytes,
                                      struct pt_error *error)
{
    enum pt_status status = PT_OK;
    int size = team->size;
    size_t limit = ROUND_BYTES / record_bytes / (size_t)size + 1, longest = 0;
    int *plan = pt_memory_get((size_t)size * 4, sizeof *plan);
    MPI_Datatype type;
    if (!plan)
        status = pt_no_memory(error, "an exchange");
    for (int r = 0; r < size; r++)
        longest = send_counts[r] > longest ? send_counts[r] : longest;
    longest = pt_team_max(team, longest);
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    MPI_Type_contiguous((int)record_bytes, MPI_BYTE, &type);
    MPI_Type_commit(&type);
    for (size_t done = 0; done < longest && !status; done += limit) {
        if (round_fill(plan, plan + size, send_counts, size, done, limit) ||
            round_fill(plan + 2 * size, plan + 3 * size, receive_counts, size, done,
                       limit))
            status = pt_error_set(error, PT_E_LIMIT,
                                  "more than 2^31 records on one rank: use more ranks");
        status = pt_team_agree(team, status, error);
        if (!status)
            MPI_Alltoallv(send, plan, plan + size, type, receive, plan + 2 * size,
                          plan + 3 * size, type, team->comm);
    }
    MPI_Type_free(&type);
    for (int r = 0; r < size; r++)
        if (r != team->rank && send_counts[r]) {
            traffic.messages += send_counts[r] / limit + 1;
            traffic.bytes += send_counts[r] * record_bytes;
        }
done:
    pt_memory_free(plan);
    return status;
}

static void share_counts(const struct pt_team *team, const size_t *send,
                         size_t *receive)
{
    traffic.collectives++;
    traffic.messages += (uint64_t)team->size - 1;
    traffic.bytes += ((uint64_t)team->size - 1) * sizeof *send;
    MPI_Alltoall(send, (int)sizeof *send, MPI_BYTE, receive, (int)sizeof *receive,
                 MPI_BYTE, team->comm);
}

/* A bucketed copy of the records, and who gets how many. */
struct parcel {
    char *sorted;
    size_t *order;
    size_t *to;   /* 2 × size: counts, and scratch */
    size_t *from; /* size */
    size_t n_received;
};

static void parcel_free(struct parcel *parcel)
{
    pt_memory_free(parcel->sorted);
    pt_memory_free(parcel->order);
    pt_memory_free(parcel->to);
    pt_memory_free(parcel->from);
}

/* One rank alone: everything stays, in its order. */
static enum pt_status parcel_keep(const void *records, size_t n, size_t record_bytes,
                                  struct parcel *parcel, void **received,
                                  struct pt_error *error)
{
    *received = pt_memory_get(n * record_bytes + 1, 1);
    if (!*received)
        return pt_no_memory(error, "an exchange");
    if (n)
        memcpy(*received, records, n * record_bytes);
    parcel->n_received = n;
    return PT_OK;
}

static enum pt_status parcel_exchange(const struct pt_team *team, const void *records,
                                      size_t n, size_t record_bytes,
                                      const int *destination, struct parcel *parcel,
                                      void **received, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    *parcel = (struct parcel){0};
    *received = NULL;
    if (team->size == 1)
        return parcel_keep(records, n, record_bytes, parcel, received, error);
    parcel->sorted = pt_memory_get(n * record_bytes + 1, 1);
    parcel->order = pt_memory_get(n + 1, sizeof *parcel->order);
    parcel->to = pt_memory_get((size_t)team->size * 2, sizeof *parcel->to);
    parcel->from = pt_memory_get((size_t)team->size, sizeof *parcel->from);
    if (!parcel->sorted || !parcel->order || !parcel->to || !parcel->from)
        status = pt_no_memory(error, "an exchange");
    status = pt_team_agree(team, status, error);
    if (status)
        return status;
    bucket(destination, n, team->size, parcel->to, parcel->order);
    for (size_t i = 0; i < n; i++)
        memcpy(parcel->sorted + parcel->order[i] * record_bytes,
               (const char *)records + i * record_bytes, record_bytes);
    share_counts(team, parcel->to, parcel->from);
    for (int r = 0; r < team->size; r++)
        parcel->n_received += parcel->from[r];
    *received = pt_memory_get(parcel->n_received * record_bytes + 1, 1);
    status = pt_team_agree(team, *received ? PT_OK : pt_no_memory(error, "an exchange"),
                           error);
    if (!status)
        status = exchange_rounds(team, parcel->sorted, parcel->to, *received,
                                 parcel->from, record_bytes, error);
    return status;
}

enum pt_status pt_team_send(const struct pt_team *team, const void *records, size_t n,
                            size_t record_bytes, const int *destination,
                            void **received, size_t *n_received, struct pt_error *error)
{
    struct parcel parcel;
    enum pt_status status = parcel_exchange(team, records, n, record_bytes, destination,
                                            &parcel, received, error);
    if (status) {
        pt_memory_free(*received);
        *received = NULL;
    }
    *n_received = status ? 0 : parcel.n_received;
    parcel_free(&parcel);
    return status;
}

enum pt_status pt_team_ask(const struct pt_team *team, const void *requests, size_t n,
                           size_t request_bytes, const int *destination,
                           pt_team_answer *answer, void *context, void *replies,
                           size_t reply_bytes, struct pt_error *error)
{
    struct parcel parcel;
    void *received = NULL;
    char *answers = NULL, *sorted = NULL;
    enum pt_status status = parcel_exchange(team, requests, n, request_bytes,
                                            destination, &parcel, &received, error);
    if (status)
        goto done;
    if (team->size == 1) {
        status = answer(context, received, n, replies, error);
        goto done;
    }
    answers = pt_memory_get(parcel.n_received + 1, reply_bytes);
    sorted = pt_memory_get(n * reply_bytes + 1, 1);
    if (!answers || !sorted)
        status = pt_no_memory(error, "an exchange");
    else
        status = answer(context, received, parcel.n_received, answers, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status = exchange_rounds(team, answers, parcel.from, sorted, parcel.to,
                                 reply_bytes, error);
    for (size_t i = 0; !status && i < n; i++)
        memcpy((char *)replies + i * reply_bytes,
               sorted + parcel.order[i] * reply_bytes, reply_bytes);
done:
    pt_memory_free(sorted);
    pt_memory_free(answers);
    pt_memory_free(received);
    parcel_free(&parcel);
    return status;
}

enum pt_status pt_team_gather_all(const struct pt_team *team, const void *data,
                                  size_t bytes, void **all, size_t *all_bytes,
                                  size_t *counts, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    size_t size = (size_t)team->size, total = 0;
    size_t *each = pt_memory_get(size, sizeof *each);
    int *plan = pt_memory_get(size * 2, sizeof *plan);
    *all = NULL;
    *all_bytes = 0;
    status = each && plan ? PT_OK : pt_no_memory(error, "a gathering");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    MPI_Allgather(&bytes, (int)sizeof bytes, MPI_BYTE, each, (int)sizeof bytes,
                  MPI_BYTE, team->comm);
    for (size_t r = 0; r < size; r++) {
        plan[r] = (int)each[r];
        plan[size + r] = (int)total;
        total += each[r];
    }
    *all = pt_memory_get(total + 1, 1);
    if (!*all)
        status = pt_no_memory(error, "a gathering");
    else if (total > INT_MAX)
        status = pt_error_set(error, PT_E_LIMIT, "more than 2 GiB of definitions");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    MPI_Allgatherv(data, (int)bytes, MPI_BYTE, *all, plan, plan + size, MPI_BYTE,
                   team->comm);
    traffic.collectives++;
    traffic.messages += size - 1;
    traffic.bytes += bytes * (size - 1);
    *all_bytes = total;
    if (counts)
        memcpy(counts, each, size * sizeof *each);
done:
    if (status) {
        pt_memory_free(*all);
        *all = NULL;
    }
    pt_memory_free(each);
    pt_memory_free(plan);
    return status;
}

void pt_team_sum_all(const struct pt_team *team, uint64_t *numbers, size_t n)
{
    count_collective(team, n * sizeof *numbers);
    MPI_Allreduce(MPI_IN_PLACE, numbers, (int)n, MPI_UINT64_T, MPI_SUM, team->comm);
}

void pt_team_before(const struct pt_team *team, const uint64_t *mine, uint64_t *before,
                    size_t n)
{
    count_collective(team, n * sizeof *mine);
    MPI_Exscan(mine, before, (int)n, MPI_UINT64_T, MPI_SUM, team->comm);
}

void pt_team_tell_all(const struct pt_team *team, uint64_t mine, uint64_t *all)
{
    count_collective(team, (size_t)team->size * sizeof mine);
    MPI_Allgather(&mine, 1, MPI_UINT64_T, all, 1, MPI_UINT64_T, team->comm);
}

uint64_t pt_team_offset(const struct pt_team *team, uint64_t mine, uint64_t *total)
{
    uint64_t before = 0;
    count_collective(team, sizeof mine);
    MPI_Exscan(&mine, &before, 1, MPI_UINT64_T, MPI_SUM, team->comm);
    *total = pt_team_sum(team, mine);
    return team->rank == 0 ? 0 : before;
}

uint64_t pt_team_max(const struct pt_team *team, uint64_t mine)
{
    uint64_t most = 0;
    count_collective(team, sizeof mine);
    MPI_Allreduce(&mine, &most, 1, MPI_UINT64_T, MPI_MAX, team->comm);
    return most;
}

uint64_t pt_team_sum(const struct pt_team *team, uint64_t mine)
{
    uint64_t sum = 0;
    count_collective(team, sizeof mine);
    MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, team->comm);
    return sum;
}

void pt_team_broadcast(const struct pt_team *team, void *data, size_t bytes)
{
    pt_team_share(team, 0, data, bytes);
}

void pt_team_share(const struct pt_team *team, int root, void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes; done += (size_t)1 << 30) {
        size_t now = bytes - done < (size_t)1 << 30 ? bytes - done : (size_t)1 << 30;
        count_collective(team, now);
        MPI_Bcast((char *)data + done, (int)now, MPI_BYTE, root, team->comm);
    }
}
