#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/doctor.h"
#include "front/process.h"
#include "front/programs.h"

void pt_doctor_programs(struct pt_doctor *doctor)
{
    static const struct {
        const char *name, *needs;
    } programs[] = {
        {"pytracer-trace", "configure with -DPython3_EXECUTABLE=/path/to/python3"},
        {"pytracer-parse",
         "configure with -DPYTRACER_AGGREGATE=ON (MPI, parallel HDF5)"},
        {"pytracer-viz", "configure with -DPYTRACER_VIEWER=ON (libmicrohttpd, HDF5)"},
    };

    for (size_t i = 0; i < PT_ARRAY_LENGTH(programs); i++) {
        char *path = NULL;
        struct pt_error error;

        if (pt_program_find(programs[i].name, &path, &error) == PT_OK)
            pt_doctor_say(doctor, PT_GOOD, "programs", NULL, "%s", path);
        else
            pt_doctor_say(doctor, PT_BAD, "programs", programs[i].needs, "%s",
                          error.text);
        free(path);
    }
}

/* Tells of itself in lines "key value", traced as any program is. */
static const char program[] =
    "import sys, platform\n"
    "print('python', platform.python_version(), sys.executable)\n"
    "for name in ('numpy', 'scipy', 'sklearn'):\n"
    "    try:\n"
    "        print(name, __import__(name).__version__)\n"
    "    except ImportError:\n"
    "        print(name, '-')\n"
    "try:\n"
    "    import numpy\n"
    "    import zlib\n"
    "    print('noise', zlib.crc32((numpy.arange(1.0, 2000.0) / 3.0).tobytes()))\n"
    "    libraries = set()\n"
    "    for line in open('/proc/self/maps'):\n"
    "        path = line.split(None, 5)[-1].strip()\n"
    "        name = path.rsplit('/', 1)[-1].lower()\n"
    "        if 'cpython' not in name and any(\n"
    "                w in name for w in ('blas', 'lapack', 'mkl_rt', 'blis')):\n"
    "            libraries.add(path)\n"
    "    for path in sorted(libraries):\n"
    "        print('blas', path)\n"
    "except ImportError:\n"
    "    pass\n";

/* Runs the program above under the tracer, with a cache of its own; what it printed, or
 * NULL. The caller frees it. */
static char *run_traced(const struct pt_doctor *doctor, const char *tracer,
                        const char *folder, const char *seed, int *exit_status)
{
    char *cache = NULL, *text = NULL;
    char *argv[12] = {(char *)tracer, (char *)"--fuzzy", (char *)"--seed",
                      (char *)seed};
    size_t n = 4;

    if (doctor->python) {
        argv[n++] = (char *)"--python";
        argv[n++] = (char *)doctor->python;
    }
    argv[n++] = (char *)"-c";
    argv[n] = (char *)program;
    if (asprintf(&cache, "PYTRACER_CACHE=%s", folder) < 0)
        return NULL;
    char *environment[] = {cache, (char *)"PYTRACER_TRACES=traces", NULL};
    struct pt_process_plan plan = {argv, environment, NULL, NULL, NULL};
    struct pt_error error;

    if (pt_process_output(&plan, &text, exit_status, &error) != PT_OK)
        text = NULL;
    free(cache);
    return text;
}

/* What follows "key " on its line; the caller frees it. NULL: no such line. */
static char *answer(const char *text, const char *key)
{
    size_t n = strlen(key);

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, n) == 0 && line[n] == ' ')
            return strndup(line + n + 1, strcspn(line + n + 1, "\n"));
    }
    return NULL;
}

static void say_packages(struct pt_doctor *doctor, const char *text)
{
    static const char *const names[] = {"numpy", "scipy", "sklearn"};

    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++) {
        char *version = answer(text, names[i]);

        if (version && strcmp(version, "-") != 0)
            pt_doctor_say(doctor, PT_GOOD, names[i], NULL, "%s", version);
        else
            pt_doctor_say(doctor, i == 0 ? PT_BAD : PT_WARNING, names[i],
                          "install it for this interpreter, or choose another with "
                          "--python or VIRTUAL_ENV",
                          "not there");
        free(version);
    }
}

static void say_blas(struct pt_doctor *doctor, const char *text)
{
    bool found = false;

    for (const char *line = text; (line = strstr(line, "blas ")) != NULL; line++) {
        if (line != text && line[-1] != '\n')
            continue;
        found = true;
        pt_doctor_say(doctor, PT_GOOD, "BLAS", NULL, "%.*s",
                      (int)strcspn(line + 5, "\n"), line + 5);
    }
    if (!found)
        pt_doctor_say(doctor, PT_WARNING, "BLAS", NULL,
                      "no library of its own: numpy uses what it was built with");
}

static void say_arithmetic(struct pt_doctor *doctor, const char *first,
                           const char *second)
{
    char *a = answer(first, "noise"), *b = second ? answer(second, "noise") : NULL;

    if (a && b && strcmp(a, b) != 0)
        pt_doctor_say(doctor, PT_GOOD, "arithmetic", NULL,
                      "perturbed: two seeds give different quotients");
    else if (a)
        pt_doctor_say(doctor, PT_BAD, "arithmetic",
                      "trace a program with --fuzzy and read the warnings",
                      "numpy is not perturbed: two seeds give the same quotients");
    free(a);
    free(b);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *place)
{
    (void)st, (void)type, (void)place;
    (void)remove(path); /* what stays is in /tmp */
    return 0;
}

void pt_doctor_python(struct pt_doctor *doctor)
{
    char folder[] = "/tmp/pytracer-doctor.XXXXXX", *tracer = NULL;
    char *first = NULL, *second = NULL, *python = NULL;
    int exit_status = 0;

    if (pt_program_find("pytracer-trace", &tracer, NULL) != PT_OK ||
        mkdtemp(folder) == NULL) {
        free(tracer);
        return; /* told before */
    }
    first = run_traced(doctor, tracer, folder, "1", &exit_status);
    python = first && exit_status == 0 ? answer(first, "python") : NULL;
    if (python == NULL) {
        pt_doctor_say(doctor, PT_BAD, "Python",
                      "name another interpreter with --python, VIRTUAL_ENV or PATH, or "
                      "build a tracer for this one",
                      "a traced program ends with status %d", exit_status);
    } else {
        pt_doctor_say(doctor, PT_GOOD, "Python", NULL, "%s", python);
        say_packages(doctor, first);
        say_blas(doctor, first);
        second = run_traced(doctor, tracer, folder, "2", &exit_status);
        say_arithmetic(doctor, first, second);
    }
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(python);
    free(first);
    free(second);
    free(tracer);
}
