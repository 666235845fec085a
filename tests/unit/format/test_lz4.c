/* LZ4 and the sorting of bytes: what is packed comes back; what is not LZ4 is refused
 * without a byte beyond the ends; other programs' LZ4 is the same as ours. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "format/lz4.h"
#include "format/shuffle.h"

typedef int transform(const char *from, char *to, int bytes, int room);

static uint16_t table[PT_LZ4_TABLE];
static unsigned char data[PT_LZ4_MOST], packed[PT_LZ4_ROOM];

/* What there is to pack: runs, periods, words, noise, and mixtures. */
static void make(unsigned kind, size_t bytes)
{
    uint64_t state = kind;

    for (size_t i = 0; i < bytes; i++) {
        uint64_t random = pt_splitmix64(&state);
        switch (kind % 6) {
        case 0:
            data[i] = (unsigned char)random; /* noise */
            break;
        case 1:
            data[i] = (unsigned char)kind; /* one run */
            break;
        case 2:
            data[i] = (unsigned char)(i % (1 + kind / 6)); /* a period */
            break;
        case 3:
            data[i] = (unsigned char)"the of and to in is "[random % 20];
            break;
        case 4:
            data[i] = random % 16 ? 0 : (unsigned char)(random >> 8);
            break;
        default: /* noise that occurs again, near or far */
            data[i] = i < 2000 ? (unsigned char)random
                               : data[i - 1 - (i / 3000 * 977) % 2000];
        }
    }
}

/* Unpacks into memory of exactly so many bytes, so that the sanitizers see a byte too
 * many. */
static bool unpacks(const unsigned char *from, size_t bytes, size_t raw, bool compare)
{
    unsigned char *in = malloc(bytes + 1), *out = malloc(raw + 1);
    assert_non_null(in);
    assert_non_null(out);
    unsigned char *in_at = in + 1, *out_at = out + 1; /* so that 0 bytes are legal */

    memcpy(in_at, from, bytes);
    bool good = pt_lz4_unpack(in_at, bytes, out_at, raw);
    if (good && compare)
        assert_memory_equal(out_at, data, raw);
    free(in);
    free(out);
    return good;
}

static void what_is_packed_comes_back(void **state)
{
    static const size_t lengths[] = {
        0,   1,   4,   5,   6,    11,   12,   13,    14,    15,   16,  17,
        19,  31,  32,  33,  64,   255,  256,  269,   270,   271,  272, 273,
        525, 526, 527, 528, 1000, 4095, 4096, 20000, 65535, 65536};
    (void)state;

    for (unsigned kind = 0; kind < 160; kind++)
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            make(kind, lengths[i]);
            size_t n = pt_lz4_pack(data, lengths[i], packed, table);
            assert_in_range(n, 1, PT_LZ4_ROOM);
            if (!unpacks(packed, n, lengths[i], true))
                fail_msg("kind %u, %zu bytes", kind, lengths[i]);
        }
}

static void what_repeats_shrinks(void **state)
{
    (void)state;

    for (unsigned kind = 1; kind < 160; kind++) {
        make(kind, PT_LZ4_MOST);
        size_t n = pt_lz4_pack(data, PT_LZ4_MOST, packed, table);
        if (kind % 6 == 1 || kind % 6 == 2)
            assert_in_range(n, PT_LZ4_MOST / 255, PT_LZ4_MOST / 255 + 64);
        else if (kind % 6)
            assert_in_range(n, 1, PT_LZ4_MOST * 7 / 8);
    }
}

/* Of the format's description: five literals; a match that overlaps itself. */
static void it_reads_what_the_format_says(void **state)
{
    static const unsigned char run[] = {0x1f, 'a', 1,   0,   3,  0x50,
                                        'b',  'c', 'd', 'e', 'f'};
    (void)state;

    memset(data, 'a', 23);
    memcpy(data + 23, "bcdef", 5);
    assert_true(unpacks(run, sizeof run, 28, true));
    assert_false(unpacks(run, sizeof run, 27, true));
    assert_false(unpacks(run, sizeof run, 29, true));
    for (size_t n = 0; n < sizeof run; n++)
        assert_false(unpacks(run, n, 28, true));
    assert_false(unpacks((const unsigned char *)"\x10x\x00\x00\x00", 5, 6, false));
    assert_false(unpacks((const unsigned char *)"\x10x\x02\x00\x00", 5, 6, false));
}

static void no_byte_leads_beyond_the_ends(void **state)
{
    uint64_t random = 11;
    (void)state;

    for (unsigned kind = 0; kind < 60; kind++) {
        make(kind, 3000);
        size_t n = pt_lz4_pack(data, 3000, packed, table);
        for (unsigned i = 0; i < 400; i++) {
            size_t at = pt_splitmix64(&random) % n;
            unsigned char before = packed[at];
            packed[at] = (unsigned char)pt_splitmix64(&random);
            (void)unpacks(packed, n, 3000, false);
            (void)unpacks(packed, pt_splitmix64(&random) % (n + 1),
                          pt_splitmix64(&random) % 4000, false);
            packed[at] = before;
        }
    }
}

static void the_library_of_lz4_reads_ours_and_we_read_its(void **state)
{
    static unsigned char theirs[PT_LZ4_ROOM], back[PT_LZ4_MOST];
    void *library = dlopen("liblz4.so.1", RTLD_NOW);
    transform *pack, *unpack;
    (void)state;

    if (!library)
        skip();
    *(void **)&pack = dlsym(library, "LZ4_compress_default");
    *(void **)&unpack = dlsym(library, "LZ4_decompress_safe");
    for (unsigned kind = 0; kind < 160; kind++)
        for (int bytes = 1; bytes <= PT_LZ4_MOST; bytes = bytes * 3 + (int)kind) {
            if (bytes > PT_LZ4_MOST)
                break;
            make(kind, (size_t)bytes);
            size_t n = pt_lz4_pack(data, (size_t)bytes, packed, table);
            assert_int_equal(unpack((char *)packed, (char *)back, (int)n, PT_LZ4_MOST),
                             bytes);
            assert_memory_equal(back, data, (size_t)bytes);
            int m = pack((char *)data, (char *)theirs, bytes, PT_LZ4_ROOM);
            assert_true(m > 0);
            assert_true(unpacks(theirs, (size_t)m, (size_t)bytes, true));
        }
    dlclose(library);
}

static void bytes_are_sorted_by_their_place_and_back(void **state)
{
    static unsigned char sorted[4096], back[4096];
    (void)state;

    make(0, sizeof sorted);
    for (unsigned width = 1; width <= PT_SHUFFLE_MOST; width *= 2)
        for (size_t bytes = 0; bytes <= 1100; bytes++) {
            size_t n = bytes / width;
            pt_shuffle(data, bytes, width, sorted);
            for (size_t i = 0; i < bytes; i++)
                assert_int_equal(sorted[i < n * width ? i % width * n + i / width : i],
                                 data[i]);
            pt_unshuffle(sorted, bytes, width, back);
            assert_memory_equal(back, data, bytes);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(what_repeats_shrinks),
        cmocka_unit_test(it_reads_what_the_format_says),
        cmocka_unit_test(no_byte_leads_beyond_the_ends),
        cmocka_unit_test(the_library_of_lz4_reads_ours_and_we_read_its),
        cmocka_unit_test(bytes_are_sorted_by_their_place_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
