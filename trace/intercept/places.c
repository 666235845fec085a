/* A table by instruction. Operations come with or without the GIL, so nothing here
 * touches a reference count: the frame keeps what is read of it alive, and what is kept
 * is copied. */
#include "intercept/places.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "capture/parts.h"
#include "cpython/frame.h"
#include "fuzzy/fuzzy.h"
#include "intercept/scopes.h"

/* An instruction of a function; addresses alone may come again after the code has died,
 * hence the first line too. */
struct key {
    const void *code, *qualname, *module;
    int first_line, instruction;
};

struct slot {
    struct key key; /* code NULL: empty; the slot of "no function" has `nowhere` */
    size_t place;
};

static struct {
    pthread_mutex_t lock;
    char library[1024]; /* folder of the standard library, with the slash */
    struct pt_place_count *places;
    size_t n, room;
    struct slot *slots;
    size_t n_slots, capacity; /* a power of two */
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const char nowhere;
static const size_t PLUMBING = SIZE_MAX; /* as a place: count to the frame below */
enum outcome { ADDED, GO_BELOW, UNNAMED };

static size_t hash(const struct key *key)
{
    uint64_t mixed = (uint64_t)(uintptr_t)key->code * UINT64_C(0x9e3779b97f4a7c15);

    mixed ^= (uint64_t)(uintptr_t)key->qualname + (uint64_t)(uintptr_t)key->module +
             (uint64_t)key->instruction * UINT64_C(0xbf58476d1ce4e5b9);
    return (size_t)((mixed * UINT64_C(0x94d049bb133111eb)) >> 20);
}

static bool same(const struct key *a, const struct key *b)
{
    return a->code == b->code && a->qualname == b->qualname && a->module == b->module &&
           a->first_line == b->first_line && a->instruction == b->instruction;
}

static struct slot *probe(struct slot *slots, size_t capacity, const struct key *key)
{
    size_t i = hash(key) & (capacity - 1);

    while (slots[i].key.code && !same(&slots[i].key, key))
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

static bool make_room(void)
{
    size_t capacity = table.capacity ? 2 * table.capacity : 1024;
    struct slot *slots;

    if (2 * (table.n_slots + 1) <= table.capacity)
        return true;
    slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < table.capacity; i++)
        if (table.slots[i].key.code)
            *probe(slots, capacity, &table.slots[i].key) = table.slots[i];
    free(table.slots);
    table.slots = slots;
    table.capacity = capacity;
    return true;
}

static void text_of(PyObject *text, char *out, size_t room)
{
    size_t n = text && PyUnicode_Check(text) ? pt_capture_utf8(text, out, room - 1) : 0;

    out[n] = '\0';
}

/* What is called by programs rather than part of them. */
static bool is_plumbing(const char *module, const char *file)
{
    if (strncmp(module, "numpy", 5) == 0 && (module[5] == '.' || module[5] == '\0'))
        return true;
    if (strncmp(file, "<frozen ", 8) == 0 ||
        strcmp(file, "<__array_function__ internals>") == 0)
        return true;
    return table.library[0] &&
           strncmp(file, table.library, strlen(table.library)) == 0 &&
           !strstr(file, "/site-packages/") && !strstr(file, "/dist-packages/");
}

static void key_of(struct _PyInterpreterFrame *frame, struct key *key)
{
    PyFunctionObject *function = pt_frame_function(frame);
    PyCodeObject *code = pt_frame_code(frame);

    *key = (struct key){.code = code,
                        .qualname = function ? function->func_qualname : NULL,
                        .module = function ? function->func_module : NULL,
                        .first_line = code->co_firstlineno,
                        .instruction = pt_frame_instruction(frame)};
}

/* "f.<locals>.<listcomp>" is part of "f". */
static void fold(char *qualname)
{
    static const char local[] = ".<locals>.<";
    char *at;

    while ((at = strstr(qualname, local)))
        *at = '\0';
}

/* The row of this line, made if there is none; table.n: no memory. */
static size_t place_of(const char *module, const char *function, const char *file,
                       uint32_t line)
{
    for (size_t i = table.n; i-- > 0;) {
        const struct pt_place_count *p = &table.places[i];

        if (p->line == line && strcmp(p->function, function) == 0 &&
            strcmp(p->file, file) == 0 && strcmp(p->module, module) == 0)
            return i;
    }
    if (table.n == table.room) {
        size_t room = table.room ? 2 * table.room : 256;
        struct pt_place_count *places = realloc(table.places, room * sizeof *places);

        if (!places)
            return table.n;
        table.places = places;
        table.room = room;
    }
    struct pt_place_count made = {.module = strdup(module),
                                  .function = strdup(function),
                                  .file = strdup(file),
                                  .line = line};
    if (!made.module || !made.function || !made.file)
        return table.n;
    table.places[table.n] = made;
    return table.n++;
}

/* Names the frame's line and puts it into the table. Takes the GIL before the lock;
 * never in a thread that runs no Python, for which one that holds the GIL may be
 * waiting. */
static void name(struct _PyInterpreterFrame *frame, const struct key *key)
{
    struct pt_scope_names names = {"", "", ""};
    char file[2048] = "";
    int line = 0;

    if (frame) {
        PyGILState_STATE gil = PyGILState_Ensure();
        PyObject *type, *value, *trace;
        PyErr_Fetch(&type, &value, &trace);
        PyCodeObject *code = pt_frame_code(frame);
        (void)pt_scope_names_of(frame, &names);
        text_of(code->co_filename, file, sizeof file);
        fold(names.qualname);
        line = PyCode_Addr2Line(code, key->instruction * (int)sizeof(_Py_CODEUNIT));
        PyErr_Restore(type, value, trace);
        PyGILState_Release(gil);
    }
    pthread_mutex_lock(&table.lock);
    if (make_room()) {
        struct slot *slot = probe(table.slots, table.capacity, key);
        size_t place = PLUMBING;

        if (!is_plumbing(names.module, file))
            place = place_of(names.module, names.qualname, file,
                             line > 0 ? (uint32_t)line : 0);
        if (!slot->key.code && (place == PLUMBING || place < table.n)) {
            *slot = (struct slot){*key, place};
            table.n_slots++;
        }
    }
    pthread_mutex_unlock(&table.lock);
}

/* Adds to the frame's line if it is known. */
static enum outcome add(const struct key *key, const struct pt_fuzzy_done *done)
{
    enum outcome outcome = UNNAMED;

    pthread_mutex_lock(&table.lock);
    const struct slot *slot = probe(table.slots, table.capacity, key);
    if (slot->key.code && slot->place == PLUMBING) {
        outcome = GO_BELOW;
    } else if (slot->key.code) {
        struct pt_place_count *place = &table.places[slot->place];

        place->perturbed += done->perturbed;
        place->cancelled += done->cancelled;
        if (done->most_lost > place->most_lost)
            place->most_lost = done->most_lost;
        outcome = ADDED;
    }
    pthread_mutex_unlock(&table.lock);
    return outcome;
}

/* Called by the arithmetic. */
static void count(const struct pt_fuzzy_done *done)
{
    PyThreadState *state = PyGILState_GetThisThreadState();
    struct _PyInterpreterFrame *frame = state ? pt_frame_innermost(state) : NULL;

    for (;;) {
        struct key key = {.code = &nowhere};
        enum outcome outcome;

        if (frame)
            key_of(frame, &key);
        outcome = add(&key, done);
        if (outcome == UNNAMED) {
            name(frame, &key);
            outcome = add(&key, done);
        }
        if (outcome != GO_BELOW || !frame)
            return;
        frame = pt_frame_below(frame);
    }
}

/* The folder of os.py. */
static void find_library(void)
{
    PyObject *os = PyImport_ImportModule("os");
    PyObject *file = os ? PyObject_GetAttrString(os, "__file__") : NULL;
    char *slash;

    if (file && PyUnicode_Check(file))
        text_of(file, table.library, sizeof table.library);
    slash = strrchr(table.library, '/');
    if (slash)
        slash[1] = '\0';
    Py_XDECREF(file);
    Py_XDECREF(os);
    PyErr_Clear();
}

/* Another thread may have held the lock at a fork. */
static void in_child(void)
{
    pthread_mutex_init(&table.lock, NULL);
}

enum pt_status pt_places_start(bool events, struct pt_error *error)
{
    if (!make_room() || pthread_atfork(NULL, NULL, in_child) != 0)
        return pt_error_set(error, PT_E_MEMORY, "no memory to count operations");
    find_library();
    pt_fuzzy_watch_start(count, !events);
    return PT_OK;
}

void pt_places_visit(pt_place_visitor *visit, void *context)
{
    pthread_mutex_lock(&table.lock);
    for (size_t i = 0; i < table.n; i++)
        visit(context, &table.places[i]);
    pthread_mutex_unlock(&table.lock);
}
