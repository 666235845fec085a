/* Files that are either whole or not there: written under a temporary name beside the
 * final one, synchronised, renamed. Thread: safe. */
#ifndef PT_BASE_FILE_H
#define PT_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

/* Creates `path` and its missing parents, mode 0777 & ~umask. An existing folder is
 * success. */
PT_MUST_CHECK enum pt_status pt_folder_create(const char *path, struct pt_error *error);

/* Writes `bytes` bytes at `data` to `path` by temporary name, fsync and rename; what
 * stood there before stays until the rename. */
PT_MUST_CHECK enum pt_status pt_file_write(const char *path, const void *data,
                                           size_t bytes, struct pt_error *error);

/* Reads the whole of `path` (at most `limit` bytes, else PT_E_LIMIT) into a buffer that
 * the caller frees; a NUL follows the last byte and is not counted. */
PT_MUST_CHECK enum pt_status pt_file_read(const char *path, size_t limit, char **data,
                                          size_t *bytes, struct pt_error *error);

/* Moves what is complete under `from` to `to` (same file system): fsync of the file,
 * rename, fsync of the folder. Replaces `to`. */
PT_MUST_CHECK enum pt_status pt_file_publish(const char *from, const char *to,
                                             struct pt_error *error);

/* pwrite and pread until all is done; EINTR and short counts are continued. A read that
 * meets the end of the file sets *got below `bytes` and is PT_OK. `path` is for the
 * message only. */
PT_MUST_CHECK enum pt_status pt_write_at(int fd, const void *data, size_t bytes,
                                         uint64_t offset, const char *path,
                                         struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_read_at(int fd, void *data, size_t bytes,
                                        uint64_t offset, size_t *got, const char *path,
                                        struct pt_error *error);

#endif
