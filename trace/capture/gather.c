#include "capture/gather.h"

#include <float.h>
#include <string.h>

#include "format/format.h"
#include "format/sample.h"

enum { LONGEST_ITEM = 32 };

/* x87 numbers fill ten bytes of sixteen; the other six hold whatever was there. */
static bool has_padding(const struct pt_elements *elements)
{
    return LDBL_MANT_DIG == 64 &&
           ((elements->kind == 'f' && elements->item_bytes == 16) ||
            (elements->kind == 'c' && elements->item_bytes == 32));
}

static size_t word_bytes(const struct pt_elements *elements)
{
    return elements->kind == 'c' ? elements->item_bytes / 2 : elements->item_bytes;
}

static bool is_big_endian(const struct pt_elements *elements)
{
    return elements->swapped != PY_BIG_ENDIAN && word_bytes(elements) > 1;
}

bool pt_gather_is_plain(const struct pt_elements *elements)
{
    return elements->contiguous && !is_big_endian(elements) && !has_padding(elements);
}

static void reverse(unsigned char *data, size_t n_words, size_t bytes)
{
    for (; n_words > 0; n_words--, data += bytes)
        for (size_t i = 0, j = bytes - 1; i < j; i++, j--) {
            unsigned char byte = data[i];
            data[i] = data[j];
            data[j] = byte;
        }
}

static void copy_run(unsigned char *out, const char *data, Py_ssize_t stride,
                     uint64_t n, size_t bytes)
{
    if ((size_t)stride == bytes)
        memcpy(out, data, n * bytes);
    else if (bytes == 8)
        for (; n > 0; n--, out += 8, data += stride)
            memcpy(out, data, 8);
    else
        for (; n > 0; n--, out += bytes, data += stride)
            memcpy(out, data, bytes);
}

/* Runs along the last axis, from the place of element `first` on. */
static void copy_strided(const struct pt_elements *elements, uint64_t first, uint64_t n,
                         unsigned char *out)
{
    const Py_ssize_t *shape = elements->shape, *strides = elements->strides;
    int last = elements->ndim - 1;
    Py_ssize_t index[PT_TRACE_MAX_DIMENSIONS];
    const char *at = elements->data;

    for (int axis = last; axis >= 0; axis--) {
        index[axis] = (Py_ssize_t)(first % (uint64_t)shape[axis]);
        first /= (uint64_t)shape[axis];
        at += index[axis] * strides[axis];
    }
    while (n > 0) {
        uint64_t run = (uint64_t)(shape[last] - index[last]);
        int axis = last;

        if (run > n)
            run = n;
        copy_run(out, at, strides[last], run, elements->item_bytes);
        out += run * elements->item_bytes;
        n -= run;
        index[last] += (Py_ssize_t)run;
        at += (Py_ssize_t)run * strides[last];
        for (; axis > 0 && index[axis] == shape[axis]; axis--) {
            at += strides[axis - 1] - index[axis] * strides[axis];
            index[axis] = 0;
            index[axis - 1]++;
        }
    }
}

void pt_gather_elements(const struct pt_elements *elements, uint64_t first, uint64_t n,
                        unsigned char *out)
{
    size_t bytes = (size_t)n * elements->item_bytes;

    if (elements->contiguous || elements->ndim == 0)
        memcpy(out, elements->data + first * elements->item_bytes, bytes);
    else if (n > 0)
        copy_strided(elements, first, n, out);
    if (is_big_endian(elements))
        reverse(out, bytes / word_bytes(elements), word_bytes(elements));
    if (has_padding(elements))
        for (size_t i = 10; i < bytes; i += 16)
            memset(out + i, 0, 6);
}

/* Elements [first, first + n) of the value: of the array, or of the sample. */
static void read_elements(const struct pt_gather *gather, uint64_t first, uint64_t n,
                          unsigned char *out)
{
    const struct pt_elements *elements = gather->elements;

    if (gather->sample == 0) {
        pt_gather_elements(elements, first, n, out);
        return;
    }
    while (n > 0) {
        uint64_t k = first / PT_SAMPLE_STRETCH, within = first % PT_SAMPLE_STRETCH;
        uint64_t length = pt_sample_length(gather->sample, k) - within;

        if (length > n)
            length = n;
        pt_gather_elements(elements,
                           pt_sample_start(gather->n, gather->sample, k) + within,
                           length, out);
        out += length * elements->item_bytes;
        first += length;
        n -= length;
    }
}

void pt_gather_read(const void *context, uint64_t offset, size_t bytes, void *result)
{
    const struct pt_gather *gather = context;
    size_t item = gather->elements->item_bytes, skipped = (size_t)(offset % item);
    uint64_t first = offset / item;
    unsigned char *out = result, whole[LONGEST_ITEM];

    if (skipped > 0) { /* the rest of an element that the piece before began */
        size_t rest = item - skipped < bytes ? item - skipped : bytes;

        read_elements(gather, first++, 1, whole);
        memcpy(out, whole + skipped, rest);
        out += rest;
        bytes -= rest;
    }
    read_elements(gather, first, bytes / item, out);
    if (bytes % item > 0) {
        read_elements(gather, first + bytes / item, 1, whole);
        memcpy(out + bytes / item * item, whole, bytes % item);
    }
}
