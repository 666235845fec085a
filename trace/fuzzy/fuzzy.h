/* Stochastic arithmetic for a stock Python: the operations of the traced process are
 * rounded at random, each layer in its own way, so that runs with different seeds show
 * which digits are noise.
 *
 *   options   which layers, which mode, which seed              options.c
 *   runtime   one generator for each thread, counters, scope    runtime.c, generator.h
 *   numpy     loops that take the place of numpy's own          install.c → loops.c
 *             → kernels.c (contiguous blocks, once per instruction set), reduce.c,
 *             edge.c (what the error-free transformations do not cover)
 *
 * Order of calls: pt_fuzzy_start before Python starts; pt_fuzzy_numpy_ready each time
 * numpy's core module has been executed; pt_fuzzy_stop at the end. Where
 * pt_fuzzy_start was not called, every other function here does nothing. */
#ifndef PT_FUZZY_FUZZY_H
#define PT_FUZZY_FUZZY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Of Python.h, which this header does not need otherwise. */
struct _object;

/* Layers are bits, so that several are active at once. */
enum pt_fuzzy_layer {
    PT_FUZZY_NUMPY = 1,    /* ufunc loops and reductions */
    PT_FUZZY_PYTHON = 2,   /* float and complex objects, math */
    PT_FUZZY_LIBM = 4,     /* exported functions of libm */
    PT_FUZZY_BLAS = 8,     /* BLAS and LAPACK */
    PT_FUZZY_ROUNDING = 16 /* random hardware rounding mode; never part of "all" */
};

enum { PT_FUZZY_N_LAYERS = 5 };

/* Those that stand in front of other libraries' routines. */
enum { PT_FUZZY_LIBRARIES = PT_FUZZY_LIBM | PT_FUZZY_BLAS | PT_FUZZY_ROUNDING };

/* MODES.md says what each does and what other tools call it. */
enum pt_fuzzy_mode {
    PT_FUZZY_SR,     /* up or down with probability by distance */
    PT_FUZZY_UD,     /* up or down with probability 1/2 */
    PT_FUZZY_RR,     /* Monte Carlo arithmetic on the result */
    PT_FUZZY_PB,     /* Monte Carlo arithmetic on the operands */
    PT_FUZZY_MCA,    /* both */
    PT_FUZZY_SR_DET, /* sr, drawn from a hash of seed, operation and operands */
    PT_FUZZY_UD_DET  /* ud, likewise */
};

/* What happens to LAPACK's routines. */
enum pt_fuzzy_lapack {
    PT_FUZZY_LAPACK_AUTO,    /* rounded at random inside where we can reach it */
    PT_FUZZY_LAPACK_BACKWARD /* operands moved by an ulp */
};

/* Multiply-adds of a call of BLAS up to which our own kernels do them. */
#define PT_FUZZY_BLAS_LIMIT UINT64_C(100000000)

struct pt_fuzzy_options {
    unsigned layers; /* OR of enum pt_fuzzy_layer; 0: off */
    enum pt_fuzzy_mode mode;
    uint64_t seed;
    uint64_t
        process; /* what sets this process apart from others of its run (MPI rank,
                    fork path); 0 the main one. Same seed and process: same noise */
    unsigned precision_binary64; /* bits, 1 to 53; 0 is 53 */
    unsigned precision_binary32; /* bits, 1 to 24; 0 is 24 */
    uint64_t blas_limit;         /* 0 is PT_FUZZY_BLAS_LIMIT */
    enum pt_fuzzy_lapack lapack;
    unsigned cancellation; /* leading bits whose loss in a sum is an event; 0: none */
};

/* What was done since pt_fuzzy_start, over all threads. */
struct pt_fuzzy_counts {
    uint64_t perturbed; /* operations that were rounded at random */
    uint64_t nearest;   /* operations of the loops whose result rounding cannot change
                           (NaN, Inf, quotients that are zero) */
};

/* Reads a comma-separated list ("numpy", "all", "" or "off" for none) into *layers.
 * "all" is every layer but `rounding`. An unknown name is PT_E_USAGE and is named. */
PT_MUST_CHECK enum pt_status pt_fuzzy_parse_layers(const char *names, unsigned *layers,
                                                   struct pt_error *error);

/* Reads the name of a mode ("sr", "sr-det", …); errors as above. */
PT_MUST_CHECK enum pt_status
pt_fuzzy_parse_mode(const char *name, enum pt_fuzzy_mode *mode, struct pt_error *error);

/* Reads "auto" or "backward"; errors as above. */
PT_MUST_CHECK enum pt_status pt_fuzzy_parse_lapack(const char *name,
                                                   enum pt_fuzzy_lapack *lapack,
                                                   struct pt_error *error);

/* The names back, for headers and messages: "numpy,libm" in `text` (always ended by
 * NUL; 64 bytes hold every combination), and the mode's name (static storage). */
void pt_fuzzy_layers_text(unsigned layers, char *text, size_t size);
const char *pt_fuzzy_mode_name(enum pt_fuzzy_mode mode);

/* What of numpy the layer `numpy` leaves as it is, in words, for coverage. Static
 * storage. */
const char *pt_fuzzy_numpy_left_alone(void);

/* A seed from the system's generator. PT_E_IO if it has none. */
PT_MUST_CHECK enum pt_status pt_fuzzy_seed_system(uint64_t *seed,
                                                  struct pt_error *error);

/* Switches the arithmetic on with a copy of *options. Wrong options are PT_E_USAGE, a
 * second start PT_E_EXISTS. With options->layers == 0 nothing happens. Thread: before
 * all others. */
PT_MUST_CHECK enum pt_status pt_fuzzy_start(const struct pt_fuzzy_options *options,
                                            struct pt_error *error);

/* To be called under the GIL when Python has started and before it runs the program:
 * puts the layer `python` in place, if it was asked for. PT_E_UNSUPPORTED where this
 * interpreter does not allow it: the program runs on without the layer, and the caller
 * says so. Leaves no Python exception set. */
PT_MUST_CHECK enum pt_status pt_fuzzy_python_ready(struct pt_error *error);

/* From here on the methods of random.Random and its like compute as IEEE arithmetic
 * does. A second call changes nothing. Caller locks (the GIL), before the module is
 * loaded. */
void pt_fuzzy_random_leave(void);

/* To be called under the GIL when `numpy.core._multiarray_umath` (numpy 1) or
 * `numpy._core._multiarray_umath` (numpy 2) has been executed; `umath_module` is that
 * module, borrowed. Replaces numpy's loops by stochastic ones. A second call for the
 * same numpy is PT_OK and changes nothing. Leaves no Python exception set. A numpy
 * whose interface is unknown is PT_E_VERSION: nothing was replaced, the program runs on
 * unperturbed. */
PT_MUST_CHECK enum pt_status pt_fuzzy_numpy_ready(struct _object *umath_module,
                                                  struct pt_error *error);

/* To be called after pt_fuzzy_start, and whenever libraries may have been
 * loaded: puts the layers libm, blas and rounding in front of the routines that they
 * ask for. PT_E_UNSUPPORTED where some could not be reached: the rest are. Thread:
 * safe. */
PT_MUST_CHECK enum pt_status pt_fuzzy_libraries_ready(struct pt_error *error);

/* Within a pause the calling thread computes as IEEE arithmetic does; pauses nest.
 * For the tracer's own work and for scopes. Thread: safe, acts on the caller's own. */
void pt_fuzzy_pause(void);
void pt_fuzzy_resume(void);

/* Scopes. Without a call of pt_fuzzy_scope_start every thread is in scope. With it,
 * threads are at first in or out as `on` says, and each moves by pt_fuzzy_scope_set,
 * which returns where it was, for putting it back. BY_LINE: `ask` is asked at each
 * operation (of a whole array, say); it is called on the thread, with or without the
 * GIL. Thread: start before all others, set acts on the caller's own. */
enum pt_fuzzy_scope {
    PT_FUZZY_SCOPE_FIRST, /* where the thread began */
    PT_FUZZY_SCOPE_IN,
    PT_FUZZY_SCOPE_OUT,
    PT_FUZZY_SCOPE_BY_LINE
};
typedef bool pt_fuzzy_scope_ask(void);
void pt_fuzzy_scope_start(bool on, pt_fuzzy_scope_ask *ask);
enum pt_fuzzy_scope pt_fuzzy_scope_set(enum pt_fuzzy_scope scope);

/* In a forked child: continue on streams of its own. `process` as in the options.
 * Thread: the only one. */
void pt_fuzzy_forked(uint64_t process);

/* Of all layers, or of one. Thread: safe; exact when no other thread computes. */
struct pt_fuzzy_counts pt_fuzzy_counts(void);
struct pt_fuzzy_counts pt_fuzzy_layer_counts(enum pt_fuzzy_layer layer);

/* What was done at once: by a loop of numpy over an array, by one operation of Python.
 */
struct pt_fuzzy_done {
    enum pt_fuzzy_layer layer;
    uint64_t perturbed;
    uint64_t cancelled; /* of them: sums that lost options.cancellation bits or more */
    unsigned most_lost; /* bits that one of these lost */
};

/* From here on `watch` is told of all that is done (of what has events, unless `all`),
 * on the thread that does it, with or without the GIL. For finding out where a program
 * computes: it costs time. Thread: before all others. */
typedef void pt_fuzzy_watch(const struct pt_fuzzy_done *done);
void pt_fuzzy_watch_start(pt_fuzzy_watch *watch, bool all);

/* From here on `watch` is told the divisor of each division by Python's own floats and
 * complex numbers (the modulus) and by numpy's scalars that is perturbed; on the thread
 * that divides, under the GIL. Thread: before all others. */
typedef void pt_fuzzy_divisor_watch(double divisor);
void pt_fuzzy_divisor_watch_start(pt_fuzzy_divisor_watch *watch);

/* The layers that are active: asked for, and installed. Thread: safe. */
unsigned pt_fuzzy_active(void);

/* Computes as IEEE arithmetic does from here on: loops stay in place and pass through,
 * since numpy may still hold them. Thread: the last. */
void pt_fuzzy_stop(void);

#endif
