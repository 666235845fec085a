#include "capture/parts.h"
#include "cpython/frame.h"
#include "intercept/runtime.h"

static uint32_t text_of(PyObject *text)
{
    char utf8[1024];

    if (!text || !PyUnicode_Check(text))
        return 0;
    return pt_text_id(utf8, pt_capture_utf8(text, utf8, sizeof utf8));
}

static uint32_t define(PyCodeObject *code, int instruction)
{
    struct pt_trace_site site;
    int line = PyCode_Addr2Line(code, instruction * (int)sizeof(_Py_CODEUNIT));

    site.file = text_of(code->co_filename);
    site.line = line > 0 ? (uint32_t)line : 0;
    site.name = text_of(code->co_qualname);
    site.instruction = (uint32_t)instruction * (uint32_t)sizeof(_Py_CODEUNIT);
    return pt_trace_writer_site(pt_runtime.writer, &site);
}

static uint32_t site_of(struct _PyInterpreterFrame *frame)
{
    PyCodeObject *code = pt_frame_code(frame);
    struct pt_code *record = pt_code_record(code);
    int instruction = pt_frame_instruction(frame);

    if (!record || instruction < 0 || (size_t)instruction >= pt_code_units(code))
        return 0;
    if (!record->sites) {
        record->sites = PyMem_RawCalloc(pt_code_units(code), sizeof *record->sites);
        if (!record->sites)
            return 0;
    }
    if (!record->sites[instruction])
        record->sites[instruction] = define(code, instruction);
    return record->sites[instruction];
}

/* Wrappers that decorators put around a function are no places of the program. */
static struct _PyInterpreterFrame *skip_wrappers(struct _PyInterpreterFrame *frame)
{
    while (frame) {
        const struct pt_code *record =
            pt_code_extra(pt_frame_code(frame), pt_code_index);

        if (!record || !record->made_of_wrappers)
            break;
        frame = pt_frame_below(frame);
    }
    return frame;
}

static uint32_t extend_path(uint32_t parent, uint32_t site)
{
    struct pt_trace_path path = {.parent = parent, .site = site};

    return pt_trace_writer_path(pt_runtime.writer, &path);
}

/* The path of a call ends with its own site. Below `frame` it is that of the enclosing
 * traced Python call if its frame is met, else it goes down to the first code. */
static uint32_t path_of(const struct pt_thread *thread,
                        struct _PyInterpreterFrame *frame, unsigned depth)
{
    enum { DEEPEST = 2000 }; /* untraced frames in a row; what lies below is left out */
    const struct pt_call *call = NULL;

    if (!frame || depth > DEEPEST)
        return 0;
    for (size_t i = thread->n_calls; i-- > 0 && !call;)
        if (thread->calls[i].frame)
            call = &thread->calls[i];
    if (call && call->frame == frame)
        return extend_path(call->path, site_of(frame));
    return extend_path(path_of(thread, skip_wrappers(pt_frame_below(frame)), depth + 1),
                       site_of(frame));
}

struct pt_place pt_place_of(const struct pt_thread *thread,
                            struct _PyInterpreterFrame *caller)
{
    struct pt_place place = {0, 0};

    caller = skip_wrappers(caller);
    if (!pt_runtime.writer || !caller)
        return place;
    place.site = site_of(caller);
    if (pt_runtime.config->io.backtrace)
        place.path = path_of(thread, caller, 0);
    return place;
}
