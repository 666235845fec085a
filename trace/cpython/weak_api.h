/* Included before Python.h in all that the tracer is made of, by the compiler's option
 * -include: Python's functions and objects are weak references. The loader maps the
 * tracer into whatever runs with its name in LD_PRELOAD, valgrind's first stage say,
 * where there is no Python: there it must load, and do nothing. */
#ifndef PT_CPYTHON_WEAK_API_H
#define PT_CPYTHON_WEAK_API_H

#define PyAPI_FUNC(type) __attribute__((weak)) type
#define PyAPI_DATA(type) extern __attribute__((weak)) type

#endif
