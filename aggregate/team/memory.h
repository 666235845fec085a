/* Memory for what grows with the calls and values of the traces.
 *
 *   up to the limit      anonymous memory
 *   beyond it            mapped files without a name, in a folder of their own disk:
 *                        the kernel writes them out where memory is short, and a
 *                        watcher thread takes them out of the resident set whenever
 *                        WATCH_BYTES of them are in it
 *
 * So a rank stays within its share of memory whatever the size of the traces; what it
 * pays is disk space, and time where the disk has to be read again. Pieces below
 * LARGE_BYTES are plain malloc and do not count.
 *
 * Thread: safe, but for begin and end. */
#ifndef PT_TEAM_MEMORY_H
#define PT_TEAM_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* From here on at most `limit` bytes of large pieces are anonymous, the others stand in
 * files in `folder` (copied). Before it is called, or where no file can be made in the
 * folder or has room, memory is anonymous. */
void pt_memory_begin(const char *folder, uint64_t limit);
/* Another limit for what is asked for from here on. */
void pt_memory_allow(uint64_t limit);
/* Ends the watcher. Pieces stay until they are freed. */
void pt_memory_end(void);

/* n × item_bytes bytes, zeroed; at least one. NULL: no memory, no address space or no
 * disk (pt_memory_reason tells). The caller frees with pt_memory_free. */
void *pt_memory_get(size_t n, size_t item_bytes);
/* Makes a piece of old_bytes bytes at least n × item_bytes long (it may move; NULL
 * leaves it as it was). `memory` may be NULL. What is new is not always zeroed. */
void *pt_memory_resize(void *memory, size_t old_bytes, size_t n, size_t item_bytes);
/* Ends a piece; NULL and what malloc gave are legal. */
void pt_memory_free(void *memory);

/* Why the last piece was refused: "", or words that begin with a space. */
const char *pt_memory_reason(void);

/* The most that was in files at one time, in bytes. */
uint64_t pt_memory_most_in_files(void);

#endif
