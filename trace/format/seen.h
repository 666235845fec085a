/* What has been written already: a table from 128-bit keys to 64-bit values that never
 * holds more than a given number of entries. When it is full, an entry that was not
 * asked for lately gives way (clock eviction), and its content is then written again.
 *
 *   bucket:  8 slots   ┌───────┬───────┬─ … ─┬───────┐
 *                      │ key 0 │ key 1 │     │ key 7 │   key.low picks the bucket
 *                      └───────┴───────┴─ … ─┴───────┘
 *
 * The address space for all entries is reserved at the start, and pages are used only
 * as the table grows; it grows by splitting each bucket in place, so that neither
 * looking up nor adding ever allocates. Thread: caller locks. */
#ifndef PT_TRACE_SEEN_H
#define PT_TRACE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

struct pt_seen; /* opaque */

/* A table of at most `limit` entries, a power of two from 64 up. The caller ends *seen
 * with pt_seen_destroy. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_seen_create(size_t limit, struct pt_seen **seen,
                                            struct pt_error *error);
void pt_seen_destroy(struct pt_seen *seen); /* NULL is legal */

/* Whether the key is there; then *value is what was put with it. */
bool pt_seen_find(struct pt_seen *seen, struct pt_hash128 key, uint64_t *value);

/* Adds a key that is not there. */
void pt_seen_add(struct pt_seen *seen, struct pt_hash128 key, uint64_t value);

size_t pt_seen_count(const struct pt_seen *seen);

#endif
