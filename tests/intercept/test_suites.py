"""numpy's, SciPy's and scikit-learn's own tests under the tracer: the same pass and fail as
without it. In `ci` a few of them; the folders as a whole, with PYTRACER_WHOLE_SUITES set, are
`long`."""

import os
import re
import shutil
import subprocess

import pytest
from traced import PYTHON, TRACE, environment

FEW = [  # modules of tests, and what of them: seconds in one process
    "numpy.linalg.tests.test_linalg", "numpy.fft.tests.test_pocketfft", "numpy.core.tests.test_ufunc",
    "scipy.linalg.tests.test_basic", "scipy.optimize.tests.test_zeros", "scipy.sparse.linalg._isolve.tests.test_minres",
    "sklearn.decomposition.tests.test_truncated_svd", "sklearn.svm.tests.test_bounds",
    "sklearn.linear_model.tests.test_base"]
CHOSEN = ("((TestSolve or TestDet) and not generalized) or TestFFT1D or TestUfuncKwargs or test_gh or test_minres or "
          "test_truncated or (test_bounds and not 10000) or test_linear_regression_multiple or "
          "(test_ufunc and TestUfunc and (sum or inplace or safe))")
WHOLE = [
    "numpy.linalg.tests", "numpy.fft.tests", "numpy.core.tests.test_ufunc", "numpy.core.tests.test_umath",
    "numpy.core.tests.test_scalarmath", "scipy.optimize.tests", "scipy.linalg.tests", "scipy.sparse.linalg",
    "sklearn.decomposition.tests", "sklearn.linear_model.tests", "sklearn.svm.tests"]

PROGRAM = """
import sys, pytest
sys.exit(pytest.main(sys.argv[1:]))
"""
CONFIGURATION = """{"modules_to_load": ["numpy", "scipy", "sklearn"], "numpy": {"ufunc": true, "scalar": true},
"io": {"max_elements": 1000, "max_calls": 1000, "max_bytes": 1000000000}}"""


def outcomes(done):
    """[(outcome, test)]: what -rA tells, without the words of a failure, which may hold addresses."""
    told = re.findall(r"^(PASSED|FAILED|ERROR|XFAIL|XPASS) (\S*::.*?)(?: - .*)?$", done.stdout, re.M)
    return sorted(told), re.findall(r"\d+ skipped", done.stdout)


def compare(folder, names, chosen, *options):
    (folder / "script.py").write_text(PROGRAM)
    (folder / "configuration.json").write_text(CONFIGURATION)
    arguments = ["-q", "-rA", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore", "-k", chosen, *options, "--pyargs", *names]
    tracer = [TRACE, "--python", PYTHON, "--config", "configuration.json", "script.py"]
    plain, done = (subprocess.run([*command, *arguments], cwd=folder, env=environment(), capture_output=True, text=True)
                   for command in ([PYTHON, "script.py"], tracer))
    size = sum(trace.stat().st_size for trace in (folder / ".__pytracercache__" / "traces").glob("*.trace"))
    shutil.rmtree(folder / ".__pytracercache__")
    if not outcomes(plain)[0]:
        pytest.skip(f"{names} cannot run here: {plain.stdout[-300:]}")
    assert outcomes(done) == outcomes(plain) and done.returncode == plain.returncode
    assert size > 100_000
    return outcomes(plain)[0]


@pytest.mark.skipif("PYTRACER_WHOLE_SUITES" in os.environ, reason="the whole folders are asked for")
def test_a_few_tests_have_the_same_outcome(tmp_path):
    # their conftest files want packages that users need not have
    assert len(compare(tmp_path, FEW, CHOSEN, "--noconftest")) > 60


@pytest.mark.skipif("PYTRACER_WHOLE_SUITES" not in os.environ, reason="PYTRACER_WHOLE_SUITES is not set")
@pytest.mark.parametrize("name", WHOLE)
def test_whole_folders_have_the_same_outcome(name, tmp_path):
    compare(tmp_path, [name], "", *(["--noconftest"] if name.startswith("numpy") else []))
