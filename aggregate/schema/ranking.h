/* How a ranking is written for people, the same by every program that prints one. */
#ifndef PT_SCHEMA_RANKING_H
#define PT_SCHEMA_RANKING_H

#include <stdint.h>
#include <stdio.h>

/* One function as its row of functions/ has it; digits in bits, NaN where undefined.
 * The texts are borrowed; file is "" for compiled code. */
struct pt_ranked {
    const char *module, *name, *file;
    uint32_t rank, line;
    uint64_t calls;
    double self_lost, self_lost_max, digits_in, digits_out;
};

/* A loss below this, in bits, is not worth a line. */
#define PT_RANKING_LEAST 0.05

/* The heading and one row. Thread: as stdio. */
void pt_ranking_heading(FILE *out);
void pt_ranking_row(FILE *out, const struct pt_ranked *function);

/* Functions that bring variation in without a float input (random numbers, say) lose
 * nothing; they are named apart. */
void pt_ranking_sources_heading(FILE *out);
void pt_ranking_source(FILE *out, const struct pt_ranked *function);

#endif
