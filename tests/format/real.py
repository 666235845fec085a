"""Traces of real programs, as `pytracer info` sees them."""

import json
import os
import subprocess
import sys
from pathlib import Path

PYTRACER = Path(os.environ["PYTRACER_BIN"]) / "pytracer"


def start(folder, code, **options):
    """Starts tracing a program of numpy calls in the folder."""
    (folder / "program.py").write_text(code)
    (folder / "config.json").write_text(json.dumps(
        {"modules_to_load": ["numpy"], "numpy": {"ufunc": True}}))
    command = [PYTRACER, "trace", "--python", sys.executable, "--config", "config.json",
               "--command", "program.py"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, **options)


def traces(folder):
    return sorted((folder / ".__pytracercache__/traces").iterdir())


def info(trace, *options):
    return subprocess.run([PYTRACER, "info", trace, *options], capture_output=True,
                          text=True, timeout=120)


def verified(trace):
    """The line that `info --verify` says of a sound trace."""
    done = info(trace, "--verify")
    assert done.returncode == 0, done.stderr
    return done.stdout
