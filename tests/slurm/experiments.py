"""Experiments on the cluster of the tests, and how they ended."""

import json
import sys

import pytest

PROGRAM = """\
import os, pathlib, time
import numpy as np
total = np.sum(np.arange(1.0, 20000.0) / 3.0, keepdims=True)
print(np.subtract(total, 66663333.0)[0].hex())
run = os.environ["PYTRACER_RUN"]
if pathlib.Path(f"fail-{run}").exists(): raise SystemExit(3)
if pathlib.Path(f"hang-{run}").exists():
    pathlib.Path(f"hangs-{run}").touch()
    while pathlib.Path(f"hang-{run}").exists(): time.sleep(0.1)
"""
CONFIG = {"modules_to_load": ["numpy"], "numpy": {"ufunc": True}}


def submitter(pytracer, folder):
    (folder / "x.py").write_text(PROGRAM)
    (folder / "c.json").write_text(json.dumps(CONFIG))

    def call(*args, probe=False, program=("--", "x.py")):
        return pytracer("submit", "--python", sys.executable, "--config", "c.json", "--seed", "1",
                        "--experiment", "e", *([] if probe else ["--no-probe"]), *args, *program)
    return call


@pytest.fixture
def submit(pytracer, tmp_path):
    return submitter(pytracer, tmp_path)


def finish(slurm, tmp_path, folder="e", seconds=120):
    """Waits until none of the experiment's jobs is in the queue."""
    ids = json.loads((tmp_path / folder / "experiment.json").read_text())["jobs"]
    slurm.until("the jobs", lambda: not set(ids) & set(
        slurm.ask("squeue", "-h", "-o", "%A %F").split()), seconds)


def statuses(folder):
    return {p.name: dict(line.split("=", 1) for line in p.read_text().splitlines())["state"]
            for p in sorted((folder / "status").iterdir())
            if "." not in p.name and p.name != "result"}


def wait_for(path, slurm):
    slurm.until(path, path.exists)


def is_sealed_and_kept_out(pytracer, e):
    """The trace of run 1, which was stopped."""
    (trace,) = (e / "failed/run-0001").glob("*.trace")
    entry = json.loads(pytracer("info", "--json", "--trace", "--directory", trace.parent).stdout)
    assert entry["traces"][0]["state"] == "whole"
    assert trace.name not in {p.name for p in (e / "traces").iterdir()}
