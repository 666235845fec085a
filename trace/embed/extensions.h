/* Compiled modules that the program has loaded and that compute with floating-point
 * numbers: what the stochastic arithmetic may not reach.
 *
 * It is told from the machine code of the file: instructions that add, subtract,
 * multiply, divide or take roots are counted by their patterns of bytes, so that a few
 * may be data that look alike. That a module is loaded does not say that its functions
 * were called; calls are known where its functions were traced. */
#ifndef PT_EMBED_EXTENSIONS_H
#define PT_EMBED_EXTENSIONS_H

#include <Python.h>

#include <stdint.h>

struct pt_extension {
    const char *module, *path; /* borrowed for the visit */
    uint64_t instructions;     /* of floating-point arithmetic */
};

/* Visits the modules of sys.modules that come from a shared object with such
 * instructions. On processors whose code is not known here: none. Under the GIL; no
 * Python code runs. */
typedef void pt_extension_visitor(void *context, const struct pt_extension *extension);
void pt_extensions_visit(pt_extension_visitor *visit, void *context);

/* Such instructions among `n` bytes of machine code. Thread: safe. */
uint64_t pt_extension_instructions(const unsigned char *code, size_t n);

#endif
