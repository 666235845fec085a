/* The inside of pt_output, for the files that make it. */
#ifndef PT_RESULT_FILE_H
#define PT_RESULT_FILE_H

#include <hdf5.h>

#include "result/flusher.h"
#include "result/output.h"

struct pt_output {
    const struct pt_team *team;
    char *path, *temporary;
    hid_t file, collective;
    int place;                 /* descriptor of the same file; −1: none */
    struct pt_flusher flusher; /* of the place */
    bool direct;               /* all ranks have one */
    hid_t columns[PT_N_COLUMNS];
    uint32_t widths[PT_N_COLUMNS];
    uint64_t places[PT_N_COLUMNS]; /* in the file; of a column without rows: 0 */
    uint64_t rows[PT_N_COLUMNS];
    uint64_t bytes;
    enum pt_status status; /* the first failure, agreed */
};

/* PT_E_IO with HDF5's own reason for not being able to do `what`. Not collective. */
PT_MUST_CHECK enum pt_status pt_output_fail(const struct pt_output *output,
                                            const char *what, struct pt_error *error);

/* Agrees on the outcome and keeps it. Collective. */
PT_MUST_CHECK enum pt_status
pt_output_settle(struct pt_output *output, enum pt_status mine, struct pt_error *error);

#endif
