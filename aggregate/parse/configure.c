#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "parse/binding.h"
#include "parse/place.h"
#include "parse/state.h"

enum { CONFIG_LIMIT = 1 << 20 };

static enum pt_status join_command(int argc, char **argv, char **command,
                                   struct pt_error *error)
{
    struct pt_array text = {.item_bytes = 1};
    for (int i = 0; i < argc; i++) {
        size_t bytes = strlen(argv[i]);
        char *at = pt_array_push(&text, bytes + 1);
        if (!at) {
            pt_array_free(&text);
            return pt_no_memory(error, "the command line");
        }
        memcpy(at, argv[i], bytes);
        at[bytes] = i + 1 < argc ? ' ' : '\0';
    }
    *command = text.items;
    return PT_OK;
}

/* In a batch log there is a line for each phase; on a terminal there is the one that is
 * renewed. */
static enum pt_status open_log(const struct pt_parse_state *s, struct pt_error *error)
{
    enum pt_log_level level = s->config->logger.level;
    if (s->options->quiet)
        level = PT_LOG_WARNING;
    else if (!isatty(STDERR_FILENO) && level > PT_LOG_INFO)
        level = PT_LOG_INFO;
    struct pt_log_options log = {.level = level,
                                 .format = s->config->logger.format,
                                 .color = s->config->logger.color};
    return s->team->rank == 0 ? pt_log_open(&log, error) : PT_OK;
}

/* Node-local space, if the system names some; else where the result has to fit too. */
static void begin_memory(const struct pt_parse_state *s)
{
    char folder[PT_CATALOGUE_PATH];
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s",
             s->options->scratch         ? s->options->scratch
             : temporary && temporary[0] ? temporary
                                         : s->path);
    char *slash = strrchr(folder, '/');
    if (!s->options->scratch && !(temporary && temporary[0])) {
        if (slash)
            slash[slash == folder] = '\0';
        else
            strcpy(folder, ".");
    }
    pt_memory_begin(folder, s->options->memory_mib << 20);
}

/* Beside the result, where every rank can read it. */
static enum pt_status name_import(struct pt_parse_state *s, struct pt_error *error)
{
    static const char suffix[] = ".traces.tmp";
    size_t bytes = strlen(s->path) + sizeof suffix;
    s->import = malloc(bytes);
    if (!s->import)
        return pt_no_memory(error, "the folder of converted traces");
    strcat(strcpy(s->import, s->path), suffix);
    return PT_OK;
}

enum pt_status pt_parse_configure(struct pt_parse_state *s, int argc, char **argv,
                                  struct pt_error *error)
{
    size_t bytes;
    enum pt_status status = pt_config_load(s->options->config, &s->config, error);
    if (!status && s->config->file)
        status =
            pt_file_read(s->config->file, CONFIG_LIMIT, &s->config_text, &bytes, error);
    else if (!status && !(s->config_text = strdup("")))
        status = pt_no_memory(error, "the configuration");
    if (!status)
        status = join_command(argc, argv, &s->command, error);
    if (!status)
        status = open_log(s, error);
    status = pt_team_agree(s->team, status, error);
    if (!status)
        status = pt_binding_set(s->team, s->options->threads, error);
    if (!status)
        status = pt_place_choose(s->team, s->options, s->config, &s->path, error);
    if (!status)
        begin_memory(s);
    return status ? status : pt_team_agree(s->team, name_import(s, error), error);
}
