#include "launcher/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"

static const char *variable(const char *name)
{
    const char *text = getenv(name);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static enum pt_status read_number(const char *name, bool *given, uint64_t *number,
                                  struct pt_error *error)
{
    const char *text = variable(name);
    if (text == NULL)
        return PT_OK;
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9')
        return pt_error_set(error, PT_E_USAGE, "%s=%s is not a whole number", name,
                            text);
    *number = n;
    *given = true;
    return PT_OK;
}

/* The rank that the launcher of an MPI program gave this process; false: not one. */
static bool find_rank(uint32_t *rank)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                        "MV2_COMM_WORLD_RANK"};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++) {
        const char *text = variable(names[i]);
        if (text != NULL) {
            *rank = (uint32_t)strtoul(text, NULL, 10);
            return true;
        }
    }
    return false;
}

/* A number that all ranks of one MPI job share and that no other job has: of the job's
 * own name where there is one, else of this process. */
static uint64_t derive_run(const struct pt_identity *identity)
{
    static const char *const names[] = {"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid",
                                        "PMI_JOBID", "PMI_ID"};
    char text[512];
    size_t n = (size_t)snprintf(text, sizeof text, "%s/%u/%lld", identity->host,
                                identity->pid, (long long)identity->created_ns);
    for (size_t i = 0; identity->role_kind == PT_ROLE_MPI && i < PT_ARRAY_LENGTH(names);
         i++) {
        const char *job = variable(names[i]);
        if (job != NULL) {
            const char *batch = variable("SLURM_JOB_ID");
            n = (size_t)snprintf(text, sizeof text, "%s=%s/%s", names[i], job,
                                 batch != NULL ? batch : "");
            break;
        }
    }
    return pt_hash64(text, n < sizeof text ? n : sizeof text - 1);
}

enum pt_status pt_identity_read(struct pt_identity *identity, struct pt_error *error)
{
    struct timespec now;
    const char *experiment = variable("PYTRACER_EXPERIMENT");
    memset(identity, 0, sizeof *identity);
    clock_gettime(CLOCK_REALTIME, &now);
    identity->created_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    identity->pid = (uint32_t)getpid();
    if (gethostname(identity->host, sizeof identity->host - 1) != 0)
        snprintf(identity->host, sizeof identity->host, "localhost");
    if (experiment != NULL)
        snprintf(identity->experiment, sizeof identity->experiment, "%s", experiment);
    if (find_rank(&identity->role_rank))
        identity->role_kind = PT_ROLE_MPI;
    pt_cache_id_here(identity->role_kind == PT_ROLE_MPI ? (int)identity->role_rank : -1,
                     &identity->name);

    enum pt_status status =
        read_number("PYTRACER_RUN", &identity->has_run, &identity->run_id, error);
    if (status == PT_OK && !identity->has_run)
        status = read_number("SLURM_ARRAY_TASK_ID", &identity->has_run,
                             &identity->run_id, error);
    if (status == PT_OK)
        status =
            read_number("PYTRACER_SEED", &identity->has_seed, &identity->seed, error);
    if (status == PT_OK && !identity->has_run)
        identity->run_id = derive_run(identity);
    return status;
}
