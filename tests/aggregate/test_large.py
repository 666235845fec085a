"""Traces larger than the memory that a rank may have (long)."""

import os
import resource
import subprocess

from test_memory import limited
from traces import PARSE, make_traces

LIMIT = 300 << 20


def test_traces_ten_times_larger_than_the_address_space(tmp_path):
    """ulimit -v 300 MiB, MPI's own libraries within it, and 3.2 GB of traces."""
    make_traces(tmp_path / "t", runs=5, calls=3950, elements=10000, scalars=2000)
    files = sum(p.stat().st_size for p in (tmp_path / "t").iterdir())
    assert files > 10 * LIMIT
    done = subprocess.run([PARSE, "--threads", "1", "--directory", tmp_path / "t", "--output",
                           tmp_path / "r.h5", "--online", "--quiet"], text=True,
                          preexec_fn=limited(resource.RLIMIT_AS, LIMIT), capture_output=True)
    assert done.returncode == 0, done.stderr


def test_many_calls_stay_within_the_share_of_memory(tmp_path):
    """600,000 scalar calls in 10 runs: 1.8 GB of traces, of which the calls and values
    would take as much again."""
    make_traces(tmp_path / "t", runs=10, calls=0, elements=0, scalars=600000)
    job = subprocess.Popen([PARSE, "--threads", "1", "--directory", tmp_path / "t", "--output",
                            tmp_path / "r.h5", "--online", "--quiet"])
    _, status, usage = os.wait4(job.pid, 0)
    assert status == 0
    batch = 8192 * 10 * 16
    assert usage.ru_maxrss * 1024 <= (256 << 20) + batch
