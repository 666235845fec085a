#include "model_calls.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"

static char folder[64];
static enum pt_trace_codec codec = PT_CODEC_STORED;

void model_use_codec(enum pt_trace_codec wanted)
{
    codec = wanted;
}

void model_take_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "lz4") == 0)
            model_use_codec(PT_CODEC_LZ4);
}

struct pt_trace_reader *model_read(const char *path)
{
    struct pt_trace_reader *reader = NULL;
    struct pt_error error;

    if (pt_trace_reader_open(path, &reader, &error) != PT_OK)
        fail_msg("%s", error.text);
    return reader;
}

struct pt_trace_writer *model_open(const char *path)
{
    const struct pt_trace_writing writing = {.codec = codec};
    struct pt_trace_writer *writer = NULL;
    struct pt_trace_header header;
    struct pt_error error;

    model_header(&header);
    if (pt_trace_writer_open_as(path, &writing, &header, &writer, &error) != PT_OK)
        fail_msg("%s", error.text);
    return writer;
}

struct pt_trace_value model_array(uint64_t call, size_t n)
{
    return (struct pt_trace_value){.call = call,
                                   .name = 1,
                                   .kind = PT_VALUE_NUMBERS,
                                   .dtype = 'f',
                                   .item_bytes = 8,
                                   .ndim = 1,
                                   .storage = PT_STORAGE_INLINE,
                                   .form = PT_FORM_ARRAY,
                                   .n_elements = n,
                                   .data_bytes = 8 * n,
                                   .shape = {n}};
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *walk)
{
    (void)st, (void)flag, (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *model_folder(void)
{
    if (!folder[0]) {
        strcpy(folder, "/tmp/pytracer-test-XXXXXX");
        assert_non_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    return folder;
}

char *model_path(const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", model_folder(), name) > 0);
    return path;
}

void model_header(struct pt_trace_header *header)
{
    *header = (struct pt_trace_header){.created_ns = INT64_C(1700000000000000123),
                                       .run_id = 7,
                                       .seed = UINT64_C(0xfedcba9876543210),
                                       .flags = PT_HEADER_HAS_RUN | PT_HEADER_HAS_SEED,
                                       .pid = 4321,
                                       .role_kind = PT_ROLE_MPI,
                                       .role_rank = 3};
    strcpy(header->experiment_id, "experiment-1");
    strcpy(header->host, "node17");
    strcpy(header->role_path, "0.2");
    strcpy(header->program, "script.py");
    strcpy(header->directory, "/home/user/été");
}

static uint64_t pick(uint64_t *state, uint64_t n)
{
    return pt_splitmix64(state) % n;
}

/* Content number `content`: the same number is the same bytes, so that repetitions
 * occur. */
static unsigned char *make_data(uint64_t content, uint64_t bytes)
{
    unsigned char *data = malloc((size_t)bytes + 1);
    uint64_t state = content;
    bool shrinks = codec != PT_CODEC_STORED && content % 2;

    assert_non_null(data);
    for (uint64_t i = 0; i < bytes; i += 8) {
        uint64_t word = pt_splitmix64(&state);
        if (shrinks)
            word >>= 44;
        memcpy(data + i, &word, bytes - i < 8 ? (size_t)(bytes - i) : 8);
    }
    return data;
}

static void make_shape(struct pt_trace_value *value, uint64_t *state)
{
    static const uint8_t ndims[] = {0, 1, 2, 3, 32};

    value->ndim = ndims[pick(state, PT_ARRAY_LENGTH(ndims))];
    for (unsigned d = 0; d < value->ndim; d++)
        value->shape[d] = 1;
    if (value->ndim == 0)
        value->n_elements = 1;
    else
        value->shape[pick(state, value->ndim)] = value->n_elements;
    value->form = value->ndim ? PT_FORM_ARRAY : PT_FORM_NUMPY_SCALAR;
}

static void make_value(struct model_made *made, const struct model_options *options,
                       uint64_t *state, const struct model_call *call, unsigned phase,
                       unsigned index)
{
    static const struct {
        char dtype;
        uint8_t bytes;
    } types[] = {{'f', 8}, {'f', 4}, {'c', 16}, {'i', 8},
                 {'u', 1}, {'b', 1}, {'f', 16}};
    struct pt_trace_value *v = &made->value;
    uint64_t type = pick(state, PT_ARRAY_LENGTH(types) + 2);

    *made = (struct model_made){.value = {.call = call->time,
                                          .name = 1 + index,
                                          .phase = (uint8_t)phase,
                                          .kind = PT_VALUE_NUMBERS,
                                          .storage = PT_STORAGE_INLINE}};
    if (type == PT_ARRAY_LENGTH(types)) { /* left out */
        v->kind = PT_VALUE_OMITTED;
        v->reason = PT_REASON_CYCLE;
        v->storage = PT_STORAGE_NONE;
        return;
    }
    if (type > PT_ARRAY_LENGTH(types)) {
        v->kind = PT_VALUE_LABEL;
        v->dtype = 'S';
        v->item_bytes = 1;
        v->n_elements = 1 + pick(state, 200);
    } else {
        v->dtype = types[type].dtype;
        v->item_bytes = types[type].bytes;
        v->n_elements =
            pick(state, 2) ? pick(state, 9) : pick(state, options->max_bytes / 16);
        if (options->big_bytes && phase == 1 && index == 0 &&
            call->index == options->n_calls / 2)
            v->n_elements = options->big_bytes / v->item_bytes;
        make_shape(v, state);
    }
    v->data_bytes = v->n_elements * v->item_bytes;
    made->data = make_data(pick(state, 40) * 1000003 + v->data_bytes, v->data_bytes);
    if (type == 0 && pick(state, 4) == 0)
        v->storage = PT_STORAGE_SAMPLE;
}

void model_make_call(struct model_call *call, const struct model_options *options,
                     uint32_t index)
{
    uint64_t state = options->seed * 77 + index;

    *call = (struct model_call){.time = 2 * (uint64_t)index + 1,
                                .end = 2 * (uint64_t)index + 2,
                                .index = index};
    for (unsigned p = 0; p < 2; p++) {
        struct model_phase *phase = &call->phases[p];
        phase->n = (uint32_t)pick(&state, MODEL_MAX_VALUES + 1);
        for (unsigned i = 0; i < phase->n; i++) {
            make_value(&phase->values[i], options, &state, call, p, i);
            phase->bytes += phase->values[i].value.data_bytes;
        }
    }
}

void model_free_call(struct model_call *call)
{
    for (unsigned p = 0; p < 2; p++) {
        for (unsigned i = 0; i < call->phases[p].n; i++)
            free(call->phases[p].values[i].data);
    }
}

static void write_phase(struct pt_trace_writer *writer, const struct model_phase *phase)
{
    pt_trace_writer_begin_phase(writer);
    for (uint32_t i = 0; i < phase->n; i++)
        pt_trace_writer_value(writer, &phase->values[i].value, phase->values[i].data);
}

static void define_names(struct pt_trace_writer *writer)
{
    static const char *const names[] = {"a", "b", "Ret", "Ret.0", "self.coef_", "c"};

    for (unsigned i = 0; i < MODEL_MAX_VALUES; i++)
        assert_int_equal(pt_trace_writer_string(writer, names[i], strlen(names[i])),
                         i + 1);
}

/* Function, site and path of a call, defined as they come. */
static void define_call(struct pt_trace_writer *writer, const struct model_call *call,
                        struct pt_trace_enter *enter)
{
    char name[32];
    uint32_t which = call->index % MODEL_N_FUNCTIONS;

    snprintf(name, sizeof name, "function_%u", which);
    struct pt_trace_function function = {
        .module = pt_trace_writer_string(writer, "module", 6),
        .name = pt_trace_writer_string(writer, name, strlen(name)),
        .file = pt_trace_writer_string(writer, "/src/module.py", 14),
        .line = 10 * which + 1,
        .kind = 1 + which % 9};
    struct pt_trace_site site = {.file = function.file,
                                 .line = call->index % 50,
                                 .name = function.name,
                                 .instruction = 4};
    struct pt_trace_path path = {.parent = enter->path};
    enter->function = pt_trace_writer_function(writer, &function);
    enter->site = path.site = pt_trace_writer_site(writer, &site);
    enter->path = pt_trace_writer_path(writer, &path);
}

void model_fill_enter(struct pt_trace_enter *enter, const struct model_call *call)
{
    *enter =
        (struct pt_trace_enter){.time = call->time, .ns = 1000 * (int64_t)call->index};
}

void model_fill_exit(struct pt_trace_exit *exit, const struct model_call *call)
{
    *exit = (struct pt_trace_exit){.call = call->time,
                                   .time = call->end,
                                   .ns = 1000 * (int64_t)call->index + 500,
                                   .exception = call->index % 11 == 10 ? 3 : 0,
                                   .flags = call->index % 5 ? 0 : PT_EXIT_UNORDERED};
}

void model_begin(struct pt_trace_writer *writer)
{
    define_names(writer);
    pt_trace_writer_meta(writer, "argv", "script.py\0-x", 12);
}

void model_write_call(struct pt_trace_writer *writer,
                      const struct model_options *options, uint32_t index)
{
    struct model_call call;
    struct pt_trace_enter enter;
    struct pt_trace_exit exit;

    model_make_call(&call, options, index);
    model_fill_enter(&enter, &call);
    define_call(writer, &call, &enter);
    write_phase(writer, &call.phases[0]);
    pt_trace_writer_enter(writer, &enter);
    write_phase(writer, &call.phases[1]);
    model_fill_exit(&exit, &call);
    pt_trace_writer_exit(writer, &exit);
    model_free_call(&call);
}

void model_write(struct pt_trace_writer *writer, const struct model_options *options)
{
    model_begin(writer);
    for (uint32_t i = 0; i < options->n_calls; i++)
        model_write_call(writer, options, i);
    pt_trace_writer_meta(writer, "exit_status", "0", 1);
}

void model_file(const char *path, const struct model_options *options)
{
    struct pt_error error;
    struct pt_trace_writer *writer = model_open(path);

    model_write(writer, options);
    if (pt_trace_writer_close(writer, &error) != PT_OK)
        fail_msg("%s", error.text);
}
