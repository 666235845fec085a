/* Who is connected, and since when it is their turn: a client that sends its request,
 * or takes its answer, a byte at a time would otherwise hold its place for ever (the
 * idle time of libmicrohttpd begins anew with each byte). */
#ifndef PT_VIZ_CLIENTS_H
#define PT_VIZ_CLIENTS_H

#include <pthread.h>
#include <stdbool.h>

/* Seconds that the head of a request may take to come, and an answer to be taken. */
enum { PT_CLIENTS_MOST = 768, PT_CLIENTS_ASK_S = 30, PT_CLIENTS_TAKE_S = 600 };

struct pt_client {
    bool used, asked;
    int fd;
    long since_s;
};

struct pt_clients {
    pthread_mutex_t lock;
    struct pt_client all[PT_CLIENTS_MOST];
    int n;
};

/* All below: thread safe; times are seconds of one monotonic clock. The table is
 * static or zeroed memory and needs no end. */
void pt_clients_init(struct pt_clients *clients);

/* A connection with the socket `fd`, which stays the caller's; NULL: no place left. */
struct pt_client *pt_clients_enter(struct pt_clients *clients, int fd, long now_s);

/* Before its socket is closed. `client` may be NULL. */
void pt_clients_leave(struct pt_clients *clients, struct pt_client *client);

/* `asked`: the head of its request is here; else its answer is taken. NULL: nothing. */
void pt_clients_turn(struct pt_clients *clients, struct pt_client *client, bool asked,
                     long now_s);

int pt_clients_count(struct pt_clients *clients);

/* Shuts the sockets of those whose time is over; the server then closes them. */
void pt_clients_end_slow(struct pt_clients *clients, long now_s);

#endif
