"""numpy's own tests of ufuncs and linear algebra under stochastic rounding: what fails is
what numpy-own-known.txt lists and explains."""

import os
import re
import subprocess
import sys

import pytest

FOLDER = os.path.dirname(os.path.abspath(__file__))
SUITES = [("core.tests.test_umath", "numpy"), ("core.tests.test_ufunc", "numpy"),
          ("linalg.tests.test_linalg", "numpy"), ("linalg.tests.test_linalg", "libm,blas")]


def known():
    with open(os.path.join(FOLDER, "numpy-own-known.txt")) as lines:
        words = [line.split("#")[0].split() for line in lines]
    return {line[0] for line in words if line}


def failures(suite, layers, seed):
    """(names of the failed tests without their parameters, number of passed ones)"""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider",
         "-p", "numpy_own_plugin", "--pyargs", "numpy." + suite],
        env={**os.environ, "PYTHONPATH": FOLDER, "PT_FUZZY_SEED": str(seed),
             "PT_FUZZY_LAYERS": layers},
        stdout=subprocess.PIPE, text=True)
    passed = re.search(r"(\d+) passed", done.stdout)
    if not passed:
        pytest.skip("numpy's own tests cannot run here: " + done.stdout[-300:])
    failed = re.findall(r"^(?:FAILED|ERROR) \S*?::(\S+)", done.stdout, re.M)
    return {name.split("[")[0] for name in failed}, int(passed[1])


@pytest.mark.parametrize("suite, layers", SUITES)
def test_only_comparisons_to_the_last_bit_fail(suite, layers):
    failed, passed = failures(suite, layers, 1)
    assert passed > 200
    assert failed - known() == set()
