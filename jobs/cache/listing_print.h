/* A listing as text in the original's form, and as JSON. Thread: safe. */
#ifndef PT_LISTING_PRINT_H
#define PT_LISTING_PRINT_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "cache/listing.h"

/* "========== Traces ==========" and a paragraph for each. */
void pt_listing_print_traces(FILE *out, const struct pt_listing *listing);

/* "========== Aggregation ==========" likewise. */
void pt_listing_print_results(FILE *out, const struct pt_listing *listing);

/* A JSON list of objects; the caller deletes it. NULL: no memory. */
cJSON *pt_listing_json(const struct pt_listing *listing);

#endif
