"""The tracer under valgrind, which stands in for Verrou: the same machinery, without the
perturbation."""

import shutil
import subprocess

import pytest

from both import PYTHON, TRACE, environment, header, plain, traces

PROGRAM = """\
import numpy as np
def work(n):
    return np.sqrt(np.arange(1.0, n)).sum() * 0.1 + sum([0.1] * 10)
print(repr(float(work(500))), __name__)
"""


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_a_traced_program_is_the_same_under_valgrind(tmp_path):
    (tmp_path / "x.py").write_text(PROGRAM)
    (tmp_path / "c.json").write_text('{"modules_to_load": ["__main__", "numpy"], "numpy": {"ufunc": true}}')
    expected = plain(["x.py"], tmp_path)
    done = subprocess.run(
        ["valgrind", "-q", "--tool=none", "--trace-children=yes", TRACE, "--python", PYTHON,
         "--config", "c.json", "--command", "x.py"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=900)
    assert (done.returncode, done.stdout) == expected[:2], done.stderr
    (trace,) = traces(tmp_path)
    assert header(trace)["major"] == 1
