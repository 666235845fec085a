#include "inspect/text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

/* The character at p, and its length; length 0: not valid UTF-8. */
static uint32_t decode(const unsigned char *p, size_t left, size_t *length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80   ? 1
               : p[0] < 0xc2 ? 0
               : p[0] < 0xe0 ? 2
               : p[0] < 0xf0 ? 3
               : p[0] < 0xf5 ? 4
                             : 0;
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

    *length = 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    *length = n;
    return c;
}

/* Moves the cursor, changes colours, or turns the direction of what follows. */
static bool is_harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static void put_harmless(FILE *out, uint32_t c)
{
    if (c == '\n')
        fputs("\\n", out);
    else if (c == '\t')
        fputs("\\t", out);
    else if (c < 0x100)
        fprintf(out, "\\x%02" PRIx32, c);
    else
        fprintf(out, "\\u%04" PRIx32, c);
}

void pt_inspect_put(FILE *out, const char *text, size_t bytes, size_t limit)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;

    while (i < bytes && i < limit) {
        size_t length;
        uint32_t c = decode(p + i, bytes - i, &length);
        if (length == 0)
            fprintf(out, "\\x%02x", p[i++]);
        else if (is_harmful(c))
            put_harmless(out, c);
        else
            fwrite(p + i, 1, length, out);
        i += length;
    }
    if (i < bytes)
        fputs("…", out);
}

void pt_inspect_put_type(FILE *out, const struct pt_trace_value *value)
{
    static const char classes[] = "biufc";
    static const char *const names[] = {"bool", "int", "uint", "float", "complex"};
    const char *found = value->dtype ? strchr(classes, value->dtype) : NULL;

    if (!found) {
        fprintf(out, "bytes%u", value->item_bytes);
        return;
    }
    fputs(names[found - classes], out);
    if (*found != 'b' && value->form != PT_FORM_PYTHON)
        fprintf(out, "%u", 8u * value->item_bytes);
}

static double half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double magnitude = exponent == 0    ? ldexp(fraction, -24)
                       : exponent == 31 ? (fraction ? NAN : INFINITY)
                                        : ldexp(1024 + fraction, exponent - 25);
    return bits & 0x8000 ? -magnitude : magnitude;
}

static void put_hex(FILE *out, const unsigned char *p, size_t bytes)
{
    fputs("0x", out);
    while (bytes > 0)
        fprintf(out, "%02x", p[--bytes]);
}

/* One real number; `sign` asks for "+" too. */
static void put_real(FILE *out, const unsigned char *p, unsigned bytes, bool sign)
{
    const char *plus = sign ? "+" : "";
    double d;
    float f;
    uint64_t bits64;
    uint32_t bits32;

    switch (bytes) {
    case 2:
        d = half_value(pt_get16(p));
        fprintf(out, "%s%.5g", signbit(d) ? "" : plus, d);
        return;
    case 4:
        bits32 = pt_get32(p);
        memcpy(&f, &bits32, sizeof f);
        fprintf(out, "%s%.9g", signbit(f) ? "" : plus, (double)f);
        return;
    case 8:
        bits64 = pt_get64(p);
        memcpy(&d, &bits64, sizeof d);
        fprintf(out, "%s%.17g", signbit(d) ? "" : plus, d);
        return;
    default:
        break;
    }
#if LDBL_MANT_DIG == 64
    if (bytes == sizeof(long double)) {
        long double l;
        memcpy(&l, p, sizeof l);
        fprintf(out, "%s%.21Lg", signbit(l) ? "" : plus, l);
        return;
    }
#endif
    put_hex(out, p, bytes);
}

static void put_integer(FILE *out, const unsigned char *p, unsigned bytes, bool sign)
{
    uint64_t v = 0;

    if (bytes == 0 || bytes > 8) { /* Python's long integers */
        put_hex(out, p, bytes);
        return;
    }
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << 8 * i;
    if (sign && bytes < 8 && v >> (8 * bytes - 1))
        v |= UINT64_MAX << 8 * bytes;
    if (sign)
        fprintf(out, "%" PRId64, (int64_t)v);
    else
        fprintf(out, "%" PRIu64, v);
}

void pt_inspect_put_element(FILE *out, const struct pt_trace_value *value,
                            const unsigned char *p)
{
    unsigned half = value->item_bytes / 2u;

    switch (value->dtype) {
    case 'b':
        fputs(value->item_bytes && p[0] ? "True" : "False", out);
        break;
    case 'i':
    case 'u':
        put_integer(out, p, value->item_bytes, value->dtype == 'i');
        break;
    case 'f':
        put_real(out, p, value->item_bytes, false);
        break;
    case 'c':
        put_real(out, p, half, false);
        put_real(out, p + half, half, true);
        fputc('j', out);
        break;
    default:
        put_hex(out, p, value->item_bytes);
        break;
    }
}
