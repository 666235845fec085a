#include "format/seen.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { SLOTS = 8, FIRST_BUCKETS = 8 };

/* A slot's state is one byte, so that a bucket's are one word of one cache line, and
 * the entries themselves are touched only where the tag fits:
 *
 *   bit 7 RECENT  asked for since the clock's hand went by
 *   bit 6 USED
 *   0 … 5         tag: bits of key.high
 */
enum { EMPTY = 0, TAG = 0x3f, USED = 0x40, RECENT = 0x80 };

struct entry {
    struct pt_hash128 key;
    uint64_t value;
};

struct pt_seen {
    struct entry *entries; /* `limit` of them, n_buckets × SLOTS in use */
    unsigned char *states; /* of the slots; behind the entries in the same mapping */
    size_t limit, mapped;
    size_t n_buckets;
    size_t count;
    unsigned hand;
};

enum pt_status pt_seen_create(size_t limit, struct pt_seen **seen,
                              struct pt_error *error)
{
    assert(limit >= FIRST_BUCKETS * SLOTS && (limit & (limit - 1)) == 0);
    struct pt_seen *s = calloc(1, sizeof *s);

    if (!s)
        return pt_error_set(error, PT_E_MEMORY, "no memory for a table of contents");
    s->limit = limit;
    s->mapped = limit * (sizeof *s->entries + 1);
    s->n_buckets = FIRST_BUCKETS;
    s->entries = mmap(NULL, s->mapped, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->entries == MAP_FAILED) {
        free(s);
        return pt_error_sys(error, "no memory for a table of %zu contents", limit);
    }
    s->states = (unsigned char *)(s->entries + limit);
    *seen = s;
    return PT_OK;
}

void pt_seen_destroy(struct pt_seen *seen)
{
    if (!seen)
        return;
    munmap(seen->entries, seen->mapped);
    free(seen);
}

static size_t first_slot(const struct pt_seen *seen, struct pt_hash128 key)
{
    return (size_t)(key.low & (seen->n_buckets - 1)) * SLOTS;
}

static unsigned char state_of(struct pt_hash128 key)
{
    return (unsigned char)(USED | (key.high & TAG));
}

bool pt_seen_find(struct pt_seen *seen, struct pt_hash128 key, uint64_t *value)
{
    size_t first = first_slot(seen, key);
    unsigned char state = state_of(key);

    for (size_t s = first; s < first + SLOTS; s++) {
        const struct entry *entry = &seen->entries[s];
        if ((seen->states[s] & ~RECENT) == state && entry->key.low == key.low &&
            entry->key.high == key.high) {
            seen->states[s] |= RECENT;
            *value = entry->value;
            return true;
        }
    }
    return false;
}

/* Doubles the number of buckets: one more bit of the key tells which entries of a
 * bucket move to its new twin. */
static void split(struct pt_seen *seen)
{
    size_t twin = seen->n_buckets * SLOTS;

    for (size_t s = 0; s < twin; s++) {
        if (seen->states[s] == EMPTY || !(seen->entries[s].key.low & seen->n_buckets))
            continue;
        seen->entries[s + twin] = seen->entries[s];
        seen->states[s + twin] = seen->states[s];
        seen->states[s] = EMPTY;
    }
    seen->n_buckets *= 2;
}

/* A slot of the bucket for a new entry: an empty one, or the one that gives way. */
static size_t take_slot(struct pt_seen *seen, size_t first)
{
    for (size_t s = first; s < first + SLOTS; s++) {
        if (seen->states[s] == EMPTY) {
            seen->count++;
            return s;
        }
    }
    for (;;) {
        size_t s = first + seen->hand++ % SLOTS;
        if (!(seen->states[s] & RECENT))
            return s;
        seen->states[s] &= (unsigned char)~RECENT;
    }
}

static bool bucket_is_full(const struct pt_seen *seen, size_t first)
{
    for (size_t s = first; s < first + SLOTS; s++) {
        if (seen->states[s] == EMPTY)
            return false;
    }
    return true;
}

void pt_seen_add(struct pt_seen *seen, struct pt_hash128 key, uint64_t value)
{
    /* A full bucket in a table that is nearly empty is an accident of the keys: growing
     * would not be worth it. */
    while (bucket_is_full(seen, first_slot(seen, key)) &&
           seen->n_buckets * SLOTS < seen->limit &&
           seen->count * 4 > seen->n_buckets * SLOTS)
        split(seen);
    size_t s = take_slot(seen, first_slot(seen, key));
    seen->entries[s] = (struct entry){.key = key, .value = value};
    seen->states[s] = state_of(key);
}

size_t pt_seen_count(const struct pt_seen *seen)
{
    return seen->count;
}
