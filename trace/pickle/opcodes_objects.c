/* Opcodes that would import a name or call it: here they only note both. */
#include <string.h>

#include "pickle/machine_state.h"

enum { NAME_BYTES = 1 << 10 };

/* Protocols 0 and 1 make an instance by copyreg._reconstructor(class, base, contents).
 */
static void unwrap(struct pt_pickle_object *object)
{
    const struct pt_pickle_node *args = object->args, *callable = object->callable;
    if (!callable || callable->kind != PT_PICKLE_GLOBAL || !args ||
        args->kind != PT_PICKLE_TUPLE || args->many.n != 3 ||
        (strcmp(callable->name, "copyreg._reconstructor") != 0 &&
         strcmp(callable->name, "copy_reg._reconstructor") != 0))
        return;
    struct pt_pickle_node *contents = args->many.items[2];
    object->callable = args->many.items[0];
    if (contents->kind == PT_PICKLE_DICT)
        object->dict = contents;
    else if (contents->kind == PT_PICKLE_LIST)
        object->list = contents;
}

static enum pt_status object(struct pt_pickle_machine *m,
                             const struct pt_pickle_node *callable,
                             const struct pt_pickle_node *args)
{
    struct pt_pickle_node *item;
    enum pt_status status = pt_machine_make(m, PT_PICKLE_OBJECT, &item);
    if (!status && !(item->object = pt_pickle_take(&m->room, sizeof *item->object)))
        status = pt_machine_full(m);
    if (status)
        return status;
    item->object->callable = callable;
    item->object->args = args;
    unwrap(item->object);
    return pt_machine_push(m, item);
}

/* Makes "module.name"; the names are cut at NAME_BYTES each. */
static enum pt_status global(struct pt_pickle_machine *m, const char *module,
                             size_t module_bytes, const char *name, size_t name_bytes)
{
    struct pt_pickle_node *item;
    enum pt_status status = pt_machine_make(m, PT_PICKLE_GLOBAL, &item);
    if (!status &&
        !(item->name = pt_pickle_take(&m->room, module_bytes + name_bytes + 2)))
        status = pt_machine_full(m);
    if (status)
        return status;
    memcpy(item->name, module, module_bytes);
    item->name[module_bytes] = '.';
    memcpy(item->name + module_bytes + 1, name, name_bytes);
    return pt_machine_push(m, item);
}

static enum pt_status global_lines(struct pt_pickle_machine *m)
{
    char module[NAME_BYTES], name[NAME_BYTES];
    uint64_t offset, bytes;
    enum pt_status status = pt_machine_line(m, &offset, &bytes, module, sizeof module);
    if (!status)
        status = pt_machine_line(m, &offset, &bytes, name, sizeof name);
    return status ? status : global(m, module, strlen(module), name, strlen(name));
}

static enum pt_status stack_global(struct pt_pickle_machine *m)
{
    char module[NAME_BYTES], name[NAME_BYTES];
    size_t module_bytes, name_bytes;
    if (!pt_machine_has(m, 2) || pt_machine_top(m, 0)->kind != PT_PICKLE_TEXT ||
        pt_machine_top(m, 1)->kind != PT_PICKLE_TEXT)
        return pt_machine_damaged(m, "no names of a global");
    enum pt_status status = pt_pickle_text(&m->source, pt_machine_top(m, 1), module,
                                           sizeof module, &module_bytes, m->error);
    if (!status)
        status = pt_pickle_text(&m->source, pt_machine_top(m, 0), name, sizeof name,
                                &name_bytes, m->error);
    m->depth -= 2;
    return status ? status : global(m, module, module_bytes, name, name_bytes);
}

/* REDUCE, NEWOBJ: callable, arguments. NEWOBJ_EX has keywords too, which are dropped.
 */
static enum pt_status reduce(struct pt_pickle_machine *m, size_t n)
{
    if (!pt_machine_has(m, n))
        return pt_machine_damaged(m, "no callable on the stack");
    const struct pt_pickle_node *callable = pt_machine_top(m, n - 1),
                                *args = pt_machine_top(m, n - 2);
    m->depth -= n;
    return object(m, callable, args);
}

static enum pt_status build(struct pt_pickle_machine *m)
{
    if (!pt_machine_has(m, 2))
        return pt_machine_damaged(m, "no object to build");
    if (pt_machine_top(m, 1)->kind != PT_PICKLE_OBJECT)
        return pt_machine_damaged(m, "a state for what has none");
    pt_machine_top(m, 1)->object->state = pt_machine_top(m, 0);
    m->depth--;
    return PT_OK;
}

/* INST: class on two lines; OBJ: class on the stack; arguments above the mark. */
static enum pt_status instance(struct pt_pickle_machine *m, unsigned char opcode)
{
    size_t from;
    struct pt_pickle_node *callable, *args;
    enum pt_status status = PT_OK;
    if (opcode == 'i') {
        status = global_lines(m);
        if (status)
            return status;
        callable = m->stack[--m->depth];
        status = pt_machine_unmark(m, &from);
    } else {
        status = pt_machine_unmark(m, &from);
        if (!status && m->depth == from)
            status = pt_machine_damaged(m, "no class above the mark");
        callable = status ? NULL : m->stack[from++];
    }
    if (!status)
        status = pt_machine_gather(m, PT_PICKLE_TUPLE, from);
    if (status)
        return status;
    args = m->stack[--m->depth];
    m->depth -= opcode == 'o';
    return object(m, callable, args);
}

static enum pt_status persistent(struct pt_pickle_machine *m, unsigned char opcode)
{
    uint64_t bytes;
    if (opcode == 'P') {
        enum pt_status status = pt_pickle_source_line(&m->source, &bytes, m->error);
        return status ? status : object(m, NULL, NULL);
    }
    if (!pt_machine_has(m, 1))
        return pt_machine_damaged(m, "no name of a persistent object");
    const struct pt_pickle_node *name = pt_machine_top(m, 0);
    m->depth--;
    return object(m, NULL, name);
}

static enum pt_status extension(struct pt_pickle_machine *m, size_t width)
{
    uint64_t code;
    enum pt_status status = pt_machine_number(m, width, &code);
    return status ? status : global(m, "copyreg", 7, "extension", 9);
}

enum pt_status pt_machine_object(struct pt_pickle_machine *m, unsigned char opcode,
                                 bool *known)
{
    *known = true;
    switch (opcode) {
    case 'c':
        return global_lines(m);
    case 0x93:
        return stack_global(m);
    case 'R':
    case 0x81:
        return reduce(m, 2);
    case 0x92:
        return reduce(m, 3);
    case 'b':
        return build(m);
    case 'i':
    case 'o':
        return instance(m, opcode);
    case 'P':
    case 'Q':
        return persistent(m, opcode);
    case 0x82:
    case 0x83:
    case 0x84:
        return extension(m, opcode == 0x82 ? 1 : opcode == 0x83 ? 2 : 4);
    default:
        *known = false;
        return PT_OK;
    }
}
