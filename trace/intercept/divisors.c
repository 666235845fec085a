/* Tables by the address of the instruction. A division that is known costs a look-up
 * and, of its first ones or one in so many, a store. */
#include "intercept/divisors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capture/parts.h"
#include "cpython/frame.h"
#include "fuzzy/fuzzy.h"
#include "intercept/scopes.h"

enum { SLOTS = 4 * PT_DIVISORS_SITES, TEXT_BYTES = 1024 };

struct site {
    const void *at; /* the instruction: NULL where the slot is empty */
    PyObject *code; /* a reference of ours: no other code comes to lie there */
    char *module, *function, *file;
    uint32_t line, instruction;
    uint64_t divisions, mask; /* of the number of a division that is kept: 0 */
    uint32_t largest;         /* of other threads: what is larger is not kept */
    size_t n;
    uint32_t kept[];
};

struct table {
    size_t room; /* of a site, for divisors */
    struct site *slots[SLOTS];
    struct site *sites[PT_DIVISORS_SITES]; /* in order of their first division */
    size_t n;
};
static PyThreadState *main_thread;
static struct table in_order = {.room = PT_DIVISORS_KEPT};
static struct table elsewhere = {.room = 2 * PT_DIVISORS_SMALLEST};

static struct site **probe(struct table *table, const void *at)
{
    uint64_t mixed = (uint64_t)(uintptr_t)at * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = mixed >> 40 & (SLOTS - 1);

    while (table->slots[i] && table->slots[i]->at != at)
        i = (i + 1) & (SLOTS - 1);
    return &table->slots[i];
}

static char *copy_of(PyObject *text)
{
    char room[TEXT_BYTES];
    size_t n = text && PyUnicode_Check(text)
                   ? pt_capture_utf8(text, room, sizeof room - 1)
                   : 0;

    room[n] = '\0';
    return strdup(room);
}

static void site_free(struct site *site)
{
    free(site->module);
    free(site->function);
    free(site->file);
    free(site);
}

/* NULL: no memory, or there are enough. */
static struct site *site_make(struct table *table, struct _PyInterpreterFrame *frame,
                              const void *at)
{
    struct pt_scope_names names = {"", "", ""};
    struct site *site = NULL;
    PyObject *type, *value, *trace;

    if (table->n < PT_DIVISORS_SITES)
        site = calloc(1, sizeof *site + table->room * sizeof *site->kept);
    if (!site)
        return NULL;
    PyErr_Fetch(&type, &value, &trace);
    PyCodeObject *code = pt_frame_code(frame);
    (void)pt_scope_names_of(frame, &names);
    int instruction = pt_frame_instruction(frame);
    int line = PyCode_Addr2Line(code, instruction * (int)sizeof(_Py_CODEUNIT));
    site->at = at;
    site->largest = UINT32_MAX;
    site->line = line > 0 ? (uint32_t)line : 0;
    site->instruction = (uint32_t)instruction;
    site->module = strdup(names.module);
    site->function = strdup(names.qualname);
    site->file = copy_of(code->co_filename);
    PyErr_Restore(type, value, trace);
    if (!site->module || !site->function || !site->file) {
        site_free(site);
        return NULL;
    }
    site->code = Py_NewRef((PyObject *)code);
    table->sites[table->n++] = site;
    return *probe(table, at) = site;
}

/* Of those that are kept every other one goes, and from here on of those that come. */
static void thin_out(struct site *site)
{
    for (size_t i = 0; i < PT_DIVISORS_KEPT / 2; i++)
        site->kept[i] = site->kept[2 * i];
    site->n = PT_DIVISORS_KEPT / 2;
    site->mask = 2 * site->mask + 1;
}

/* The upper 24 bits. */
static uint32_t short_of(double divisor)
{
    uint64_t bits;

    memcpy(&bits, &divisor, sizeof bits);
    return (uint32_t)(bits >> 40);
}

static void keep(struct site *site, double divisor)
{
    if (site->n == PT_DIVISORS_KEPT)
        thin_out(site);
    if ((site->divisions & site->mask) == 0) /* still */
        site->kept[site->n++] = short_of(divisor);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void leave_smallest(struct site *site)
{
    qsort(site->kept, site->n, sizeof *site->kept, ascending);
    if (site->n <= PT_DIVISORS_SMALLEST)
        return;
    site->n = PT_DIVISORS_SMALLEST;
    site->largest = site->kept[site->n - 1];
}

static void keep_smallest(struct site *site, double divisor)
{
    uint32_t size = short_of(fabs(divisor)); /* ordered as the magnitudes are */

    if (site->n == elsewhere.room)
        leave_smallest(site);
    if (size <= site->largest)
        site->kept[site->n++] = size;
}

static __attribute__((noinline)) struct site *look_first(struct table *table,
                                                         PyThreadState *thread)
{
    struct _PyInterpreterFrame *frame = pt_frame_innermost(thread);
    const void *at = frame ? pt_frame_instruction_at(frame) : NULL;

    return at ? site_make(table, frame, at) : NULL;
}

/* Called by the arithmetic. The innermost frame is at the division, so that it is one
 * that pt_frame_innermost would not pass over. */
static void look(double divisor)
{
    PyThreadState *thread = PyThreadState_Get();
    struct table *table = thread == main_thread ? &in_order : &elsewhere;
    struct site *site = *probe(table, pt_frame_at(thread));

    if (!site)
        site = look_first(table, thread);
    if (!site)
        return;
    if (table == &elsewhere)
        keep_smallest(site, divisor);
    else if ((site->divisions & site->mask) == 0)
        keep(site, divisor);
    site->divisions++;
}

void pt_divisors_start(void)
{
    if (main_thread)
        return;
    main_thread = PyThreadState_Get();
    pt_fuzzy_divisor_watch_start(look);
}

static void visit_all(struct table *table, pt_divisor_visitor *visit, void *context)
{
    for (size_t i = 0; i < table->n; i++) {
        struct site *s = table->sites[i];
        struct pt_divisor_site site = {.module = s->module,
                                       .function = s->function,
                                       .file = s->file,
                                       .line = s->line,
                                       .instruction = s->instruction,
                                       .divisions = s->divisions,
                                       .stride = s->mask + 1,
                                       .kept = s->kept};
        if (table == &elsewhere) {
            leave_smallest(s);
            site.stride = 0;
        }
        site.n = s->n;
        visit(context, &site);
    }
}

void pt_divisors_visit(pt_divisor_visitor *visit, void *context)
{
    visit_all(&in_order, visit, context);
    visit_all(&elsewhere, visit, context);
}
