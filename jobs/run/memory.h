/* How many runs fit into memory at a time. Thread: safe. */
#ifndef PT_RUN_MEMORY_H
#define PT_RUN_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that new processes may use: what the system says is available, or what the
 * control group of a batch job leaves, if that is less. UINT64_MAX: not known. `root`
 * is
 * "" but in tests, where it holds proc/ and sys/. */
uint64_t pt_run_memory_available(const char *root);

/* How many runs of at most `peak` bytes each fit into `available`, at least 1. Before
 * one has ended (`peak` 0), a modest program is assumed. */
size_t pt_run_memory_fits(uint64_t available, uint64_t peak);

#endif
