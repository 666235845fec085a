"""What tracing adds to a program's memory has a bound, however long the program runs. PYTRACER_MANY_CALLS
makes it run longer: from 2²⁰ different contents on, the table of those that are in the file is full."""

import os
import shutil
import subprocess

import pytest
from traced import PYTHON, TRACE, environment

PROGRAM = """
import sys, numpy as np
def work(x, y): return x
x = np.zeros(9)
for i in range(int(sys.argv[1])):
    x[0] = i
    work(x, [i, 'text'])
print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])
"""
CALLS = int(os.environ.get("PYTRACER_MANY_CALLS", 100_000))


def peak(folder, calls, *tracer):
    """The largest resident memory, in MiB, before the end."""
    (folder / "script.py").write_text(PROGRAM)
    (folder / "configuration.json").write_text('{"modules_to_load": "__main__"}')
    done = subprocess.run([*tracer, "script.py", str(calls)], cwd=folder, env=environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    size = sum(trace.stat().st_size for trace in folder.glob(".__pytracercache__/traces/*.trace"))
    shutil.rmtree(folder / ".__pytracercache__", ignore_errors=True)
    return int(done.stdout) / 1024, size


@pytest.mark.parametrize("calls", [1000, CALLS])
def test_memory_above_the_programs_own_is_bounded(calls, tmp_path):
    plain, _ = peak(tmp_path, calls, PYTHON)
    traced, size = peak(tmp_path, calls, TRACE, "--python", PYTHON, "--config", "configuration.json")
    assert size > 200 * calls, "all of it is recorded"
    assert traced - plain <= 64
