#include "embed/own_threads.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char name[] = "pytracer";

void pt_own_threads_name_process(const char *command)
{
    const char *slash = strrchr(command, '/');
    prctl(PR_SET_NAME, slash != NULL ? slash + 1 : command);
}

void pt_own_threads_begin(struct pt_own_threads *kept)
{
    sigset_t all;
    prctl(PR_GET_NAME, kept->name);
    prctl(PR_SET_NAME, name);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &kept->mask);
}

void pt_own_threads_end(const struct pt_own_threads *kept)
{
    pthread_sigmask(SIG_SETMASK, &kept->mask, NULL);
    prctl(PR_SET_NAME, kept->name);
}

static bool is_ours(const char *thread)
{
    char path[64], found[sizeof name] = "";
    snprintf(path, sizeof path, "/proc/self/task/%.20s/comm", thread);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return true; /* it has ended */
    bool ours = fgets(found, sizeof found, file) != NULL && strcmp(found, name) == 0;
    fclose(file);
    return ours;
}

bool pt_own_threads_alone(void)
{
    DIR *threads = opendir("/proc/self/task");
    bool alone = threads != NULL;
    for (struct dirent *entry; alone && (entry = readdir(threads)) != NULL;) {
        long thread = strtol(entry->d_name, NULL, 10);
        if (thread > 0 && thread != getpid() && thread != gettid())
            alone = is_ours(entry->d_name);
    }
    if (threads != NULL)
        closedir(threads);
    return alone;
}
