/* pytracer: one word chooses the command. */
#include <stdio.h>
#include <string.h>

#include "front/commands.h"
#include "nearest.h"
#include "front/programs.h"
#include "version.h"

static int unknown(const char *word)
{
    const char *names[32];
    size_t n;
    const struct pt_front_command *commands = pt_front_commands(&n);
    const char *nearest;

    for (size_t i = 0; i < n; i++)
        names[i] = commands[i].name;
    nearest = pt_word_nearest(word, names, n);
    if (nearest)
        fprintf(stderr, "pytracer: no command '%s'; did you mean '%s'?\n", word,
                nearest);
    else
        fprintf(stderr, "pytracer: no command '%s' (see pytracer --help)\n", word);
    return 2;
}

static int become(const struct pt_front_command *command, char **argv)
{
    struct pt_error error;

    (void)pt_program_become(command->program, argv, &error);
    fprintf(stderr, "pytracer %s: %s\n", command->name, error.text);
    return 1;
}

/* A full disk or a closed pipe shows only when the output is flushed. */
static int finish(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (status == 0)
            fprintf(stderr, "pytracer: cannot write the output\n");
        return status ? status : 1;
    }
    return status;
}

int main(int argc, char **argv)
{
    const struct pt_front_command *command;
    const char *word = argc > 1 ? argv[1] : NULL;

    if (word == NULL) {
        fputs(pt_help_pytracer, stderr);
        return 2;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        fputs(pt_help_pytracer, stdout);
        return finish(0);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        pt_version_print(stdout, "pytracer");
        return finish(0);
    }
    command = pt_front_find(word);
    if (command == NULL)
        return unknown(word);
    if (command->program)
        return become(command, argv + 1);
    return finish(command->run(argc - 1, argv + 1));
}
