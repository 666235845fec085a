/* The calls of the model, as they are made for writing and again for comparing. */
#ifndef PT_TEST_MODEL_CALLS_H
#define PT_TEST_MODEL_CALLS_H

#include "model.h"

enum { MODEL_MAX_VALUES = 6, MODEL_N_FUNCTIONS = 7 };

/* One value as the model makes it. */
struct model_made {
    struct pt_trace_value value;
    unsigned char *data;
};

/* One phase of one call. */
struct model_phase {
    struct model_made values[MODEL_MAX_VALUES];
    uint32_t n;
    uint64_t bytes;
};

struct model_call {
    uint64_t time, end;
    uint32_t index;
    struct model_phase phases[2];
};

/* Makes call number `index`; ends with model_free_call. */
void model_make_call(struct model_call *call, const struct model_options *options,
                     uint32_t index);
void model_free_call(struct model_call *call);

/* Its records, without definitions and values. */
void model_fill_enter(struct pt_trace_enter *enter, const struct model_call *call);
void model_fill_exit(struct pt_trace_exit *exit, const struct model_call *call);

#endif
