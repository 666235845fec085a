#include "embed/stochastic.h"

#include <Python.h>

#include <string.h>

#include "base/log.h"
#include "fuzzy/fuzzy.h"
#include "intercept/intercept.h"
#include "intercept/places.h"
#include "launcher/identity.h"
#include "scope.h"

/* Sets the ranks of a run apart; 0 is the main process. */
static uint64_t process_of(const struct pt_identity *identity)
{
    return identity->role_kind == PT_ROLE_MPI ? (uint64_t)identity->role_rank + 1 : 0;
}

enum pt_status pt_stochastic_start(struct pt_config *config, struct pt_error *error)
{
    struct pt_fuzzy_options options = {
        .precision_binary64 = config->fuzzy.precision_binary64,
        .precision_binary32 = config->fuzzy.precision_binary32,
        .blas_limit = config->fuzzy.blas_limit,
        .cancellation = config->fuzzy.cancellation};
    const char *layers = config->fuzzy.layers, *mode = config->fuzzy.mode;
    struct pt_identity identity;

    enum pt_status status =
        pt_fuzzy_parse_layers(layers != NULL ? layers : "", &options.layers, error);
    if (status != PT_OK || options.layers == 0)
        return status;
    status = pt_fuzzy_parse_mode(mode != NULL ? mode : "sr", &options.mode, error);
    if (status == PT_OK && config->fuzzy.lapack != NULL)
        status = pt_fuzzy_parse_lapack(config->fuzzy.lapack, &options.lapack, error);
    if (status == PT_OK)
        status = pt_identity_read(&identity, error);
    if (status == PT_OK && !config->fuzzy.has_seed)
        status = pt_fuzzy_seed_system(&config->fuzzy.seed, error);
    if (status != PT_OK)
        return status;
    config->fuzzy.has_seed = true;
    options.seed = config->fuzzy.seed;
    options.process = process_of(&identity);
    return pt_fuzzy_start(&options, error);
}

/* Libraries that have come with a module. Before it is executed, so that addresses that
 * it copies are ours. */
static void on_loaded(PyObject *module, const char *name)
{
    static bool warned; /* under the GIL */
    struct pt_error error;
    (void)module;
    if (pt_fuzzy_libraries_ready(&error) != PT_OK && !warned) {
        pt_log_warning("when %s was loaded: %s", name, error.text);
        warned = true;
    }
}

static void on_module(PyObject *module, const char *name)
{
    struct pt_error error;
    on_loaded(module, name); /* what it has loaded while it was executed */
    if ((strcmp(name, "numpy.core._multiarray_umath") == 0 ||
         strcmp(name, "numpy._core._multiarray_umath") == 0) &&
        pt_fuzzy_numpy_ready(module, &error) != PT_OK)
        pt_log_warning("numpy is not perturbed: %s", error.text);
    pt_intercept_round_module(module, name);
}

/* What is decided about functions holds for as long as the process lives. */
static enum pt_status start_interception(const struct pt_config *config,
                                         struct pt_error *error)
{
    struct pt_scope *scope;
    unsigned layers = 0;
    if (pt_fuzzy_parse_layers(config->fuzzy.layers, &layers, error) != PT_OK ||
        layers == 0)
        return PT_OK;
    enum pt_status status =
        pt_scope_create(&config->fuzzy.only, &config->fuzzy.except, &scope, error);
    if (status == PT_OK && scope != NULL)
        status = pt_intercept_scope(scope, error);
    if (status == PT_OK && (layers & PT_FUZZY_ROUNDING))
        pt_intercept_rounding();
    if (status == PT_OK &&
        (config->fuzzy.places != NULL || config->fuzzy.cancellation > 0))
        status = pt_places_start(config->fuzzy.places == NULL, error);
    return status;
}

/* Unless it is asked for by name. */
static void leave_random(const struct pt_config *config)
{
    for (size_t i = 0; i < config->fuzzy.only.n; i++)
        if (strncmp(config->fuzzy.only.items[i], "random", strlen("random")) == 0)
            return;
    if (pt_fuzzy_active() & PT_FUZZY_PYTHON)
        pt_fuzzy_random_leave();
}

enum pt_status pt_stochastic_watch(const struct pt_config *config,
                                   struct pt_error *error)
{
    struct pt_error why;
    enum pt_status status = start_interception(config, error);
    if (status != PT_OK)
        return status;
    if (pt_fuzzy_python_ready(&why) != PT_OK)
        pt_log_warning("Python's own floats are not perturbed: %s", why.text);
    leave_random(config);
    on_loaded(NULL, "the program");
    pt_intercept_before_module(on_loaded);
    return pt_intercept_on_module(on_module, error);
}

void pt_stochastic_forked(uint64_t process)
{
    pt_fuzzy_forked(process);
}
