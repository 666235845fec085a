/* Did the program end by a KeyboardInterrupt that nobody caught? Python keeps that in a
 * place that depends on its version. */
#ifndef PT_EMBED_INTERRUPTED_H
#define PT_EMBED_INTERRUPTED_H

#include <stdbool.h>

bool pt_interrupted(void);

#endif
