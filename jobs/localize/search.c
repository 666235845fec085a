#include "localize/search.h"

#include <stdlib.h>
#include <string.h>

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for the search");
}

static enum pt_status try(const struct pt_search *s, const unsigned char *set,
                          bool *harm, struct pt_error *error)
{
    return s->try(s->context, set, harm, error);
}

/* The members of `set` in order; returns their number. */
static size_t list(const struct pt_search *s, const unsigned char *set, size_t *members)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        if (set[i])
            members[n++] = i;
    return n;
}

/* Members [from, to), or all but these. */
static void part(const struct pt_search *s, const size_t *members, size_t n,
                 size_t from, size_t to, bool complement, unsigned char *set)
{
    memset(set, 0, s->n);
    for (size_t i = 0; i < n; i++)
        if ((i >= from && i < to) != complement)
            set[members[i]] = 1;
}

/* One round of ddmin over `parts` parts: the first part, or else the first complement,
 * that does harm becomes *set. */
static enum pt_status round_of_ddmin(const struct pt_search *s, unsigned char *set,
                                     size_t *members, unsigned char *candidate,
                                     size_t *parts, bool *reduced,
                                     struct pt_error *error)
{
    size_t n = list(s, set, members), p = *parts;

    *reduced = false;
    for (int complement = 0; complement < 2; complement++) {
        if (complement && p == 2)
            break; /* the complements are the parts */
        for (size_t i = 0; i < p; i++) {
            bool harm = false;
            enum pt_status status;

            part(s, members, n, i * n / p, (i + 1) * n / p, complement, candidate);
            status = try(s, candidate, &harm, error);
            if (status != PT_OK)
                return status;
            if (harm) {
                memcpy(set, candidate, s->n);
                *parts = complement && p > 3 ? p - 1 : 2;
                *reduced = true;
                return PT_OK;
            }
        }
    }
    return PT_OK;
}

static enum pt_status ddmin(const struct pt_search *s, unsigned char *set,
                            struct pt_error *error)
{
    size_t *members = calloc(s->n + 1, sizeof *members), parts = 2;
    unsigned char *candidate = calloc(s->n + 1, 1);
    enum pt_status status = members && candidate ? PT_OK : no_memory(error);

    while (status == PT_OK) {
        size_t n = list(s, set, members);
        bool reduced;

        if (n < 2)
            break;
        if (parts > n)
            parts = n;
        status = round_of_ddmin(s, set, members, candidate, &parts, &reduced, error);
        if (status == PT_OK && !reduced) {
            if (parts == n)
                break;
            parts = 2 * parts < n ? 2 * parts : n;
        }
    }
    free(members);
    free(candidate);
    return status;
}

/* The needed members and the first `length` of the others. */
static void prefix(const struct pt_search *s, const unsigned char *needed,
                   const size_t *members, size_t length, unsigned char *candidate)
{
    memcpy(candidate, needed, s->n);
    for (size_t i = 0; i < length; i++)
        candidate[members[i]] = 1;
}

/* One more needed member: the last of the shortest prefix that does harm beside the
 * needed ones. What lies behind it is not needed. *done: the needed ones do harm alone.
 */
static enum pt_status bisect(const struct pt_search *s, unsigned char *needed,
                             const size_t *members, size_t *n, unsigned char *candidate,
                             bool *done, struct pt_error *error)
{
    size_t low = 0, high = *n; /* `high` of them do harm, fewer than `low` do not */
    enum pt_status status = PT_OK;

    while (status == PT_OK && low < high) {
        size_t middle = low + (high - low) / 2;
        bool harm = false;

        prefix(s, needed, members, middle, candidate);
        status = try(s, candidate, &harm, error);
        if (harm)
            high = middle;
        else
            low = middle + 1;
    }
    *done = high == 0;
    if (high > 0) {
        needed[members[high - 1]] = 1;
        *n = high - 1;
    }
    return status;
}

/* True if the set is what bisection promises: it does harm. */
static enum pt_status bisection(const struct pt_search *s, unsigned char *set,
                                bool *holds, struct pt_error *error)
{
    size_t *members = calloc(s->n + 1, sizeof *members), n;
    unsigned char *needed = calloc(s->n + 1, 1), *candidate = calloc(s->n + 1, 1);
    bool done = false;
    enum pt_status status = members && needed && candidate ? PT_OK : no_memory(error);

    *holds = false;
    if (status != PT_OK)
        goto end;
    n = list(s, set, members);
    while (status == PT_OK && !done) {
        status = bisect(s, needed, members, &n, candidate, &done, error);
        if (n == 0 && !done)
            break;
    }
    if (status == PT_OK)
        status = try(s, needed, holds, error);
    if (status == PT_OK && *holds)
        memcpy(set, needed, s->n);
end:
    free(members);
    free(needed);
    free(candidate);
    return status;
}

enum pt_status pt_search_minimal(const struct pt_search *search, unsigned char *set,
                                 struct pt_error *error)
{
    bool holds = false;
    enum pt_status status = PT_OK;

    if (!search->plain)
        status = bisection(search, set, &holds, error);
    if (status == PT_OK) /* of what bisection found, only a check */
        status = ddmin(search, set, error);
    return status;
}

/* Puts members back that do no harm beside the rest. */
static enum pt_status put_back(const struct pt_search *s, const unsigned char *taken,
                               unsigned char *rest, struct pt_error *error)
{
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < s->n && status == PT_OK; i++) {
        bool harm = true;

        if (!taken[i])
            continue;
        rest[i] = 1;
        status = try(s, rest, &harm, error);
        if (harm)
            rest[i] = 0;
    }
    return status;
}

enum pt_status pt_search_all(const struct pt_search *search, pt_search_found *found,
                             unsigned char *harmless, struct pt_error *error)
{
    size_t n = search->n;
    unsigned char *set = calloc(n + 1, 1), *joint = calloc(n + 1, 1);
    bool harm = true;
    enum pt_status status = set && joint ? PT_OK : no_memory(error);

    memset(harmless, 1, n);
    while (status == PT_OK) {
        status = try(search, harmless, &harm, error);
        if (status != PT_OK || !harm)
            break;
        memcpy(set, harmless, n);
        status = pt_search_minimal(search, set, error);
        if (status != PT_OK)
            break;
        found(search->context, set);
        size_t size = 0;
        for (size_t i = 0; i < n; i++)
            size += set[i];
        for (size_t i = 0; i < n; i++) {
            harmless[i] &= (unsigned char)!set[i];
            joint[i] |= set[i] && size > 1; /* one of several may be harmless alone */
        }
        if (size == 0)
            break; /* nothing at all does harm: the trials contradict each other */
    }
    if (status == PT_OK)
        status = put_back(search, joint, harmless, error);
    free(set);
    free(joint);
    return status;
}
