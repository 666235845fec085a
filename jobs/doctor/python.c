#include <errno.h>
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

/* Computes what one layer alone can vary, and tells a checksum of it. */
static const char probe[] = "import sys, zlib\n"
                            "import numpy\n"
                            "layer = sys.argv[1]\n"
                            "x = numpy.arange(1.0, 200.0) / 201.0\n"
                            "if layer == 'numpy':\n"
                            "    data = (x / 3.0).tobytes()\n"
                            "elif layer == 'python':\n"
                            "    y = 0.1\n"
                            "    for i in range(1000):\n"
                            "        y += 1.0 / (i + 3)\n"
                            "    data = y.hex().encode()\n"
                            "elif layer == 'libm':\n"
                            "    import scipy.special\n"
                            "    data = scipy.special.ellipk(x).tobytes()\n"
                            "else:\n"
                            "    data = numpy.dot(x, x[::-1]).tobytes() + "
                            "(numpy.outer(x, x) @ numpy.outer(x, 1 - x)).tobytes()\n"
                            "print('noise', zlib.crc32(data))\n";

/* How to run one of the programs above. */
struct run {
    const char *tracer, *folder; /* the cache is in the folder */
    const char *program, *layers, *seed;
    const char *err; /* file for standard error, NULL: ours */
};

/* What it printed, or NULL. The caller frees it. */
static char *run_traced(const struct pt_doctor *doctor, const struct run *run,
                        int *exit_status)
{
    char *cache = NULL, *text = NULL, *layers = NULL;
    char *argv[12] = {(char *)run->tracer, NULL, (char *)"--seed", (char *)run->seed};
    size_t n = 4;

    if (doctor->python) {
        argv[n++] = (char *)"--python";
        argv[n++] = (char *)doctor->python;
    }
    argv[n++] = (char *)"-c";
    argv[n++] = (char *)run->program;
    argv[n] = (char *)run->layers; /* the program's argument */
    if (asprintf(&cache, "PYTRACER_CACHE=%s", run->folder) < 0 ||
        asprintf(&layers, "--fuzzy=%s", run->layers) < 0) {
        free(cache);
        return NULL;
    }
    argv[1] = layers;
    char *environment[] = {cache, (char *)"PYTRACER_TRACES=traces", NULL};
    struct pt_process_plan plan = {argv, environment, NULL, NULL, run->err};
    struct pt_error error;

    if (pt_process_output(&plan, &text, exit_status, &error) != PT_OK)
        text = NULL;
    free(cache);
    free(layers);
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

/* Whether two seeds give different results of the layer. */
static bool is_perturbed(const struct pt_doctor *doctor, struct run run)
{
    char *noise[2] = {NULL, NULL};
    bool different;

    for (int i = 0; i < 2; i++) {
        int exit_status = 1;
        char *text = NULL;

        run.seed = i ? "2" : "1";
        text = run_traced(doctor, &run, &exit_status);
        noise[i] = text && exit_status == 0 ? answer(text, "noise") : NULL;
        free(text);
    }
    different = noise[0] && noise[1] && strcmp(noise[0], noise[1]) != 0;
    free(noise[0]);
    free(noise[1]);
    return different;
}

/* What the stochastic arithmetic can reach here, layer by layer. */
static void say_arithmetic(struct pt_doctor *doctor, struct run run)
{
    static const struct {
        const char *layer, *what;
    } layers[] = {{"numpy", "numpy's loops"},
                  {"python", "Python's floats"},
                  {"libm", "the elementary functions of compiled extensions"},
                  {"blas", "BLAS"}};

    run.program = probe;
    run.err = "/dev/null";
    for (size_t i = 0; i < PT_ARRAY_LENGTH(layers); i++) {
        run.layers = layers[i].layer;
        if (is_perturbed(doctor, run))
            pt_doctor_say(doctor, PT_GOOD, "arithmetic", NULL, "%s: perturbs %s",
                          layers[i].layer, layers[i].what);
        else
            pt_doctor_say(doctor, i ? PT_WARNING : PT_BAD, "arithmetic",
                          "see the warnings of: pytracer fuzz --coverage script.py",
                          "%s: %s not reached, two seeds give the same",
                          layers[i].layer, layers[i].what);
    }
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *place)
{
    (void)st, (void)type, (void)place;
    (void)remove(path); /* what stays is in TMPDIR */
    return 0;
}

static void examine(struct pt_doctor *doctor, const char *tracer, const char *folder)
{
    struct run run = {tracer, folder, program, "all", "1", NULL};
    int exit_status = 0;
    char *first = run_traced(doctor, &run, &exit_status);
    char *python = first && exit_status == 0 ? answer(first, "python") : NULL;

    if (python == NULL) {
        pt_doctor_say(doctor, PT_BAD, "Python",
                      "name another interpreter with --python, VIRTUAL_ENV or PATH, or "
                      "build a tracer for this one",
                      "a traced program ends with status %d", exit_status);
    } else {
        pt_doctor_say(doctor, PT_GOOD, "Python", NULL, "%s", python);
        say_packages(doctor, first);
        say_blas(doctor, first);
        say_arithmetic(doctor, run);
    }
    free(python);
    free(first);
}

void pt_doctor_python(struct pt_doctor *doctor)
{
    const char *temporary = getenv("TMPDIR");
    char *folder = NULL, *tracer = NULL;

    if (pt_program_find("pytracer-trace", &tracer, NULL) != PT_OK)
        return; /* told before */
    if (asprintf(&folder, "%s/pytracer-doctor.XXXXXX",
                 temporary && *temporary ? temporary : "/tmp") < 0)
        folder = NULL;
    if (folder && mkdtemp(folder)) {
        examine(doctor, tracer, folder);
        (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    } else {
        pt_doctor_say(doctor, PT_BAD, "Python", "set TMPDIR to a folder of yours",
                      "cannot make the folder %s: %s", folder ? folder : "",
                      strerror(errno));
    }
    free(folder);
    free(tracer);
}
