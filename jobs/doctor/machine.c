#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "doctor/doctor.h"
#include "front/process.h"
#include "front/programs.h"
#include "run/options.h"
#include "front/words.h"

enum { PROBE_BYTES = 8 << 20 };

/* What a program prints; NULL: it failed. The caller frees it. */
static char *output(char **argv)
{
    struct pt_process_plan plan = {argv, NULL, NULL, NULL, "/dev/null"};
    char *text = NULL;
    int exit_status = 1;

    if (pt_process_output(&plan, &text, &exit_status, NULL) != PT_OK || exit_status) {
        free(text);
        return NULL;
    }
    return text;
}

static char *first_line(char **argv)
{
    char *text = output(argv);

    if (text)
        text[strcspn(text, "\n")] = '\0';
    return text;
}

/* The rest of the line "  <key>: …" of what --version says, or NULL. */
static char *version_of(const char *text, const char *key)
{
    const char *at = text ? strstr(text, key) : NULL;

    if (at == NULL)
        return NULL;
    at += strlen(key);
    at += strspn(at, ": ");
    return strndup(at, strcspn(at, "\n"));
}

static bool is_open_mpi(const char *words)
{
    return strstr(words, "Open MPI") || strstr(words, "OpenRTE");
}

/* A program that was built for one MPI, started by the mpirun of another, runs N times
 * alone. */
static void say_parse(struct pt_doctor *doctor, const char *mpirun)
{
    char *argv[] = {NULL, (char *)"--version", NULL}, *text = NULL;
    char *mpi = NULL, *hdf5 = NULL;

    if (pt_program_find("pytracer-parse", &argv[0], NULL) != PT_OK)
        return; /* said under "programs" */
    text = output(argv);
    mpi = version_of(text, "MPI");
    hdf5 = version_of(text, "HDF5");
    if (hdf5)
        pt_doctor_say(doctor, PT_GOOD, "HDF5", NULL, "%s", hdf5);
    else
        pt_doctor_say(doctor, PT_BAD, "HDF5",
                      "load the modules of MPI and HDF5 that it was built with",
                      "%s does not start", argv[0]);
    if (mpi && mpirun && is_open_mpi(mpi) != is_open_mpi(mpirun))
        pt_doctor_say(doctor, PT_WARNING, "MPI",
                      "load the module of the MPI that it was built with",
                      "pytracer-parse was built for %s, mpirun is of %s", mpi, mpirun);
    free(argv[0]);
    free(text);
    free(mpi);
    free(hdf5);
}

static void say_mpi(struct pt_doctor *doctor)
{
    char *argv[] = {pt_program_on_path("mpirun"), (char *)"--version", NULL};
    char *version = argv[0] ? first_line(argv) : NULL;

    say_parse(doctor, version);
    if (version)
        pt_doctor_say(doctor, PT_GOOD, "MPI", NULL, "%s, %s", argv[0], version);
    else
        pt_doctor_say(
            doctor, PT_WARNING, "MPI",
            "install Open MPI or load its module; without it parse works with "
            "one process",
            argv[0] ? "%s does not work" : "no mpirun on PATH%s",
            argv[0] ? argv[0] : "");
    free(version);
    free(argv[0]);
}

static void say_slurm(struct pt_doctor *doctor)
{
    char *sbatch = pt_program_on_path("sbatch"), *sinfo = pt_program_on_path("sinfo");
    char *version[] = {sbatch, (char *)"--version", NULL};
    char *ask[] = {sinfo, (char *)"-h", (char *)"-o",
                   (char *)"%D nodes in partition %P", NULL};
    char *words = sbatch ? first_line(version) : NULL, *nodes = NULL;

    if (sbatch == NULL)
        pt_doctor_say(doctor, PT_WARNING, "SLURM", "only `pytracer submit` needs it",
                      "no sbatch on PATH");
    else if (sinfo && (nodes = first_line(ask)) != NULL)
        pt_doctor_say(doctor, PT_GOOD, "SLURM", NULL, "%s, %s", words ? words : "",
                      nodes);
    else
        pt_doctor_say(doctor, PT_WARNING, "SLURM",
                      "ask your administrators, or use `pytracer run` on one machine",
                      "%s is there, but the controller does not answer",
                      words ? words : "sbatch");
    free(words);
    free(nodes);
    free(sbatch);
    free(sinfo);
}

void pt_doctor_cluster(struct pt_doctor *doctor)
{
    say_mpi(doctor);
    say_slurm(doctor);
}

void pt_doctor_machine(struct pt_doctor *doctor)
{
    char *text = NULL;
    const char *flags = NULL;
    size_t bytes = 0;

    pt_doctor_say(doctor, PT_GOOD, "cores", NULL, "%" PRIu64 " for this process",
                  pt_run_cores());
    if (pt_file_read("/proc/cpuinfo", 64 << 20, &text, &bytes, NULL) == PT_OK)
        flags = strstr(text, "\nflags");
    if (flags && strstr(flags, " fma ")) {
        pt_doctor_say(doctor, PT_GOOD, "CPU", NULL, "FMA%s%s",
                      strstr(flags, " avx2 ") ? ", AVX2" : "",
                      strstr(flags, " avx512f ") ? ", AVX-512" : "");
    } else if (flags) {
        pt_doctor_say(doctor, PT_WARNING, "CPU", NULL,
                      "no FMA: stochastic rounding is exact only below 2^996");
    }
    free(text);
}

static const char *file_system(long type)
{
    static const struct {
        unsigned long type;
        const char *name;
    } known[] = {
        {0x0BD00BD0, "Lustre"}, {0x6969, "NFS"},         {0x47504653, "GPFS"},
        {0xEF53, "ext4"},       {0x58465342, "XFS"},     {0x9123683E, "btrfs"},
        {0x01021994, "tmpfs"},  {0x794C7630, "overlay"}, {0x19830326, "BeeGFS"},
        {0x00C36400, "Ceph"},   {0x2FC12FC1, "ZFS"},     {0xFF534D42, "CIFS"},
    };

    for (size_t i = 0; i < PT_ARRAY_LENGTH(known); i++) {
        if ((unsigned long)type == known[i].type)
            return known[i].name;
    }
    return "of unknown kind";
}

/* Bytes a second of a file that is written and synchronised; 0: it could not be. */
static double measure(int fd)
{
    char *data = calloc(1, PROBE_BYTES);
    double start = pt_process_now(), rate = 0;

    if (data && pt_write_at(fd, data, PROBE_BYTES, 0, "", NULL) == PT_OK &&
        fsync(fd) == 0)
        rate = PROBE_BYTES / (pt_process_now() - start + 1e-9);
    free(data);
    return rate;
}

static void say_file(struct pt_doctor *doctor, const char *path, int fd)
{
    char speed[PT_WORDS], room[PT_WORDS];
    double rate = measure(fd);
    struct statfs fs;
    struct statvfs vfs;

    if (statfs(path, &fs) == 0 && statvfs(path, &vfs) == 0) {
        uint64_t bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;

        pt_words_size(bytes, room);
        pt_doctor_say(
            doctor, bytes < (UINT64_C(1) << 30) ? PT_WARNING : PT_GOOD, "cache",
            bytes < (UINT64_C(1) << 30) ? "set io.cache.root to a folder with more room"
                                        : NULL,
            "file system %s, room for %s", file_system((long)fs.f_type), room);
    }
    pt_words_size((uint64_t)rate, speed);
    if (rate > 0)
        pt_doctor_say(doctor, PT_GOOD, "cache", NULL, "writes %s a second", speed);
    else
        pt_doctor_say(doctor, PT_BAD, "cache",
                      "set io.cache.root to a folder with room (quota?)",
                      "cannot write 8 MB: %s", strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        pt_doctor_say(doctor, PT_GOOD, "cache", NULL, "locks work");
    else
        pt_doctor_say(
            doctor, PT_WARNING, "cache",
            "take care yourself that one `pytracer run` works in an experiment",
            "no locks on this file system: %s", strerror(errno));
}

/* The cache's folder, or the nearest one above it that is there. */
void pt_doctor_cache(struct pt_doctor *doctor)
{
    char *root = pt_config_cache_folder(doctor->config, NULL), *path = NULL;
    int fd;

    while (root && access(root, F_OK) != 0 && strrchr(root, '/') != root)
        *strrchr(root, '/') = '\0';
    if (root == NULL || asprintf(&path, "%s/.pytracer-doctor.XXXXXX", root) < 0) {
        free(root);
        return;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        pt_doctor_say(doctor, PT_BAD, "cache",
                      "set io.cache.root or PYTRACER_CACHE to a folder of yours",
                      "cannot write into %s: %s", root, strerror(errno));
    } else {
        pt_doctor_say(doctor, PT_GOOD, "cache", NULL, "%s can be written", root);
        say_file(doctor, root, fd);
        close(fd);
        unlink(path);
    }
    free(path);
    free(root);
}
