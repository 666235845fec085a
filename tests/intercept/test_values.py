"""Values of real programs, bit by bit: the program prints what it passes on, the trace must
hold the same."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from traced import TRACE, run_traced, trace_of

ARRAYS = {
    **{dtype: f"np.array([[1, 0, 3], [4, 5, 6]]).astype('{dtype}')" for dtype in
       ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]},
    "random": "np.random.default_rng(1).standard_normal((7, 5))",
    "special": "np.array([np.nan, -np.inf, -0.0, 5e-324])",
    "fortran": "np.asfortranarray(np.arange(6.0).reshape(2, 3))",
    "strided": "np.arange(40.0).reshape(5, 8)[::-2, 1::3]",
    "swapped": "np.arange(5).astype('>f8')",
    "empty": "np.zeros((0, 4))",
    "zero dimensions": "np.array(2.5)",
    "read-only": "np.broadcast_to(np.arange(3.0), (4, 3))",
    "matrix": "np.matrix([[1.0, 2.0]])",
    "memory-mapped": "np.memmap('mapped', 'f8', 'w+', shape=(3,))",
    "large": "np.arange(300000.0)",
    "transposed": "np.arange(24, dtype='f4').reshape(2, 3, 4).transpose(2, 0, 1)",
    "diagonal": "np.arange(9.0).reshape(3, 3).diagonal()",
}

PROGRAM = """
import json, numpy as np
def f(x): return x
told = {}
for name, x in %s:
    f(x)
    y = np.asarray(x)
    y = np.ascontiguousarray(y.astype(y.dtype.newbyteorder('<')))
    told[name] = [list(np.shape(x)), y.dtype.str, y.tobytes().hex()]
json.dump(told, open('told.json', 'w'))
"""


def test_arrays_are_stored_bit_by_bit(tmp_path):
    listed = "[" + ", ".join(f"({name!r}, {code})" for name, code in ARRAYS.items()) + "]"
    calls = trace_of(tmp_path, PROGRAM % listed).of("__main__.f")
    told = json.loads((tmp_path / "told.json").read_text())
    assert len(calls) == len(told) == len(ARRAYS)
    for call, (name, (shape, dtype, data)) in zip(calls, told.items()):
        for value in (call.inputs["x"], call.outputs["Ret"]):
            assert value.form == 2, name
            assert list(value.array.shape) == shape and value.array.tobytes().hex() == data, name
            assert np.dtype(dtype).newbyteorder("=") == value.array.dtype, name


@pytest.mark.parametrize("format", ["csr", "csc", "coo", "bsr", "dia", "lil", "dok"])
def test_sparse_matrices_keep_their_parts(format, tmp_path):
    call = trace_of(tmp_path, f"""
import scipy.sparse as sp
def f(m): return m
f(sp.csr_matrix([[0, 2.5], [3.5, 0]]).asformat('{format}'))
""").one("__main__.f")
    numbers = [v for v in call.inputs.values() if v.array is not None]
    found = {float(x) for v in numbers for x in np.ravel(v.array)}
    assert {2.5, 3.5} <= found
    if format in ("csr", "csc", "coo", "bsr", "dia"):
        assert call.inputs["m.data"].form == 4 and [call.inputs[f"m.shape.{i}"].number for i in (0, 1)] == [2, 2]


def test_estimators_show_what_they_learned(tmp_path):
    done, calls = run_traced(tmp_path, """
import numpy as np
from sklearn.linear_model import Ridge
X = np.random.default_rng(0).standard_normal((20, 3))
model = Ridge(alpha=0.5).fit(X, X @ [1.0, 2.0, 3.0])
print(model.coef_.tobytes().hex(), float(model.intercept_).hex())
""", ["sklearn"])
    assert done.returncode == 0, done.stderr
    fit = calls.one("sklearn.linear_model.Ridge.fit")
    coefficients, intercept = done.stdout.split()
    assert fit.outputs["self.coef_"].array.tobytes().hex() == coefficients
    assert float(fit.outputs["self.intercept_"].number).hex() == intercept
    assert fit.inputs["self.alpha"].number == 0.5 and fit.inputs["X"].array.shape == (20, 3)


def test_dataclasses_and_hostile_objects_are_read_without_their_code(tmp_path):
    done, calls = run_traced(tmp_path, """
import dataclasses, numpy as np
@dataclasses.dataclass
class D:
    a: float
    b: list
class Liar(np.ndarray):
    shape = property(lambda self: 1 / 0)
    def __getattribute__(self, name): raise KeyError(name)
    def __array_finalize__(self, other): pass
class Endless(dict):
    def __iter__(self): raise RuntimeError
    def items(self): raise RuntimeError
    def __len__(self): return -1
class Chain:  # each attribute has another one, without end
    def __init__(self): self.__dict__['a'] = 4.5
    def __getattr__(self, name): return Chain()
    def __dir__(self): return ['n%d' % i for i in range(10**6)]
class Ring:
    def __init__(self): self.me = self
def f(x): pass
f(D(1.5, [2.5]))
f(np.ndarray.__new__(Liar, 2))
f(Endless(k=3.5))
deep = []
for _ in range(100000): deep = [deep]
f(deep)
f(type('T', (), {})())
f(Chain())
f(Ring())
print('done')
""", io={"max_depth": 4})
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
    calls = calls.of("__main__.f")
    assert calls[0].inputs["x.a"].number == 1.5 and calls[0].inputs["x.b.0"].number == 2.5
    assert calls[1].inputs["x"].array.shape == (2,)
    assert calls[2].inputs["x.k"].number == 3.5
    assert calls[3].inputs["x.0.0.0.0"].reason == "depth"
    assert calls[4].inputs["x"].label == ("T", "")
    assert calls[5].inputs["x.a"].number == 4.5 and set(calls[5].inputs) == {"x", "x.a"}
    assert calls[6].inputs["x.me"].reason == "cycle"


@pytest.mark.parametrize("size", [100, 200_000])
def test_arrays_that_another_thread_writes_to_leave_a_sound_trace(size, tmp_path):
    """What was copied has the hash of what was copied, whatever it was hashed as before."""
    done, calls = run_traced(tmp_path, f"""
import numpy as np, threading
a, b = np.zeros({size}), np.random.default_rng(1).normal(size={size})
stop = False
def change():
    while not stop:
        np.copyto(a, b); np.negative(b, out=b)
thread = threading.Thread(target=change)
thread.start()
def f(x): pass
for _ in range(60): f(a)
stop = True
thread.join()
""")
    assert (done.returncode, done.stderr) == (0, "") and len(calls.of("__main__.f")) == 60
    (trace,) = (tmp_path / ".__pytracercache__" / "traces").glob("*.trace")
    verified = subprocess.run([Path(TRACE).parent / "pytracer", "info", trace, "--verify"],
                              capture_output=True, text=True)
    assert verified.returncode == 0, verified.stderr


def test_bounds_are_obeyed_and_reported(tmp_path):
    calls = trace_of(tmp_path, """
import numpy as np
def f(x): pass
f(np.zeros(101)); f(np.zeros(100)); f(list(range(9)))
""", io={"max_elements": 100, "max_items": 5})
    assert calls[0].inputs["x"].sampled and calls[1].inputs["x"].array.shape == (100,)
    assert calls[2].inputs["x.*"].reason == "limit" and len(calls[2].inputs) == 6


WORKLOAD = """
import sys, warnings, hashlib, numpy as np, scipy.linalg, scipy.optimize, scipy.fft, scipy.interpolate, scipy.integrate
warnings.simplefilter('ignore')
from sklearn import datasets, decomposition, linear_model, svm, cluster, ensemble, tree, gaussian_process
X, y = datasets.load_iris(return_X_y=True)
def show(name, *values):
    print(name, *(hashlib.sha1(np.ascontiguousarray(v).tobytes()).hexdigest()[:12] for v in values))
show('pca', decomposition.PCA(2).fit_transform(X))
show('ridge', linear_model.Ridge().fit(X, y).coef_)
show('lasso', linear_model.Lasso(0.1).fit(X, y).coef_)
show('bayes', linear_model.BayesianRidge().fit(X, y).coef_)
show('logistic', linear_model.LogisticRegression(max_iter=50).fit(X, y).coef_)
show('omp', linear_model.OrthogonalMatchingPursuit(n_nonzero_coefs=2).fit(X, y).coef_)
show('svm', svm.SVC().fit(X, y).decision_function(X))
show('kmeans', cluster.KMeans(3, n_init=2, random_state=0).fit(X).cluster_centers_)
show('tree', tree.DecisionTreeRegressor(max_depth=3).fit(X, y).predict(X))
show('adaboost', ensemble.AdaBoostClassifier(n_estimators=5, random_state=0).fit(X, y).predict_proba(X))
show('threads', ensemble.RandomForestClassifier(8, n_jobs=2, random_state=0).fit(X, y).predict_proba(X))
show('gp', gaussian_process.GaussianProcessRegressor().fit(X[::5], y[::5]).predict(X))
show('bfgs', scipy.optimize.minimize(scipy.optimize.rosen, np.zeros(4), method='BFGS').x)
show('nelder', scipy.optimize.minimize(scipy.optimize.rosen, np.zeros(2), method='Nelder-Mead').x)
show('least', scipy.optimize.least_squares(lambda p: p[0] * X[:, 0] + p[1] - y, [1.0, 1.0]).x)
show('solve', scipy.linalg.solve(X[:4] + np.eye(4), y[:4]), np.linalg.svd(X)[1], scipy.linalg.expm(X[:4]))
show('fft', scipy.fft.dct(X[:, 0]), np.fft.fft(X[:, 1]))
show('spline', scipy.interpolate.CubicSpline(np.arange(10), X[:10, 0])(np.linspace(0, 9, 50)))
show('ode', scipy.integrate.solve_ivp(lambda t, v: [v[1], -v[0]], (0, 5), [0.0, 1.0]).y)
"""


def test_results_are_bitwise_those_of_plain_python(tmp_path):
    from traced import run_plain
    plain = run_plain(tmp_path, WORKLOAD)
    assert plain.returncode == 0, plain.stderr
    done, calls = run_traced(tmp_path, WORKLOAD, ["__main__", "numpy", "scipy", "sklearn"], numpy={"ufunc": True},
                             io={"max_elements": 2000})
    assert (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, plain.stderr)
    assert {"sklearn.decomposition.PCA.fit_transform", "numpy.linalg.svd", "scipy.optimize.minimize",
            "scipy.linalg.solve", "scipy.interpolate.CubicSpline.__init__", "numpy.add"} <= set(calls.names())


def test_large_arrays_given_on_within_a_call_are_those_of_each_call(tmp_path):
    """numpy's reductions read their argument: it is hashed once for the call and what it calls."""
    done, calls = run_traced(tmp_path, """
import numpy as np
x = np.arange(40000.0)
y = np.zeros((200, 200))
for i in range(3):
    np.sum(x); np.linalg.norm(y, 2)
    x[i] += 1; y[i, 0] = 7 + i
np.put(x, [5], [2.5])
np.sum(y, axis=0, out=x[:200])
class Sub(np.ndarray):
    def sum(self, **keys): self[0] = 99; return 1
np.sum(x.view(Sub))
""", ["numpy"], numpy={"ufunc": True})
    assert (done.returncode, done.stderr) == (0, "")
    x, sums, reductions = np.arange(40000.0), calls.of("numpy.sum"), calls.of("numpy.add.reduce")
    for i in range(3):
        inner = [c for c in sums[i].callees if c.full == "numpy.add.reduce"]
        assert len(inner) == 1 and inner[0] in reductions
        for call, name in ((sums[i], "a"), (inner[0], "array")):
            assert (call.inputs[name].array == x).all(), (i, name)
        assert "a" not in sums[i].outputs and sums[i].outputs["Ret"].number == x.sum()
        x[i] += 1
    put = calls.one("numpy.put")
    assert put.inputs["a"].array[5] == 5 and put.outputs["a"].array[5] == 2.5
    assert sums[3].outputs["out"].array.sum() == 24 and "a" not in sums[3].outputs
    assert sums[4].inputs["a"].array[0] != 99 and sums[4].outputs["a"].array[0] == 99
