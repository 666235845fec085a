/* What the user may choose about digits. The formulas, their sources and what may be
 * concluded from them: DIGITS.md. */
#ifndef PT_STATISTICS_OPTIONS_H
#define PT_STATISTICS_OPTIONS_H

#include <stdbool.h>

#include "base/status.h"

enum pt_stat_method { PT_STAT_CNH, PT_STAT_GENERAL };
enum pt_stat_error { PT_STAT_RELATIVE, PT_STAT_ABSOLUTE };

struct pt_stat_options {
    enum pt_stat_method method;
    enum pt_stat_error error;
    double probability;              /* of a digit being significant, in (0, 1) */
    double contributing_probability; /* of a digit being contributing, in (½, 1) */
    double confidence;               /* in (0, 1) */
    unsigned ddof;                   /* 0 or 1: divisor n − ddof of the variance */
    bool external; /* the reference is a run under IEEE arithmetic, not the mean */
    bool compat;   /* digits as the Python package significantdigits 0.5 gives them */
};

/* CNH, relative, 0.95, 0.51, 0.95, ddof 0, mean. */
struct pt_stat_options pt_stat_options_default(void);

/* PT_E_USAGE, naming the option and its bounds, where a value is out of range. */
PT_MUST_CHECK enum pt_status
pt_stat_options_check(const struct pt_stat_options *options, struct pt_error *error);

/* "cnh" or "general" (any case) to *method; "relative" or "absolute" to *kind. */
PT_MUST_CHECK enum pt_status pt_stat_method_parse(const char *word,
                                                  enum pt_stat_method *method,
                                                  struct pt_error *error);
PT_MUST_CHECK enum pt_status
pt_stat_error_parse(const char *word, enum pt_stat_error *kind, struct pt_error *error);

const char *pt_stat_method_name(enum pt_stat_method method);
const char *pt_stat_error_name(enum pt_stat_error kind);

#endif
