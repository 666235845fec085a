/* What each kind of Python value becomes in the trace: captured from an interpreter of
 * our own, written, read back, compared bit by bit. */
#include <Python.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/capture.h"
#include "cpython/numpy_abi.h"
#include "format/reader.h"

static const char *python; /* the interpreter whose packages are used */
static PyObject *names;    /* globals of the expressions */

struct text {
    char bytes[8192];
    size_t used;
};

static void add(struct text *text, const char *format, ...) PT_PRINTF(2, 3);
static void add(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text->used += (size_t)vsnprintf(text->bytes + text->used,
                                    sizeof text->bytes - text->used, format, args);
    va_end(args);
    assert_true(text->used < sizeof text->bytes);
}

static struct pt_trace_reader *reader;

static void add_data(struct text *text, const struct pt_trace_value *value,
                     const void *inline_data)
{
    unsigned char data[4096];

    assert_true(value->data_bytes <= sizeof data);
    if (inline_data)
        memcpy(data, inline_data, value->data_bytes);
    else
        assert_int_equal(pt_trace_reader_payload(reader, value->payload, 0,
                                                 value->data_bytes, data, NULL),
                         PT_OK);
    for (uint64_t i = 0; i < value->data_bytes; i++)
        if (value->kind == PT_VALUE_LABEL)
            add(text, "%c", data[i] ? data[i] : '|');
        else
            add(text, "%02x", data[i]);
}

/* name dtype form shape data; or: name label type|text; or: name omitted reason */
static enum pt_status add_value(void *context, const struct pt_trace_value *value,
                                const void *inline_data, struct pt_error *error)
{
    static const char *const forms[] = {"python", "scalar", "array", "masked",
                                        "sparse"};
    struct text *text = context;

    (void)error;
    add(text, "%s%s ", text->used ? "\n" : "",
        pt_trace_reader_string(reader, value->name, NULL));
    if (value->kind == PT_VALUE_OMITTED) {
        add(text, "omitted %u", value->reason);
        return PT_OK;
    }
    if (value->kind == PT_VALUE_LABEL) {
        add(text, "label ");
    } else {
        add(text, "%s%c%d %s ", value->storage == PT_STORAGE_SAMPLE ? "sample " : "",
            value->dtype, value->item_bytes, forms[value->form]);
        for (int i = 0; i < value->ndim; i++)
            add(text, "%s%llu", i ? "x" : "", (unsigned long long)value->shape[i]);
        add(text, "%s", value->ndim ? " " : "");
    }
    add_data(text, value, inline_data);
    if (value->has_summary)
        add(text, " %g %g %g", value->summary.min, value->summary.max,
            value->summary.sum);
    return PT_OK;
}

static void read_back(const char *path, struct text *text)
{
    const struct pt_trace_block *block;
    unsigned char body[4096];
    struct pt_trace_cursor cursor = {.body = body};
    struct pt_trace_enter enter;
    struct pt_error error;

    assert_int_equal(pt_trace_reader_open(path, &reader, &error), PT_OK);
    block = pt_trace_reader_block(reader, PT_STREAM_SKELETON, 0);
    assert_true(block->raw_bytes <= sizeof body);
    assert_int_equal(pt_trace_reader_read(reader, block, body, &error), PT_OK);
    cursor.bytes = block->raw_bytes;
    assert_int_equal(pt_trace_cursor_next(&cursor, &error), PT_OK);
    assert_int_equal(pt_trace_enter_decode(&cursor, &enter, &error), PT_OK);
    if (enter.n_values > 0)
        assert_int_equal(pt_trace_reader_values(reader, enter.values, enter.n_values,
                                                add_value, text, &error),
                         PT_OK);
    pt_trace_reader_close(reader);
}

static PyObject *evaluate(const char *expression)
{
    PyObject *value = PyRun_String(expression, Py_eval_input, names, names);

    if (!value)
        PyErr_Print();
    assert_non_null(value);
    return value;
}

/* Captures the value of `expression` under the name x, and compares what is read. */
static void expect(const char *expression, const char *expected)
{
    const struct pt_capture_limits limits = {.max_elements = 40,
                                             .max_depth = 3,
                                             .max_items = 4,
                                             .summaries = PT_SUMMARIES_SOME};
    const struct pt_capture_call call = {.time = 1, .turn = 1};
    struct pt_trace_enter enter = {.time = 1};
    struct pt_trace_header header = {.major = PT_TRACE_MAJOR};
    struct pt_trace_writer *writer;
    struct pt_capture capture;
    struct pt_error error;
    struct text text = {.used = 0};
    char folder[] = "/tmp/pytracer-capture-XXXXXX", path[64];
    PyObject *value = evaluate(expression);
    Py_ssize_t references = Py_REFCNT(value);

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.trace", folder);
    assert_int_equal(pt_trace_writer_open(path, &header, &writer, &error), PT_OK);
    pt_capture_init(&capture, writer, &limits);
    pt_trace_writer_begin_phase(writer);
    capture.call = call;
    pt_capture_begin(&capture, PT_PHASE_INPUT, PT_CAPTURE_ALL, NULL, 0);
    pt_capture_value(&capture, 0, "x", 1, value);
    pt_trace_writer_enter(writer, &enter);
    pt_capture_clear(&capture);
    assert_int_equal(pt_trace_writer_close(writer, &error), PT_OK);
    assert_null(PyErr_Occurred());
    assert_int_equal(Py_REFCNT(value), references);
    Py_DECREF(value);
    read_back(path, &text);
    unlink(path);
    rmdir(folder);
    if (strcmp(text.bytes, expected) != 0)
        print_error("%s\n", expression);
    assert_string_equal(text.bytes, expected);
}

static void python_numbers_keep_their_bits(void **state)
{
    (void)state;
    expect("0.1", "x f8 python 9a9999999999b93f");
    expect("float('nan')", "x f8 python 000000000000f87f");
    expect("-0.0", "x f8 python 0000000000000080");
    expect("-3", "x i8 python fdffffffffffffff");
    expect("2**63-1", "x i8 python ffffffffffffff7f");
    expect("True", "x b1 python 01");
    expect("1-2j", "x c16 python 000000000000f03f00000000000000c0");
    expect("type('F', (float,), {'__float__': None})(2.0)",
           "x f8 python 0000000000000040");
}

static void big_integers_are_labels(void **state)
{
    (void)state;
    expect("2**63", "x label int|0x8000000000000000");
    expect("-2**70", "x label int|-0x400000000000000000");
    expect("-2**4000", "x label int|-4001 bits");
}

static void numpy_scalars_keep_type_and_bits(void **state)
{
    (void)state;
    expect("np.float64(0.1)", "x f8 scalar 9a9999999999b93f");
    expect("np.float32(0.1)", "x f4 scalar cdcccc3d");
    expect("np.float16(0.1)", "x f2 scalar 662e");
    expect("np.longdouble(1)", "x f16 scalar 0000000000000080ff3f000000000000");
    expect("np.complex64(1-2j)", "x c8 scalar 0000803f000000c0");
    expect("np.clongdouble(1j)", "x c32 scalar 00000000000000000000000000000000"
                                 "0000000000000080ff3f000000000000");
    expect("np.int16(-2)", "x i2 scalar feff");
    expect("np.uint64(2**64-1)", "x u8 scalar ffffffffffffffff");
    expect("np.bool_(True)", "x b1 scalar 01");
    expect("np.datetime64(5, 's')", "x i8 scalar 0500000000000000");
    expect("np.str_('ab')", "x label numpy.str_|ab");
}

static void arrays_are_stored_in_c_order(void **state)
{
    (void)state;
    expect("np.array(7, 'i2')", "x i2 array 0700");
    expect("np.arange(4, dtype='u1').reshape(2, 2)", "x u1 array 2x2 00010203");
    expect("np.asfortranarray(np.arange(4, dtype='u1').reshape(2, 2))",
           "x u1 array 2x2 00010203");
    expect("np.arange(8, dtype='u1')[6::-3]", "x u1 array 3 060300");
    expect("np.arange(6, dtype='i4').reshape(2, 3).T[1:]",
           "x i4 array 2x2 01000000040000000200000005000000");
    expect("np.array([1, 2], '>i2')", "x i2 array 2 01000200");
    expect("np.array([1j], '>c8')", "x c8 array 1 000000000000803f");
    expect("np.broadcast_to(np.float32(1), (2, 2))",
           "x f4 array 2x2 0000803f0000803f0000803f0000803f");
    expect("np.zeros((0, 3))", "x f8 array 0x3 ");
    expect("np.ones(1, 'longdouble')",
           "x f16 array 1 0000000000000080ff3f000000000000");
}

static void masked_object_and_structured_arrays_are_taken_apart(void **state)
{
    (void)state;
    expect("np.ma.array([1, 2], mask=[0, 1], dtype='u1')",
           "x u1 masked 2 0102\nx.mask b1 array 2 0001");
    expect("np.ma.array([1, 2], dtype='u1')", "x u1 masked 2 0102");
    expect("np.array([1, None], object)",
           "x.0 i8 python 0100000000000000\nx.1 label NoneType|None");
    expect("np.array([(1, 2), (3, 4)], [('a', 'u1'), ('b', '>u2')])",
           "x.a u1 array 2 0103\nx.b u2 array 2 02000400");
    expect("np.array(['ab'])", "x label numpy.ndarray|");
}

static void containers_name_their_members(void **state)
{
    (void)state;
    expect("(True, [False])", "x.0 b1 python 01\nx.1.0 b1 python 00");
    expect("{'k': True, 3: False, (1,): None}",
           "x.k b1 python 01\nx.3 b1 python 00\nx.#2 label NoneType|None");
    expect("Point(True, False)", "x.a b1 python 01\nx.b b1 python 00");
    expect("[]", "x label list|empty");
    expect("{1, 2}", "x label set|");
}

static void objects_are_taken_apart_without_running_their_code(void **state)
{
    (void)state;
    expect("Holder(True)", "x label Holder|\nx.held b1 python 01");
    expect("Slotted(True)", "x label Slotted|\nx.slot b1 python 01");
    expect("Hostile()", "x label Hostile|\nx.real b1 python 01");
    expect("len", "x label builtin_function_or_method|len");
    expect("Holder", "x label type|Holder");
    expect("Holder(1).method", "x label method|Holder.method");
    expect("'h\\xe9\\ud800'", "x label str|h\xc3\xa9\xed\xa0\x80");
    expect("b'ab'", "x label bytes|ab");
}

static void sparse_matrices_keep_their_arrays(void **state)
{
    (void)state;
    expect("csr", "x label csr_matrix|\n"
                  "x.shape.0 i8 python 0200000000000000\n"
                  "x.shape.1 i8 python 0200000000000000\n"
                  "x.indices i4 sparse 1 01000000\n"
                  "x.indptr i4 sparse 3 000000000100000001000000\n"
                  "x.data f8 sparse 1 0000000000000040");
}

static void bounds_are_reported_where_they_cut(void **state)
{
    (void)state;
    expect("np.zeros(41, 'u1')", "x sample u1 array 41 "
                                 "00000000000000000000000000000000000000000000000000000"
                                 "000000000000000000000000000"
                                 " 0 0 0");
    expect("np.broadcast_to(np.uint8(1), (2**30, 2**29))",
           "x sample u1 array 1073741824x536870912 "
           "010101010101010101010101010101010101010101010101010101010101010101010101010"
           "10101");
    expect("[0] * 5 and [True] * 5",
           "x.0 b1 python 01\nx.1 b1 python 01\n"
           "x.2 b1 python 01\nx.3 b1 python 01\nx.* omitted 5");
    expect("[[[[1]]]]", "x.0.0.0 omitted 1");
    expect("cycle", "x.0 omitted 3");
}

static int start_python(void **state)
{
    static const char setup[] =
        "import collections, numpy as np, scipy.sparse\n"
        "Point = collections.namedtuple('Point', 'a b')\n"
        "class Holder:\n"
        "    def __init__(self, held): self.held = held\n"
        "    def method(self): pass\n"
        "    @property\n"
        "    def loud(self): raise RuntimeError\n"
        "class Slotted:\n"
        "    __slots__ = ('slot', 'never_set')\n"
        "    def __init__(self, slot): self.slot = slot\n"
        "class Hostile:\n"
        "    def __init__(self): object.__setattr__(self, 'real', True)\n"
        "    def __getattribute__(self, name): raise RuntimeError(name)\n"
        "    def __repr__(self): raise RuntimeError\n"
        "    def __len__(self): raise RuntimeError\n"
        "    __array__ = __iter__ = __float__ = __bool__ = __len__\n"
        "cycle = []; cycle.append(cycle)\n"
        "csr = scipy.sparse.csr_matrix(([2.0], ([0], [1])), shape=(2, 2))\n";
    PyConfig config;
    PyStatus status;
    PyObject *module;
    struct pt_error error;

    (void)state;
    PyConfig_InitPythonConfig(&config);
    status = PyConfig_SetBytesString(&config, &config.program_name, python);
    assert_false(PyStatus_Exception(status));
    status = Py_InitializeFromConfig(&config);
    assert_false(PyStatus_Exception(status));
    PyConfig_Clear(&config);
    names = PyModule_GetDict(PyImport_AddModule("__main__"));
    assert_int_equal(PyRun_SimpleString(setup), 0);
    module = PyImport_ImportModule("numpy.core._multiarray_umath");
    assert_non_null(module);
    assert_int_equal(pt_numpy_open(module, &error), PT_OK);
    Py_DECREF(module);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(python_numbers_keep_their_bits),
        cmocka_unit_test(big_integers_are_labels),
        cmocka_unit_test(numpy_scalars_keep_type_and_bits),
        cmocka_unit_test(arrays_are_stored_in_c_order),
        cmocka_unit_test(masked_object_and_structured_arrays_are_taken_apart),
        cmocka_unit_test(containers_name_their_members),
        cmocka_unit_test(objects_are_taken_apart_without_running_their_code),
        cmocka_unit_test(sparse_matrices_keep_their_arrays),
        cmocka_unit_test(bounds_are_reported_where_they_cut),
    };

    python = argc > 1 ? argv[1] : "/usr/bin/python3";
    return cmocka_run_group_tests(tests, start_python, NULL);
}
