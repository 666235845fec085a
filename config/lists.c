#include "lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "value.h"

enum { LIST_LIMIT = 16 << 20 };

static const char blanks[] = " \t\r\f\v";

/* One line, cut up in place. */
static enum pt_status parse_line(struct pt_config *config, const struct pt_key *key,
                                 char *line, const char *path, unsigned number,
                                 struct pt_error *error)
{
    char *rest = NULL;
    const char *module, *function;

    line[strcspn(line, "#")] = '\0';
    module = strtok_r(line, blanks, &rest);
    if (module == NULL)
        return PT_OK;
    function = strtok_r(NULL, blanks, &rest);
    if (function == NULL || strtok_r(NULL, blanks, &rest) != NULL)
        return pt_error_set(error, PT_E_CONFIG,
                            "%s, line %u: a line is 'module-pattern function-pattern', "
                            "for example 'numpy.linalg *'",
                            path, number);
    return pt_value_append_pattern(config, key, module, function, error);
}

enum pt_status pt_lists_parse(struct pt_config *config, const struct pt_key *key,
                              const char *text, const char *path,
                              struct pt_error *error)
{
    enum pt_status status = PT_OK;
    char *copy = strdup(text);
    char *rest = copy;
    unsigned number = 0;

    if (copy == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the patterns of %s",
                            path);
    while (status == PT_OK && rest) {
        char *line = strsep(&rest, "\n");
        status = parse_line(config, key, line, path, ++number, error);
    }
    free(copy);
    return status;
}

enum pt_status pt_lists_read(struct pt_config *config, const struct pt_key *key,
                             const char *path, struct pt_error *error)
{
    char *text = NULL;
    size_t bytes = 0;
    enum pt_status status = pt_file_read(path, LIST_LIMIT, &text, &bytes, error);

    if (status == PT_OK && memchr(text, '\0', bytes))
        status = pt_error_set(error, PT_E_CONFIG, "%s is not a text file", path);
    if (status == PT_OK)
        status = pt_lists_parse(config, key, text, path, error);
    else if (status != PT_E_MEMORY && error)
        error->status = status = PT_E_CONFIG;
    free(text);
    return status == PT_OK || status == PT_E_MEMORY ? status : PT_E_CONFIG;
}
