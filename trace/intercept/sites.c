#include <string.h>

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

static uint32_t find_or_define(PyCodeObject *code, int instruction)
{
    struct pt_code *record = pt_code_record(code);

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

static uint32_t site_of(struct _PyInterpreterFrame *frame)
{
    PyCodeObject *code = pt_frame_code(frame);
    const struct pt_code *record = pt_code_extra(code, pt_code_index);
    int instruction = pt_frame_instruction(frame);

    /* what is known already, by far the most frequent case */
    if (record && record->sites && record->epoch == pt_runtime.epoch &&
        (size_t)instruction < pt_code_units(code) && record->sites[instruction])
        return record->sites[instruction];
    return find_or_define(code, instruction);
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

/* The paths met last. A path is defined once in the trace, and asked for at every call:
 * this spares the hash of its content. Guarded by the GIL. */
static struct recent_path {
    uint32_t parent, site, path; /* path 0: empty */
} recent_paths[1024];

void pt_sites_start(void)
{
    memset(recent_paths, 0, sizeof recent_paths);
}

static uint32_t extend_path(uint32_t parent, uint32_t site)
{
    size_t slot = (parent * 31 + site) % PT_ARRAY_LENGTH(recent_paths);
    struct recent_path *recent = &recent_paths[slot];
    struct pt_trace_path path = {.parent = parent, .site = site};

    if (recent->path == 0 || recent->parent != parent || recent->site != site)
        *recent = (struct recent_path){parent, site,
                                       pt_trace_writer_path(pt_runtime.writer, &path)};
    return recent->path;
}

static const struct pt_call *innermost_python_call(const struct pt_thread *thread)
{
    for (size_t i = thread->n_calls; i-- > 0;)
        if (thread->calls[i].frame)
            return &thread->calls[i];
    return NULL;
}

/* The path of a call ends with its own site, that of `frame`. Below `frame` it is that
 * of `call`, the enclosing traced Python call, if its frame is met, else it goes down
 * to the first code. */
static uint32_t path_of(const struct pt_call *call, struct _PyInterpreterFrame *frame,
                        uint32_t site, unsigned depth)
{
    enum { DEEPEST = 2000 }; /* untraced frames in a row; what lies below is left out */
    struct _PyInterpreterFrame *below;
    uint32_t path = 0;

    if (call && call->frame == frame)
        return extend_path(call->path, site);
    below = depth < DEEPEST ? skip_wrappers(pt_frame_below(frame)) : NULL;
    if (below)
        path = path_of(call, below, site_of(below), depth + 1);
    return extend_path(path, site);
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
        place.path = path_of(innermost_python_call(thread), caller, place.site, 0);
    return place;
}
