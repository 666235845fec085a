#include "alignment/align.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "schema/schema.h"

static void sift_down(uint64_t *heap, size_t n, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && heap[child + 1] > heap[child])
            child++;
        if (heap[at] >= heap[child])
            return;
        uint64_t hold = heap[at];
        heap[at] = heap[child];
        heap[child] = hold;
    }
}

static int by_number(const void *first, const void *second)
{
    uint64_t a = *(const uint64_t *)first, b = *(const uint64_t *)second;
    return (a > b) - (a < b);
}

/* The least PT_SKELETON_SKETCH keys, rising: a heap with the largest on top. */
static void sketch(struct pt_skeleton *skeleton)
{
    uint64_t *heap = skeleton->sketch;
    memset(heap, 0xff, sizeof skeleton->sketch);
    for (size_t i = 0; i < skeleton->n; i++) {
        uint64_t key = skeleton->calls[i].key;
        skeleton->hash = pt_mix(skeleton->hash, key);
        if (key < heap[0]) {
            heap[0] = key;
            sift_down(heap, PT_SKELETON_SKETCH, 0);
        }
    }
    qsort(heap, PT_SKELETON_SKETCH, sizeof *heap, by_number);
}

enum pt_status pt_align_keys(struct pt_skeleton *skeleton, const char *role,
                             struct pt_error *error)
{
    struct pt_map occurrences = {0};
    uint64_t root = pt_hash64(role, strlen(role));
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < skeleton->n; i++) {
        struct pt_skeleton_call *call = &skeleton->calls[i];
        if (call->flags & PT_CALL_NOT_PIVOT)
            continue; /* of the base, which knows its key */
        /* The number of a thread is chance; that it is not the main one is not. */
        uint64_t above = call->parent != UINT32_MAX ? skeleton->calls[call->parent].key
                                                    : root + (call->thread ? 1 : 0);
        uint64_t place = pt_mix(above, call->item);
        uint64_t *count = pt_map_put(&occurrences, place, 0, NULL);
        if (!count) {
            status = pt_no_memory(error, "the alignment");
            break;
        }
        call->key = pt_mix(place, (*count)++);
    }
    pt_map_free(&occurrences);
    skeleton->hash = 0;
    sketch(skeleton);
    return status;
}

/* What ranks tell each other of a skeleton. */
struct profile {
    uint64_t trace, hash;
    uint64_t sketch[PT_SKELETON_SKETCH];
};

static uint64_t alike(const struct profile *a, const struct profile *b)
{
    uint64_t shared = 0;
    for (size_t i = 0, j = 0; i < PT_SKELETON_SKETCH && j < PT_SKELETON_SKETCH;) {
        shared += a->sketch[i] == b->sketch[j];
        if (a->sketch[i] < b->sketch[j])
            i++;
        else if (a->sketch[i] > b->sketch[j])
            j++;
        else
            i++, j++;
    }
    return shared;
}

/* Whether a goes before b where both are equally like all others. */
static bool precedes(const struct pt_catalogue *catalogue, const struct profile *a,
                     const struct profile *b)
{
    const struct pt_trace_header *x = &catalogue->traces[a->trace].header;
    const struct pt_trace_header *y = &catalogue->traces[b->trace].header;
    if (a->hash != b->hash)
        return a->hash < b->hash;
    if (x->seed != y->seed)
        return x->seed < y->seed;
    return a->trace < b->trace;
}

static void choose(const struct pt_catalogue *catalogue, const struct profile *profiles,
                   size_t n, uint32_t process, uint32_t *pivot)
{
    const struct profile *best = NULL;
    uint64_t best_score = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t score = 0;
        const struct pt_catalogue_trace *trace = &catalogue->traces[profiles[i].trace];
        if (trace->process == process && trace->flags & PT_RUN_BASE) {
            *pivot = (uint32_t)profiles[i].trace; /* as the result's was */
            return;
        }
        if (trace->process != process || trace->flags & PT_RUN_REFERENCE)
            continue;
        for (size_t j = 0; j < n; j++)
            if (catalogue->traces[profiles[j].trace].process == process &&
                !(catalogue->traces[profiles[j].trace].flags & PT_RUN_REFERENCE))
                score += alike(&profiles[i], &profiles[j]);
        if (!best || score > best_score ||
            (score == best_score && precedes(catalogue, &profiles[i], best))) {
            best = &profiles[i];
            best_score = score;
        }
    }
    *pivot = best ? (uint32_t)best->trace : UINT32_MAX;
}

enum pt_status pt_align_pivots(const struct pt_team *team,
                               const struct pt_catalogue *catalogue,
                               const struct pt_skeleton *skeletons, size_t n,
                               uint32_t *pivots, struct pt_error *error)
{
    struct profile *mine = pt_memory_get(n + 1, sizeof *mine), *all = NULL;
    size_t bytes = 0;
    enum pt_status status =
        pt_team_agree(team, mine ? PT_OK : pt_no_memory(error, "the alignment"), error);
    if (status)
        goto done;
    for (size_t i = 0; i < n; i++) {
        mine[i].trace = skeletons[i].trace;
        mine[i].hash = skeletons[i].hash;
        memcpy(mine[i].sketch, skeletons[i].sketch, sizeof mine[i].sketch);
    }
    status = pt_team_gather_all(team, mine, n * sizeof *mine, (void **)&all, &bytes,
                                NULL, error);
    if (status)
        goto done;
    for (size_t p = 0; p < catalogue->n_processes; p++)
        choose(catalogue, all, bytes / sizeof *all, (uint32_t)p, &pivots[p]);
done:
    pt_memory_free(mine);
    pt_memory_free(all);
    return status;
}
