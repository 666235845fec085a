#include "front/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

enum { OUTPUT_LIMIT = 64 << 20 };

static sigset_t watched(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

/* SIGCHLD must not be ignored (a parent may have left it so): ended children would
 * vanish. */
void pt_process_prepare(void)
{
    sigset_t set = watched();

    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* The child's way into the program; what fails is told by one int through `report`. */
static void become(const struct pt_process_plan *plan, int out, int err, int report)
{
    sigset_t none;
    int input = open("/dev/null", O_RDONLY);

    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    for (char *const *e = plan->environment; e && *e; e++)
        putenv(*e);
    if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
        (out < 0 || dup2(out, STDOUT_FILENO) >= 0) &&
        (err < 0 || dup2(err, STDERR_FILENO) >= 0) &&
        (plan->directory == NULL || chdir(plan->directory) == 0))
        execv(plan->argv[0], plan->argv);
    int failed = errno;
    ssize_t n = write(report, &failed, sizeof failed);
    _exit(n == sizeof failed ? 127 : 126);
}

static enum pt_status open_output(const char *path, int *fd, struct pt_error *error)
{
    *fd = -1;
    if (path == NULL)
        return PT_OK;
    *fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return *fd >= 0 ? PT_OK : pt_error_sys(error, "cannot create %s", path);
}

enum pt_status pt_process_start(const struct pt_process_plan *plan, pid_t *pid,
                                struct pt_error *error)
{
    int out = -1, err = -1, report[2] = {-1, -1}, failed = 0;
    enum pt_status status = open_output(plan->out, &out, error);

    *pid = -1;
    if (status == PT_OK)
        status = open_output(plan->err, &err, error);
    if (status == PT_OK && pipe2(report, O_CLOEXEC) != 0)
        status = pt_error_sys(error, "cannot make a pipe");
    if (status != PT_OK)
        goto done;
    *pid = fork();
    if (*pid == 0)
        become(plan, out, err, report[1]);
    if (*pid < 0) {
        status = pt_error_sys(error, "cannot start a process");
        goto done;
    }
    setpgid(*pid, *pid); /* in both: whoever comes first */
    close(report[1]);
    report[1] = -1;
    if (read(report[0], &failed, sizeof failed) == (ssize_t)sizeof failed) {
        (void)waitpid(*pid, NULL, 0);
        *pid = -1;
        errno = failed;
        status = pt_error_sys(error, "cannot start %s", plan->argv[0]);
    }
done:
    for (int i = 0; i < 2; i++) {
        if (report[i] >= 0)
            close(report[i]);
    }
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    return status;
}

void pt_process_signal(pid_t pid, int signal)
{
    if (pid > 0 && kill(-pid, signal) != 0)
        (void)kill(pid, signal);
}

enum pt_process_event pt_process_wait(double seconds)
{
    sigset_t set = watched();
    struct timespec span = {.tv_sec = (time_t)seconds};
    int got;

    span.tv_nsec = (long)((seconds - (double)span.tv_sec) * 1e9);
    got = sigtimedwait(&set, NULL, &span);
    if (got == SIGCHLD)
        return PT_PROCESS_CHILD;
    return got > 0 ? PT_PROCESS_STOP : PT_PROCESS_NOTHING;
}

bool pt_process_ended(pid_t pid, int *wait_status, uint64_t *peak_bytes)
{
    struct rusage usage = {0};
    pid_t got;

    do {
        got = wait4(pid, wait_status, WNOHANG, &usage);
    } while (got < 0 && errno == EINTR);
    if (peak_bytes)
        *peak_bytes = got == pid ? (uint64_t)usage.ru_maxrss << 10 : 0;
    return got != 0;
}

enum pt_status pt_process_output(const struct pt_process_plan *plan, char **text,
                                 int *exit_status, struct pt_error *error)
{
    struct pt_process_plan mine = *plan;
    char path[64];
    size_t bytes = 0;
    int wait_status = 0, fd = memfd_create("output", MFD_CLOEXEC);
    pid_t pid;
    enum pt_status status;

    *text = NULL;
    if (fd < 0)
        return pt_error_sys(error, "cannot keep the output of %s", plan->argv[0]);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    mine.out = path;
    status = pt_process_start(&mine, &pid, error);
    if (status == PT_OK) {
        while (!pt_process_ended(pid, &wait_status, NULL)) {
            if (pt_process_wait(0.05) == PT_PROCESS_STOP)
                pt_process_signal(pid, SIGTERM);
        }
        *exit_status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                              : 128 + WTERMSIG(wait_status);
        status = pt_file_read(path, OUTPUT_LIMIT, text, &bytes, error);
    }
    close(fd);
    return status;
}

double pt_process_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
