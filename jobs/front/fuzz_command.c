/* pytracer fuzz: a program under the stochastic arithmetic alone. pytracer-trace does
 * it; here its command line is checked, so that options of tracing are refused. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/commands.h"
#include "front/options.h"
#include "front/programs.h"

enum { PASSED = 1, HELP };

/* What pytracer-trace understands likewise. */
static const struct pt_option table[] = {
    {"fuzzy", 0, 2, PASSED},
    {"mode", 0, 1, PASSED},
    {"seed", 0, 1, PASSED},
    {"precision-binary64", 0, 1, PASSED},
    {"precision-binary32", 0, 1, PASSED},
    {"fuzzy-blas-limit", 0, 1, PASSED},
    {"fuzzy-lapack", 0, 1, PASSED},
    {"fuzzy-only", 0, 1, PASSED},
    {"fuzzy-except", 0, 1, PASSED},
    {"cancellation", 0, 1, PASSED},
    {"coverage", 0, 2, PASSED},
    {"places", 0, 1, PASSED},
    {"config", 0, 1, PASSED},
    {"python", 0, 1, PASSED},
    {"quiet", 0, 0, PASSED},
    {"dry-run", 0, 0, PASSED},
    {"help", 'h', 0, HELP},
};

/* `python -c CODE` and `-m MODULE` begin the program as its name does. */
static bool begins_program(const struct pt_options *o)
{
    const char *word = o->at < o->argc ? o->argv[o->at] : "";

    return word[0] == '-' && (word[1] == 'c' || word[1] == 'm');
}

/* Walks the options; *first is the index of the program, argc if there is none. */
static enum pt_status read_options(int argc, char **argv, int *first, bool *help,
                                   struct pt_error *error)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);

    for (;;) {
        if (!o.all_arguments && begins_program(&o)) {
            *first = o.at;
            return PT_OK;
        }
        int id = pt_options_next(&o, error);
        if (id == PT_OPTIONS_BAD)
            return PT_E_USAGE;
        if (id == HELP)
            *help = true;
        if (id == PT_OPTIONS_ARGUMENT) {
            *first = o.at - 1;
            return PT_OK;
        }
        if (id == PT_OPTIONS_END || *help) {
            *first = argc;
            return PT_OK;
        }
    }
}

/* The same words for pytracer-trace, with a "--command" before the program. */
static enum pt_status become(int argc, char **argv, int first, struct pt_error *error)
{
    char **words = calloc((size_t)argc + 4, sizeof *words);
    int n = 0;
    enum pt_status status;

    if (!words)
        return pt_error_set(error, PT_E_MEMORY, "no memory");
    words[n++] = argv[0];
    words[n++] = (char *)"--no-trace";
    for (int i = 1; i < first; i++)
        if (strcmp(argv[i], "--") != 0)
            words[n++] = argv[i];
    words[n++] = (char *)"--command";
    for (int i = first; i < argc; i++)
        words[n++] = argv[i];
    status = pt_program_become("pytracer-trace", words, error);
    free(words);
    return status;
}

int pt_front_fuzz(int argc, char **argv)
{
    struct pt_error error = {0};
    int first = argc;
    bool help = false;
    enum pt_status status = read_options(argc, argv, &first, &help, &error);

    if (status == PT_OK && help) {
        fputs(pt_help_fuzz, stdout);
        return 0;
    }
    if (status == PT_OK && first == argc)
        status = pt_error_set(&error, PT_E_USAGE,
                              "no program: say pytracer fuzz script.py arguments, or "
                              "-c CODE, or -m MODULE");
    if (status == PT_OK)
        status = become(argc, argv, first, &error);
    fprintf(stderr, "pytracer fuzz: %s\n", error.text);
    return status == PT_E_USAGE ? 2 : 1;
}
