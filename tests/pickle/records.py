"""Pickle traces as Pytracer 1 writes them, by Python's own pickler."""
import io
import pickle
import sys
import traceback
import types

import numpy as np


class PytracerPickleTrace(dict):
    """The original's class; unpickling it needs the original's module, which is not there."""


PytracerPickleTrace.__module__ = "pytracer.core.inout.writer._pickle"


class Thing:
    """An object of the traced program."""

    def __init__(self, number, array):
        self.number = number
        self.array = array


# Pickling asks for the class in its module; this is no part of what is read back.
for module in ("pytracer", "pytracer.core", "pytracer.core.inout", "pytracer.core.inout.writer",
               "pytracer.core.inout.writer._pickle"):
    sys.modules.setdefault(module, types.ModuleType(module))
sys.modules["pytracer.core.inout.writer._pickle"].PytracerPickleTrace = PytracerPickleTrace


def frame(line, protocol):
    if protocol < 2:  # cannot hold it
        return dict(filename="program.py", lineno=line, name="main", line="y = solve(a)")
    return traceback.FrameSummary("program.py", line, "main", lookup_line=False, line="y = solve(a)")


class Trace:
    """`derived`: the original's class; else plain dicts. `memo`: none (the original's
    pickler.fast), file (one pickler for all records), record (pickle.dump each)."""

    def __init__(self, protocol=5, derived=True, memo="none"):
        self.stream = io.BytesIO()
        self.protocol, self.derived, self.memo = protocol, derived, memo
        self.pickler = pickle.Pickler(self.stream, protocol)
        self.pickler.fast = memo == "none"
        self.time = 0
        self.kept = []  # a pickler's memo goes by id()

    def dump(self, label, time, module, function, args, line):
        record = dict(id=140234, time=time, module=module, function=function, label=label,
                      args=args, backtrace=frame(line, self.protocol) if line else None)
        if self.derived:
            record = PytracerPickleTrace(record)
        self.kept.append(record)
        if self.memo == "record":
            pickle.dump(record, self.stream, self.protocol)
        else:
            self.pickler.dump(record)

    def enter(self, module, function, args, line=None):
        self.time += 1
        self.dump("inputs", self.time, module, function, args, line)
        return self.time

    def exit(self, time, module, function, args, line=None):
        self.dump("outputs", time, module, function, args, line)

    def bytes(self):
        return self.stream.getvalue()


def values(seed):
    """One of each kind, noisy in the last bits; the same structure in every run."""
    noise = np.random.default_rng(seed)

    def noisy(x):
        x = np.asarray(x, dtype=np.float64)
        return x * (1 + 2.0**-40 * noise.standard_normal(x.shape))

    shared = noisy(np.arange(1.0, 7.0))
    return {
        "scalar": float(noisy(3.0)),
        "integer": -7, "large": 2**63, "truth": True, "nothing": None,
        "complex": complex(float(noisy(1.0)), float(noisy(2.0))),
        "text": "a\u00e9\u20ac\U0001f600", "raw": b"\x00\xff'\"\\\n",
        "c": noisy(np.arange(1.0, 13.0).reshape(3, 4)),
        "fortran": np.asfortranarray(noisy(np.arange(1.0, 25.0).reshape(2, 3, 4))),
        "slice": noisy(np.arange(1.0, 25.0).reshape(4, 6))[:, ::2],
        "big": noisy(np.arange(1.0, 5.0)).astype(">f8"),
        "single": noisy(np.arange(1.0, 5.0)).astype(np.float32),
        "half": noisy(np.arange(1.0, 5.0)).astype(np.float16),
        "wide": noisy(np.arange(1.0, 5.0)).astype(np.longdouble),
        "z": noisy(np.arange(1.0, 4.0)) * (1 + 2j),
        "ints": np.arange(5, dtype=np.int16), "bools": np.array([True, False]),
        "empty": np.zeros((0, 3)), "zero_d": np.array(1.5) * float(noisy(1.0)),
        "numpy_scalar": np.float64(noisy(5.0)), "numpy_int": np.int32(4),
        "list": [float(noisy(1.0)), [float(noisy(2.0))], (1, 2)],
        "dict": {"a": shared, 3: shared, (1, 2): 0.5}, "set": {1, 2},
        "thing": Thing(float(noisy(9.0)), shared),
        "objects": np.array([1, "two"], dtype=object), "strings": np.array(["a", "b"]),
        "large_array": noisy(np.arange(1.0, 40001.0)),
    }


def write_run(path, seed, **how):
    """outer(…) calls inner(x) twice, the second of which raises."""
    trace = Trace(**how)
    given = values(seed)
    outer = trace.enter("numpy.linalg", "solve", given, 12)
    for i in range(2):
        inner = trace.enter("mymodule", "inner", {"x": given["c"]}, 30 + i)
        if i == 0:
            trace.exit(inner, "mymodule", "inner", {"Ret": given["c"] - given["c"].mean()}, 30)
    trace.exit(outer, "numpy.linalg", "solve", {"Ret0": given["fortran"], "Ret1": given["scalar"]}, 12)
    last = trace.enter("mymodule", "running", {"x": 1.0})
    assert last == 4
    path.write_bytes(trace.bytes())
    return given
