#include "statistics/load.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"

struct pt_part pt_part_of(char dtype, unsigned item_bytes, unsigned plane)
{
    unsigned bytes = dtype == 'c' ? item_bytes / 2 : item_bytes;
    struct pt_part part = {
        .class = dtype == 'c' ? 'f' : dtype,
        .bytes = (uint8_t)bytes,
        .stride = (uint8_t)item_bytes,
        .offset = (uint8_t)(plane * bytes),
        .lanes = bytes <= 8,
    };

    return part;
}

static const unsigned char *place(struct pt_part part, const void *array, size_t at)
{
    return (const unsigned char *)array + at * part.stride + part.offset;
}

uint64_t pt_load_bits(struct pt_part part, const void *array, size_t at)
{
    const unsigned char *p = place(part, array, at);
    uint64_t bits;

    switch (part.bytes) {
    case 1:
        bits = *p;
        break;
    case 2:
        bits = pt_get16(p);
        break;
    case 4:
        bits = pt_get32(p);
        break;
    default:
        bits = pt_get64(p);
        break;
    }
    return bits;
}

/* binary16 as binary32: the exponent moved by a multiplication, which is exact and
 * makes subnormal numbers right too; Inf and NaN keep an exponent of all ones. */
static double half_to_double(uint16_t bits)
{
    uint32_t magnitude = (uint32_t)(bits & 0x7fff) << 13;
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16;
    uint32_t raw;
    float value;

    if (magnitude >= 0x0f800000) {
        magnitude |= 0x7f800000;
        memcpy(&value, &magnitude, sizeof value);
    } else {
        memcpy(&value, &magnitude, sizeof value);
        value *= 0x1p112f;
    }
    memcpy(&raw, &value, sizeof raw);
    raw |= sign;
    memcpy(&value, &raw, sizeof value);
    return (double)value;
}

/* One loop for each type, so that the compiler makes vectors of the common ones: those
 * without a gap between the elements. */
#define CONVERT(type, convert, stride)                                                 \
    for (size_t i = 0; i < count; i++) {                                               \
        type x;                                                                        \
        memcpy(&x, p + i * (stride), sizeof x);                                        \
        room[i] = convert(x);                                                          \
    }
#define FILL(type, convert)                                                            \
    if (part.stride == sizeof(type)) {                                                 \
        CONVERT(type, convert, sizeof(type))                                           \
    } else {                                                                           \
        CONVERT(type, convert, part.stride)                                            \
    }                                                                                  \
    break
#define WIDEN(x) ((double)(x))

static void fill(struct pt_part part, const unsigned char *p, size_t count,
                 double *room)
{
    enum { SIGNED = 16, FLOAT = 32 };
    int kind = part.bytes | (part.class == 'i'   ? SIGNED
                             : part.class == 'f' ? FLOAT
                                                 : 0);

    switch (kind) {
    case 1:
        FILL(uint8_t, WIDEN);
    case 2:
        FILL(uint16_t, WIDEN);
    case 4:
        FILL(uint32_t, WIDEN);
    case 8:
        FILL(uint64_t, WIDEN);
    case SIGNED | 1:
        FILL(int8_t, WIDEN);
    case SIGNED | 2:
        FILL(int16_t, WIDEN);
    case SIGNED | 4:
        FILL(int32_t, WIDEN);
    case SIGNED | 8:
        FILL(int64_t, WIDEN);
    case FLOAT | 2:
        FILL(uint16_t, half_to_double);
    case FLOAT | 4:
        FILL(float, WIDEN);
    default:
        FILL(double, WIDEN);
    }
}

const double *pt_load_row(struct pt_part part, const void *array, size_t first,
                          size_t count, size_t pad, double *room)
{
    const unsigned char *p = place(part, array, first);
    const double *row = room;

    if (part.class == 'f' && part.bytes == 8 && part.stride == 8 && count % pad == 0 &&
        (uintptr_t)p % sizeof(double) == 0) {
        row = (const double *)(const void *)p;
    } else {
        fill(part, p, count, room);
    }
    return row;
}

const float *pt_load_narrow(struct pt_part part, const void *array, size_t first,
                            size_t count, size_t pad)
{
    const unsigned char *p = place(part, array, first);
    bool fits = part.class == 'f' && part.bytes == 4 && part.stride == 4 &&
                count % pad == 0 && (uintptr_t)p % sizeof(float) == 0;

    return fits ? (const float *)(const void *)p : NULL;
}

/* Sign, exponent and mantissa of an IEEE number of up to 64 bits. */
static enum pt_kind_of_number split_ieee(uint64_t bits, unsigned mantissa_bits,
                                         unsigned exponent_bits,
                                         struct pt_sample *sample)
{
    uint64_t mantissa = bits & ((UINT64_C(1) << mantissa_bits) - 1);
    uint64_t ones = (UINT64_C(1) << exponent_bits) - 1;
    uint64_t exponent = (bits >> mantissa_bits) & ones;
    int bias = (1 << (exponent_bits - 1)) - 1;

    if (exponent == ones) {
        return mantissa == 0 ? PT_INFINITE : PT_NAN;
    }
    sample->negative = (bits >> (mantissa_bits + exponent_bits)) & 1;
    sample->mantissa =
        exponent == 0 ? mantissa : mantissa | UINT64_C(1) << mantissa_bits;
    sample->exponent = (exponent == 0 ? 1 : (int)exponent) - bias - (int)mantissa_bits;
    return PT_FINITE;
}

/* The x87 format: 64 bits of mantissa with its leading one, 15 of exponent, sign. */
static enum pt_kind_of_number split_x87(const unsigned char *p,
                                        struct pt_sample *sample)
{
    uint64_t mantissa = pt_get64(p);
    unsigned head = pt_get16(p + 8);
    unsigned exponent = head & 0x7fff;
    bool leading = mantissa >> 63;

    if (exponent == 0x7fff) {
        return mantissa << 1 == 0 ? PT_INFINITE : PT_NAN;
    }
    if (exponent != 0 && !leading) { /* an encoding that the processor rejects */
        return PT_NAN;
    }
    sample->negative = head >> 15;
    sample->mantissa = mantissa;
    sample->exponent = (exponent == 0 ? 1 : (int)exponent) - 16383 - 63;
    return PT_FINITE;
}

enum pt_kind_of_number pt_load_sample(struct pt_part part, const void *array, size_t at,
                                      struct pt_sample *sample)
{
    enum pt_kind_of_number kind = PT_FINITE;

    if (part.class == 'f') {
        switch (part.bytes) {
        case 2:
            kind = split_ieee(pt_load_bits(part, array, at), 10, 5, sample);
            break;
        case 4:
            kind = split_ieee(pt_load_bits(part, array, at), 23, 8, sample);
            break;
        case 8:
            kind = split_ieee(pt_load_bits(part, array, at), 52, 11, sample);
            break;
        default:
            kind = split_x87(place(part, array, at), sample);
            break;
        }
    } else {
        uint64_t bits = pt_load_bits(part, array, at);
        uint64_t sign = UINT64_C(1) << (8 * part.bytes - 1);

        sample->negative = part.class == 'i' && (bits & sign);
        /* Two's complement within the part's own bits. */
        sample->mantissa = sample->negative ? (sign << 1) - bits : bits;
        sample->exponent = 0;
    }
    return kind;
}
