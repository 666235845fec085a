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
    "numpy.core.tests.test_umath_complex", "numpy.core.tests.test_umath_accuracy", "numpy.core.tests.test_numeric",
    "numpy.core.tests.test_scalarmath", "scipy.optimize.tests", "scipy.linalg.tests", "scipy.sparse.linalg",
    "sklearn.decomposition.tests", "sklearn.linear_model.tests", "sklearn.svm.tests"]
WITH_HYPOTHESIS = {"numpy.core.tests.test_scalarmath", "numpy.core.tests.test_numeric"}  # want that package

PROGRAM = """
import sys, pytest
try:
    from hypothesis import HealthCheck, settings
except ImportError:
    pass
else:  # the same examples each time, however long they take
    settings.register_profile("same", derandomize=True, deadline=None, database=None,
                              suppress_health_check=list(HealthCheck))
    settings.load_profile("same")
sys.exit(pytest.main(sys.argv[1:]))
"""
CONFIGURATION = """{"modules_to_load": ["numpy", "scipy", "sklearn"], "numpy": {"ufunc": true, "scalar": true},
"io": {"max_elements": 1000, "max_calls": 1000, "max_bytes": 1000000000}}"""


def outcomes(done):
    """[(outcome, test)]: what -rA tells, without the words of a failure, which may hold addresses."""
    told = re.findall(r"^(PASSED|FAILED|ERROR|XFAIL|XPASS) (\S*::.*?)(?: - .*)?$", done.stdout, re.M)
    return sorted(told), re.findall(r"\d+ skipped", done.stdout)


def compare(folder, names, chosen, *options, python=PYTHON):
    (folder / "script.py").write_text(PROGRAM)
    (folder / "configuration.json").write_text(CONFIGURATION)
    arguments = ["-q", "-rA", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore", "-k", chosen, *options, "--pyargs", *names]
    tracer = [TRACE, "--python", python, "--config", "configuration.json", "script.py"]
    plain, done = (subprocess.run([*command, *arguments], cwd=folder, env=environment(), capture_output=True, text=True)
                   for command in ([python, "script.py"], tracer))
    size = sum(trace.stat().st_size for trace in (folder / ".__pytracercache__" / "traces").glob("*.trace"))
    shutil.rmtree(folder / ".__pytracercache__")
    if not outcomes(plain)[0]:
        pytest.skip(f"{names} cannot run here: {plain.stdout[-300:]}")
    assert outcomes(done) == outcomes(plain) and done.returncode == plain.returncode
    assert size > 100_000
    return outcomes(plain)[0]


@pytest.fixture(scope="module")
def with_hypothesis(tmp_path_factory):
    """The interpreter of the traced programs, with hypothesis beside its packages."""
    folder = tmp_path_factory.mktemp("hypothesis") / "venv"
    subprocess.run([PYTHON, "-m", "venv", "--system-site-packages", folder], check=True)
    done = subprocess.run([folder / "bin/python", "-m", "pip", "install", "-q", "hypothesis"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip("hypothesis cannot be had: " + done.stderr[-300:])
    return str(folder / "bin" / "python")


@pytest.mark.skipif("PYTRACER_WHOLE_SUITES" in os.environ, reason="the whole folders are asked for")
def test_a_few_tests_have_the_same_outcome(tmp_path):
    # their conftest files want packages that users need not have
    assert len(compare(tmp_path, FEW, CHOSEN, "--noconftest")) > 60


@pytest.mark.skipif("PYTRACER_WHOLE_SUITES" not in os.environ, reason="PYTRACER_WHOLE_SUITES is not set")
@pytest.mark.parametrize("name", WHOLE)
def test_whole_folders_have_the_same_outcome(name, tmp_path, request):
    python = request.getfixturevalue("with_hypothesis") if name in WITH_HYPOTHESIS else PYTHON
    compare(tmp_path, [name], "", *(["--noconftest"] if name.startswith("numpy") else []), python=python)
