/* Floats as text that reads back as the same double. */
#ifndef PT_VIZ_NUMBER_H
#define PT_VIZ_NUMBER_H

#include <stddef.h>

enum { PT_NUMBER_ROOM = 40 };

/* Writes a finite number as JSON takes it, with 15 digits where these are enough, else
 * 17; returns the length (no NUL is counted, one is written). Thread: safe. */
size_t pt_number_write(double value, char text[PT_NUMBER_ROOM]);

#endif
