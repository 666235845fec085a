#include "pickle/machine.h"

#include <stdlib.h>
#include <string.h>

#include "pickle/machine_state.h"

enum pt_status pt_pickle_machine_open(const char *path,
                                      struct pt_pickle_machine **machine,
                                      struct pt_error *error)
{
    struct pt_pickle_machine *m = calloc(1, sizeof *m);
    *machine = NULL;
    if (!m)
        return pt_error_set(error, PT_E_MEMORY, "out of memory for %s", path);
    m->room.most = PT_PICKLE_ROOM_BYTES;
    enum pt_status status = pt_pickle_source_open(path, &m->source, error);
    if (status)
        free(m);
    else
        *machine = m;
    return status;
}

void pt_pickle_machine_close(struct pt_pickle_machine *machine)
{
    if (!machine)
        return;
    pt_pickle_source_close(&machine->source);
    pt_pickle_room_free(&machine->room);
    free(machine->stack);
    free(machine->marks);
    free(machine->memo);
    free(machine);
}

/* Forgets what no later record can refer to. */
static void begin_record(struct pt_pickle_machine *m)
{
    if (m->records > 1 && m->mode == PT_MEMO_UNKNOWN && !m->referred)
        m->mode = PT_MEMO_OWN; /* a common pickler would have referred to its keys */
    if (m->mode == PT_MEMO_OWN || !m->n_memo) {
        pt_pickle_room_free(&m->room);
        m->n_memo = 0;
    }
    m->base = m->n_memo;
    m->depth = m->n_marks = 0;
    m->referred = false;
}

enum pt_status pt_pickle_load(struct pt_pickle_machine *machine,
                              const struct pt_pickle_node **object,
                              struct pt_error *error)
{
    struct pt_pickle_machine *m = machine;
    uint64_t start = pt_pickle_source_at(&m->source);
    *object = NULL;
    if (start >= m->source.size)
        return PT_E_MISSING;
    begin_record(m);
    m->error = error;
    m->stopped = false;
    enum pt_status status = PT_OK;
    while (!status && !m->stopped)
        status = pt_pickle_step(m);
    if (!status && (m->depth != 1 || m->n_marks))
        status =
            pt_pickle_damaged(&m->source, "a record leaves no single object", error);
    m->error = NULL;
    m->records++;
    if (!status)
        *object = m->stack[0];
    return status;
}

const struct pt_pickle_source *
pt_pickle_machine_source(const struct pt_pickle_machine *machine)
{
    return &machine->source;
}
