#include "statistics/options.h"

#include <math.h>
#include <strings.h>

struct pt_stat_options pt_stat_options_default(void)
{
    return (struct pt_stat_options){
        .method = PT_STAT_CNH,
        .error = PT_STAT_RELATIVE,
        .probability = 0.95,
        .contributing_probability = 0.51,
        .confidence = 0.95,
    };
}

enum pt_status pt_stat_options_check(const struct pt_stat_options *options,
                                     struct pt_error *error)
{
    if (!(options->probability > 0 && options->probability < 1)) {
        return pt_error_set(error, PT_E_USAGE,
                            "the probability must lie in (0, 1), not %g",
                            options->probability);
    }
    if (!(options->contributing_probability > 0.5 &&
          options->contributing_probability < 1)) {
        return pt_error_set(error, PT_E_USAGE,
                            "the contributing probability must lie in (0.5, 1), not %g",
                            options->contributing_probability);
    }
    if (!(options->confidence > 0 && options->confidence < 1)) {
        return pt_error_set(error, PT_E_USAGE,
                            "the confidence must lie in (0, 1), not %g",
                            options->confidence);
    }
    if (options->ddof > 1) {
        return pt_error_set(error, PT_E_USAGE, "ddof must be 0 or 1, not %u",
                            options->ddof);
    }
    return PT_OK;
}

enum pt_status pt_stat_method_parse(const char *word, enum pt_stat_method *method,
                                    struct pt_error *error)
{
    if (strcasecmp(word, "cnh") == 0) {
        *method = PT_STAT_CNH;
    } else if (strcasecmp(word, "general") == 0) {
        *method = PT_STAT_GENERAL;
    } else {
        return pt_error_set(error, PT_E_USAGE,
                            "the method is \"cnh\" or \"general\", not \"%s\"", word);
    }
    return PT_OK;
}

enum pt_status pt_stat_error_parse(const char *word, enum pt_stat_error *kind,
                                   struct pt_error *error)
{
    if (strcasecmp(word, "relative") == 0) {
        *kind = PT_STAT_RELATIVE;
    } else if (strcasecmp(word, "absolute") == 0) {
        *kind = PT_STAT_ABSOLUTE;
    } else {
        return pt_error_set(error, PT_E_USAGE,
                            "the error is \"relative\" or \"absolute\", not \"%s\"",
                            word);
    }
    return PT_OK;
}

const char *pt_stat_method_name(enum pt_stat_method method)
{
    return method == PT_STAT_GENERAL ? "general" : "cnh";
}

const char *pt_stat_error_name(enum pt_stat_error kind)
{
    return kind == PT_STAT_ABSOLUTE ? "absolute" : "relative";
}
