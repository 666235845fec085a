#include "cache.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *pt_config_cache_folder(const struct pt_config *config, const char *which)
{
    const struct {
        const char *name, *folder;
    } folders[] = {
        {"traces", config->io.cache.traces},   {"stats", config->io.cache.stats},
        {"sources", config->io.cache.sources}, {"report", config->io.cache.report},
        {"info", config->io.cache.info},
    };
    const char *root = config->io.cache.root;
    const char *inside = which ? NULL : "";
    char here[PATH_MAX] = "";
    char *path = NULL;

    for (size_t i = 0; which && i < PT_ARRAY_LENGTH(folders); i++) {
        if (strcmp(which, folders[i].name) == 0)
            inside = folders[i].folder;
    }
    if (inside == NULL || root == NULL)
        return NULL;
    if (root[0] != '/' && getcwd(here, sizeof here - 1) == NULL)
        return NULL;
    if (here[0])
        strcat(here, "/");
    if (inside[0] == '/')
        return strdup(inside);
    if (asprintf(&path, "%s%s%s%s", here, root, *inside ? "/" : "", inside) < 0)
        return NULL;
    return path;
}

char *pt_cache_log_path(const struct pt_config *config, const struct pt_cache_id *id)
{
    const char *output = config->logger.output;
    char text[PT_CACHE_ID];
    char *folder = NULL, *path = NULL;

    if (output == NULL)
        return NULL;
    pt_cache_id_format(id, text);
    if (output[0] != '/') {
        folder = pt_config_cache_folder(config, "info");
        if (folder == NULL)
            return NULL;
    }
    if (asprintf(&path, "%s%s%s.%s", folder ? folder : "", folder ? "/" : "", output,
                 text) < 0)
        path = NULL;
    free(folder);
    return path;
}

void pt_cache_host(char host[PT_CACHE_WHERE])
{
    char full[HOST_NAME_MAX + 1] = "";

    if (gethostname(full, sizeof full - 1) != 0 || full[0] == '\0')
        strcpy(full, "localhost");
    full[strcspn(full, ".")] = '\0';
    snprintf(host, PT_CACHE_WHERE, "%s", full);
    for (char *p = host; *p; p++) {
        if (!isalnum((unsigned char)*p))
            *p = '-';
    }
}

static bool all_digits(const char *text)
{
    return text && *text && text[strspn(text, "0123456789")] == '\0' &&
           strlen(text) < 20;
}

void pt_cache_id_here(int rank, struct pt_cache_id *id)
{
    const char *array = getenv("SLURM_ARRAY_JOB_ID"),
               *task = getenv("SLURM_ARRAY_TASK_ID");
    const char *job = getenv("SLURM_JOB_ID");

    *id = (struct pt_cache_id){.when = time(NULL), .pid = (long)getpid(), .rank = rank};
    if (all_digits(array) && all_digits(task))
        snprintf(id->where, sizeof id->where, "%s_%s", array, task);
    else if (all_digits(job))
        snprintf(id->where, sizeof id->where, "%s", job);
    else
        pt_cache_host(id->where);
}

void pt_cache_id_format(const struct pt_cache_id *id, char text[PT_CACHE_ID])
{
    struct tm tm;
    char date[16] = "000000000000";
    char rank[16] = "";

    if (localtime_r(&id->when, &tm))
        strftime(date, sizeof date, "%y%m%d%H%M%S", &tm);
    if (id->rank >= 0)
        snprintf(rank, sizeof rank, ".r%d", id->rank);
    snprintf(text, PT_CACHE_ID, "%s.%s.%ld%s", date, id->where, id->pid, rank);
}

static int two_digits(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool parse_date(const char *text, time_t *when)
{
    struct tm tm = {.tm_isdst = -1};

    for (int i = 0; i < 12; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
    }
    tm.tm_year = 100 + two_digits(text);
    tm.tm_mon = two_digits(text + 2) - 1;
    tm.tm_mday = two_digits(text + 4);
    tm.tm_hour = two_digits(text + 6);
    tm.tm_min = two_digits(text + 8);
    tm.tm_sec = two_digits(text + 10);
    if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
        tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    *when = mktime(&tm);
    return *when != (time_t)-1;
}

/* Takes the number at the end of `text`, behind `before`, off; -1 if there is none. */
static long take_last_number(char *text, const char *before)
{
    char *dot = strrchr(text, '.');
    size_t n = strlen(before);

    if (dot == NULL || strncmp(dot, before, n) != 0 || !all_digits(dot + n) ||
        strlen(dot + n) > 10)
        return -1;
    *dot = '\0';
    return strtol(dot + n, NULL, 10);
}

/* `text` is an id and nothing else; it is cut up. */
static bool parse_id(char *text, struct pt_cache_id *id)
{
    long rank;

    if (strlen(text) < 12 + 1 + 1 + 2 || text[12] != '.' ||
        !parse_date(text, &id->when))
        return false;
    rank = take_last_number(text, ".r");
    id->rank = rank > INT_MAX ? -1 : (int)rank;
    id->pid = take_last_number(text, ".");
    if (id->pid < 0 || strlen(text) < 14 || strlen(text + 13) >= sizeof id->where)
        return false;
    strcpy(id->where, text + 13);
    for (const char *p = id->where; *p; p++) {
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
            return false;
    }
    return true;
}

static bool is_hash(const char *name)
{
    return strlen(name) == 32 && name[strspn(name, "0123456789abcdef")] == '\0';
}

/* Six letters and digits as mkstemp draws them. Words that a person would add
 * ("backup", "COPY12" is rare enough) are of one class; of a thousand drawn names, five
 * are too, and stay uncleaned. */
static bool is_drawn(const char *text)
{
    int lower = 0, upper = 0, digit = 0;

    for (const char *p = text; *p; p++) {
        lower += islower((unsigned char)*p) != 0;
        upper += isupper((unsigned char)*p) != 0;
        digit += isdigit((unsigned char)*p) != 0;
    }
    return strlen(text) == 6 && lower + upper + digit == 6 && lower < 6 && upper < 6 &&
           digit < 6;
}

/* Takes ".part", ".tmp" or the ".XXXXXX" of mkstemp off the end of `name`. */
static bool take_partial(char *name)
{
    char *dot = strrchr(name, '.');

    if (dot == NULL)
        return false;
    if (strcmp(dot, ".part") != 0 && strcmp(dot, ".tmp") != 0 && !is_drawn(dot + 1))
        return false;
    *dot = '\0';
    return true;
}

static enum pt_cache_kind whole_name_kind(char *name, struct pt_cache_id *id)
{
    static const struct {
        const char *prefix, *suffix;
        enum pt_cache_kind kind;
    } forms[] = {
        {"stats.", ".h5", PT_CACHE_STATS},
        {"report.", ".csv", PT_CACHE_REPORT},
        {"pytracer.log.", "", PT_CACHE_LOG},
        {"", ".trace", PT_CACHE_TRACE},
    };
    size_t n = strlen(name);

    if (is_hash(name))
        return PT_CACHE_SOURCE;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(forms); i++) {
        size_t before = strlen(forms[i].prefix), after = strlen(forms[i].suffix);

        if (n < before + after || strncmp(name, forms[i].prefix, before) != 0 ||
            strcmp(name + n - after, forms[i].suffix) != 0)
            continue;
        name[n - after] = '\0';
        return parse_id(name + before, id) ? forms[i].kind : PT_CACHE_OTHER;
    }
    return PT_CACHE_OTHER;
}

enum pt_cache_kind pt_cache_name_kind(const char *name, struct pt_cache_id *id,
                                      bool *partial)
{
    char copy[NAME_MAX + 1];
    struct pt_cache_id unused;
    enum pt_cache_kind kind;

    if (id == NULL)
        id = &unused;
    if (partial)
        *partial = false;
    if (strlen(name) >= sizeof copy)
        return PT_CACHE_OTHER;
    strcpy(copy, name);
    kind = whole_name_kind(copy, id);
    if (kind != PT_CACHE_OTHER)
        return kind;
    strcpy(copy, name);
    if (!take_partial(copy))
        return PT_CACHE_OTHER;
    kind = whole_name_kind(copy, id);
    if (kind != PT_CACHE_OTHER && partial)
        *partial = true;
    return kind;
}
