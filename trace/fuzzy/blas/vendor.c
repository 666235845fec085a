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

bool pt_blas_vendor_begin(struct pt_blas_call *call, struct pt_blas_vendor *vendor)
{
    const char *whole = call->routine->name, *own = names[call->symbol->routine];
    const char *at = strstr(whole, own);
    char symbol[64];
    *vendor = (struct pt_blas_vendor){.call = call, .gemm.real = call->routine->real};
    if (call->symbol->routine == PT_BLAS_GEMM)
        return true;
    memset(vendor, 0, sizeof *vendor);
    if (!at || !call->routine->library[0])
        return false;
    snprintf(symbol, sizeof symbol, "%.*sgemm%s", (int)(at - whole), whole,
             at + strlen(own));
    vendor->library = dlopen(call->routine->library, RTLD_LAZY | RTLD_NOLOAD);
    if (!vendor->library)
        return false;
    vendor->gemm.real = dlsym(vendor->library, symbol);
    vendor->call = call;
    if (!vendor->gemm.real)
        pt_blas_vendor_end(vendor);
    return vendor->call != NULL;
}

void pt_blas_vendor_end(struct pt_blas_vendor *vendor)
{
    if (vendor->library)
        (void)dlclose(vendor->library);
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
    struct layout a, b, c;
    int64_t sizes[6]; /* m, n, k, and the leading dimensions */
    int32_t narrow[6];
    double scalars[4];       /* alpha and beta */
    float narrow_scalars[4]; /* and those of single precision */
    int64_t a_step, b_step;  /* bytes from one product to the next */
    struct pt_blas_scalar beta;
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
static void compute(void *context, int64_t from, int64_t to, bool first)
{
    struct product *p = context;
    struct pt_blas_call call = *p->vendor->call;
    int at = 0;
    call.routine = &p->vendor->gemm;
    p->sizes[2] = to - from;
    p->scalars[2] = first ? p->beta.part[0] : 1;
    p->scalars[3] = first ? p->beta.part[1] : 0;
    if (call.symbol->cblas)
        call.words[at++] = 102; /* by columns */
    put_letter(&call, &at, &p->a.how);
    put_letter(&call, &at, &p->b.how);
    for (int i = 0; i < 3; i++)
        put_size(p, &call, &at, i);
    put_scalar(p, &call, &at, 0);
    call.words[at++] = (uintptr_t)(p->a.first + from * p->a_step);
    put_size(p, &call, &at, 3);
    call.words[at++] = (uintptr_t)(p->b.first + from * p->b_step);
    put_size(p, &call, &at, 4);
    put_scalar(p, &call, &at, 1);
    call.words[at++] = (uintptr_t)p->c.first;
    put_size(p, &call, &at, 5);
    call.words[at++] = 1; /* lengths of the letters, of which Fortran has two */
    call.words[at++] = 1;
    (void)pt_blas_call_real(&call, true);
}

/* False: the operands do not lie so that gemm could be told of them. */
static bool product_of(struct pt_blas_vendor *vendor, const struct pt_blas_model *m,
                       struct product *p)
{
    *p = (struct product){.vendor = vendor, .beta = m->beta};
    if (!layout_of(&m->a, &p->a) || !layout_of(&m->b, &p->b) ||
        !layout_of(&m->c, &p->c) || p->c.how != 'N')
        return false;
    p->sizes[0] = m->c.part[0].rows;
    p->sizes[1] = m->c.part[0].columns;
    p->sizes[3] = p->a.leading;
    p->sizes[4] = p->b.leading;
    p->sizes[5] = p->c.leading;
    p->scalars[0] = m->alpha.part[0];
    p->scalars[1] = m->alpha.part[1];
    p->a_step = m->a.part[0].right;
    p->b_step = m->b.part[0].down;
    return true;
}

/* A few columns of C after the other: what the model keeps of each element (two
 * numbers) stays in a cache, and is little memory beside the matrices. */
static bool run_model(struct pt_blas_vendor *vendor, const struct pt_blas_model *m)
{
    enum { LEAST_COLUMNS = 64, ELEMENTS = 1 << 18 };
    int64_t rows = m->c.part[0].rows, columns = m->c.part[0].columns,
            depth = m->a.part[0].columns, most = ELEMENTS / (rows + 1);
    if (most < LEAST_COLUMNS)
        most = LEAST_COLUMNS;
    for (int64_t j = 0; j < columns; j += most) {
        int64_t n = columns - j < most ? columns - j : most;
        struct product product;
        struct pt_blas_model part = *m;
        part.b = pt_blas_operand_part(m->b, 0, j, depth, n);
        part.c = pt_blas_operand_part(m->c, 0, j, rows, n);
        part.compute = compute;
        part.context = &product;
        if (!product_of(vendor, &part, &product))
            return false;
        if (pt_blas_model_run(vendor->call->stream, &part))
            continue;
        if (j == 0)
            return false;
        compute(&product, 0, depth, true); /* no memory any more: without noise */
    }
    return true;
}

/* Cᵀ = beta Cᵀ + alpha Bᵀ Aᵀ where C lies by rows. exact: no noise is wanted. */
static bool run(struct pt_blas_vendor *vendor, struct pt_blas_model *m, bool exact)
{
    struct product product;
    struct layout layout;
    if (layout_of(&m->c, &layout) && layout.how == 'T') {
        struct pt_blas_operand a = m->a;
        m->a = pt_blas_operand_transposed(m->b, false);
        m->b = pt_blas_operand_transposed(a, false);
        m->c = pt_blas_operand_transposed(m->c, false);
    }
    void *room[2] = {NULL, NULL};
    bool ready = product_of(vendor, m, &product);
    if (!ready && pt_blas_operand_copy(&m->a, &room[0]) &&
        pt_blas_operand_copy(&m->b, &room[1]))
        ready = product_of(vendor, m, &product);
    if (ready && exact)
        compute(&product, 0, m->a.part[0].columns, true);
    else
        ready = ready && run_model(vendor, m);
    free(room[0]);
    free(room[1]);
    return ready;
}

double pt_blas_vendor_product(struct pt_blas_call *call, struct pt_blas_model *m)
{
    enum pt_fuzzy_way way = PT_FUZZY_WAY_MODEL;
    struct pt_blas_vendor vendor;
    uint64_t work = pt_blas_model_work(m);
    if (work <= pt_fuzzy_runtime.options.blas_limit)
        return pt_blas_call_update(call, m, NULL);
    if (!pt_blas_vendor_begin(call, &vendor))
        return pt_blas_call_left(call);
    if (pt_blas_model_is_exact(m))
        way = PT_FUZZY_WAY_EXACT;
    else if (!run(&vendor, m, false))
        way = PT_FUZZY_WAY_LEFT;
    pt_blas_vendor_end(&vendor);
    pt_fuzzy_routine_used(call->routine, way, work);
    return way == PT_FUZZY_WAY_MODEL ? 0 : pt_blas_call_real(call, true);
}

bool pt_blas_vendor_square(struct pt_blas_vendor *vendor, struct pt_blas_operand a,
                           struct pt_blas_operand b, struct pt_blas_operand c,
                           double alpha)
{
    struct pt_blas_model m = {
        .a = a, .b = b, .c = c, .alpha = {{alpha, 0}}, .beta = {{1, 0}}};
    return a.part[0].columns >= LEAST_DEPTH &&
           run(vendor, &m, pt_blas_model_is_exact(&m));
}
