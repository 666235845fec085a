#include "embed/metadata.h"

#include <Python.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "embed/blas.h"
#include "fuzzy/fuzzy.h"
#include "fuzzy/library/routines.h"

static void put(struct pt_trace_writer *writer, const char *key, const char *value)
{
    if (value != NULL)
        pt_trace_writer_meta(writer, key, value, strlen(value));
}

static void put_number(struct pt_trace_writer *writer, const char *key, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    put(writer, key, text);
}

/* A list: its members separated by NUL. */
static void put_list(struct pt_trace_writer *writer, const char *key, size_t n,
                     char *const *items)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += strlen(items[i]) + 1;
    char *text = malloc(bytes + 1), *end = text;
    if (text == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        end = stpcpy(end, items[i]) + 1;
    pt_trace_writer_meta(writer, key, text, bytes > 0 ? bytes - 1 : 0);
    free(text);
}

static const char *variable(const char *name)
{
    const char *text = getenv(name);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

/* The first of the variables that is set. */
static void put_variable(struct pt_trace_writer *writer, const char *key,
                         const char *const *names)
{
    const char *value = NULL;
    while (value == NULL && *names != NULL)
        value = variable(*names++);
    put(writer, key, value);
}

static void put_processor(struct pt_trace_writer *writer)
{
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        char *value = strchr(line, ':');
        /* "model name" on x86, "CPU part" on ARM. */
        if (value != NULL && (strncmp(line, "model name", 10) == 0 ||
                              strncmp(line, "CPU part", 8) == 0)) {
            value += strspn(value, ": \t");
            value[strcspn(value, "\n")] = '\0';
            put(writer, "cpu.model", value);
            break;
        }
    }
    fclose(file);
}

static void put_fuzzy(struct pt_trace_writer *writer, const struct pt_config *config)
{
    if (config->fuzzy.layers == NULL || config->fuzzy.layers[0] == '\0')
        return;
    put(writer, "fuzzy.layers", config->fuzzy.layers);
    put(writer, "fuzzy.mode", config->fuzzy.mode);
    put_number(writer, "fuzzy.precision.binary64", config->fuzzy.precision_binary64);
    put_number(writer, "fuzzy.precision.binary32", config->fuzzy.precision_binary32);
    put_number(writer, "fuzzy.blas.limit", (int64_t)config->fuzzy.blas_limit);
    put(writer, "fuzzy.lapack", config->fuzzy.lapack);
    put(writer, "fuzzy.generator", "xoshiro256+");
    if (config->fuzzy.cancellation > 0)
        put_number(writer, "fuzzy.cancellation", config->fuzzy.cancellation);
    if (config->fuzzy.only.n > 0)
        put_list(writer, "fuzzy.only", config->fuzzy.only.n, config->fuzzy.only.items);
    if (config->fuzzy.except.n > 0)
        put_list(writer, "fuzzy.except", config->fuzzy.except.n,
                 config->fuzzy.except.items);
}

static void put_python(struct pt_trace_writer *writer, const struct pt_handle *handle)
{
    const char *version = Py_GetVersion(); /* "3.11.2 (main, …) [GCC …]" */
    pt_trace_writer_meta(writer, "python.version", version, strcspn(version, " "));
    put(writer, "python.executable", handle->executable);
}

void pt_metadata_start(struct pt_trace_writer *writer, const struct pt_handle *handle)
{
    static const char *const omp[] = {"OMP_NUM_THREADS", NULL};
    static const char *const blas[] = {"OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                                       "BLIS_NUM_THREADS", NULL};
    static const char *const job[] = {"SLURM_ARRAY_JOB_ID", "SLURM_JOB_ID", NULL};
    static const char *const task[] = {"SLURM_ARRAY_TASK_ID", NULL};
    const struct pt_config *config = handle->config;
    char *directory = getcwd(NULL, 0);
    const char *hash_seed = variable("PYTHONHASHSEED");

    put(writer, "tracer.version", PT_VERSION);
    put_list(writer, "argv", (size_t)handle->argc, handle->argv);
    put(writer, "directory", directory);
    free(directory);
    put_python(writer, handle);
    put_processor(writer);
    put_variable(writer, "threads.omp", omp);
    put_variable(writer, "threads.blas", blas);
    put(writer, "hash_seed", hash_seed != NULL ? hash_seed : "random");
    put_variable(writer, "slurm.job", job);
    put_variable(writer, "slurm.task", task);
    put_fuzzy(writer, config);
    put_list(writer, "modules", config->modules_to_load.n,
             config->modules_to_load.items);
    put(writer, "ufuncs", config->numpy.ufunc ? "1" : "0");
}

static void put_version(struct pt_trace_writer *writer, PyObject *modules,
                        const char *module, const char *key)
{
    PyObject *object = PyDict_GetItemString(modules, module); /* borrowed */
    if (object == NULL || !PyModule_Check(object))
        return;
    /* From the module's dictionary: its __getattr__ would be the program's code. */
    PyObject *version =
        PyDict_GetItemString(PyModule_GetDict(object), "__version__"); /* borrowed */
    if (version != NULL && PyUnicode_Check(version))
        put(writer, key, PyUnicode_AsUTF8(version));
    PyErr_Clear();
}

void pt_metadata_libraries(struct pt_trace_writer *writer)
{
    struct pt_blas blas;
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */

    if (modules != NULL && PyDict_Check(modules)) {
        put_version(writer, modules, "numpy", "numpy.version");
        put_version(writer, modules, "scipy", "scipy.version");
        put_version(writer, modules, "sklearn", "sklearn.version");
    }
    pt_blas_find(&blas);
    if (blas.libraries_bytes > 0)
        pt_trace_writer_meta(writer, "blas.library", blas.libraries,
                             blas.libraries_bytes);
    if (blas.kernel[0] != '\0')
        put(writer, "blas.kernel", blas.kernel);
    unsigned layers = pt_fuzzy_active();
    if (layers != 0) {
        /* What was asked for may be more than what could be installed. */
        char text[64];
        pt_fuzzy_layers_text(layers, text, sizeof text);
        put(writer, "fuzzy.layers", text);
        pt_fuzzy_ways_text(text, sizeof text);
        if (text[0] != '\0')
            put(writer, "fuzzy.ways", text);
    }
}

void pt_metadata_end(struct pt_trace_writer *writer, struct pt_ending ending,
                     int64_t duration_ns)
{
    put_number(writer, "duration_ns", duration_ns);
    if (ending.exit_status >= 0)
        put_number(writer, "exit_status", ending.exit_status);
    if (ending.signal != 0)
        put_number(writer, "signal", ending.signal);
}
