/* The bounded table of the writer and the growing map of the checker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/map.h"
#include "format/recent.h"
#include "format/seen.h"

static struct pt_hash128 key_of(uint64_t i)
{
    return pt_hash128(&i, sizeof i);
}

static void what_was_added_is_found_while_there_is_room(void **state)
{
    struct pt_seen *seen;
    uint64_t value, found = 0;
    const uint64_t n = 1 << 13;
    (void)state;

    assert_int_equal(pt_seen_create(1 << 16, &seen, NULL), PT_OK);
    for (uint64_t i = 0; i < n; i++) {
        assert_false(pt_seen_find(seen, key_of(i), &value));
        pt_seen_add(seen, key_of(i), i * 5);
    }
    for (uint64_t i = 0; i < n; i++) {
        if (!pt_seen_find(seen, key_of(i), &value))
            continue;
        assert_int_equal(value, i * 5);
        found++;
    }
    assert_true(found >= n - n / 100); /* a crowded bucket may lose one */
    pt_seen_destroy(seen);
}

static void it_never_holds_more_than_its_limit(void **state)
{
    struct pt_seen *seen;
    uint64_t value, found = 0;
    (void)state;

    assert_int_equal(pt_seen_create(256, &seen, NULL), PT_OK);
    for (uint64_t i = 0; i < 100000; i++) {
        pt_seen_add(seen, key_of(i), i);
        assert_true(pt_seen_count(seen) <= 256);
        assert_true(pt_seen_find(seen, key_of(i), &value)); /* the newest stays */
        assert_int_equal(value, i);
    }
    for (uint64_t i = 0; i < 100000; i++)
        found += pt_seen_find(seen, key_of(i), &value);
    assert_int_equal(found, pt_seen_count(seen));
    pt_seen_destroy(seen);
}

static void what_is_asked_for_often_stays(void **state)
{
    struct pt_seen *seen;
    uint64_t value, kept = 0;
    (void)state;

    assert_int_equal(pt_seen_create(1024, &seen, NULL), PT_OK);
    for (uint64_t i = 0; i < 64; i++)
        pt_seen_add(seen, key_of(i), i);
    for (uint64_t i = 1000; i < 50000; i++) {
        for (uint64_t k = 0; k < 64 && i % 16 == 0; k++)
            (void)pt_seen_find(seen, key_of(k), &value);
        pt_seen_add(seen, key_of(i), i);
    }
    for (uint64_t k = 0; k < 64; k++)
        kept += pt_seen_find(seen, key_of(k), &value);
    assert_in_range(kept, 40, 64); /* of a key never asked for, nothing would be left */
    pt_seen_destroy(seen);
}

static void a_map_keeps_what_was_put_and_not_removed(void **state)
{
    struct pt_map map = {0};
    (void)state;

    assert_null(pt_map_get(&map, 0));
    assert_false(pt_map_remove(&map, 0));
    for (uint64_t i = 0; i < 20000; i++) {
        assert_true(pt_map_set(&map, i * 7, i));
        if (i % 3 == 0)
            assert_true(pt_map_remove(&map, i / 3 * 2 * 7));
    }
    for (uint64_t i = 0; i < 20000; i++) {
        bool removed = i % 2 == 0 && i / 2 * 3 < 20000;
        const uint64_t *value = pt_map_get(&map, i * 7);
        assert_int_equal(value == NULL, removed);
        if (value)
            assert_int_equal(*value, i);
    }
    assert_true(pt_map_set(&map, 7, 99));
    assert_int_equal(*pt_map_get(&map, 7), 99);
    pt_map_free(&map);
    assert_null(pt_map_get(&map, 7));
}

/* What is kept of a place is known again only while each bit and the type are the same.
 */
static void a_recent_content_is_known_by_its_bits(void **state)
{
    struct pt_recent *recent = pt_recent_create();
    unsigned char data[PT_RECENT_BYTES] = {1, 2, 3};
    struct pt_trace_value value = {.data_bytes = 800, .dtype = 'f', .item_bytes = 8};
    struct pt_recent_place *place;
    bool known;
    (void)state;

    assert_non_null(recent);
    place = pt_recent_look(recent, &value, data, &known);
    assert_false(known);
    assert_memory_equal(place->copy, data, 800);
    place->ref = 17;
    for (size_t i = 0; i < 800; i += 799) {
        assert_int_equal(pt_recent_look(recent, &value, data, &known)->ref, 17);
        assert_true(known);
        data[i] ^= 0x80;
        place = pt_recent_look(recent, &value, data, &known);
        assert_false(known);
        assert_memory_equal(place->copy, data, 800);
        place->ref = 17;
    }
    data[800] = 1; /* behind the data */
    (void)pt_recent_look(recent, &value, data, &known);
    assert_true(known);
    value.dtype = 'i';
    (void)pt_recent_look(recent, &value, data, &known);
    assert_false(known);
    value.data_bytes = PT_RECENT_BYTES;
    (void)pt_recent_look(recent, &value, data, &known);
    assert_false(known);
    (void)pt_recent_look(recent, &value, data, &known);
    assert_true(known);
    free(recent);
}

/* A block is hashed in slices while it is read. */
static void a_hash_does_not_depend_on_the_pieces(void **state)
{
    static unsigned char bytes[100000];
    static const size_t pieces[] = {1, 7, 255, 256, 257, 4096, sizeof bytes};
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)pt_splitmix64(&seed);
    for (size_t n = 0; n < sizeof bytes; n += n < 600 ? 1 : 9973)
        for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
            struct pt_hash_state hash;
            pt_hash_begin(&hash);
            for (size_t at = 0; at < n; at += pieces[p])
                pt_hash_add(&hash, bytes + at, n - at < pieces[p] ? n - at : pieces[p]);
            assert_true(pt_hash64_end(&hash) == pt_hash64(bytes, n));
            assert_true(pt_hash_end(&hash).low == pt_hash128(bytes, n).low);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_found_while_there_is_room),
        cmocka_unit_test(it_never_holds_more_than_its_limit),
        cmocka_unit_test(what_is_asked_for_often_stays),
        cmocka_unit_test(a_map_keeps_what_was_put_and_not_removed),
        cmocka_unit_test(a_recent_content_is_known_by_its_bits),
        cmocka_unit_test(a_hash_does_not_depend_on_the_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
