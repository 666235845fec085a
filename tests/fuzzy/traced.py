"""Runs a program under pytracer-trace with layers of the stochastic arithmetic."""

import os
import subprocess
import sys
import textwrap

TRACE = os.path.join(os.environ["PYTRACER_BIN"], "pytracer-trace")
PYTHON = os.environ.get("PYTRACER_TRACED_PYTHON", sys.executable)
LIBRARY = os.path.join(os.environ["PYTRACER_TESTS_BIN"], "pt_fuzzy_calls.so")


def run_traced(code, folder, layers, seed=1, options=(), environment=None, python=PYTHON,
               warnings=""):
    """The lines that `code` prints under these layers; None: plain Python. `warnings` is
    all that may stand on stderr."""
    script = folder / "program.py"
    script.write_text("LIBRARY = %r\n" % LIBRARY + textwrap.dedent(code))
    command = [python, str(script)]
    if layers is not None:
        command = [TRACE, "--python", python, "--report", "only", "--fuzzy=" + layers,
                   "--seed", str(seed), *options, "--command", str(script)]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTRACER_")}
    done = subprocess.run(command, cwd=folder, env={**kept, **(environment or {})},
                          capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stderr) == (0, warnings)
    return done.stdout.splitlines()
