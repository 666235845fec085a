"""Callables of compiled code: Fortran routines wrapped by f2py."""

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
    calls = trace_of(tmp_path, "import scipy.linalg\nscipy.linalg.solve([[2.0, 0], [0, 4.0]], [1.0, 2.0])\n", ["scipy.linalg"])
    inner = [c.full for c in calls.one("scipy.linalg.solve").callees]
    assert {"scipy.linalg.lapack.dgetrf", "scipy.linalg.lapack.dgetrs"} <= set(inner)


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
