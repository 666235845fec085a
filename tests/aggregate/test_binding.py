"""How ranks and threads share the cores is printed, and warned of where it is slow; and no
rank holds more than its share."""

import os
import subprocess

import pytest
from traces import MPIRUN, PARSE, make_traces

CORES = sorted(os.sched_getaffinity(0))


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("binding") / "t"
    make_traces(folder, runs=2, calls=1, elements=10, scalars=1)
    return folder


def said(traces, tmp_path, command, threads):
    done = subprocess.run([*command, PARSE, "--directory", traces, "--output", tmp_path / "r.h5", "--force",
                           *(["--threads", str(threads)] if threads else [])],
                          env={k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_one_rank_bound_to_one_core_has_one_thread_of_its_own_accord(traces, tmp_path):
    words = said(traces, tmp_path, ["taskset", "-c", str(CORES[0])], None)
    assert "1 rank of 1 thread, 1 on this node's 1 core\n" in words
    assert "WARNING" not in words


def test_two_threads_on_one_core_are_warned_of(traces, tmp_path):
    words = said(traces, tmp_path, ["taskset", "-c", str(CORES[0])], 2)
    assert "1 rank of 2 threads, 1 on this node's 1 core\n" in words
    assert "WARNING: 1 rank of 2 threads share 1 core:" in words


@pytest.mark.skipif(len(CORES) < 2, reason="one core")
def test_ranks_that_are_each_bound_to_one_core_are_told_how_to_start(traces, tmp_path):
    """As Open MPI binds by default; a wrapper, since mpirun need not see the cores that this test may use."""
    script = f'exec taskset -c $(echo {",".join(map(str, CORES[:2]))} | cut -d, -f$((OMPI_COMM_WORLD_RANK + 1))) "$@"'
    command = [*MPIRUN, "-n", "2", "sh", "-c", script, "sh"]
    words = said(traces, tmp_path, command, 2)
    assert "2 ranks of 2 threads, 2 on this node's 2 cores" in words
    assert ("each rank is bound to 1 core and has 2 threads: start mpirun with --map-by slot:PE=2 or "
            "--bind-to none") in words
    words = said(traces, tmp_path, command, 1)
    assert "2 ranks of 1 thread, 2 on this node's 2 cores" in words and "WARNING" not in words


MEASURE = r"""
import os, resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
open(f"{sys.argv[1]}.{os.environ['OMPI_COMM_WORLD_RANK']}", "w").write(str(most))
sys.exit(code)
"""


def most_memory(tmp_path, name, ranks, **size):
    """kB of each rank, with all of it in memory and nothing in files."""
    make_traces(tmp_path / name, **size)
    subprocess.run([*MPIRUN, "-n", str(ranks), "python3", "-c", MEASURE, tmp_path / "most", PARSE, "--directory",
                    tmp_path / name, "--output", tmp_path / "r.h5", "--force", "--threads", "1", "--least-share",
                    "0", "--memory", "4096", "--quiet"], check=True, timeout=120)
    return [int((tmp_path / f"most.{r}").read_text()) for r in range(ranks)]


@pytest.mark.parametrize("large", [dict(calls=0, elements=0, scalars=60000), dict(calls=8, elements=400000, scalars=8)],
                         ids=["calls", "elements"])
def test_rank_0_holds_no_more_than_the_others(tmp_path, large):
    """What the ranks need more for much than for little is about the same: a rank that gathered what grows
    with calls × runs, or with elements, would need as much as all the others together."""
    little = most_memory(tmp_path, "little", 4, runs=4, calls=4, elements=10, scalars=4)
    much = most_memory(tmp_path, "much", 4, runs=4, **large)
    grown = [b - a for a, b in zip(little, much)]
    others = sorted(grown[1:])
    assert grown[0] <= 1.5 * others[1] + 4096, grown
