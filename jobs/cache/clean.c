/* pytracer clean: removes what the cache holds, and nothing else. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/commands.h"
#include "front/options.h"
#include "cache/sweep.h"
#include "front/words.h"

enum { DIRECTORY = 1, YES, OLDER, KEEP, DRY, CONFIG, HELP };

static const struct pt_option table[] = {
    {"directory", 0, 1, DIRECTORY}, {"yes", 'y', 0, YES},   {"older-than", 0, 1, OLDER},
    {"keep-results", 0, 0, KEEP},   {"dry-run", 0, 0, DRY}, {"config", 0, 1, CONFIG},
    {"help", 'h', 0, HELP},
};

struct wishes {
    const char *directory, *config;
    double older; /* seconds */
    bool yes, keep_results, dry, help;
};

static enum pt_status read_wishes(int argc, char **argv, struct wishes *w,
                                  struct pt_error *error)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);
    enum pt_status status = PT_OK;
    int id;

    while (status == PT_OK && (id = pt_options_next(&o, error)) != PT_OPTIONS_END) {
        switch (id) {
        case DIRECTORY:
            w->directory = o.value;
            break;
        case CONFIG:
            w->config = o.value;
            break;
        case YES:
            w->yes = true;
            break;
        case OLDER:
            status = pt_options_span("--older-than", o.value, &w->older, error);
            break;
        case KEEP:
            w->keep_results = true;
            break;
        case DRY:
            w->dry = true;
            break;
        case HELP:
            w->help = true;
            return PT_OK;
        case PT_OPTIONS_ARGUMENT:
            return pt_error_set(
                error, PT_E_USAGE,
                "unexpected argument '%s' (--directory names the cache)", o.value);
        default:
            return PT_E_USAGE;
        }
    }
    return status;
}

static bool to_remove(const struct pt_sweep_file *file, const struct wishes *w)
{
    if (file->busy || (w->keep_results && file->kind == PT_CACHE_STATS))
        return false;
    return w->older <= 0 || difftime(time(NULL), file->modified) >= w->older;
}

struct tally {
    size_t files, busy, failed;
    uint64_t bytes;
};

static struct tally count(const struct pt_sweep *sweep, const struct wishes *w)
{
    struct tally t = {0};

    for (size_t i = 0; i < sweep->n; i++) {
        t.busy += sweep->files[i].busy;
        if (to_remove(&sweep->files[i], w)) {
            t.files++;
            t.bytes += sweep->files[i].bytes;
        }
    }
    return t;
}

static void remove_files(const struct pt_sweep *sweep, const struct wishes *w,
                         struct tally *t)
{
    for (size_t i = 0; i < sweep->n; i++) {
        const struct pt_sweep_file *file = &sweep->files[i];

        if (!to_remove(file, w))
            continue;
        if (w->dry) {
            printf("%s\n", file->path);
        } else if (unlink(file->path) != 0 && errno != ENOENT) {
            if (t->failed++ == 0)
                fprintf(stderr, "pytracer clean: cannot remove %s: %s\n", file->path,
                        strerror(errno));
        }
    }
}

static bool agreed(const struct tally *t, const char *root)
{
    char question[4200], size[PT_WORDS];

    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return true;
    pt_words_size(t->bytes, size);
    snprintf(question, sizeof question, "Remove %zu file%s (%s) in %s?", t->files,
             t->files == 1 ? "" : "s", size, root);
    return pt_words_ask(question);
}

static void report(const struct tally *t, const struct wishes *w, const char *root)
{
    char size[PT_WORDS];

    pt_words_size(t->bytes, size);
    if (t->files == 0)
        printf("nothing to remove in %s\n", root);
    else
        printf("%s %zu file%s (%s) in %s\n", w->dry ? "would remove" : "removed",
               t->files - t->failed, t->files == 1 ? "" : "s", size, root);
    if (t->busy)
        printf("kept %zu file%s of runs that may still be writing\n", t->busy,
               t->busy == 1 ? "" : "s");
    if (t->failed > 1)
        fprintf(stderr, "pytracer clean: %zu files could not be removed\n", t->failed);
}

/* `directory` replaces the cache's root. */
static enum pt_status load(const struct wishes *w, struct pt_config **config,
                           struct pt_error *error)
{
    enum pt_status status = pt_config_load(w->config, config, error);
    char *root;

    if (status != PT_OK || w->directory == NULL)
        return status;
    if (access(w->directory, F_OK) != 0)
        return pt_error_sys(error, "no cache %s", w->directory);
    root = strdup(w->directory);
    if (root == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory for a path");
    free((*config)->io.cache.root);
    (*config)->io.cache.root = root;
    return PT_OK;
}

static int clean(const struct pt_config *config, const struct wishes *w,
                 struct pt_error *error)
{
    struct pt_sweep sweep = {0};
    struct tally t;
    char *root = pt_config_cache_folder(config, NULL);
    int result = 1;

    if (root == NULL || pt_sweep_list(config, &sweep, error) != PT_OK) {
        fprintf(stderr, "pytracer clean: %s\n", root ? error->text : "no memory");
        goto done;
    }
    t = count(&sweep, w);
    if (t.files && !w->yes && !w->dry && !agreed(&t, root)) {
        fprintf(stderr, "nothing removed\n");
        goto done;
    }
    remove_files(&sweep, w, &t);
    if (!w->dry)
        pt_sweep_folders(config);
    report(&t, w, root);
    result = t.failed ? 1 : 0;
done:
    pt_sweep_destroy(&sweep);
    free(root);
    return result;
}

int pt_front_clean(int argc, char **argv)
{
    struct wishes w = {0};
    struct pt_config *config = NULL;
    struct pt_error error = {0};
    int result;

    if (read_wishes(argc, argv, &w, &error) != PT_OK) {
        fprintf(stderr, "pytracer clean: %s\n", error.text);
        return 2;
    }
    if (w.help) {
        fputs(pt_help_clean, stdout);
        return 0;
    }
    if (load(&w, &config, &error) != PT_OK) {
        fprintf(stderr, "pytracer clean: %s\n", error.text);
        result = 1;
    } else {
        result = clean(config, &w, &error);
    }
    pt_config_destroy(config);
    return result;
}
