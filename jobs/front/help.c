#include "front/commands.h"

#include <stdio.h>
#include <string.h>

#include "front/programs.h"

/* The assembler copies each text as it is and ends it with a NUL. */
#define EMBED(symbol, file)                                                            \
    __asm__(".section .rodata\n"                                                       \
            ".global " #symbol "\n"                                                    \
            ".hidden " #symbol "\n" #symbol ":\n"                                      \
            ".incbin \"" PT_HELP_FOLDER "/" file "\"\n"                                \
            ".byte 0\n"                                                                \
            ".previous\n")

EMBED(pt_help_pytracer, "pytracer.txt");
EMBED(pt_help_info, "info.txt");
EMBED(pt_help_clean, "clean.txt");
EMBED(pt_help_run, "run.txt");
EMBED(pt_help_submit, "submit.txt");
EMBED(pt_help_status, "status.txt");
EMBED(pt_help_check, "check.txt");
EMBED(pt_help_diff, "diff.txt");
EMBED(pt_help_export, "export.txt");
EMBED(pt_help_config, "config.txt");
EMBED(pt_help_doctor, "doctor.txt");
EMBED(pt_help_fuzz, "fuzz.txt");
EMBED(pt_help_localize, "localize.txt");
EMBED(pt_help_help, "help.txt");

int pt_front_help(int argc, char **argv)
{
    const struct pt_front_command *command;
    struct pt_error error;
    char *ask[] = {NULL, (char *)"--help", NULL};

    if (argc < 2) {
        fputs(pt_help_pytracer, stdout);
        return 0;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fputs(pt_help_help, stdout);
        return 0;
    }
    command = pt_front_find(argv[1]);
    if (command == NULL) {
        fprintf(stderr, "pytracer help: no command '%s' (see pytracer --help)\n",
                argv[1]);
        return 2;
    }
    if (command->help) {
        fputs(command->help, stdout);
        return 0;
    }
    (void)pt_program_become(command->program, ask, &error);
    fprintf(stderr, "pytracer help: %s\n", error.text);
    return 1;
}
