#include "schema/ranking.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* `file` without the present folder before it. */
static const char *shorten(const char *file)
{
    char here[PATH_MAX];
    size_t n;

    if (getcwd(here, sizeof here) == NULL)
        return file;
    n = strlen(here);
    return strncmp(file, here, n) == 0 && file[n] == '/' ? file + n + 1 : file;
}

static void print_digits(FILE *out, int width, double bits)
{
    if (isnan(bits))
        fprintf(out, "%*s", width, "-");
    else
        fprintf(out, "%*.1f", width, bits);
}

static void print_place(FILE *out, const struct pt_ranked *f)
{
    fprintf(out, "  %s%s%s", f->module, f->module[0] ? "." : "", f->name);
    if (f->file[0])
        fprintf(out, "  %s:%u", shorten(f->file), f->line);
    putc('\n', out);
}

void pt_ranking_heading(FILE *out)
{
    fputs("Functions by the bits of significance lost inside them (median, and most, "
          "over "
          "calls)\n\n"
          "rank  self-lost    most      in →   out    calls  function\n",
          out);
}

void pt_ranking_row(FILE *out, const struct pt_ranked *f)
{
    fprintf(out, "%4u", f->rank);
    print_digits(out, 11, f->self_lost);
    print_digits(out, 8, f->self_lost_max);
    print_digits(out, 8, f->digits_in);
    print_digits(out, 8, f->digits_out);
    fprintf(out, "%9llu", (unsigned long long)f->calls);
    print_place(out, f);
}

void pt_ranking_sources_heading(FILE *out)
{
    fputs("\nSources of variation (no float input, yet the output varies):\n", out);
}

void pt_ranking_source(FILE *out, const struct pt_ranked *f)
{
    fputs("    ", out);
    print_place(out, f);
}
