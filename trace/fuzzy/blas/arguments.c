/* Arguments to operands. */
#include "fuzzy/blas/arguments.h"

#include <string.h>

#include "base/status.h"

int64_t pt_blas_fortran_integer(const struct pt_blas_call *call, int at)
{
    const void *address = (const void *)call->words[at];
    int64_t wide;
    int32_t narrow;
    memcpy(&wide, address, call->symbol->wide ? sizeof wide : 0);
    memcpy(&narrow, address, sizeof narrow);
    return call->symbol->wide ? wide : narrow;
}

void pt_blas_fortran_set_integer(const struct pt_blas_call *call, int at, int64_t value)
{
    void *address = (void *)call->words[at];
    int32_t narrow = (int32_t)value;
    if (call->symbol->wide)
        memcpy(address, &value, sizeof value);
    else
        memcpy(address, &narrow, sizeof narrow);
}

char pt_blas_fortran_letter(const struct pt_blas_call *call, int at)
{
    char letter = *(const char *)call->words[at];
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

int64_t pt_blas_take_integer(struct pt_blas_arguments *c)
{
    int at = c->word++;
    if (!c->call->symbol->cblas)
        return pt_blas_fortran_integer(c->call, at);
    return c->call->symbol->wide ? (int64_t)c->call->words[at]
                                 : (int32_t)c->call->words[at];
}

int64_t pt_blas_take_size(struct pt_blas_arguments *c)
{
    int64_t n = pt_blas_take_integer(c);
    c->wrong |= n < 0;
    return n;
}

char pt_blas_take_letter(struct pt_blas_arguments *c, const char *letters)
{
    static const struct {
        int32_t number;
        char letter;
    } known[] = {{111, 'N'}, {112, 'T'}, {113, 'C'}, {121, 'U'}, {122, 'L'},
                 {131, 'N'}, {132, 'U'}, {141, 'L'}, {142, 'R'}};
    int at = c->word++;
    char found = '?';
    if (!c->call->symbol->cblas)
        found = pt_blas_fortran_letter(c->call, at);
    for (size_t i = 0; c->call->symbol->cblas && i < PT_ARRAY_LENGTH(known); i++)
        if (known[i].number == (int32_t)c->call->words[at])
            found = known[i].letter;
    c->wrong |= !strchr(letters, found);
    return found;
}

void pt_blas_take_order(struct pt_blas_arguments *c)
{
    if (!c->call->symbol->cblas)
        return;
    int32_t value = (int32_t)c->call->words[c->word++];
    c->by_rows = value == 101;
    c->wrong |= value != 101 && value != 102;
}

enum pt_triangle pt_blas_take_triangle(struct pt_blas_arguments *c)
{
    return pt_blas_take_letter(c, "UL") == 'U' ? PT_UPPER : PT_LOWER;
}

void *pt_blas_take_address(struct pt_blas_arguments *c)
{
    return (void *)c->call->words[c->word++];
}

static struct pt_blas_scalar load(char type, const void *from)
{
    struct pt_blas_scalar x = {{0, 0}};
    bool wide = type == 'd' || type == 'z', complex = type == 'c' || type == 'z';
    float narrow[2];
    memcpy(x.part, from, wide ? sizeof(double) * (complex ? 2 : 1) : 0);
    if (!wide) {
        memcpy(narrow, from, sizeof(float) * (complex ? 2 : 1));
        x.part[0] = (double)narrow[0];
        x.part[1] = complex ? (double)narrow[1] : 0;
    }
    return x;
}

struct pt_blas_scalar pt_blas_take_scalar_of(struct pt_blas_arguments *c, bool real)
{
    char type = c->call->symbol->type;
    if (real)
        type = type == 'z' ? 'd' : type == 'c' ? 's' : type;
    if (c->call->symbol->cblas && (type == 's' || type == 'd'))
        return load(type, &c->call->numbers[c->number++]);
    return load(type, pt_blas_take_address(c));
}

struct pt_blas_scalar pt_blas_take_scalar(struct pt_blas_arguments *c)
{
    return pt_blas_take_scalar_of(c, false);
}

struct pt_blas_operand pt_blas_operand_at(char type, const void *first, int64_t rows,
                                          int64_t columns, int64_t leading,
                                          bool by_rows)
{
    bool wide = type == 'd' || type == 'z', complex = type == 'c' || type == 'z';
    int64_t bytes = (wide ? 8 : 4) * (complex ? 2 : 1);
    struct pt_blas_operand o = {.complex = complex};
    o.part[0] = (struct pt_matrix){.first = (char *)(uintptr_t)first,
                                   .rows = rows,
                                   .columns = columns,
                                   .down = by_rows ? leading * bytes : bytes,
                                   .right = by_rows ? bytes : leading * bytes};
    o.part[0].format = wide ? PT_FUZZY_BINARY64 : PT_FUZZY_BINARY32;
    o.part[1] = o.part[0];
    o.part[1].first += bytes / 2;
    return o;
}

struct pt_blas_operand pt_blas_take_matrix(struct pt_blas_arguments *c, int64_t rows,
                                           int64_t columns)
{
    void *first = pt_blas_take_address(c);
    int64_t leading = pt_blas_take_integer(c);
    c->wrong |= leading < (c->by_rows ? columns : rows) || leading < 1;
    return pt_blas_operand_at(c->call->symbol->type, first, rows, columns, leading,
                              c->by_rows);
}

struct pt_blas_operand pt_blas_take_vector(struct pt_blas_arguments *c, int64_t n)
{
    char *first = pt_blas_take_address(c);
    int64_t step = pt_blas_take_integer(c);
    struct pt_blas_operand v =
        pt_blas_operand_at(c->call->symbol->type, first, n, 1, step, true);
    v.part[0].right = v.part[1].right = 0;
    if (step < 0 && n > 0)
        for (int p = 0; p < 2; p++)
            v.part[p].first -= (n - 1) * v.part[p].down;
    return v;
}

struct pt_blas_operand pt_blas_take_transposed(struct pt_blas_arguments *c, char how,
                                               int64_t rows, int64_t columns)
{
    if (how == 'N')
        return pt_blas_take_matrix(c, rows, columns);
    return pt_blas_operand_transposed(pt_blas_take_matrix(c, columns, rows),
                                      how == 'C');
}
