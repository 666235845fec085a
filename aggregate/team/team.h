/* The ranks that work together: agreement on success, and the few ways in which data
 * move between them. Every function here is collective: all ranks call it, in the same
 * order, whatever happened to them before; a rank that failed joins with nothing.
 *
 * Thread: the thread that initialised MPI. */
#ifndef PT_TEAM_TEAM_H
#define PT_TEAM_TEAM_H

#include <mpi.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct pt_team {
    MPI_Comm comm;
    int rank, size;
    int threads; /* OpenMP threads of each rank */
    int readers; /* ranks 0 … readers − 1 read values; the others help, and join */
};

/* Agrees on the outcome of a phase: if some rank failed, all get the status and the
 * words of the lowest rank that did. */
PT_MUST_CHECK enum pt_status pt_team_agree(const struct pt_team *team,
                                           enum pt_status mine, struct pt_error *error);

/* Sends each of the n records (record_bytes each) to rank destination[i]. *received:
 * those that came, ordered by sending rank, then by their order there; the caller
 * frees. All ranks succeed or all fail (PT_E_MEMORY, PT_E_LIMIT). */
PT_MUST_CHECK enum pt_status pt_team_send(const struct pt_team *team,
                                          const void *records, size_t n,
                                          size_t record_bytes, const int *destination,
                                          void **received, size_t *n_received,
                                          struct pt_error *error);

/* Answers the requests that came to this rank: reply i goes to request i. */
typedef enum pt_status pt_team_answer(void *context, const void *requests, size_t n,
                                      void *replies, struct pt_error *error);

/* Sends requests, and gets their replies (n × reply_bytes into `replies`, the caller's)
 * in the order of the requests. Errors of any rank's answer are everybody's. */
PT_MUST_CHECK enum pt_status
pt_team_ask(const struct pt_team *team, const void *requests, size_t n,
            size_t request_bytes, const int *destination, pt_team_answer *answer,
            void *context, void *replies, size_t reply_bytes, struct pt_error *error);

/* The bytes of all ranks one after another, on every rank; the caller frees *all.
 * counts (may be NULL): room for team->size numbers. */
PT_MUST_CHECK enum pt_status pt_team_gather_all(const struct pt_team *team,
                                                const void *data, size_t bytes,
                                                void **all, size_t *all_bytes,
                                                size_t *counts, struct pt_error *error);

/* Sum of `mine` over the ranks before this one, and over all. */
uint64_t pt_team_offset(const struct pt_team *team, uint64_t mine, uint64_t *total);
uint64_t pt_team_max(const struct pt_team *team, uint64_t mine);
uint64_t pt_team_sum(const struct pt_team *team, uint64_t mine);

/* Sums of n numbers, in their places; sums over the ranks before this one (not written
 * at rank 0). n < 2³¹. */
void pt_team_sum_all(const struct pt_team *team, uint64_t *numbers, size_t n);
void pt_team_before(const struct pt_team *team, const uint64_t *mine, uint64_t *before,
                    size_t n);
/* all: team->size numbers, one from each rank. */
void pt_team_tell_all(const struct pt_team *team, uint64_t mine, uint64_t *all);

/* Copies `bytes` bytes at rank 0's `data` to everyone's. */
void pt_team_broadcast(const struct pt_team *team, void *data, size_t bytes);

/* The same from any rank. */
void pt_team_share(const struct pt_team *team, int root, void *data, size_t bytes);

/* What this process has sent to other ranks so far, for benchmarks/scaling.md: a
 * message for each rank that an exchange sends records to; of a reduction or broadcast
 * ⌈log₂ ranks⌉, what a tree takes. MPI-IO's own are not known. */
struct pt_team_traffic {
    uint64_t collectives, messages, bytes;
};
struct pt_team_traffic pt_team_traffic(void);

#endif
