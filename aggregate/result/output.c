#include "result/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "result/file.h"
#include "team/array.h"

enum { CLOSE_SECONDS = 60 };

/* The innermost reason that HDF5 gives. */
static herr_t walk(unsigned n, const H5E_error2_t *entry, void *data)
{
    const char **reason = data;
    (void)n;
    if (entry->desc && entry->desc[0])
        *reason = entry->desc;
    return 0;
}

enum pt_status pt_output_fail(const struct pt_output *output, const char *what,
                              struct pt_error *error)
{
    const char *reason = "no reason given";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, walk, &reason);
    enum pt_status status =
        pt_error_set(error, PT_E_IO, "%s: HDF5 could not %s (%s); is the disk full?",
                     output->temporary, what, reason);
    H5Eclear2(H5E_DEFAULT);
    return status;
}

enum pt_status pt_output_settle(struct pt_output *output, enum pt_status mine,
                                struct pt_error *error)
{
    output->status = pt_team_agree(output->team, mine, error);
    return output->status;
}

static enum pt_status set_hints(const char *hints, MPI_Info info,
                                struct pt_error *error)
{
    char *copy = strdup(hints), *rest = copy;
    enum pt_status status = copy ? PT_OK : pt_no_memory(error, "the MPI-IO hints");
    for (char *word; !status && (word = strsep(&rest, ","));) {
        char *equals = strchr(word, '=');
        if (!equals || equals == word)
            status = pt_error_set(error, PT_E_USAGE,
                                  "--hints %s: write key=value,key=value", hints);
        else {
            *equals = '\0';
            MPI_Info_set(info, word, equals + 1);
        }
    }
    pt_memory_free(copy);
    return status;
}

static enum pt_status create_file(struct pt_output *output, const char *hints,
                                  struct pt_error *error)
{
    MPI_Info info = MPI_INFO_NULL;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    enum pt_status status = PT_OK;

    MPI_Info_create(&info);
    if (hints)
        status = set_hints(hints, info, error);
    if (!status &&
        (H5Pset_fapl_mpio(access, output->team->comm, info) < 0 ||
         H5Pset_coll_metadata_write(access, 1) < 0 ||
         H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST) < 0 ||
         H5Pset_obj_track_times(creation, 0) < 0))
        status = pt_output_fail(output, "be set up", error);
    status = pt_team_agree(output->team, status, error);
    if (!status) {
        output->file = H5Fcreate(output->temporary, H5F_ACC_TRUNC, creation, access);
        if (output->file < 0)
            status = pt_output_fail(output, "create the file", error);
        else
            output->place = open(output->temporary, O_WRONLY | O_CLOEXEC);
        if (output->place >= 0)
            pt_flusher_begin(&output->flusher, output->place);
    }
    H5Pclose(access);
    H5Pclose(creation);
    MPI_Info_free(&info);
    /* Hints say that MPI-IO knows better. */
    output->direct = !pt_team_max(output->team, hints || output->place < 0);
    return pt_output_settle(output, status, error);
}

static enum pt_status create_groups(struct pt_output *output, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (int i = 0; !status && i < PT_N_COLUMNS; i++) {
        const char *group = pt_result_columns[i].group;
        if (i > 0 && strcmp(group, pt_result_columns[i - 1].group) == 0)
            continue;
        hid_t id =
            H5Gcreate2(output->file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (id < 0 || H5Gclose(id) < 0)
            status = pt_output_fail(output, "create a group", error);
    }
    return pt_output_settle(output, status, error);
}

enum pt_status pt_output_create(const struct pt_team *team, const char *path,
                                const char *hints, struct pt_output **result,
                                struct pt_error *error)
{
    struct pt_output *output = pt_memory_get(1, sizeof *output);
    enum pt_status status = PT_OK;

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    *result = NULL;
    if (!output || asprintf(&output->temporary, "%s.tmp", path) < 0 ||
        !(output->path = strdup(path)))
        status = pt_no_memory(error, "the result file");
    status = pt_team_agree(team, status, error);
    if (status) {
        if (output)
            pt_memory_free(output->temporary);
        pt_memory_free(output);
        return status;
    }
    output->team = team;
    output->file = output->place = -1;
    for (int i = 0; i < PT_N_COLUMNS; i++)
        output->columns[i] = -1;
    output->collective = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_dxpl_mpio(output->collective, H5FD_MPIO_COLLECTIVE);
    /* Every rank writes its own contiguous stretch: the phases of two-phase I/O would
     * only copy. Hints can change that on file systems that want it. */
    if (!hints)
        H5Pset_dxpl_mpio_collective_opt(output->collective, H5FD_MPIO_INDIVIDUAL_IO);
    *result = output;
    status = create_file(output, hints, error);
    if (!status)
        status = create_groups(output, error);
    return status;
}

/* Set where HDF5 could not close a file of this process. */
static bool stuck;

bool pt_output_stuck(void)
{
    return stuck;
}

static enum pt_status close_file(struct pt_output *output, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (int i = 0; i < PT_N_COLUMNS; i++)
        if (output->columns[i] >= 0 && H5Dclose(output->columns[i]) < 0)
            status = pt_output_fail(output, "close a column", error);
    if (output->file >= 0 && H5Fclose(output->file) < 0)
        status = pt_output_fail(output, "close the file", error);
    stuck = status != PT_OK;
    H5Pclose(output->collective);
    if (output->place >= 0 && close(output->place) && !status)
        status = pt_error_sys(error, "cannot write %s", output->temporary);
    return status;
}

/* What HDF5 still has to write when it closes the file are its metadata, at places
 * below the file's end. A rank that met a full disk there would fall out of step with
 * the others, and all would wait for ever: so the space is taken first. */
static enum pt_status reserve(const struct pt_output *output, struct pt_error *error)
{
    /* What is not written yet is in the cache of metadata; H5Fget_filesize says nothing
     * of a file that several processes write. */
    size_t cached = 0;
    struct stat written = {0};
    enum pt_status status = PT_OK;
    int fd = open(output->temporary, O_WRONLY | O_CLOEXEC);
    (void)H5Fget_mdc_size(output->file, NULL, NULL, &cached, NULL);
    if (fd >= 0)
        (void)fstat(fd, &written);
    off_t bytes = written.st_size + (off_t)cached;
    if (fd < 0 || (fallocate(fd, 0, 0, bytes) &&
                   (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)))
        status = pt_error_sys(error, "cannot write %s", output->temporary);
    if (fd >= 0)
        close(fd);
    return status;
}

/* What this rank wrote by itself may be in the cache of another node than rank 0's,
 * which synchronises the file in the end. */
static enum pt_status synchronise(struct pt_output *output, enum pt_status mine,
                                  struct pt_error *error)
{
    int failed = pt_flusher_end(&output->flusher);
    if (mine)
        return mine;
    if (!failed && output->direct && output->team->rank != 0)
        failed = fdatasync(output->place) ? errno : 0;
    if (!failed || failed == EINVAL || failed == EROFS)
        return PT_OK;
    errno = failed;
    return pt_error_sys(error, "cannot synchronise %s", output->temporary);
}

/* For a file that is thrown away: frees its space, so that closing it meets no full
 * disk, and sees to it that a close that hangs all the same is the end. */
static void abandon(const struct pt_output *output)
{
    if (output->team->rank == 0 && truncate(output->temporary, 0))
        pt_log_debug("cannot truncate %s", output->temporary);
    MPI_Barrier(output->team->comm);
    alarm(CLOSE_SECONDS);
}

enum pt_status pt_output_publish(struct pt_output *output, enum pt_status mine,
                                 struct pt_error *error)
{
    if (!output)
        return mine;
    const struct pt_team *team = output->team;
    struct pt_error why = {0};
    mine = synchronise(output, mine, error);
    if (!mine && team->rank == 0)
        mine = reserve(output, error);
    mine = pt_team_agree(team, mine, error);
    if (mine)
        abandon(output);
    enum pt_status closed = close_file(output, &why);
    alarm(0);
    if (!mine && closed) {
        mine = closed;
        *error = why;
    }
    enum pt_status status = pt_team_agree(team, mine, error);
    if (team->rank == 0 && status)
        (void)!unlink(output->temporary);
    else if (team->rank == 0)
        status = pt_file_publish(output->temporary, output->path, error);
    status = pt_team_agree(team, status, error);
    pt_memory_free(output->path);
    pt_memory_free(output->temporary);
    pt_memory_free(output);
    return status;
}

uint64_t pt_output_bytes(const struct pt_output *output)
{
    return output->bytes;
}

bool pt_output_direct(const struct pt_output *output)
{
    return output->direct;
}

const struct pt_team *pt_output_team(const struct pt_output *output)
{
    return output->team;
}
