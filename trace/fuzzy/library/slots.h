/* The places where a loaded library keeps the addresses of routines that it takes from
 * others (ELF relocations of the kinds JUMP_SLOT, GLOB_DAT and the plain address). What
 * stands there is replaced, one calling library at a time: so a routine is reached
 * whatever its name was mangled to, however the library that holds it was loaded, and
 * callers that are not to be perturbed (the interpreter, random generators) keep the
 * library's own. No LD_PRELOAD, nothing exported, and no cost where the layer is off.
 */
#ifndef PT_FUZZY_LIBRARY_SLOTS_H
#define PT_FUZZY_LIBRARY_SLOTS_H

#include <stdbool.h>
#include <stddef.h>

/* What is to stand in the slots of the library at path `caller` for `symbol`, which is
 * bound to `real`; NULL: leave them. Called once for each slot. `is_call`: the slot
 * serves calls only; else the program may also compare or store the address. */
typedef void *pt_fuzzy_slot_fn(const char *caller, const char *symbol, void *real,
                               bool is_call);

/* Whether a symbol of this name may be replaced at all; asked for every symbol of every
 * library, so it has to be quick. */
typedef int pt_fuzzy_wanted_fn(const char *caller, const char *symbol);

/* Goes through the libraries that were loaded since the last time. The program itself
 * and the library that this code is in are passed over. Returns the number of slots
 * that could not be written. Thread: caller locks. */
size_t pt_fuzzy_slots_scan(pt_fuzzy_wanted_fn *wanted, pt_fuzzy_slot_fn *choose);

#endif
