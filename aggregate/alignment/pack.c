#include "alignment/pack.h"

#include <string.h>

/* The most that one call takes: 12 numbers of up to 10 bytes. */
enum { MOST_BYTES = 120, GROWTH = 1 << 16 };

static unsigned char *put(unsigned char *at, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *at++ = (unsigned char)(number | 0x80);
    *at++ = (unsigned char)number;
    return at;
}

/* Small differences of either sign are small numbers: 0, −1, 1, −2 … */
static unsigned char *put_difference(unsigned char *at, uint64_t to, uint64_t from)
{
    uint64_t d = to - from;
    return put(at, d << 1 ^ (d >> 63 ? UINT64_MAX : 0));
}

static inline uint64_t get(const unsigned char **at)
{
    uint64_t number = *(*at)++;
    if (number < 0x80)
        return number;
    number &= 0x7f;
    for (unsigned shift = 7;; shift += 7) {
        uint64_t byte = *(*at)++;
        number |= (byte & 0x7f) << shift;
        if (byte < 0x80)
            return number;
    }
}

static inline uint64_t get_difference(const unsigned char **at, uint64_t from)
{
    uint64_t d = get(at);
    return from + (d >> 1 ^ (d & 1 ? UINT64_MAX : 0));
}

/* Where the packing stands. `before`: the call before. */
struct packer {
    struct pt_skeleton_packed packed;
    struct pt_array whats;
    struct pt_map numbers; /* item → index in whats */
    uint64_t item, number; /* of the call before: the next is often the same */
    size_t room;
    struct pt_skeleton_cursor before;
};

static enum pt_status number_of(struct packer *p, const struct pt_skeleton_call *call,
                                uint64_t *number, struct pt_error *error)
{
    int is_new = 0;
    if (p->whats.n && call->item == p->item) {
        *number = p->number;
        return PT_OK;
    }
    uint64_t *known = pt_map_put(&p->numbers, call->item, p->whats.n, &is_new);
    struct pt_skeleton_what *what =
        known && is_new ? pt_array_push(&p->whats, 1) : NULL;
    if (!known || (is_new && !what))
        return pt_no_memory(error, "the calls of a trace");
    if (what)
        *what = (struct pt_skeleton_what){call->item, call->function, call->site,
                                          call->path};
    p->item = call->item;
    p->number = *number = *known;
    return PT_OK;
}

static enum pt_status make_room(struct packer *p, struct pt_error *error)
{
    if (p->room - p->packed.n_bytes >= MOST_BYTES)
        return PT_OK;
    size_t room = p->room + p->room / 8 + GROWTH;
    unsigned char *bytes =
        pt_memory_resize(p->packed.bytes, p->packed.n_bytes, room, 1);
    if (!bytes)
        return pt_no_memory(error, "the calls of a trace");
    p->packed.bytes = bytes;
    p->room = room;
    return PT_OK;
}

/* So that a call without values does not break the chain of differences. */
static uint64_t last_ref(uint64_t before, const uint64_t *refs)
{
    return refs[1] ? refs[1] : refs[0] ? refs[0] : before;
}

static enum pt_status pack_call(struct packer *p, size_t i,
                                const struct pt_skeleton_call *call,
                                struct pt_error *error)
{
    uint64_t number = 0;
    enum pt_status status = number_of(p, call, &number, error);
    if (!status)
        status = make_room(p, error);
    if (status)
        return status;
    unsigned char *at = p->packed.bytes + p->packed.n_bytes;
    at = put(at, number);
    at = put(at, call->parent == UINT32_MAX ? 0 : i - call->parent);
    at = put(at, call->thread);
    at = put(at, call->flags);
    at = put_difference(at, call->time, p->before.time);
    at = put_difference(at, call->end_time, call->time);
    at = put_difference(at, (uint64_t)call->start_ns, p->before.ns);
    at = put_difference(at, (uint64_t)call->end_ns, (uint64_t)call->start_ns);
    at = put_difference(at, call->refs[0], p->before.ref);
    at = put_difference(at, call->refs[1], call->refs[0]);
    at = put(at, call->n_values[0]);
    at = put(at, call->n_values[1]);
    p->packed.n_bytes = (size_t)(at - p->packed.bytes);
    p->before.time = call->time;
    p->before.ns = (uint64_t)call->start_ns;
    p->before.ref = last_ref(p->before.ref, call->refs);
    return PT_OK;
}

enum pt_status pt_skeleton_pack(struct pt_skeleton *skeleton, struct pt_array *spare,
                                struct pt_error *error)
{
    struct packer p = {.whats.item_bytes = sizeof(struct pt_skeleton_what)};
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < skeleton->n; i++)
        status = pack_call(&p, i, &skeleton->calls[i], error);
    pt_map_free(&p.numbers);
    if (status) {
        pt_memory_free(p.packed.bytes);
        pt_array_free(&p.whats);
        return status;
    }
    skeleton->packed = p.packed;
    skeleton->packed.whats = p.whats.items;
    *spare = (struct pt_array){.items = skeleton->calls,
                               .room = skeleton->room,
                               .item_bytes = sizeof *skeleton->calls};
    skeleton->calls = NULL;
    skeleton->room = 0;
    return PT_OK;
}

void pt_skeleton_next(struct pt_skeleton_cursor *cursor, struct pt_skeleton_call *call)
{
    const struct pt_skeleton *skeleton = cursor->skeleton;
    size_t i = cursor->next++;
    if (skeleton->calls) {
        *call = skeleton->calls[i];
        return;
    }
    const unsigned char *at = i ? cursor->at : skeleton->packed.bytes;
    const struct pt_skeleton_what *what = &skeleton->packed.whats[get(&at)];
    uint64_t distance = get(&at);
    *call = (struct pt_skeleton_call){.item = what->item,
                                      .function = what->function,
                                      .site = what->site,
                                      .path = what->path,
                                      .parent = distance ? (uint32_t)(i - distance)
                                                         : UINT32_MAX,
                                      .n_runs = 1};
    call->thread = (uint32_t)get(&at);
    call->flags = (uint32_t)get(&at);
    cursor->time = call->time = get_difference(&at, cursor->time);
    call->place = 2 * call->time;
    call->end_time = get_difference(&at, call->time);
    cursor->ns = get_difference(&at, cursor->ns);
    call->start_ns = (int64_t)cursor->ns;
    call->end_ns = (int64_t)get_difference(&at, cursor->ns);
    call->refs[0] = get_difference(&at, cursor->ref);
    call->refs[1] = get_difference(&at, call->refs[0]);
    call->n_values[0] = (uint32_t)get(&at);
    call->n_values[1] = (uint32_t)get(&at);
    cursor->ref = last_ref(cursor->ref, call->refs);
    cursor->at = at;
}

enum pt_status pt_skeleton_unpack(struct pt_skeleton *skeleton, struct pt_error *error)
{
    struct pt_skeleton_cursor cursor = {.skeleton = skeleton};
    if (skeleton->calls || !skeleton->n)
        return PT_OK;
    struct pt_skeleton_call *calls = pt_memory_get(skeleton->n, sizeof *calls);
    if (!calls)
        return pt_no_memory(error, "the calls of a trace");
    while (cursor.next < skeleton->n)
        pt_skeleton_next(&cursor, &calls[cursor.next]);
    skeleton->calls = calls;
    skeleton->room = skeleton->n;
    return PT_OK;
}
