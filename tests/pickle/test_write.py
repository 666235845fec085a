"""io.type "pickle": what the tracer leaves is read by Python alone, says what the native
trace says, and is read back by pytracer-parse."""
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

BIN = Path(os.environ["PYTRACER_BIN"])

MODULE = """
import numpy as np
class Model:
    def fit(self, x):
        self.coef = x * 2
        return self
def solve(a, b, text="words", more=None, flag=True, z=1j):
    inner(a)
    return a @ b, {"norm": float(np.linalg.norm(a)), "n": 3}
def inner(a):
    return a.astype(np.float32)
def fails(x):
    raise ValueError("no")
def other(*args):
    return args[0]
"""
SCRIPT = """
import numpy as np, mymodule, os
rng = np.random.default_rng(int(os.environ.get("PYTRACER_RUN", "0")))
a = np.arange(12.0).reshape(3, 4) * (1 + 1e-12 * rng.standard_normal((3, 4)))
mymodule.solve(a, np.arange(4.0), more=[1, [2.5, None]])
try:
    mymodule.fails(np.longdouble(1) / 3)
except ValueError:
    pass
mymodule.other(np.float32(1.5), 2**70, -2**63, 2**63 - 1, np.array(True), np.arange(3, dtype='>i2'),
               np.array([1 + 2j]), float('inf'), np.zeros((0, 2)), np.ones(200000))
m = mymodule.Model().fit(a)
"""


def trace(folder, kind, run=1, script=SCRIPT, expect=0):
    folder.mkdir(exist_ok=True)
    (folder / "mymodule.py").write_text(MODULE)
    (folder / "program.py").write_text(script)
    (folder / "config.json").write_text(json.dumps(
        {"modules_to_load": ["mymodule"], "io": {"type": kind}}))
    done = subprocess.run([BIN / "pytracer-trace", "--python", sys.executable, "--config", "config.json", "--command", "program.py"],
                          cwd=folder, env=os.environ | {"PYTRACER_RUN": str(run)},
                          capture_output=True, text=True)
    assert done.returncode == expect, done.stderr
    return folder / ".__pytracercache__/traces"


def load(path):
    records = []
    with open(path, "rb") as file:
        while file.peek(1):
            records.append(pickle.load(file))
    return records


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    traces = trace(tmp_path_factory.mktemp("pickle"), "pickle")
    files = list(traces.iterdir())
    assert [f.suffix for f in files] == [".pkl"], "one pickle, and no native trace"
    return load(files[0])


def test_records_are_plain_dicts_in_the_order_of_the_calls(records):
    assert all(type(r) is dict for r in records)
    assert all(set(r) == {"id", "time", "module", "function", "label", "backtrace", "args"}
               for r in records)
    assert [(r["function"], r["label"]) for r in records] == [
        ("solve", "inputs"), ("inner", "inputs"), ("inner", "outputs"), ("solve", "outputs"),
        ("fails", "inputs"), ("other", "inputs"), ("other", "outputs"),
        ("Model.fit", "inputs"), ("Model.fit", "outputs")]
    assert records[0]["time"] == records[3]["time"] != records[1]["time"] == records[2]["time"]
    assert records[0]["module"] == "mymodule"
    assert records[0]["backtrace"]["filename"].endswith("program.py")
    assert records[0]["backtrace"]["lineno"] == 5


def test_values_are_those_of_the_program(records):
    given = records[0]["args"]
    rng = np.random.default_rng(1)
    a = np.arange(12.0).reshape(3, 4) * (1 + 1e-12 * rng.standard_normal((3, 4)))
    assert given["a"].dtype == np.float64 and np.array_equal(given["a"], a)
    given["a"][0, 0] = 1  # an array of its own, not a view of the file
    assert given["text"] == "words" and given["flag"] is True and given["z"] == 1j
    assert given["more.0"] == 1 and given["more.1.0"] == 2.5 and given["more.1.1"] is None
    out = records[3]["args"]
    assert np.array_equal(out["Ret.0"], a @ np.arange(4.0)) and out["Ret.1.n"] == 3
    assert type(out["Ret.1.norm"]) is float
    assert records[2]["args"]["Ret"].dtype == np.float32
    assert np.array_equal(records[2]["args"]["Ret"], a.astype(np.float32))
    third = records[4]["args"]["x"]
    assert type(third) is np.longdouble and third == np.longdouble(1) / 3


def test_numbers_keep_their_types(records):
    got = [records[5]["args"][f"args.{i}"] for i in range(10)]
    assert type(got[0]) is np.float32 and got[0] == 1.5
    assert got[1] == f"<int {hex(2**70)}>"
    assert got[2] == -2**63 and got[3] == 2**63 - 1
    assert got[4].dtype == bool and got[4].shape == () and got[4]
    assert got[5].dtype == np.int16 and got[5].tolist() == [0, 1, 2]
    assert got[6].dtype == np.complex128 and got[6].tolist() == [1 + 2j]
    assert got[7] == float("inf") and got[8].shape == (0, 2)
    assert got[9].shape == (200000,) and (got[9] == 1).all()


def values(path):
    with h5py.File(path) as f:
        names = [n.decode() for n in f["names/name"][:]]
        functions = [n.decode() for n in f["functions/name"][:]]
        return {(functions[f["calls/function"][c]], names[n], int(p)): (k, d, m, s)
                for c, n, p, k, d, m, s in zip(*(f["values/" + x][:] for x in (
                    "call", "name", "phase", "kind", "dtype", "mean", "sig_norm")))}


def test_parse_reads_the_pickles_as_it_reads_native_traces(tmp_path):
    for kind in ("native", "pickle"):
        for run in range(4):
            trace(tmp_path / kind, kind, run)
        subprocess.run([BIN / "pytracer-parse", "--directory", tmp_path / kind / ".__pytracercache__",
                        "--output", tmp_path / f"{kind}.h5"], check=True, capture_output=True)
    native, ours = values(tmp_path / "native.h5"), values(tmp_path / "pickle.h5")
    assert native.keys() == ours.keys()
    compared = 0
    for key in native:
        if native[key][0] == 1:
            assert native[key][:2] == ours[key][:2], key
            np.testing.assert_allclose(ours[key][2:], native[key][2:], rtol=1e-9, err_msg=str(key))
            compared += 1
    assert compared > 15


def test_a_program_that_is_killed_by_a_signal_leaves_a_pickle(tmp_path):
    script = "import mymodule, os, signal, time\nmymodule.other(1.0)\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(60)\n"
    traces = trace(tmp_path / "t", "pickle", script=script, expect=-15)
    files = list(traces.iterdir())
    assert [f.suffix for f in files] == [".pkl"]
    assert [r["label"] for r in load(files[0])] == ["inputs", "outputs"]
