#include "alignment/joining.h"

#include <string.h>

/* What travels at a time, of each rank. */
enum { ROOM = 1 << 15 };

/* Records for this rank itself are taken at once; *left of the others remain, in front.
 */
static enum pt_status keep_own(const struct pt_team *team,
                               const struct pt_carrier *carrier, char *records,
                               int *destination, size_t n, size_t *left,
                               struct pt_error *error)
{
    size_t bytes = carrier->record_bytes;
    enum pt_status status = PT_OK;
    *left = 0;
    for (size_t i = 0, end; !status && i < n; i = end) {
        for (end = i + 1; end < n && destination[end] == destination[i];)
            end++;
        if (destination[i] == team->rank) {
            status =
                carrier->take(carrier->context, records + i * bytes, end - i, error);
            continue;
        }
        memmove(records + *left * bytes, records + i * bytes, (end - i) * bytes);
        memmove(destination + *left, destination + i, (end - i) * sizeof *destination);
        *left += end - i;
    }
    return status;
}

enum pt_status pt_carry(const struct pt_team *team, const struct pt_carrier *carrier,
                        struct pt_error *error)
{
    size_t room = carrier->n < ROOM ? carrier->n + 1 : ROOM;
    char *records = pt_memory_get(room, carrier->record_bytes);
    int *destination = pt_memory_get(room, sizeof *destination);
    enum pt_status status =
        records && destination ? PT_OK : pt_no_memory(error, "the calls of a trace");
    status = pt_team_agree(team, status, error);
    while (!status) {
        void *received = NULL;
        size_t n_received = 0, left = 0;
        size_t n = carrier->give(carrier->context, records, destination, room);
        if (!pt_team_max(team, n))
            break;
        status = keep_own(team, carrier, records, destination, n, &left, error);
        status = pt_team_agree(team, status, error);
        if (!status && team->size > 1) {
            status = pt_team_send(team, records, left, carrier->record_bytes,
                                  destination, &received, &n_received, error);
            if (!status)
                status = carrier->take(carrier->context, received, n_received, error);
            pt_memory_free(received);
            status = pt_team_agree(team, status, error);
        }
    }
    pt_memory_free(records);
    pt_memory_free(destination);
    return status;
}
