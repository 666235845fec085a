/* Marks that the program sets itself: a region is recorded as a call, without values,
 * of the function of its name; a pause keeps everything outside of regions unrecorded.
 */
#include <stdlib.h>
#include <string.h>

#include "cpython/frame.h"
#include "intercept/runtime.h"

/* One for each name; they stay as long as the process. */
static struct region {
    char *name;
    uint64_t epoch; /* of `function` */
    struct pt_function *function;
    struct region *next;
} * regions;

static struct pt_function *function_of(const char *name)
{
    struct region *region = regions;

    while (region && strcmp(region->name, name) != 0)
        region = region->next;
    if (!region) {
        region = calloc(1, sizeof *region);
        if (!region || !(region->name = strdup(name))) {
            free(region);
            return NULL;
        }
        region->next = regions;
        regions = region;
    }
    if (region->epoch != pt_runtime.epoch) {
        region->epoch = pt_runtime.epoch;
        region->function =
            pt_function_create(PT_FUNCTION_PYTHON, "pytracer.region", name, NULL, 0);
    }
    return region->function;
}

struct pt_region_mark pt_intercept_region_enter(const char *name)
{
    struct pt_region_mark mark = {.epoch = pt_runtime.epoch};
    struct pt_thread *thread = pt_runtime.running ? pt_thread_self() : NULL;
    struct pt_function *function;
    struct _PyInterpreterFrame *caller;

    if (!thread || thread->suspended)
        return mark;
    thread->regions++;
    mark.thread = thread->number + 1;
    function = function_of(name);
    caller = pt_frame_innermost(PyThreadState_GET()); /* region.__enter__ */
    if (function && caller)
        mark.level = pt_call_open(thread, function, NULL, pt_frame_below(caller),
                                  PT_CAPTURE_ALL);
    if (mark.level > 0)
        pt_call_entered(thread);
    return mark;
}

/* Calls that are still under way within, as of a generator, keep the region open: what
 * encloses it ends it. */
void pt_intercept_region_leave(struct pt_region_mark mark, PyObject *raised)
{
    struct pt_thread *thread = pt_runtime.running ? pt_thread_self() : NULL;

    if (!thread || mark.epoch != pt_runtime.epoch || mark.thread != thread->number + 1)
        return;
    if (thread->regions > 0)
        thread->regions--;
    if (mark.level > 0 && mark.level == thread->n_calls)
        pt_call_close_by(thread, mark.level, mark.epoch, NULL, raised);
}

void pt_intercept_pause(void)
{
    pt_runtime.paused++;
}

void pt_intercept_continue(void)
{
    if (pt_runtime.paused > 0)
        pt_runtime.paused--;
}
