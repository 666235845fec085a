/* What the stochastic arithmetic reached of a program, and what it did not. */
#ifndef PT_EMBED_COVERAGE_H
#define PT_EMBED_COVERAGE_H

#include "base/status.h"
#include "config.h"
#include "format/writer.h"

/* Writes it as the configuration asks (fuzzy.coverage, fuzzy.places), and into the
 * trace where there is one (`writer` may be NULL): metadata "coverage.*" (FORMAT.md).
 * Nothing where the arithmetic is off. Problems are warned about. At the program's end,
 * once; under the GIL, no Python code runs. */
void pt_coverage_write(const struct pt_config *config, struct pt_trace_writer *writer);

#endif
