#include "fuzzy/blas/vendor.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "fuzzy/blas/arguments.h"

/* Sums of fewer products are left to our kernels: triangles of twice as many rows. */
enum { LEAST_DEPTH = 33 };

static const char *const names[] = {
#define X(NAME, name, types) #name,
    PT_BLAS_ROUTINES(X)
#undef X
};

/* NULL: there is none. */
static void *find_gemm(const struct pt_blas_call *call, void **library)
{
    const char *whole = call->routine->name, *own = names[call->symbol->routine];
    const char *at = strstr(whole, own);
    char symbol[64];
    if (call->symbol->routine == PT_BLAS_GEMM)
        return call->routine->real;
    if (!at || !call->routine->library[0])
        return NULL;
    snprintf(symbol, sizeof symbol, "%.*sgemm%s", (int)(at - whole), whole,
             at + strlen(own));
    *library = dlopen(call->routine->library, RTLD_LAZY | RTLD_NOLOAD);
    return *library ? dlsym(*library, symbol) : NULL;
}

bool pt_blas_vendor_begin(struct pt_blas_call *call, struct pt_blas_vendor *vendor)
{
    *vendor = (struct pt_blas_vendor){.call = call};
    vendor->gemm.real = find_gemm(call, &vendor->library);
    vendor->room = malloc(PT_BLAS_MODEL_ROOM * sizeof *vendor->room);
    if (!vendor->gemm.real || !vendor->room)
        pt_blas_vendor_end(vendor);
    return vendor->call != NULL;
}

void pt_blas_vendor_end(struct pt_blas_vendor *vendor)
{
    if (vendor->library)
        (void)dlclose(vendor->library);
    free(vendor->room);
    memset(vendor, 0, sizeof *vendor);
}

/* A matrix as gemm is told of it. */
struct layout {
    char *first;
    int64_t leading;
    char how; /* N, T, C */
};

/* False: not by columns, nor by rows, or with signs that gemm has no letter for. */
static bool layout_of(const struct pt_blas_operand *o, struct layout *layout)
{
    const struct pt_matrix *m = &o->part[0];
    int64_t bytes = (int64_t)pt_fuzzy_format_bytes(m->format) * (o->complex ? 2 : 1);
    bool conjugated = o->complex && o->part[1].negative;
    bool by_columns = (m->down == bytes || m->rows == 1) && !conjugated;
    int64_t step = by_columns ? m->right : m->down;
    int64_t least = by_columns ? m->rows : m->columns;
    if (m->negative || (o->complex && o->part[1].first != m->first + bytes / 2) ||
        (!by_columns && m->right != bytes && m->columns != 1))
        return false;
    layout->first = m->first;
    layout->how = by_columns ? 'N' : conjugated ? 'C' : 'T';
    layout->leading = (by_columns ? m->columns : m->rows) == 1 ? least : step / bytes;
    return layout->leading >= least && layout->leading > 0 &&
           (step % bytes == 0 || layout->leading == least);
}

/* One product in the library's gemm: its arguments, by address for Fortran. */
struct product {
    struct pt_blas_vendor *vendor;
    const struct pt_blas_model *m;
    struct layout a, b;
    int64_t sizes[6]; /* m, n, k, and the leading dimensions */
    int32_t narrow[6];
    double scalars[4];       /* alpha and beta */
    float narrow_scalars[4]; /* and those of single precision */
};

static int number_of(char letter)
{
    return letter == 'N' ? 111 : letter == 'T' ? 112 : 113;
}

static void put_size(struct product *p, struct pt_blas_call *call, int *at, int which)
{
    p->narrow[which] = (int32_t)p->sizes[which];
    uintptr_t word = (uintptr_t)p->sizes[which];
    if (!call->symbol->cblas)
        word = call->symbol->wide ? (uintptr_t)&p->sizes[which]
                                  : (uintptr_t)&p->narrow[which];
    call->words[(*at)++] = word;
}

/* alpha (which 0) or beta (1). */
static void put_scalar(struct product *p, struct pt_blas_call *call, int *at, int which)
{
    char type = call->symbol->type;
    bool wide = type == 'd' || type == 'z';
    for (int i = 2 * which; i < 2 * which + 2; i++)
        p->narrow_scalars[i] = (float)p->scalars[i];
    const void *value = wide ? (const void *)&p->scalars[2 * which]
                             : (const void *)&p->narrow_scalars[2 * which];
    if (call->symbol->cblas && (type == 's' || type == 'd'))
        memcpy(&call->numbers[which], value, wide ? 8 : 4);
    else
        call->words[(*at)++] = (uintptr_t)value;
}

static void put_letter(struct pt_blas_call *call, int *at, const char *letter)
{
    call->words[(*at)++] =
        call->symbol->cblas ? (uintptr_t)number_of(*letter) : (uintptr_t)letter;
}

/* For the model: products [from, to) of the sum. */
static void compute(void *context, const struct pt_blas_block *block, int64_t from,
                    int64_t to)
{
    struct product *p = context;
    struct pt_blas_call call = *p->vendor->call;
    const struct pt_matrix *a = &p->m->a.part[0], *b = &p->m->b.part[0],
                           *c = &block->values.part[0];
    struct layout layout;
    int at = 0;
    (void)layout_of(&block->values, &layout);
    call.routine = &p->vendor->gemm;
    memcpy(p->sizes,
           (int64_t[]){c->rows, c->columns, to - from, p->a.leading, p->b.leading,
                       layout.leading},
           sizeof p->sizes);
    p->scalars[0] = p->m->alpha.part[0];
    p->scalars[1] = p->m->alpha.part[1];
    p->scalars[2] = from == 0 ? p->m->beta.part[0] : 1;
    p->scalars[3] = from == 0 ? p->m->beta.part[1] : 0;
    if (call.symbol->cblas)
        call.words[at++] = 102; /* by columns */
    put_letter(&call, &at, &p->a.how);
    put_letter(&call, &at, &p->b.how);
    for (int i = 0; i < 3; i++)
        put_size(p, &call, &at, i);
    put_scalar(p, &call, &at, 0);
    call.words[at++] = (uintptr_t)(a->first + block->i * a->down + from * a->right);
    put_size(p, &call, &at, 3);
    call.words[at++] = (uintptr_t)(b->first + from * b->down + block->j * b->right);
    put_size(p, &call, &at, 4);
    put_scalar(p, &call, &at, 1);
    call.words[at++] = (uintptr_t)c->first;
    put_size(p, &call, &at, 5);
    call.words[at++] = 1; /* lengths of the letters, of which Fortran has two */
    call.words[at++] = 1;
    (void)pt_blas_call_real(&call, true);
}

/* Operands that gemm can be told of: *m is transposed where C lies by rows, A and B are
 * copied where they lie neither way; the caller frees `room`. False: it cannot be done.
 */
static bool prepare(struct product *p, struct pt_blas_vendor *vendor,
                    struct pt_blas_model *m, void *room[2])
{
    struct layout c;
    *p = (struct product){.vendor = vendor, .m = m};
    if (!layout_of(&m->c, &c))
        return false;
    if (c.how == 'T') {
        struct pt_blas_operand a = m->a;
        m->a = pt_blas_operand_transposed(m->b, false);
        m->b = pt_blas_operand_transposed(a, false);
        m->c = pt_blas_operand_transposed(m->c, false);
        m->triangle = pt_triangle_mirrored(m->triangle);
    }
    return (layout_of(&m->a, &p->a) ||
            (pt_blas_operand_copy(&m->a, &room[0]) && layout_of(&m->a, &p->a))) &&
           (layout_of(&m->b, &p->b) ||
            (pt_blas_operand_copy(&m->b, &room[1]) && layout_of(&m->b, &p->b)));
}

/* All memory is taken before anything is done. False: there is none. */
static bool run(struct pt_blas_vendor *vendor, const struct pt_blas_model *m)
{
    struct pt_blas_model sums[2] = {*m, pt_blas_model_other(m)};
    struct product products[2];
    void *room[2][2] = {{NULL, NULL}, {NULL, NULL}};
    bool ready = true;
    for (int i = 0; ready && i < 1 + m->twice; i++)
        ready = prepare(&products[i], vendor, &sums[i], room[i]);
    for (int i = 0; ready && i < 1 + m->twice; i++)
        pt_blas_model_run(vendor->call->stream, &sums[i], compute, &products[i],
                          vendor->room);
    for (int i = 0; i < 4; i++)
        free(room[i / 2][i % 2]);
    return ready;
}

double pt_blas_vendor_product(struct pt_blas_call *call, const struct pt_blas_model *m)
{
    enum pt_fuzzy_way way = PT_FUZZY_WAY_LEFT;
    struct pt_blas_vendor vendor;
    uint64_t work = pt_blas_model_work(m);
    if (work <= pt_fuzzy_runtime.options.blas_limit)
        return pt_blas_call_update(call, m);
    if (pt_blas_model_is_exact(m)) {
        way = PT_FUZZY_WAY_EXACT;
    } else if (pt_blas_vendor_begin(call, &vendor)) {
        way = run(&vendor, m) ? PT_FUZZY_WAY_MODEL : PT_FUZZY_WAY_LEFT;
        pt_blas_vendor_end(&vendor);
    }
    pt_fuzzy_routine_used(call->routine, way, work);
    return way == PT_FUZZY_WAY_MODEL ? 0 : pt_blas_call_real(call, true);
}

/* By the library's gemm, at one go. */
static bool run_exactly(struct pt_blas_vendor *vendor, struct pt_blas_model *m)
{
    struct product product;
    void *room[2] = {NULL, NULL};
    bool ready = prepare(&product, vendor, m, room);
    if (ready)
        compute(&product, &(struct pt_blas_block){.values = m->c}, 0,
                m->a.part[0].columns);
    free(room[0]);
    free(room[1]);
    return ready;
}

bool pt_blas_vendor_square(struct pt_blas_vendor *vendor, struct pt_blas_operand a,
                           struct pt_blas_operand b, struct pt_blas_operand c,
                           double alpha)
{
    struct pt_blas_model m = {
        .a = a, .b = b, .c = c, .alpha = {{alpha, 0}}, .beta = {{1, 0}}};
    if (a.part[0].columns < LEAST_DEPTH)
        return false;
    return pt_blas_model_is_exact(&m) ? run_exactly(vendor, &m) : run(vendor, &m);
}
