"""Runs code in an interpreter of its own under the stochastic arithmetic, which the test
module installs; `None` as seed: plain Python."""

import os
import subprocess
import sys
import textwrap

PRELUDE = """
import sys
sys.path.insert(0, {path!r})
import numpy as np, pt_fuzzy_module as fuzzy
try:
    from numpy._core import _multiarray_umath as umath
except ImportError:
    from numpy.core import _multiarray_umath as umath
"""


def run_fuzzy(code, seed=1, mode="sr", layers="numpy", bits=(0, 0), environment=None):
    """The lines that `code` prints. numpy is `np`, the module `fuzzy`."""
    program = PRELUDE.format(path=os.environ["PYTRACER_TESTS_BIN"])
    if seed is not None:
        program += "fuzzy.start(umath, %r, %r, %d, %d, %d)\n" % (layers, mode, seed, *bits)
    done = subprocess.run(
        [sys.executable, "-c", program + textwrap.dedent(code)],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
