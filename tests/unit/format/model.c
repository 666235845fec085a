#include "model.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"

enum { MAX_VALUES = 6, N_FUNCTIONS = 7 };

/* One value as the model makes it. */
struct made {
    struct pt_trace_value value;
    unsigned char *data;
};

/* One phase of one call. */
struct phase {
    struct made values[MAX_VALUES];
    uint32_t n;
    uint64_t bytes;
};

struct call {
    uint64_t time, end;
    uint32_t index;
    struct phase phases[2];
};

static char folder[64];

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

    assert_non_null(data);
    for (uint64_t i = 0; i < bytes; i += 8) {
        uint64_t word = pt_splitmix64(&state);
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

static void make_value(struct made *made, const struct model_options *options,
                       uint64_t *state, const struct call *call, unsigned phase,
                       unsigned index)
{
    static const struct {
        char dtype;
        uint8_t bytes;
    } types[] = {{'f', 8}, {'f', 4}, {'c', 16}, {'i', 8},
                 {'u', 1}, {'b', 1}, {'f', 16}};
    struct pt_trace_value *v = &made->value;
    uint64_t type = pick(state, PT_ARRAY_LENGTH(types) + 2);

    *made = (struct made){.value = {.call = call->time,
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

static void make_call(struct call *call, const struct model_options *options,
                      uint32_t index)
{
    uint64_t state = options->seed * 77 + index;

    *call = (struct call){.time = 2 * (uint64_t)index + 1,
                          .end = 2 * (uint64_t)index + 2,
                          .index = index};
    for (unsigned p = 0; p < 2; p++) {
        struct phase *phase = &call->phases[p];
        phase->n = (uint32_t)pick(&state, MAX_VALUES + 1);
        for (unsigned i = 0; i < phase->n; i++) {
            make_value(&phase->values[i], options, &state, call, p, i);
            phase->bytes += phase->values[i].value.data_bytes;
        }
    }
}

static void free_call(struct call *call)
{
    for (unsigned p = 0; p < 2; p++) {
        for (unsigned i = 0; i < call->phases[p].n; i++)
            free(call->phases[p].values[i].data);
    }
}

static void write_phase(struct pt_trace_writer *writer, const struct phase *phase)
{
    pt_trace_writer_begin_phase(writer);
    for (uint32_t i = 0; i < phase->n; i++)
        pt_trace_writer_value(writer, &phase->values[i].value, phase->values[i].data);
}

static void define_names(struct pt_trace_writer *writer)
{
    static const char *const names[] = {"a", "b", "Ret", "Ret.0", "self.coef_", "c"};

    for (unsigned i = 0; i < MAX_VALUES; i++)
        assert_int_equal(pt_trace_writer_string(writer, names[i], strlen(names[i])),
                         i + 1);
}

/* Function, site and path of a call, defined as they come. */
static void define_call(struct pt_trace_writer *writer, const struct call *call,
                        struct pt_trace_enter *enter)
{
    char name[32];
    uint32_t which = call->index % N_FUNCTIONS;

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

static void fill_enter(struct pt_trace_enter *enter, const struct call *call)
{
    *enter =
        (struct pt_trace_enter){.time = call->time, .ns = 1000 * (int64_t)call->index};
}

static void fill_exit(struct pt_trace_exit *exit, const struct call *call)
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
    struct call call;
    struct pt_trace_enter enter;
    struct pt_trace_exit exit;

    make_call(&call, options, index);
    fill_enter(&enter, &call);
    define_call(writer, &call, &enter);
    write_phase(writer, &call.phases[0]);
    pt_trace_writer_enter(writer, &enter);
    write_phase(writer, &call.phases[1]);
    fill_exit(&exit, &call);
    pt_trace_writer_exit(writer, &exit);
    free_call(&call);
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
    struct pt_trace_header header;
    struct pt_trace_writer *writer;

    model_header(&header);
    if (pt_trace_writer_open(path, &header, &writer, &error) != PT_OK)
        fail_msg("%s", error.text);
    model_write(writer, options);
    if (pt_trace_writer_close(writer, &error) != PT_OK)
        fail_msg("%s", error.text);
}

/* What a visitor compares with. */
struct comparison {
    struct pt_trace_reader *reader;
    const struct phase *phase;
    uint32_t seen;
};

static enum pt_status compare_payload(struct pt_trace_reader *reader,
                                      const struct made *made, uint64_t ref,
                                      struct pt_error *error)
{
    uint64_t hash[2], bytes;
    struct pt_hash128 ours = pt_hash128(made->data, (size_t)made->value.data_bytes);
    enum pt_status status =
        pt_trace_reader_payload_hash(reader, ref, hash, &bytes, error);

    if (status != PT_OK)
        return status;
    assert_int_equal(bytes, made->value.data_bytes);
    assert_true(hash[0] == ours.low && hash[1] == ours.high);
    unsigned char *data = malloc((size_t)bytes + 1);
    assert_non_null(data);
    uint64_t from = bytes / 3;
    status = pt_trace_reader_payload(reader, ref, from, bytes - from, data, error);
    if (status == PT_OK) {
        assert_memory_equal(data, made->data + from, (size_t)(bytes - from));
        status = pt_trace_reader_payload(reader, ref, 0, bytes, data, error);
    }
    if (status == PT_OK)
        assert_memory_equal(data, made->data, (size_t)bytes);
    free(data);
    return status;
}

static enum pt_status compare_value(void *context, const struct pt_trace_value *value,
                                    const void *data, struct pt_error *error)
{
    struct comparison *comparison = context;
    const struct made *made = &comparison->phase->values[comparison->seen++];
    const struct pt_trace_value *w = &made->value;

    assert_int_equal(value->call, w->call);
    assert_int_equal(value->name, w->name);
    assert_int_equal(value->phase, w->phase);
    assert_int_equal(value->kind, w->kind);
    assert_int_equal(value->dtype, w->dtype);
    assert_int_equal(value->item_bytes, w->item_bytes);
    assert_int_equal(value->ndim, w->ndim);
    assert_int_equal(value->form, w->form);
    assert_int_equal(value->reason, w->reason);
    assert_int_equal(value->n_elements, w->n_elements);
    assert_int_equal(value->data_bytes, w->data_bytes);
    for (unsigned d = 0; d < w->ndim; d++)
        assert_int_equal(value->shape[d], w->shape[d]);
    if (w->storage == PT_STORAGE_NONE) {
        assert_int_equal(value->storage, PT_STORAGE_NONE);
        return PT_OK;
    }
    if (w->storage == PT_STORAGE_INLINE && w->data_bytes <= PT_TRACE_INLINE_BYTES) {
        assert_int_equal(value->storage, PT_STORAGE_INLINE);
        assert_memory_equal(data, made->data, (size_t)w->data_bytes);
        return PT_OK;
    }
    assert_int_equal(value->storage, w->storage == PT_STORAGE_SAMPLE
                                         ? PT_STORAGE_SAMPLE
                                         : PT_STORAGE_PAYLOAD);
    return compare_payload(comparison->reader, made, value->payload, error);
}

/* False: the values are not all there. */
static bool compare_phase(struct pt_trace_reader *reader, const struct phase *phase,
                          uint64_t ref, uint32_t n, uint64_t bytes)
{
    struct comparison comparison = {.reader = reader, .phase = phase};

    assert_int_equal(n, phase->n);
    assert_int_equal(bytes, phase->bytes);
    return pt_trace_reader_values(reader, ref, n, compare_value, &comparison, NULL) ==
           PT_OK;
}

/* False: the definitions are lost. */
static bool compare_definitions(const struct pt_trace_reader *reader,
                                const struct pt_trace_enter *enter, uint32_t index)
{
    char name[32];
    const struct pt_trace_function *f =
        pt_trace_reader_function(reader, enter->function);
    const struct pt_trace_site *site = pt_trace_reader_site(reader, enter->site);
    const struct pt_trace_path *path = pt_trace_reader_path(reader, enter->path);

    if (f->kind == 0 || site->file == 0 || path->site == 0 ||
        !pt_trace_reader_string(reader, f->name, NULL)[0])
        return false;
    snprintf(name, sizeof name, "function_%u", index % N_FUNCTIONS);
    assert_string_equal(pt_trace_reader_string(reader, f->name, NULL), name);
    assert_string_equal(pt_trace_reader_string(reader, f->module, NULL), "module");
    assert_int_equal(f->line, 10 * (index % N_FUNCTIONS) + 1);
    assert_int_equal(f->kind, 1 + index % N_FUNCTIONS % 9);
    assert_int_equal(site->line, index % 50);
    assert_int_equal(site->name, f->name);
    assert_int_equal(path->site, enter->site);
    return true;
}

/* Compares one record of the skeleton; false: its values are not all there. */
static bool compare_record(struct pt_trace_reader *reader,
                           const struct pt_trace_cursor *cursor,
                           const struct call *call)
{
    struct pt_trace_enter enter, made_enter;
    struct pt_trace_exit exit, made_exit;

    if (cursor->type == PT_RECORD_ENTER) {
        assert_int_equal(pt_trace_enter_decode(cursor, &enter, NULL), PT_OK);
        fill_enter(&made_enter, call);
        assert_int_equal(enter.time, made_enter.time);
        assert_int_equal(enter.ns, made_enter.ns);
        return compare_definitions(reader, &enter, call->index) &&
               compare_phase(reader, &call->phases[0], enter.values, enter.n_values,
                             enter.data_bytes);
    }
    assert_int_equal(pt_trace_exit_decode(cursor, &exit, NULL), PT_OK);
    fill_exit(&made_exit, call);
    assert_int_equal(exit.call, made_exit.call);
    assert_int_equal(exit.time, made_exit.time);
    assert_int_equal(exit.ns, made_exit.ns);
    assert_int_equal(exit.exception, made_exit.exception);
    assert_int_equal(exit.flags, made_exit.flags);
    return compare_phase(reader, &call->phases[1], exit.values, exit.n_values,
                         exit.data_bytes);
}

uint32_t model_compare(struct pt_trace_reader *reader,
                       const struct model_options *options)
{
    uint32_t n_records = 0;
    bool whole = true;

    for (size_t b = 0;
         b < pt_trace_reader_n_blocks(reader, PT_STREAM_SKELETON) && whole; b++) {
        const struct pt_trace_block *block =
            pt_trace_reader_block(reader, PT_STREAM_SKELETON, b);
        unsigned char *body = malloc((size_t)block->raw_bytes + 1);
        assert_non_null(body);
        struct pt_trace_cursor cursor = {.body = body, .bytes = block->raw_bytes};
        whole = pt_trace_reader_read(reader, block, body, NULL) == PT_OK;
        while (whole && pt_trace_cursor_next(&cursor, NULL) == PT_OK) {
            struct call call;
            assert_true(n_records / 2 < options->n_calls);
            make_call(&call, options, n_records / 2);
            assert_int_equal(cursor.type,
                             n_records % 2 ? PT_RECORD_EXIT : PT_RECORD_ENTER);
            whole = compare_record(reader, &cursor, &call);
            n_records += whole;
            free_call(&call);
        }
        free(body);
    }
    return n_records / 2;
}
