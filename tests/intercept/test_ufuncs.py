"""Ufuncs are seen however they are called, with inputs as they were before the call."""

import numpy as np
import pytest
from traced import run_plain, run_traced, trace_of

HEAD = "import numpy as np\n"
UFUNC = {"numpy": {"ufunc": True}}


def ufunc_trace(folder, program, modules=(), **keys):
    return trace_of(folder, HEAD + program, modules, **UFUNC, **keys)


@pytest.mark.parametrize("expression, name, inputs, result", [
    ("np.add(a, b)", "add", ("a", "b"), "a + b"),
    ("a + b", "add", ("a", "b"), "a + b"),
    ("a - 1", "subtract", ("a", "1"), "a - 1"),
    ("2.0 * a", "multiply", ("2.0", "a"), "2.0 * a"),
    ("a / b", "divide", ("a", "b"), "a / b"),
    ("a // b", "floor_divide", ("a", "b"), "a // b"),
    ("a % b", "remainder", ("a", "b"), "a % b"),
    ("a ** b", "power", ("a", "b"), "a ** b"),
    ("a ** 2", "square", ("a",), "a ** 2"),
    ("-a", "negative", ("a",), "-a"),
    ("abs(a)", "absolute", ("a",), "abs(a)"),
    ("a < b", "less", ("a", "b"), "a < b"),
    ("a == b", "equal", ("a", "b"), "a == b"),
    ("a @ b", "matmul", ("a", "b"), "a @ b"),
    ("np.sqrt(a)", "sqrt", ("a",), "np.sqrt(a)"),
    ("np.exp(np.float32(1))", "exp", ("np.float32(1)",), "np.exp(np.float32(1))"),
    ("list(map(np.sin, [0.5]))", "sin", ("0.5",), "np.sin(0.5)"),
    ("np.hypot([3.0], [4.0])", "hypot", ("[3.0]", "[4.0]"), "np.hypot([3.0], [4.0])"),
])
def test_calls_and_operators_are_recorded(expression, name, inputs, result, tmp_path):
    scope = {"np": np, "a": np.array([1.5, 2.5, -3.0]), "b": np.array([2.0, 4.0, 0.5])}
    call = ufunc_trace(tmp_path, f"a = np.array([1.5, 2.5, -3.0])\nb = np.array([2.0, 4.0, 0.5])\n{expression}\n").one(
        "numpy." + name)
    assert call.kind == 2 and call.site["line"] == 4 and call.file == ""
    with np.errstate(all="ignore"):
        values = {"Ret": eval(result, scope)}
    values.update((key, eval(text, scope)) for key, text in zip(["x"] if len(inputs) == 1 else ["x1", "x2"], inputs))
    for key, value in values.items():
        stored = call.outputs if key == "Ret" else call.inputs
        if isinstance(value, list):
            assert stored[key + ".0"].number == value[0]
        else:
            assert np.asarray(stored[key].array).tobytes() == np.asarray(value).tobytes()


def test_in_place_operators_show_the_input_before_and_the_output_after(tmp_path):
    calls = ufunc_trace(tmp_path, "a = np.array([1.0, 2.0])\na += 1\nnp.multiply(a, 3.0, out=a)\nnp.add(a, a, a)\n")
    assert [(c.full, c.inputs["x1"].array.tolist(), c.outputs["Ret"].array.tolist()) for c in calls] == [
        ("numpy.add", [1, 2], [2, 3]), ("numpy.multiply", [2, 3], [6, 9]), ("numpy.add", [6, 9], [12, 18])]
    assert all(list(c.inputs) == ["x1", "x2"] for c in calls)


def test_arrays_that_change_between_calls_are_those_of_each_call(tmp_path):
    """Small ones that lie where others lay before: one bit, the type, the order of the bytes differ."""
    calls = ufunc_trace(tmp_path, """
x = np.zeros(100)
for step in range(4):
    np.negative(x)
    x.view("u1")[793 + 2 * step] ^= 0x80
    np.negative(x); np.negative(x)
np.negative(x.view("i8")); np.negative(x.view(">f8")); np.negative(x.view("f4"))
""")
    x = np.zeros(100)
    expected = []
    for step in range(4):
        expected.append(x.copy())
        x.view("u1")[793 + 2 * step] ^= 0x80
        expected += [x.copy(), x.copy()]
    expected += [x.view("i8"), x.view(">f8").astype("<f8"), x.view("f4")]
    seen = [c.inputs["x"].array for c in calls if c.full == "numpy.negative"]
    assert [a.tobytes() for a in seen] == [a.tobytes() for a in expected]
    assert [a.dtype.str for a in seen[-3:]] == ["<i8", "<f8", "<f4"]


def test_two_results_are_numbered(tmp_path):
    call = ufunc_trace(tmp_path, "np.modf(2.25)\n").one("numpy.modf")
    assert {n: v.number for n, v in call.outputs.items()} == {"Ret.0": 0.25, "Ret.1": 2.0}


def test_keywords_other_than_out_are_inputs(tmp_path):
    call = ufunc_trace(tmp_path, "np.add([1, 2], 1, where=[True, False], out=np.zeros(2), casting='unsafe')\n").one("numpy.add")
    assert {"x1.0", "x1.1", "x2", "where.0", "where.1", "casting"} == set(call.inputs)


def test_errors_of_ufuncs_pass_through(tmp_path):
    program = HEAD + "np.seterr(all='raise')\ntry: np.zeros(2) / 0\nexcept FloatingPointError as e: print(e)\nnp.add([1, 2], [1, 2, 3])\n"
    plain = run_plain(tmp_path, program)
    done, calls = run_traced(tmp_path, program, [], **UFUNC)
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert [c.exception for c in calls] == ["FloatingPointError", "ValueError"]


@pytest.mark.parametrize("expression, name", [
    ("np.sum(a)", "add.reduce"), ("a.sum()", "add.reduce"), ("a.mean()", "add.reduce"), ("np.prod(a)", "multiply.reduce"),
    ("a.max()", "maximum.reduce"), ("np.cumsum(a)", "add.accumulate"), ("np.add.accumulate(a)", "add.accumulate"),
    ("np.add.reduceat(a, [0, 1])", "add.reduceat"), ("np.multiply.outer(a, a)", "multiply.outer"),
    ("np.add.reduce(array=a, axis=0, keepdims=True)", "add.reduce"), ("m = np.add.reduce; m(a)", "add.reduce"),
])
def test_methods_of_ufuncs_are_recorded(expression, name, tmp_path):
    calls = ufunc_trace(tmp_path, f"a = np.array([1.5, 2.5, -3.0])\n{expression}\n")
    found = [c for c in calls if c.kind == 3]
    assert [c.full for c in found] == ["numpy." + name]
    first = "A" if name.endswith("outer") else "array"
    assert found[0].inputs[first].array.tolist() == [1.5, 2.5, -3.0]
    assert found[0].outputs["Ret"].array is not None


def test_at_shows_what_it_changed(tmp_path):
    call = ufunc_trace(tmp_path, "a = np.zeros(3)\nnp.add.at(a, [0, 0], 2.5)\n").one("numpy.add.at")
    assert call.inputs["a"].array.tolist() == [0, 0, 0] and call.outputs["a"].array.tolist() == [5, 0, 0]


def test_gufuncs_and_scipys_ufuncs_are_recorded(tmp_path):
    calls = ufunc_trace(tmp_path, "import scipy.special\nnp.linalg.inv(np.eye(2) * 2)\nscipy.special.gamma(5.0)\n",
                        ["numpy.linalg"])
    inverse = calls.one("numpy.linalg.inv")
    assert [c.full for c in inverse.callees if c.kind == 2][-1] == "numpy.linalg._umath_linalg.inv"
    assert inverse.outputs["Ret"].array.tolist() == [[0.5, 0], [0, 0.5]]
    assert calls.one("scipy.special.gamma").outputs["Ret"].number == 24.0


def test_ufuncs_are_off_by_default_and_obey_the_lists(tmp_path):
    program = HEAD + "np.exp(1.0); np.add(1, 2); np.add.reduce([1, 2])\n"
    assert run_traced(tmp_path, program, ["numpy"])[1].names() == []
    (tmp_path / "out").write_text("numpy add\n")
    assert trace_of(tmp_path, program, [], exclude_file="out", **UFUNC).names() == ["numpy.exp"]
    assert trace_of(tmp_path, program, [], modules_to_exclude=["numpy"], **UFUNC).names() == []


def test_ufuncs_look_and_hash_as_before(tmp_path):
    program = HEAD + """
import pickle
print(type(np.add), np.add, np.add.nin, pickle.dumps(np.add), np.add.reduce.__name__, np.add.reduce == np.add.reduce)
table = {np.add: 1, np.add.reduce: 2}
print(table[np.add], table[np.add.reduce], np.add.__doc__[:20], hash(np.add.reduce) == hash(np.add.reduce))
class A(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *args, **kwargs): return ufunc.__name__, method
a = np.zeros(2).view(A)
print(a + 1, np.add.reduce(a), np.add.outer(a, a))
x = np.arange(5.0)
print((x + 1) * 2 - x / 3, x.sum(), np.vectorize(lambda v: v + 1)(x))
"""
    plain = run_plain(tmp_path, program)
    done, _ = run_traced(tmp_path, program, [], **UFUNC)
    assert plain.returncode == 0 and (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, plain.stderr)
