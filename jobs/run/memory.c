#include "run/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { TEXT_LIMIT = 1 << 20 };

static const uint64_t modest_bytes = UINT64_C(256) << 20;

static char *read_text(const char *root, const char *path)
{
    char full[PATH_MAX], *text = NULL;
    size_t bytes = 0;

    if (snprintf(full, sizeof full, "%s%s", root, path) >= (int)sizeof full ||
        pt_file_read(full, TEXT_LIMIT, &text, &bytes, NULL) != PT_OK)
        return NULL;
    return text;
}

/* A number that is the whole file; UINT64_MAX for "max", or no such file. */
static uint64_t read_number(const char *root, const char *path)
{
    char *text = read_text(root, path), *end = NULL;
    uint64_t number = text ? strtoull(text, &end, 10) : 0;

    if (text == NULL || end == text)
        number = UINT64_MAX;
    free(text);
    return number;
}

static uint64_t system_available(const char *root)
{
    char *text = read_text(root, "/proc/meminfo");
    const char *at = text ? strstr(text, "MemAvailable:") : NULL;
    uint64_t kb = at ? strtoull(at + strlen("MemAvailable:"), NULL, 10) : 0;

    free(text);
    return kb ? kb << 10 : UINT64_MAX;
}

/* Control groups of version 2: the line "0::/path" of /proc/self/cgroup. */
static uint64_t group_available(const char *root)
{
    char *text = read_text(root, "/proc/self/cgroup"), path[PATH_MAX];
    char *group = text ? strstr(text, "0::/") : NULL;
    uint64_t most, used;

    if (group == NULL) {
        free(text);
        return UINT64_MAX;
    }
    group += strlen("0::");
    group[strcspn(group, "\n")] = '\0';
    if (strcmp(group, "/") == 0)
        group[0] = '\0';
    snprintf(path, sizeof path, "/sys/fs/cgroup%.2048s/memory.max", group);
    most = read_number(root, path);
    snprintf(path, sizeof path, "/sys/fs/cgroup%.2048s/memory.current", group);
    used = read_number(root, path);
    free(text);
    if (most == UINT64_MAX || used == UINT64_MAX)
        return UINT64_MAX;
    return most > used ? most - used : 0;
}

uint64_t pt_run_memory_available(const char *root)
{
    uint64_t system = system_available(root), group = group_available(root);

    return system < group ? system : group;
}

size_t pt_run_memory_fits(uint64_t available, uint64_t peak)
{
    uint64_t one = peak ? peak + peak / 10 : modest_bytes;
    uint64_t fits = available / one;

    return fits < 1 ? 1 : fits > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)fits;
}
