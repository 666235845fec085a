#include "clients.h"

#include <sys/socket.h>

void pt_clients_init(struct pt_clients *clients)
{
    *clients = (struct pt_clients){.lock = PTHREAD_MUTEX_INITIALIZER};
}

struct pt_client *pt_clients_enter(struct pt_clients *clients, int fd, long now_s)
{
    struct pt_client *found = NULL;

    pthread_mutex_lock(&clients->lock);
    for (int i = 0; i < PT_CLIENTS_MOST && !found; i++) {
        if (!clients->all[i].used)
            found = &clients->all[i];
    }
    if (found) {
        *found = (struct pt_client){.used = true, .fd = fd, .since_s = now_s};
        clients->n++;
    }
    pthread_mutex_unlock(&clients->lock);
    return found;
}

void pt_clients_leave(struct pt_clients *clients, struct pt_client *client)
{
    if (!client)
        return;
    pthread_mutex_lock(&clients->lock);
    client->used = false;
    clients->n--;
    pthread_mutex_unlock(&clients->lock);
}

void pt_clients_turn(struct pt_clients *clients, struct pt_client *client, bool asked,
                     long now_s)
{
    if (!client)
        return;
    pthread_mutex_lock(&clients->lock);
    client->asked = asked;
    client->since_s = now_s;
    pthread_mutex_unlock(&clients->lock);
}

int pt_clients_count(struct pt_clients *clients)
{
    pthread_mutex_lock(&clients->lock);
    int n = clients->n;
    pthread_mutex_unlock(&clients->lock);
    return n;
}

void pt_clients_end_slow(struct pt_clients *clients, long now_s)
{
    pthread_mutex_lock(&clients->lock);
    for (int i = 0; i < PT_CLIENTS_MOST; i++) {
        const struct pt_client *client = &clients->all[i];
        long most = client->asked ? PT_CLIENTS_TAKE_S : PT_CLIENTS_ASK_S;

        if (client->used && now_s - client->since_s > most)
            (void)shutdown(client->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&clients->lock);
}
