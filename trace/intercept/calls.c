#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpython/frame.h"
#include "intercept/runtime.h"

static struct pt_name result_name = {"Ret", 3, 0};

void pt_calls_start(void)
{
    result_name.id = pt_text_id(result_name.text, result_name.bytes);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - pt_runtime.start_ns;
}

static bool grow(void **items, size_t *capacity, size_t item_bytes)
{
    size_t wanted = *capacity ? 2 * *capacity : 64;
    void *memory = realloc(*items, wanted * item_bytes);

    if (!memory)
        return false;
    *items = memory;
    *capacity = wanted;
    return true;
}

static void count_call(struct pt_function *function)
{
    if (function->calls++ == 0) {
        *pt_runtime.last_called = function;
        pt_runtime.last_called = &function->next_called;
    }
    pt_runtime.counts.calls++;
}

static void count_values(struct pt_function *function)
{
    const struct pt_capture *capture = &pt_runtime.capture;

    function->bytes += capture->bytes;
    pt_runtime.counts.values += capture->values;
    pt_runtime.counts.omitted += capture->omitted;
    pt_runtime.counts.bytes += capture->bytes;
}

/* True for a call that is counted, but not recorded: the bounds of io.max_calls and
 * io.max_bytes. */
static bool is_beyond_bounds(struct pt_function *function)
{
    enum { ROOM = 8192 }; /* of a call with its small values */
    uint64_t max_calls = pt_runtime.config->io.max_calls;

    if (!pt_runtime.writer)
        return false;
    if (max_calls > 0 && function->calls >= max_calls)
        pt_runtime.counts.beyond_max_calls++;
    else if (!pt_trace_writer_has_room(pt_runtime.writer, ROOM))
        pt_runtime.counts.beyond_max_bytes++;
    else
        return false;
    count_call(function);
    return true;
}

static void begin_capture(struct pt_thread *thread, const struct pt_call *call,
                          enum pt_phase phase, enum pt_capture_mode mode)
{
    struct pt_capture *capture = &pt_runtime.capture;

    if (pt_runtime.writer)
        pt_trace_writer_begin_phase(pt_runtime.writer);
    capture->call.time = call->time;
    capture->call.parent = call > thread->calls ? call[-1].time : 0;
    capture->call.turn = call->turn;
    capture->call.only_reads = call->function->only_reads;
    pt_capture_begin(capture, phase, mode, &thread->marks, call->first_mark);
}

size_t pt_call_open(struct pt_thread *thread, struct pt_function *function,
                    const struct _PyInterpreterFrame *frame,
                    struct _PyInterpreterFrame *caller, enum pt_capture_mode mode)
{
    struct pt_call *call;

    if ((pt_runtime.paused && !thread->regions) || is_beyond_bounds(function))
        return 0;
    if (thread->n_calls == thread->call_capacity &&
        !grow((void **)&thread->calls, &thread->call_capacity, sizeof *call))
        return 0;
    struct pt_place place = pt_place_of(thread, caller);

    call = &thread->calls[thread->n_calls++];
    call->function = function;
    call->frame = frame;
    call->time = ++pt_runtime.clock;
    call->path = place.path;
    call->n_roots = 0;
    call->first_mark = thread->marks.n;
    call->site = place.site;
    count_call(function);
    call->turn = function->calls;
    if (mode == PT_CAPTURE_MARKED && !pt_runtime.config->io.changes)
        mode = PT_CAPTURE_ALL;
    begin_capture(thread, call, PT_PHASE_INPUT, mode);
    return thread->n_calls;
}

static void keep_root(struct pt_thread *thread, const struct pt_name *name,
                      PyObject *value, bool members)
{
    struct pt_call *call = &thread->calls[thread->n_calls - 1];

    if (!pt_runtime.writer || pt_runtime.capture.mode != PT_CAPTURE_MARKED)
        return;
    if (thread->n_roots == thread->root_capacity &&
        !grow((void **)&thread->roots, &thread->root_capacity, sizeof *thread->roots))
        return;
    Py_INCREF(value);
    thread->roots[thread->n_roots++] = (struct pt_root){value, name, members};
    call->n_roots++;
}

void pt_call_argument(struct pt_thread *thread, const struct pt_name *name,
                      PyObject *value)
{
    if (pt_capture_value(&pt_runtime.capture, name->id, name->text, name->bytes, value))
        keep_root(thread, name, value, false);
}

void pt_call_members(struct pt_thread *thread, const struct pt_name *name,
                     PyObject *value)
{
    if (pt_capture_members(&pt_runtime.capture, name->text, name->bytes, value))
        keep_root(thread, name, value, true);
}

void pt_call_entered(struct pt_thread *thread)
{
    const struct pt_call *call = &thread->calls[thread->n_calls - 1];
    struct pt_trace_enter enter;

    count_values(call->function);
    if (!pt_runtime.writer)
        return;
    enter.time = call->time;
    enter.parent = thread->n_calls > 1 ? call[-1].time : 0;
    enter.function = call->function->id;
    enter.site = call->site;
    enter.path = call->path;
    enter.thread = thread->number;
    enter.ns = now_ns();
    pt_trace_writer_enter(pt_runtime.writer, &enter);
}

/* Writes the arguments that were changed in place; true if `result` is one of those
 * looked at. */
static bool write_changes(struct pt_thread *thread, const struct pt_call *call,
                          PyObject *result)
{
    struct pt_capture *capture = &pt_runtime.capture;
    bool told = false;

    for (size_t i = thread->n_roots - call->n_roots; i < thread->n_roots; i++) {
        const struct pt_root *root = &thread->roots[i];
        const struct pt_name *name = root->name;

        if (root->members)
            pt_capture_members(capture, name->text, name->bytes, root->object);
        else
            pt_capture_value(capture, name->id, name->text, name->bytes, root->object);
        told |= !root->members && root->object == result;
    }
    return told;
}

static void write_exit(struct pt_thread *thread, const struct pt_call *call,
                       PyObject *raised, uint16_t flags)
{
    struct pt_trace_exit exit;
    const char *type;

    exit.call = call->time;
    exit.time = ++pt_runtime.clock;
    exit.ns = now_ns();
    exit.exception = 0;
    exit.flags = (uint16_t)(flags | (thread->number ? PT_EXIT_UNORDERED : 0));
    if (raised && PyType_Check(raised)) {
        type = ((PyTypeObject *)raised)->tp_name;
        exit.exception = pt_text_id(type, strlen(type));
    }
    pt_trace_writer_exit(pt_runtime.writer, &exit);
}

static void drop_roots(struct pt_thread *thread, uint32_t n)
{
    /* the last reference may run a destructor, and that may make traced calls */
    while (n-- > 0)
        Py_DECREF(thread->roots[--thread->n_roots].object);
}

void pt_call_close_by(struct pt_thread *thread, size_t level, uint64_t epoch,
                      PyObject *result, PyObject *raised)
{
    struct pt_capture *capture = &pt_runtime.capture;
    struct pt_call call;

    if (epoch != pt_runtime.epoch || level > thread->n_calls)
        return;
    call = thread->calls[level - 1];
    begin_capture(thread, &thread->calls[level - 1], PT_PHASE_OUTPUT,
                  PT_CAPTURE_CHANGED);
    bool told = call.n_roots > 0 && write_changes(thread, &call, result);
    capture->mode = PT_CAPTURE_ALL;
    if (result && told)
        pt_capture_again(capture, result_name.text, result_name.bytes, result);
    else if (result)
        pt_capture_value(capture, result_name.id, result_name.text, result_name.bytes,
                         result);
    count_values(call.function);
    if (pt_runtime.writer)
        write_exit(thread, &call, raised, 0);
    thread->n_calls = level - 1;
    thread->marks.n = call.first_mark;
    if (call.n_roots > 0)
        drop_roots(thread, call.n_roots);
}

void pt_call_close(struct pt_thread *thread, size_t level, uint64_t epoch,
                   PyObject *result)
{
    pt_call_close_by(thread, level, epoch, result,
                     result ? NULL : pt_thread_raised(PyThreadState_GET()));
}

/* Innermost first, so that the exits of one thread are nested as the calls are. */
static void cut_thread(struct pt_thread *thread)
{
    uint32_t n_roots = (uint32_t)thread->n_roots;

    while (thread->n_calls > 0) {
        const struct pt_call *call = &thread->calls[--thread->n_calls];

        if (pt_runtime.writer) {
            pt_trace_writer_begin_phase(pt_runtime.writer);
            write_exit(thread, call, NULL, PT_EXIT_CUT);
        }
    }
    thread->marks.n = 0;
    drop_roots(thread, n_roots);
}

void pt_calls_cut(void)
{
    for (struct pt_thread *thread = pt_runtime.threads; thread; thread = thread->next)
        if (!thread->ended)
            cut_thread(thread);
}
