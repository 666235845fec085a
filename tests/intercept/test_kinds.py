"""Each kind of value that a program passes: written by the tracer, read back, compared bit by
bit with what Python holds. One program passes them all; each kind is a test."""

import dataclasses

import numpy as np
import pytest
from traced import trace_of

SETUP = """
import collections, dataclasses, datetime, numpy as np, scipy.sparse as sp
Point = collections.namedtuple('Point', 'x y')
@dataclasses.dataclass
class Data:
    a: float
    b: list
class Model:
    def __init__(self): self.coef_ = np.array([1.5, -0.0]); self.n_ = 3; self.me = self
    def fit(self, X): self.coef_ = X[0] * 2; return self
class Slots:
    __slots__ = ('u', 'v')
    def __init__(self): self.u = 2.5
class Raises:
    def __getattr__(self, name): raise RuntimeError(name)
    def __getattribute__(self, name): raise KeyError(name)
    x = property(lambda self: 1 / 0)
class Hooked(np.ndarray):
    def __array_finalize__(self, other): pass
    def __array_ufunc__(self, *a, **k): raise RuntimeError
    def __array_function__(self, *a, **k): raise RuntimeError
    shape = property(lambda self: (10**9,))
"""


@dataclasses.dataclass
class Number:
    """What a value must be: dtype, the bytes of its elements in C order, and its shape."""
    of: object

    def check(self, value):
        x = np.ascontiguousarray(self.of).reshape(np.shape(self.of))
        little = x.astype(x.dtype.newbyteorder("<"))
        assert value.array is not None and value.array.shape == x.shape
        if x.dtype.char in "gG":  # the padding of a long double says nothing
            assert value.array.dtype == x.dtype and (value.array == x).all()
            assert (np.signbit(value.array.real) == np.signbit(x.real)).all()
        else:
            assert value.array.dtype.itemsize == x.dtype.itemsize and value.array.tobytes() == little.tobytes()


def n(x):
    return Number(x)


i8 = np.int64
# kind: (expression, values by the name that follows x; a text is the type of a label)
KINDS = {
    "bool": ("True", {"": n(np.True_)}),
    "int": ("-7", {"": n(i8(-7))}),
    "big int": ("2**70", {"": "int"}),
    "float": ("-0.0", {"": n(-0.0)}),
    "nan": ("float('nan')", {"": n(np.float64(float("nan")))}),
    "complex": ("complex(1.5, -0.0)", {"": n(complex(1.5, -0.0))}),
    **{f"numpy {t}": (f"np.dtype('{t}').type(3)", {"": n(np.dtype(t).type(3))})
       for t in "?bBhHiIlLefdgFDG"},
    **{f"array of {t}": (f"np.array([[1, 0, 3]]).astype('{t}') / np.array(3).astype('{t}')",
                         {"": n(np.array([[1, 0, 3]]).astype(t) / np.array(3).astype(t))}) for t in "efdgFDG"},
    **{f"array of {t}": (f"np.array([[1, 0, 100]]).astype('{t}')", {"": n(np.array([[1, 0, 100]]).astype(t))})
       for t in "?bBhHiIlL"},
    "0-d": ("np.array(2.5)", {"": n(np.array(2.5))}),
    "empty": ("np.zeros((0, 3), 'f4')", {"": n(np.zeros((0, 3), "f4"))}),
    "Fortran order": ("np.asfortranarray(np.arange(6.0).reshape(2, 3))", {"": n(np.arange(6.0).reshape(2, 3))}),
    "not contiguous": ("np.arange(400000.0).reshape(200, 2000)[::-2, 1::3]",
                       {"": n(np.arange(400000.0).reshape(200, 2000)[::-2, 1::3])}),
    "byte-swapped": ("np.arange(50000).astype('>c16') * 1j", {"": n(np.arange(50000).astype(">c16") * 1j)}),
    "large long double": ("np.arange(30000, dtype='g')[::-1] / 3", {"": n(np.arange(30000, dtype="g")[::-1] / 3)}),
    "read-only": ("np.broadcast_to(np.arange(3.0), (4, 3))", {"": n(np.broadcast_to(np.arange(3.0), (4, 3)))}),
    "memory-mapped": ("np.memmap('mapped', 'f8', 'w+', shape=(3,))", {"": n(np.zeros(3))}),
    "masked": ("np.ma.array([1.5, 2.5], mask=[True, False])",
               {"": n(np.array([1.5, 2.5])), ".mask": n(np.array([True, False]))}),
    "structured": ("np.array([(1, 2.5), (3, 4.5)], dtype=[('k', 'i4'), ('v', '>f8')])",
                   {".k": n(np.array([1, 3], "i4")), ".v": n(np.array([2.5, 4.5]))}),
    "datetime64": ("np.array(['2020-01-01'], 'M8[D]')", {"": n(np.array([18262]))}),
    "objects": ("np.array([1.5, None, 'text'], dtype=object)", {".0": n(1.5), ".1": "NoneType", ".2": "str"}),
    "strings": ("np.array(['a', 'b'])", {"": "numpy.ndarray"}),
    "list": ("[1, [2.5]]", {".0": n(i8(1)), ".1.0": n(2.5)}),
    "tuple": ("(1.5, np.ones(2))", {".0": n(1.5), ".1": n(np.ones(2))}),
    "named tuple": ("Point(1.5, 2)", {".x": n(1.5), ".y": n(i8(2))}),
    "dict": ("{'a': 1.5, 3: 2.5}", {".a": n(1.5), ".3": n(2.5)}),
    "dataclass": ("Data(1.5, [2])", {".a": n(1.5), ".b.0": n(i8(2))}),
    "object": ("Model()", {".coef_": n(np.array([1.5, -0.0])), ".n_": n(i8(3)), ".me": "cycle"}),
    "slots": ("Slots()", {".u": n(2.5)}),
    "attributes that raise": ("Raises()", {"": "Raises"}),
    "array with hooks that lies about its shape": ("np.arange(4.0).view(Hooked)", {"": n(np.arange(4.0))}),
    "str": ("'some text'", {"": "str"}),
    "bytes": ("b'x'", {"": "bytes"}),
    "None": ("None", {"": "NoneType"}),
    "function": ("len", {"": "builtin_function_or_method"}),
    "date": ("datetime.date(2020, 1, 1)", {"": "datetime.date"}),
    **{f"sparse {f}": (f"sp.csr_matrix([[0, 2.5], [3.5, 0]]).asformat('{f}')", {".shape.0": n(i8(2))} if f != "dok" else {})
       for f in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")},
}


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    program = SETUP + "def f(x): return x\n" + "".join(f"f({code})\n" for code, _ in KINDS.values()) + """
def g(a, *args, k=1, **kwargs): args[0][:] = 9; return {'r': a, 's': (a, k)}
g(1.5, np.zeros(2), 2, k=3, other=4.5)
Model().fit(np.array([[2.5, 3.5]]))
def both(): return 1.5, 2.5
both()
"""
    trace = trace_of(tmp_path_factory.mktemp("kinds"), program)
    assert len(trace.of("__main__.f")) == len(KINDS)
    return trace


def check(value, wanted):
    if isinstance(wanted, Number):
        wanted.check(value)
    elif wanted == "cycle":
        assert value.reason == "cycle"
    else:
        assert value.label and value.label[0].split(".")[-1] == wanted.split(".")[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_read_back_bit_by_bit(kind, calls):
    call = calls.of("__main__.f")[list(KINDS).index(kind)]
    for suffix, wanted in KINDS[kind][1].items():
        check(call.inputs["x" + suffix], wanted)
    for suffix, wanted in KINDS[kind][1].items():  # of an object that is an argument too, the type alone
        if "Ret" + suffix in call.outputs and call.outputs["Ret" + suffix].label is None:
            check(call.outputs["Ret" + suffix], wanted)


def test_sparse_matrices_hold_their_numbers(calls):
    for kind, call in zip(KINDS, calls.of("__main__.f")):
        if kind.startswith("sparse"):
            found = {float(x) for v in call.inputs.values() if v.array is not None for x in np.ravel(v.array)}
            assert {2.5, 3.5} <= found, kind


def test_arguments_are_named_as_the_function_names_them(calls):
    call = calls.one("__main__.g")
    assert {"a", "args.0", "args.1", "k", "kwargs.other"} == set(call.inputs)
    assert call.inputs["kwargs.other"].number == 4.5 and call.inputs["k"].number == 3
    assert (call.outputs["args.0"].array == 9).all() and call.inputs["args.0"].array.sum() == 0
    assert {name: call.outputs[name].number for name in ("Ret.r", "Ret.s.0", "Ret.s.1")} == \
        {"Ret.r": 1.5, "Ret.s.0": 1.5, "Ret.s.1": 3}


def test_what_a_method_learns_is_an_output_of_it(calls):
    fit = calls.one("__main__.Model.fit")
    assert fit.inputs["self.coef_"].array.tolist() == [1.5, 0.0] and fit.outputs["self.coef_"].array.tolist() == [5.0, 7.0]
    assert {name: v.number for name, v in calls.one("__main__.both").outputs.items()} == {"Ret.0": 1.5, "Ret.1": 2.5}
