#include "number.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Powers of ten that a double holds exactly. */
static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* digits · 10^-places, without zeros at the end. */
static size_t write_digits(bool negative, uint64_t digits, int places, char *text)
{
    char reversed[24];
    int n = 0;
    char *out = text;

    while (places > 0 && digits % 10 == 0) {
        digits /= 10;
        places--;
    }
    do
        reversed[n++] = (char)('0' + digits % 10);
    while (digits /= 10);
    while (n <= places)
        reversed[n++] = '0';
    if (negative)
        *out++ = '-';
    while (n > places)
        *out++ = reversed[--n];
    if (places > 0)
        *out++ = '.';
    while (n > 0)
        *out++ = reversed[--n];
    *out = '\0';
    return (size_t)(out - text);
}

/* Numbers of everyday size, by integers; 0: not one.
 *
 * 15 digits: r < 10^15 and the power are exact doubles, so that r / power is what a
 * reader of the text would get; equal to the number means enough. 17 digits: the
 * product in extended precision is off by 2^-64 of itself at most, less than 1/100 in
 * the last place, so that rounding it stays within 0.51 of a unit there, and a unit
 * there is less than an ulp of the number: the nearest double is the number itself. */
static size_t write_plain(double value, char *text)
{
#if LDBL_MANT_DIG >= 64
    double size = fabs(value);
    int power = 0;

    if (!(size >= 1e-5 && size < 1e15))
        return 0;
    while (size >= tens[power + 1])
        power++;
    while (power <= 0 && power > -5 && size < 1 / tens[-power])
        power--;
    uint64_t r = (uint64_t)(size * tens[14 - power] + 0.5);
    if ((double)r / tens[14 - power] == size)
        return write_digits(value < 0, r, 14 - power, text);
    long double scaled = (long double)size * (long double)tens[16 - power];
    return write_digits(value < 0, (uint64_t)llrintl(scaled), 16 - power, text);
#else
    (void)value;
    (void)text;
    return 0;
#endif
}

size_t pt_number_write(double value, char text[PT_NUMBER_ROOM])
{
    size_t plain = write_plain(value, text);
    if (plain)
        return plain;
    int n = snprintf(text, PT_NUMBER_ROOM, "%.15g", value);
    if (strtod(text, NULL) != value)
        n = snprintf(text, PT_NUMBER_ROOM, "%.17g", value);
    return (size_t)n;
}
