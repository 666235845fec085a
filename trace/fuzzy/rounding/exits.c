#include "fuzzy/rounding/exits.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "base/status.h"

/* Where each exit leads; read by exits_code.c. */
extern void *pt_rounding_routines[PT_ROUNDING_EXITS]
    __attribute__((visibility("hidden")));
void *pt_rounding_routines[PT_ROUNDING_EXITS];
static size_t n_exits;

extern const char pt_rounding_exits[] __attribute__((visibility("hidden")));

void *pt_rounding_exit(void *routine)
{
    size_t at = 0;
    while (at < n_exits && pt_rounding_routines[at] != routine)
        at++;
    if (at == PT_ROUNDING_EXITS)
        return NULL;
    if (at == n_exits) {
        pt_rounding_routines[at] = routine;
        n_exits++;
    }
    return (void *)(pt_rounding_exits + 16 * at);
}

static bool begins(const char *symbol, const char *with)
{
    return strncmp(symbol, with, strlen(with)) == 0;
}

/* Reading and printing numbers: glibc's follow the rounding mode. */
static bool is_of_c(const char *symbol)
{
    static const char *const names[] = {
        "strtod",   "strtof",    "strtold",  "strtod_l", "strtof_l", "strtold_l",
        "wcstod",   "wcstof",    "wcstold",  "atof",     "printf",   "fprintf",
        "sprintf",  "snprintf",  "vprintf",  "vfprintf", "vsprintf", "vsnprintf",
        "asprintf", "vasprintf", "dprintf",  "vdprintf", "scanf",    "fscanf",
        "sscanf",   "vscanf",    "vfscanf",  "vsscanf",  "swprintf", "vswprintf",
        "strfromd", "strfromf",  "strfroml", "gcvt",     "ecvt",     "fcvt"};
    static const char *const forms[] = {"__isoc99_", "__isoc23_", "__strto"};
    size_t length = strlen(symbol);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++)
        if (strcmp(symbol, names[i]) == 0)
            return true;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(forms); i++)
        if (begins(symbol, forms[i]))
            return true;
    /* __snprintf_chk and the like, of fortified builds */
    return length > 4 && begins(symbol, "__") && strstr(symbol, "printf") &&
           strcmp(symbol + length - 4, "_chk") == 0;
}

/* Of the interpreter, also where the address may be looked at: none of these is put
 * into the slots of types, where the interpreter would compare it. */
static bool is_called_only(const char *symbol)
{
    static const char *const forms[] = {
        "PyOS_",          "PyNumber_",     "PyObject_Call", "PyObject_Vectorcall",
        "_PyObject_Call", "PyObject_Str",  "PyObject_Repr", "PyObject_Format",
        "PyObject_ASCII", "PyFloat_From",  "PyUnicode_F",   "PyRun_",
        "PyEval_",        "PyImport_",     "PyErr_",        "PyVectorcall_",
        "PyObject_Rich",  "_PyObject_Make"};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(forms); i++)
        if (begins(symbol, forms[i]))
            return true;
    return false;
}

static bool is_of_python(const char *symbol)
{
    return begins(symbol, "Py") || begins(symbol, "_Py");
}

bool pt_rounding_exit_wants(const char *symbol)
{
    /* libm's names are short; what is theirs is told by the address */
    return is_of_python(symbol) ||
           (symbol[0] >= 'a' && symbol[0] <= 'z' && strnlen(symbol, 17) < 17) ||
           is_of_c(symbol);
}

struct range {
    uintptr_t from, to;
};

/* The code of libm. Not by the address of a function of it: that may be one of a
 * program's own, which leads there. */
static int find_libm(struct dl_phdr_info *info, size_t size, void *data)
{
    struct range *range = data;
    const char *slash = strrchr(info->dlpi_name, '/');
    const char *file = slash ? slash + 1 : info->dlpi_name;
    (void)size;
    if (!begins(file, "libm.so") && !begins(file, "libm-"))
        return 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD &&
            (info->dlpi_phdr[i].p_flags & PF_X)) {
            range->from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            range->to = range->from + info->dlpi_phdr[i].p_memsz;
        }
    return 1;
}

/* libm's code, but for what sets and reads the environment, and what the processor
 * rounds itself, once and rightly in every mode. */
static bool is_of_libm(const char *symbol, void *routine)
{
    static const char *const left[] = {"fe", "sqrt", "fma"};
    static struct range libm; /* under the caller's lock */
    uintptr_t at = (uintptr_t)routine;
    if (!libm.to)
        dl_iterate_phdr(find_libm, &libm);
    if (at < libm.from || at >= libm.to)
        return false;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(left); i++)
        if (begins(symbol, left[i]))
            return false;
    return true;
}

static bool is_function(void *address)
{
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    return dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) != 0 && symbol &&
           ELF64_ST_TYPE(symbol->st_info) == STT_FUNC;
}

bool pt_rounding_exit_needed(const char *symbol, void *routine, bool is_call)
{
    if (is_of_python(symbol))
        return (is_call || is_called_only(symbol)) && is_function(routine);
    return is_of_c(symbol) || is_of_libm(symbol, routine);
}
