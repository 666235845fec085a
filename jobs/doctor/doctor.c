/* pytracer doctor: what works here, what does not, and what to do about it. */
#include "doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "front/commands.h"
#include "front/options.h"
#include "front/process.h"

enum { CONFIG = 1, PYTHON, HELP };

static const struct pt_option table[] = {
    {"config", 0, 1, CONFIG},
    {"python", 0, 1, PYTHON},
    {"help", 'h', 0, HELP},
};

void pt_doctor_say(struct pt_doctor *doctor, enum pt_verdict verdict,
                   const char *subject, const char *remedy, const char *format, ...)
{
    static const char *const words[] = {"good", "warning", "bad"};
    va_list args;

    doctor->good += verdict == PT_GOOD;
    doctor->warnings += verdict == PT_WARNING;
    doctor->bad += verdict == PT_BAD;
    printf("%-8s %-12s ", words[verdict], subject);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    if (remedy)
        printf("%21s → %s\n", "", remedy);
    fflush(stdout);
}

static int examine(struct pt_doctor *doctor)
{
    pt_process_prepare();
    pt_doctor_programs(doctor);
    pt_doctor_python(doctor);
    pt_doctor_cluster(doctor);
    pt_doctor_machine(doctor);
    pt_doctor_cache(doctor);
    printf("\n%u good, %u warnings, %u bad\n", doctor->good, doctor->warnings,
           doctor->bad);
    return doctor->bad ? 1 : 0;
}

int pt_front_doctor(int argc, char **argv)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);
    struct pt_doctor doctor = {0};
    struct pt_config *config = NULL;
    struct pt_error error = {0};
    const char *file = NULL;
    int id, result;

    while ((id = pt_options_next(&o, &error)) > PT_OPTIONS_END) {
        if (id == HELP) {
            fputs(pt_help_doctor, stdout);
            return 0;
        }
        *(id == CONFIG ? &file : &doctor.python) = o.value;
    }
    if (id != PT_OPTIONS_END) {
        fprintf(stderr, "pytracer doctor: %s%s\n",
                id == PT_OPTIONS_BAD ? error.text : "unexpected argument ",
                id == PT_OPTIONS_BAD ? "" : o.value);
        return 2;
    }
    if (pt_config_load(file, &config, &error) != PT_OK) {
        fprintf(stderr, "pytracer doctor: %s\n", error.text);
        return 1;
    }
    doctor.config = config;
    result = examine(&doctor);
    pt_config_destroy(config);
    return result;
}
