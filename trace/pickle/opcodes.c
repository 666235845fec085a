/* Which opcode belongs to which group, and those of the whole stream. */
#include "pickle/machine_state.h"

static enum pt_status protocol(struct pt_pickle_machine *m)
{
    uint64_t version;
    enum pt_status status = pt_machine_number(m, 1, &version);
    if (!status && version > PT_PICKLE_PROTOCOL)
        status = pt_error_set(m->error, PT_E_VERSION,
                              "%s: pickle protocol %llu; this version reads 0 to %d",
                              m->source.path, (unsigned long long)version,
                              PT_PICKLE_PROTOCOL);
    return status;
}

/* A frame only says how much may be read ahead; what it says must be there. */
static enum pt_status frame(struct pt_pickle_machine *m)
{
    uint64_t bytes;
    enum pt_status status = pt_machine_number(m, 8, &bytes);
    if (!status && bytes > m->source.size - pt_pickle_source_at(&m->source))
        status = pt_machine_damaged(m, "the file ends within a frame");
    return status;
}

enum pt_status pt_pickle_step(struct pt_pickle_machine *m)
{
    static enum pt_status (*const groups[])(struct pt_pickle_machine *, unsigned char,
                                            bool *) = {
        pt_machine_value, pt_machine_container, pt_machine_memo, pt_machine_object};
    const unsigned char *p;
    bool known = false;
    enum pt_status status = pt_pickle_source_take(&m->source, 1, &p, m->error);
    if (status)
        return status;
    unsigned char opcode = *p;
    if (opcode == '.') {
        m->stopped = true;
        return PT_OK;
    }
    if (opcode == 0x80)
        return protocol(m);
    if (opcode == 0x95)
        return frame(m);
    if (opcode == 0x97 || opcode == 0x98)
        return pt_error_set(m->error, PT_E_UNSUPPORTED,
                            "%s: its buffers are out of band, in another place",
                            m->source.path);
    for (size_t i = 0; !known && i < PT_ARRAY_LENGTH(groups); i++)
        status = groups[i](m, opcode, &known);
    return known ? status : pt_machine_damaged(m, "an unknown opcode");
}
