#include "launcher/command.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* What follows a letter that takes a value: the rest of the word, or the next one. */
static const char *value_of(int n, char *const *arguments, int *i, const char *letter)
{
    if (letter[1] != '\0')
        return letter + 1;
    *i += 1;
    return *i < n ? arguments[*i] : NULL;
}

/* The letters of one word of Python's options; true when one of them ends the options.
 */
static bool scan_letters(int n, char *const *arguments, int *i,
                         struct pt_command *command)
{
    for (const char *letter = arguments[*i] + 1; *letter != '\0'; letter++) {
        if (*letter == 'c' || *letter == 'm') {
            command->kind = *letter == 'c' ? PT_COMMAND_CODE : PT_COMMAND_MODULE;
            command->target = value_of(n, arguments, i, letter);
            return true;
        }
        if (*letter == 'W' || *letter == 'X') {
            (void)value_of(n, arguments, i, letter);
            return false;
        }
    }
    return false;
}

struct pt_command pt_command_find(int n, char *const *arguments)
{
    struct pt_command command = {PT_COMMAND_STDIN, NULL};

    for (int i = 0; i < n; i++) {
        const char *word = arguments[i];
        if (word[0] != '-') {
            command = (struct pt_command){PT_COMMAND_SCRIPT, word};
            break;
        }
        if (word[1] == '\0')
            break;
        if (word[1] == '-') {
            /* "--check-hash-based-pycs WORD" is the only long option with a value. */
            if (strcmp(word, "--check-hash-based-pycs") == 0)
                i++;
            continue;
        }
        if (scan_letters(n, arguments, &i, &command))
            break;
    }
    return command;
}

enum pt_status pt_command_check(const struct pt_command *command,
                                struct pt_error *error)
{
    if (command->kind == PT_COMMAND_SCRIPT && access(command->target, F_OK) != 0)
        return pt_error_sys(error, "can't open the script %s", command->target);
    if (command->kind != PT_COMMAND_STDIN && command->target == NULL)
        return pt_error_set(error, PT_E_USAGE, "-%c wants an argument",
                            command->kind == PT_COMMAND_CODE ? 'c' : 'm');
    return PT_OK;
}
