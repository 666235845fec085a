/* A table by the address of the instruction. A division that is known costs a look-up
 * and, of its first ones or one in so many, a store. */
#include "intercept/divisors.h"

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
    size_t n;
    uint32_t kept[PT_DIVISORS_KEPT];
};

static struct {
    PyThreadState *main; /* whose divisions are looked at */
    struct site *slots[SLOTS];
    struct site *sites[PT_DIVISORS_SITES]; /* in order of their first division */
    size_t n;
} table;

static struct site **probe(const void *at)
{
    uint64_t mixed = (uint64_t)(uintptr_t)at * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = mixed >> 40 & (SLOTS - 1);

    while (table.slots[i] && table.slots[i]->at != at)
        i = (i + 1) & (SLOTS - 1);
    return &table.slots[i];
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
static struct site *site_make(struct _PyInterpreterFrame *frame, const void *at)
{
    struct pt_scope_names names = {"", "", ""};
    struct site *site = table.n < PT_DIVISORS_SITES ? calloc(1, sizeof *site) : NULL;
    PyObject *type, *value, *trace;

    if (!site)
        return NULL;
    PyErr_Fetch(&type, &value, &trace);
    PyCodeObject *code = pt_frame_code(frame);
    (void)pt_scope_names_of(frame, &names);
    int instruction = pt_frame_instruction(frame);
    int line = PyCode_Addr2Line(code, instruction * (int)sizeof(_Py_CODEUNIT));
    site->at = at;
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
    table.sites[table.n++] = site;
    return site;
}

/* Of those that are kept every other one goes, and from here on of those that come. */
static void thin_out(struct site *site)
{
    for (size_t i = 0; i < PT_DIVISORS_KEPT / 2; i++)
        site->kept[i] = site->kept[2 * i];
    site->n = PT_DIVISORS_KEPT / 2;
    site->mask = 2 * site->mask + 1;
}

static void keep(struct site *site, double divisor)
{
    uint64_t bits;

    if (site->n == PT_DIVISORS_KEPT)
        thin_out(site);
    if ((site->divisions & site->mask) != 0)
        return; /* not any more */
    memcpy(&bits, &divisor, sizeof bits);
    site->kept[site->n++] = (uint32_t)(bits >> 40);
}

static __attribute__((noinline)) void look_first(double divisor)
{
    struct _PyInterpreterFrame *frame = pt_frame_innermost(table.main);
    const void *at = frame ? pt_frame_instruction_at(frame) : NULL;
    struct site *site = at ? site_make(frame, at) : NULL;

    if (site) {
        *probe(at) = site;
        keep(site, divisor);
        site->divisions++;
    }
}

/* Called by the arithmetic. The innermost frame is at the division, so that it is one
 * that pt_frame_innermost would not pass over. */
static void look(double divisor)
{
    PyThreadState *thread = PyThreadState_Get();

    if (thread != table.main)
        return;
    struct site *site = *probe(pt_frame_at(thread));
    if (!site) {
        look_first(divisor);
        return;
    }
    if ((site->divisions & site->mask) == 0)
        keep(site, divisor);
    site->divisions++;
}

void pt_divisors_start(void)
{
    if (table.main)
        return;
    table.main = PyThreadState_Get();
    pt_fuzzy_divisor_watch_start(look);
}

void pt_divisors_visit(pt_divisor_visitor *visit, void *context)
{
    for (size_t i = 0; i < table.n; i++) {
        const struct site *s = table.sites[i];
        struct pt_divisor_site site = {s->module,   s->function,    s->file,
                                       s->line,     s->instruction, s->divisions,
                                       s->mask + 1, s->n,           s->kept};
        visit(context, &site);
    }
}
