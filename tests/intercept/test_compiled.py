"""Callables of compiled code: builtin functions, methods, Cython, Fortran routines wrapped by f2py."""

from traced import run_plain, run_traced, trace_of


def test_lapack_routines_go_by_their_parameters_names(tmp_path):
    call = trace_of(tmp_path, """
import numpy as np
from scipy.linalg import lapack
a = np.asfortranarray([[4.0, 1.0], [2.0, 3.0]])
lapack.dgesv(a, [1.0, 2.0], overwrite_a=True)
""", ["scipy.linalg.lapack"]).one("scipy.linalg.lapack.dgesv")
    assert call.kind == 7 and call.site["line"] == 5
    assert call.inputs["a"].array.tolist() == [[4, 1], [2, 3]]
    assert [call.inputs[f"b.{i}"].number for i in (0, 1)] == [1, 2] and call.inputs["overwrite_a"].number
    assert call.outputs["a"].array.tolist() == [[4, 1], [0.5, 2.5]]  # the factors, in place
    assert call.outputs["Ret.2"].array.ravel().tolist() == [0.1, 0.6]


def test_routines_called_by_scipy_are_inside_its_calls(tmp_path):
    calls = trace_of(tmp_path, """
import scipy.linalg
scipy.linalg.solve_banded((1, 1), [[0, 1.0], [4.0, 4.0], [1.0, 0]], [5.0, 5.0])
""", ["scipy.linalg"])
    solve = calls.one("scipy.linalg.solve_banded")
    routine, = [c for c in calls if c.kind == 7]
    assert routine.module == "scipy.linalg.lapack" and routine.function in ("dgtsv", "dgbsv")
    assert solve.time < routine.time < solve.end and solve.outputs["Ret"].array.tolist() == [1, 1]


def test_routines_look_and_fail_as_before(tmp_path):
    program = """
from scipy.linalg import lapack, blas
import scipy.interpolate
print(lapack.dgesv, type(lapack.dgesv), lapack.dgesv.__doc__[:40])
print(blas.ddot([1.0, 2.0], [3.0, 4.0]), blas.ddot(y=[1.0], x=[2.0]))
print(scipy.interpolate.UnivariateSpline(range(6), [0, 1, 4, 9, 16, 25])(2.5))
try: lapack.dgesv('text')
except Exception as e: print(type(e), e)
lapack.dgesv([[1.0]], [1.0], wrong=3)
"""
    plain = run_plain(tmp_path, program)
    done, calls = run_traced(tmp_path, program, ["scipy"])
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert [c.exception is not None for c in calls.of("scipy.linalg.lapack.dgesv")] == [True, True]


def test_builtin_functions_and_methods_are_recorded(tmp_path):
    calls = trace_of(tmp_path, """
import numpy as np
a = np.array([1.0, 2.0])
np.dot(a, b=[3.0, 4.0])
a.dot([5.0, 6.0])
m = a.sort
m()
np.core.multiarray.where(a > 1.5, a, 0.0) if int(np.__version__[0]) < 2 else np.where(a > 1.5, a, 0.0)
""", ["numpy"])
    dot = calls.one("numpy.dot")
    assert dot.kind == 4 and dot.inputs["a"].array.tolist() == [1, 2] and dot.outputs["Ret"].number == 11
    assert dot.site["line"] == 4
    assert [dot.inputs[f"b.{i}"].number for i in (0, 1)] == [3, 4]
    method = calls.one("numpy.ndarray.dot")
    assert method.kind == 5 and method.inputs["self"].array.tolist() == [1, 2] and method.outputs["Ret"].number == 17
    assert calls.one("numpy.ndarray.sort").site["line"] == 7
    assert calls.one("numpy.where").outputs["Ret"].array.tolist() == [0, 2]


def test_methods_that_change_their_object_show_it(tmp_path):
    call = trace_of(tmp_path, "import numpy as np\na = np.array([3.0, 1.0])\na.sort()\n", ["numpy"]).one("numpy.ndarray.sort")
    assert call.inputs["self"].array.tolist() == [3, 1] and call.outputs["self"].array.tolist() == [1, 3]


def test_cython_functions_and_methods_are_recorded(tmp_path):
    done, calls = run_traced(tmp_path, """
import numpy as np
from sklearn.linear_model import Lasso
r = np.random.RandomState(0)
X = r.standard_normal((20, 3))
y = X @ [1.0, 2.0, 3.0]
print(X.tobytes().hex()[:32], Lasso(0.1).fit(X, y).coef_.tobytes().hex())
""", ["numpy.random", "sklearn.linear_model"])
    assert done.returncode == 0, done.stderr
    draws, coefficients = done.stdout.split()
    normal = calls.one("numpy.random.RandomState.standard_normal")
    assert normal.inputs["size.0"].number == 20 and normal.outputs["Ret"].array.tobytes().hex()[:32] == draws
    fast, = [c for c in calls if c.function.startswith("enet_coordinate_descent")]
    assert fast.kind == 6 and fast.outputs["w"].array.tobytes().hex() == coefficients  # filled in place
    assert fast.inputs["alpha"].number > 0 and fast.parent


def test_compiled_functions_look_hash_and_fail_as_before(tmp_path):
    program = """
import inspect, pickle, numpy as np, scipy.special, scipy.spatial, scipy.linalg
from sklearn.utils import murmurhash
for f in (np.dot, np.ndarray.dot, np.ndarray.sum, np.random.rand, np.random.default_rng, murmurhash.murmurhash3_32):
    print(type(f).__name__, f.__name__, {f: 1}[f], f == f, hash(f) == hash(f), str(f.__doc__)[:40])
print(pickle.loads(pickle.dumps(np.dot)) is np.dot, pickle.loads(pickle.dumps(np.arange(3.0))))
print(inspect.signature(np.random.default_rng) if hasattr(np.random.default_rng, '__signature__') else '')
print(scipy.spatial.ConvexHull([[0, 0], [1, 0], [0, 1], [.2, .2]]).volume)
print(np.einsum('ij,j', np.eye(2), [1, 2]), np.lexsort(([1, 0],)), np.ones(3).argmax())
print(murmurhash.murmurhash3_32('text', seed=3), scipy.linalg.bandwidth(np.eye(3)))
for bad in (lambda: np.dot([1, 2], [1, 2, 3]), lambda: np.ndarray.sum(3), lambda: np.zeros(2).dot(), lambda: np.arange(wrong=1)):
    try: bad()
    except Exception as e: print(type(e), e)
"""
    plain = run_plain(tmp_path, program)
    done, _ = run_traced(tmp_path, program, ["numpy", "scipy", "sklearn"])
    assert plain.returncode == 0, plain.stderr
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)
