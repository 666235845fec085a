"""Callables of compiled code: builtin functions, methods, Cython, Fortran routines wrapped by f2py."""

from pathlib import Path

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


def test_objects_of_compiled_types_are_made_by_recorded_calls(tmp_path):
    done, calls = run_traced(tmp_path, """
import copy, pickle
import numpy as np
from sklearn.neighbors import KDTree
np.random.RandomState(5)
tree = KDTree(np.ones((4, 2)), leaf_size=3)
class Mine(np.ndarray): pass
mine = Mine((2,), buffer=np.array([1.0, 2.0]))
np.ndarray.__new__(Mine, (1,))
assert type(copy.deepcopy(mine)) is Mine and type(pickle.loads(pickle.dumps(tree))) is KDTree
print(type(mine), mine, type(KDTree.__new__), type(tree).__mro__, KDTree.__doc__[:20])
try: np.random.RandomState(wrong=1)
except TypeError as e: print(e)
try: np.ndarray.__new__(int)
except TypeError as e: print(e)
""", ["numpy", "sklearn"], exclude_file="")
    plain = run_plain(tmp_path, (tmp_path / "script.py").read_text())
    assert plain.returncode == 0, plain.stderr
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    state = calls.of("numpy.random.RandomState.__init__")
    assert [c.kind for c in state] == [8, 8] and state[0].inputs["seed"].number == 5
    assert state[0].outputs["Ret"].label[0] == "numpy.random.mtrand.RandomState" and state[1].exception == "TypeError"
    tree = calls.of("sklearn.neighbors.KDTree.__init__")[0]
    assert tree.inputs["leaf_size"].number == 3 and tree.inputs["args.0"].array.shape == (4, 2) and tree.site["line"] == 6
    arrays = [c for c in calls.of("numpy.ndarray.__new__") if c.site["line"] in (8, 9) and c.site["name"] == "<module>"]
    assert [c.site["line"] for c in arrays] == [8, 9] and arrays[0].outputs["Ret"].array.tolist() == [1, 2]
    assert [arrays[0].inputs[n].array.tolist() for n in ("shape.0", "buffer")] == [2, [1, 2]]


def test_objects_are_made_by_one_call_whatever_way_it_takes(tmp_path):
    """By position, from a list and a dictionary, past the type's own shortcut; a derived type does as before."""
    done, calls = run_traced(tmp_path, """
import numpy as np
np.random.RandomState(5)
np.random.RandomState(*[6])
np.random.RandomState(**{"seed": 7})
type.__call__(np.random.RandomState, 8)
class Mine(np.random.RandomState): pass
print(type(Mine(9)), np.random.Generator(np.random.PCG64(1)).random(), np.random.SeedSequence(3).entropy)
""", ["numpy.random"], exclude_file="")
    plain = run_plain(tmp_path, (tmp_path / "script.py").read_text())
    assert plain.returncode == 0, plain.stderr
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    own = [c for c in calls if c.site["file"].endswith("script.py")]
    made = [c for c in own if c.full == "numpy.random.RandomState.__init__"]
    assert [(c.site["line"], c.inputs["seed"].number) for c in made] == [(3, 5), (4, 6), (5, 7), (6, 8)]
    assert [c.full for c in own if c.function == "Generator.__init__"] == ["numpy.random.Generator.__init__"]


def test_operators_of_numpys_scalars_are_recorded(tmp_path):
    operations = [
        ("x + 3", "float64.__add__", {"x1": 1.5, "x2": 3}, 4.5),
        ("2.0 - x", "float64.__sub__", {"x1": 2.0, "x2": 1.5}, 0.5),
        ("x * y", "float64.__mul__", {"x1": 1.5, "x2": 2}, 3),
        ("y / y", "float32.__truediv__", {"x1": 2, "x2": 2}, 1),
        ("x // 1", "float64.__floordiv__", {"x1": 1.5, "x2": 1}, 1),
        ("x % 1", "float64.__mod__", {"x1": 1.5, "x2": 1}, 0.5),
        ("x ** 2", "float64.__pow__", {"x1": 1.5, "x2": 2}, 2.25),
        ("-y", "float32.__neg__", {"x": 2}, -2),
        ("abs(x)", "float64.__abs__", {"x": 1.5}, 1.5),
        ("z * 2", "complex128.__mul__", {"x1": 1j, "x2": 2}, 2j),
    ]
    program = "import numpy as np\nx, y, z = np.float64(1.5), np.float32(2), np.complex128(1j)\n" + "".join(
        f"print(repr({operation[0]}))\n" for operation in operations)
    done, calls = run_traced(tmp_path, program, [], numpy={"scalar": True})
    assert done.stdout == run_plain(tmp_path, program).stdout
    for line, (_, name, inputs, result) in enumerate(operations, 3):
        call, = [c for c in calls if c.site["line"] == line]
        assert call.full == "numpy." + name and call.kind == 9
        assert {n: v.number for n, v in call.inputs.items()} == inputs and call.outputs["Ret"].number == result


def test_operators_of_scalars_leave_other_types_alone(tmp_path):
    program = """
import numpy as np
x = np.float64(1.5)
class Other:
    def __radd__(self, a): return 'other'
class Higher(np.float64):
    __array_priority__ = 1e9
    def __rmul__(self, a): return 'higher'
print(x + Other(), x * np.ones(2), x + 1j, x * Higher(2), Higher(2) * x, x / np.longdouble(2))
try: x + 'text'
except TypeError as e: print(e)
print(x == 1.5, hash(x), x.__add__(2), divmod(x, 2), np.float64.__add__, pow(x, 2, None))
"""
    plain = run_plain(tmp_path, program)
    done, calls = run_traced(tmp_path, program, [], numpy={"scalar": True})
    assert plain.returncode == 0 and (done.stdout, done.stderr) == (plain.stdout, plain.stderr)
    assert run_traced(tmp_path, program, ["numpy"])[1].of("numpy.float64.__add__") == []


def test_fused_functions_are_one_function(tmp_path):
    calls = trace_of(tmp_path, """
from scipy.special import cython_special
cython_special.gamma(5.0)
cython_special.gamma(5j)
""", ["scipy.special.cython_special"])
    gamma = calls.of("scipy.special.cython_special.gamma")
    assert [c.kind for c in gamma] == [6, 6] and gamma[0].outputs["Ret"].number == 24
    assert gamma[0].inputs["x0"].number == 5 and gamma[1].inputs["x0"].number == 5j


def test_functions_go_by_the_names_and_places_that_users_know(tmp_path):
    uses = [  # a place "whatever decorators hide": the def of the function that the user means
        ("np.dot(a, a)", "numpy.dot", None),
        ("np.linalg.solve(a, a)", "numpy.linalg.solve", "linalg.py"),
        ("np.fft.fft(a)", "numpy.fft.fft", "_pocketfft.py"),
        ("scipy.linalg.solve(a, a)", "scipy.linalg.solve", "_basic.py"),
        ("scipy.fft.fft(a, axis=0)", "scipy.fft.fft", "_basic.py"),
        ("scipy.optimize.brentq(lambda x: x - 1, 0, 3)", "scipy.optimize.brentq", None),
        ("scipy.stats.norm.cdf(0.5)", "scipy.stats.rv_continuous.cdf", "_distn_infrastructure.py"),
        ("PCA(1).fit(a)", "sklearn.decomposition.PCA.fit", "_pca.py"),
        ("PCA(1).fit_transform(a)", "sklearn.decomposition.PCA.fit_transform", "_pca.py"),
    ]
    head = "import numpy as np, scipy.fft, scipy.linalg, scipy.optimize, scipy.stats\nfrom sklearn.decomposition import PCA\na = np.eye(2)\n"
    calls = trace_of(tmp_path, head + "".join(use + "\n" for use, *_ in uses), ["numpy", "scipy", "sklearn"])
    for line, (_, name, file) in enumerate(uses, 4):
        top = [c for c in calls if c.site["line"] == line and c.site["file"].endswith("script.py") and c.full == name]
        assert len(top) == 1, (name, [c.full for c in calls if c.site["line"] == line])
        if file:
            assert Path(top[0].file).name in (file, "_linalg.py"), top[0].file
            text = Path(top[0].file).read_text().splitlines()[top[0].line - 1:top[0].line + 15]
            assert any("def " + top[0].function.split(".")[-1] + "(" in row for row in text)
    transform = [c for c in calls if c.full == "scipy.fft.fft"][0]
    assert transform.inputs["x"].array.tolist() == [[1, 0], [0, 1]] and transform.inputs["axis"].number == 0
