"""The layer `rounding`: compiled code runs in a directed mode, and nothing else does."""

import json
import os
import re
import subprocess

import pytest
from test_blas import wheels  # noqa: F401  (a fixture)
from traced import PYTHON, TRACE, run_traced

LIGHT = """
import ctypes
import numpy as np
library = ctypes.CDLL(LIBRARY)
rng = np.random.Generator(np.random.PCG64(1))
x = rng.normal(size=1000)
"""

WAYS = LIGHT + """
import scipy.fft, scipy.interpolate, scipy.spatial.distance
A, B = rng.normal(size=(30, 30)), rng.normal(size=(30, 30))
weights = np.abs(x)
def c_sum(name, kind):
    f = getattr(library, name)
    f.restype = kind
    values = (kind * 100)(*[float(v) for v in x[:100]])
    return lambda: repr(f(values, values, 100))
def spline():
    knots = scipy.interpolate.splrep(np.arange(100.), x[:100], s=0)
    return scipy.interpolate.splev(np.arange(50) + .3, knots)
ways = {
    "einsum": lambda: np.einsum("ij,kj->ik", A, B),
    "fft": lambda: np.fft.fft(x), "scipy.fft": lambda: scipy.fft.fft(x),
    "interp": lambda: np.interp(.1, [0., .3, 1.], [.1, .7, 1.7]),
    "bincount": lambda: np.bincount(np.arange(1000) % 7, weights=weights),
    "arange": lambda: np.arange(.1, 9, .1), "pdist": lambda: scipy.spatial.distance.pdist(A),
    "longdouble": lambda: x.astype(np.longdouble) / 3,
    "FITPACK": spline, "C, double": c_sum("sum_double", ctypes.c_double),
    "C, float": c_sum("sum_float", ctypes.c_float),
}
def convolve():
    a, b = np.arange(40) * 7 % 16 / 3, np.arange(7) / 7
    return np.convolve(a.astype(np.longdouble), b.astype(np.longdouble))
ways["convolve"] = convolve
"""

VARIES = WAYS + """
varying = [name for name, way in ways.items()
           if len({str(w) if isinstance(w, str) else np.asarray(w).tobytes()
                   for w in (way() for i in range(24))}) > 1]
print(len(ways), sorted(set(ways) - set(varying)))
"""


def test_compiled_code_varies_under_this_layer(tmp_path):
    assert run_traced(VARIES, tmp_path, "rounding") == ["12 []"]


def test_other_layers_do_not_reach_it_and_all_does_not_have_it(tmp_path):
    fixed = ["C, double", "C, float", "arange", "bincount", "einsum", "fft", "pdist", "scipy.fft"]
    code = VARIES + "\nprint(sorted(set(%r) & set(varying)))\n" % fixed
    assert run_traced(code, tmp_path, "numpy,python,blas")[-1] == "[]"
    # the factors of numpy 1's fft are computed with fma of libm
    assert run_traced(code, tmp_path, "all")[-1] in ("[]", "['fft']")
    assert run_traced(code, tmp_path, "all,rounding")[0] == "12 []"


def test_results_lie_between_those_of_the_two_directions(tmp_path):
    # Of a sum of positive numbers both bounds are reached; nearest lies within them.
    code = LIGHT + """
values = [np.bincount(np.zeros(1000, int), weights=np.abs(x))[0] for i in range(40)]
from fractions import Fraction
exact = sum(map(Fraction, np.abs(x).tolist()))
low, high = min(values), max(values)
print(len(set(values)), low < exact < high, (high - low) < 1000 * 2 ** -52 * high)
print(0.2 < values.count(low) / 40 < 0.8)
"""
    assert run_traced(code, tmp_path, "rounding") == ["2 True True", "True"]


def test_same_seed_repeats_and_another_does_not(tmp_path):
    code = WAYS + """
for name, way in ways.items():
    for i in range(4):
        value = way()
        print(name, value if isinstance(value, str) else np.asarray(value).tobytes().hex())
"""
    # the padding of long double is not the number's
    code = code.replace("value = way()", "value = way()\n"
                        "        if getattr(value, 'dtype', None) == np.longdouble: value = str(value)")
    one, again, other = (run_traced(code, tmp_path, "rounding", seed=s) for s in (4, 4, 5))
    assert one == again and one != other


def test_libm_reading_printing_and_whole_numbers_stay_nearest(tmp_path):
    code = LIGHT + """
print({library.changed_by_mode() for i in range(30)})
"""
    assert run_traced(code, tmp_path, "rounding") == ["{0}"]
    assert run_traced(code, tmp_path, "numpy,python") == ["{16}"]  # to nearest throughout


INTERPRETER = """
import json, math, pickle
import numpy as np, scipy.integrate, scipy.optimize
seen = set()
def inside(t, *rest):  # called by compiled code that is in a directed mode
    row = (0.1 + 0.2, 1 / 3, 2.0 ** 0.3, math.exp(1.7), float("0.1"), repr(0.3), "%.17g" % 0.7,
           f"{2/3:.3f}", round(2.675, 2), hash(0.1), json.dumps([0.1, 1e-7]),
           json.loads("0.30000000000000004"), sum([0.1] * 10), complex("0.1+0.7j"),
           pickle.loads(pickle.dumps(0.1)), np.float64("0.7"), float(np.array(["0.1"]).astype(float)[0]),
           str(np.float32(0.1)), np.float64(1) / 3, float(np.rint(2.5)), int(7.5 // 1), 1e22, eval("0.1 + 0.7"),
           str(np.array([0.1, 2 / 3])), math.fsum([0.1] * 10))
    seen.add(repr(row))
    return t * t
for i in range(20):
    scipy.integrate.quad(inside, 0, 1, limit=5)      # Fortran, through f2py or C
    scipy.optimize.brentq(lambda t: inside(t) - 0.3, 0, 1)  # C
    scipy.optimize.leastsq(lambda v: [inside(v[0]) - 0.3, v[0]], [0.5])
print(len(seen), *seen)
"""


def test_the_interpreter_stays_nearest_in_callbacks(tmp_path):
    plain = run_traced(INTERPRETER, tmp_path, None)
    assert plain[0].startswith("1 ")
    assert run_traced(INTERPRETER, tmp_path, "rounding") == plain


def test_files_and_texts_are_read_as_without_it(tmp_path):
    code = """
import io
import numpy as np
text = "0.1 0.7 1e-7 3.3\\n2.675 1e22 0.3 7.7\\n"
for i in range(10):
    print(np.loadtxt(io.StringIO(text)).tobytes().hex(), np.genfromtxt(io.StringIO(text)).tobytes().hex(),
          np.fromstring(text.replace("\\n", " "), sep=" ").tobytes().hex(),
          np.array(text.split(), dtype=float).tobytes().hex())
print(np.random.default_rng(1).normal(size=50).tobytes().hex(), np.random.RandomState(1).gamma(.3, size=50).tolist())
out = io.StringIO()
np.savetxt(out, [[0.1, 2 / 3]])
print(out.getvalue())
"""
    assert run_traced(code, tmp_path, "rounding") == run_traced(code, tmp_path, None)


def test_the_programs_own_setting_of_the_mode_is_left(tmp_path):
    code = LIGHT + """
print({library.mode_after(-1) for i in range(30)})  # what it sees is nearest
libm = ctypes.CDLL("libm.so.6")
print(libm.fegetround())
libm.fesetround(0xc00)
print(libm.fegetround(), x[0] / 3 * 3 <= x[0])
libm.fesetround(0)
library.mode_after(0x400)  # set within, and left so
mode = libm.fegetround()
libm.fesetround(0)
print(mode == 0x400, libm.fegetround())
"""
    assert run_traced(code, tmp_path, "rounding") == ["{0}", "0", "3072 True", "True 0"]


def test_scope_decides(tmp_path):
    code = LIGHT + """
def loud():
    return {np.fft.fft(x).tobytes() for i in range(20)}
def quiet():
    return {np.fft.fft(x).tobytes() for i in range(20)}
print(len(loud()), len(quiet()))
"""
    assert run_traced(code, tmp_path, "rounding") == ["2 2"]
    assert run_traced(code, tmp_path, "rounding", options=["--fuzzy-except", "__main__.quiet"]) == ["2 1"]
    assert run_traced(code, tmp_path, "rounding", options=["--fuzzy-only", "__main__.quiet"]) == ["1 2"]


WORKERS = """
import os
before = len(os.listdir("/proc/self/task"))
import numpy as np
rng = np.random.Generator(np.random.PCG64(1))
A, B = rng.normal(size=(600, 600)), rng.normal(size=(600, 600))
def quiet():
    return A @ B
still = quiet()
products = [A @ B for i in range(30)]
low, high = np.minimum.reduce(products), np.maximum.reduce(products)
print(len(os.listdir("/proc/self/task")) > before, len({p.tobytes() for p in products}))
print((low < high).all(), ((low <= still) & (still <= high)).all())
print(len({quiet().tobytes() for i in range(20)} | {still.tobytes()}))
"""


needs_two = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="BLAS takes one thread of one core")


@needs_two
def test_worker_threads_of_blas_compute_in_the_mode_of_the_call(tmp_path):
    # Two products, one for each direction: no part of them is of another mode. What is
    # out of scope is to nearest again, in the same threads.
    lines = run_traced(WORKERS, tmp_path, "rounding", options=["--fuzzy-except", "__main__.quiet"],
                       environment={"OPENBLAS_NUM_THREADS": "2"})
    assert lines[0].startswith("True 2") and lines[1:] == ["True True", "1"]


def test_worker_threads_of_openmp_too(tmp_path):
    pytest.importorskip("sklearn")
    code = """
import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min
rng = np.random.Generator(np.random.PCG64(1))
X, Y = rng.normal(size=(2048, 20)), rng.normal(size=(300, 20))
def distances():
    return pairwise_distances_argmin_min(X, Y)[1]
many = [distances() for i in range(12)]
low, high = np.minimum.reduce(many), np.maximum.reduce(many)
print((low < high).reshape(8, 256).mean(axis=1).min() > 0.9)  # by blocks, which threads share
def quiet():
    return len({distances().tobytes() for i in range(12)})
print(quiet())
"""
    assert run_traced(code, tmp_path, "rounding", options=["--fuzzy-except", "__main__.quiet"],
                      environment={"OMP_NUM_THREADS": "2"}) == ["True", "1"]


def test_header_and_coverage_tell_of_it(tmp_path):
    script = tmp_path / "p.py"
    script.write_text("import numpy as np\nfor i in range(9): np.fft.fft(np.arange(64.) / 3)\n")
    trace = tmp_path / "t.trace"
    command = [TRACE, "--python", PYTHON, "--fuzzy=numpy,rounding", "--seed", "1"]
    subprocess.run([*command, "--output", str(trace), "--command", str(script)], check=True, cwd=tmp_path)
    data = trace.read_bytes()
    assert re.search(rb"fuzzy\.layers.{0,24}numpy,rounding", data, re.S)
    assert re.search(rb"coverage\.rounding.{0,24}\d+ perturbed", data, re.S)
    subprocess.run([*command, "--no-trace", "--quiet", "--coverage=c.json", "--command", str(script)],
                   check=True, cwd=tmp_path)
    found = json.loads((tmp_path / "c.json").read_text())
    layer = found["layers"]["rounding"]
    assert layer["active"] and layer["perturbed"] >= 9
    names = {u["module"] for u in found["unreached"]}
    assert not any("pocketfft" in name for name in names)
    assert any(name.startswith("numpy.random") for name in names)  # which it leaves alone


def test_traced_calls_are_the_same_as_without_it(tmp_path):
    script = tmp_path / "p.py"
    script.write_text("import numpy as np, scipy.linalg\nA = np.eye(9) + 0.1\n"
                      "scipy.linalg.lu_factor(A); np.fft.fft(A); np.einsum('ij,jk', A, A)\n")
    calls = []
    for layers in ("off", "rounding"):
        report = tmp_path / (layers + ".csv")
        subprocess.run([TRACE, "--python", PYTHON, "--fuzzy=" + layers, "--seed", "1", "--report", "only",
                        "--report-file", str(report), "--command", str(script)], check=True, cwd=tmp_path)
        calls.append([line.split(",")[:3] for line in report.read_text().splitlines()])
    assert calls[0] == calls[1] and len(calls[0]) > 5


@needs_two
def test_wheels_too(tmp_path, wheels):  # noqa: F811
    # numpy 2's own BLAS has other names and threads of its own
    assert run_traced(VARIES, tmp_path, "rounding", python=wheels) == ["12 []"]
    lines = run_traced(WORKERS, tmp_path, "rounding", python=wheels,
                       options=["--fuzzy-except", "__main__.quiet"], environment={"OPENBLAS_NUM_THREADS": "2"})
    assert lines[0].startswith("True 2") and lines[1:] == ["True True", "1"]
    assert run_traced(INTERPRETER, tmp_path, "rounding", python=wheels) == \
        run_traced(INTERPRETER, tmp_path, None, python=wheels)
