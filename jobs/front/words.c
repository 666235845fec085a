#include "front/words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void pt_words_size(uint64_t bytes, char text[PT_WORDS])
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    double size = (double)bytes;
    int unit = 0;

    while (size >= 1024 && unit < 6) {
        size /= 1024;
        unit++;
    }
    snprintf(text, PT_WORDS, "%.1f%s", size, units[unit]);
}

void pt_words_span(double seconds, char text[PT_WORDS])
{
    long whole = (long)(seconds + 0.5);

    if (seconds < 9.95)
        snprintf(text, PT_WORDS, "%.1f s", seconds < 0 ? 0 : seconds);
    else if (whole < 60)
        snprintf(text, PT_WORDS, "%ld s", whole);
    else if (whole < 3600)
        snprintf(text, PT_WORDS, "%ld min %02ld s", whole / 60, whole % 60);
    else
        snprintf(text, PT_WORDS, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
}

void pt_words_date(int64_t ns, char text[PT_WORDS])
{
    time_t when = (time_t)(ns / 1000000000);
    struct tm tm;

    if (localtime_r(&when, &tm) == NULL ||
        strftime(text, PT_WORDS, "%a %b %e %H:%M:%S %Y", &tm) == 0)
        snprintf(text, PT_WORDS, "None");
}

static bool is_plain(const char *word)
{
    for (const char *p = word; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("_-./=:,+@%", *p))
            return false;
    }
    return *word != '\0';
}

char *pt_words_command(size_t n, char *const *words)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (i)
            putc(' ', out);
        if (is_plain(words[i])) {
            fputs(words[i], out);
            continue;
        }
        putc('\'', out);
        for (const char *p = words[i]; *p; p++) {
            if (*p == '\'')
                fputs("'\\''", out);
            else
                putc(*p, out);
        }
        putc('\'', out);
    }
    bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) {
        free(text);
        return NULL;
    }
    return text;
}

bool pt_words_ask(const char *question)
{
    char answer[16] = "";

    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    answer[strcspn(answer, "\r\n")] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}
