"""What the tests of the front command share: the programs, called as a user calls them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(os.environ["PYTRACER_BIN"])
PYTRACER = BIN / "pytracer"


def environment(**more):
    """The user's environment, with the tests' interpreter first on PATH."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("PYTRACER_", "SLURM_", "VIRTUAL_ENV", "CONDA_"))}
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    env.update({k: str(v) for k, v in more.items()})
    return env


@pytest.fixture
def pytracer(tmp_path):
    """Calls pytracer in a folder of its own."""

    def call(*args, cwd=tmp_path, env=None, timeout=120, **kwargs):
        return subprocess.run([PYTRACER, *map(str, args)], cwd=cwd, capture_output=True,
                              text=True, timeout=timeout, env=environment(**(env or {})),
                              stdin=subprocess.DEVNULL, **kwargs)

    return call


@pytest.fixture
def script(tmp_path):
    """Writes a program into the test's folder."""

    def write(text, name="x.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


NUMERICAL = """\
import numpy as np
x = np.arange(1.0, 500.0) / 3.0
print(repr(np.linalg.norm(np.sum(x)) / 7.0))
"""


def one_line(done, *words):
    """The command failed with one line on standard error that holds these words."""
    lines = done.stderr.splitlines()
    assert done.returncode != 0
    assert len(lines) == 1, done.stderr
    for word in words:
        assert str(word) in lines[0], done.stderr
