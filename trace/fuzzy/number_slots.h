/* The number slots of a type of Python's or numpy's that ours stand in front of. */
#ifndef PT_FUZZY_NUMBER_SLOTS_H
#define PT_FUZZY_NUMBER_SLOTS_H

#include <Python.h>

/* Puts the slots for + − × ÷ ** of `ours` in place, and that for abs where it has one.
 * *own keeps all that the type had, and is written before a slot leads to ours. Caller
 * locks (the GIL). */
static inline void pt_fuzzy_number_slots_put(PyTypeObject *type,
                                             const PyNumberMethods *ours,
                                             PyNumberMethods *own)
{
    PyNumberMethods *slots = type->tp_as_number;
    *own = *slots;
    slots->nb_add = ours->nb_add;
    slots->nb_subtract = ours->nb_subtract;
    slots->nb_multiply = ours->nb_multiply;
    slots->nb_true_divide = ours->nb_true_divide;
    slots->nb_power = ours->nb_power;
    if (ours->nb_absolute)
        slots->nb_absolute = ours->nb_absolute;
}

#endif
