"""Ranks of an MPI program: one trace each, sealed whatever ends the job."""

import shutil
import subprocess

import pytest
from both import PYTHON, TRACE, configure, environment, header, metadata, traces

MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", "2"]
if "open" in subprocess.run(["sh", "-c", "mpirun --version"], capture_output=True, text=True).stdout.lower():
    MPIRUN[1:1] = ["--mca", "pml", "ob1", "--mca", "btl", "self,vader"]
HAS_MPI4PY = subprocess.run([PYTHON, "-c", "import mpi4py.MPI"], capture_output=True).returncode == 0

pytestmark = pytest.mark.skipif(not shutil.which("mpirun"), reason="no mpirun")

def run(folder, program):
    (folder / "script.py").write_text(program)
    return subprocess.run(
        [*MPIRUN, TRACE, "--python", PYTHON, "--config", configure(folder), "script.py"], cwd=folder,
        env=environment(OMPI_ALLOW_RUN_AS_ROOT=1, OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1), capture_output=True, text=True, timeout=60)


RANK = "import os\nrank = int(os.environ.get('OMPI_COMM_WORLD_RANK', os.environ.get('PMI_RANK', '0')))\n"


def test_every_rank_has_a_trace_of_the_same_run(tmp_path):
    done = run(tmp_path, RANK + "def f(x):\n    return x\nf(float(rank))\nprint(f'rank{rank}')\n")
    assert done.returncode == 0 and sorted(done.stdout.replace("\n", "")) == sorted("rank0rank1")
    heads = [header(trace) for trace in traces(tmp_path)]
    assert sorted(head["role_rank"] for head in heads) == [0, 1] and {head["role_kind"] for head in heads} == {1}
    assert len({head["run_id"] for head in heads}) == 1


needs_mpi4py = pytest.mark.skipif(not HAS_MPI4PY, reason="no mpi4py")


@needs_mpi4py
def test_program_of_mpi4py_computes_and_its_traces_are_sealed(tmp_path):
    done = run(tmp_path, "from mpi4py import MPI\ndef f(x):\n    return x + 1\nc = MPI.COMM_WORLD\nprint(c.allreduce(f(c.rank)))\n")
    assert done.returncode == 0 and done.stdout.replace("\n", "") == "33"  # mpirun may mix the lines
    assert [metadata(trace)["exit_status"] for trace in traces(tmp_path)] == ["0", "0"]


@needs_mpi4py
def test_mpi_abort_seals_the_trace_of_the_rank_that_calls_it(tmp_path):
    done = run(tmp_path, "from mpi4py import MPI\nimport time\nc = MPI.COMM_WORLD\nc.Barrier()\n"
               "if c.rank == 0:\n    c.Abort(3)\ntime.sleep(50)\n")
    assert done.returncode == 3
    told = {header(trace)["role_rank"]: metadata(trace) for trace in traces(tmp_path)}
    assert told[0]["exit_status"] == "3"


@needs_mpi4py
def test_rank_that_fails_ends_the_job_with_sealed_traces(tmp_path):
    done = run(tmp_path, "from mpi4py import MPI\nimport sys\nc = MPI.COMM_WORLD\nc.Barrier()\nsys.exit(c.rank)\n")
    assert done.returncode == 1
    assert len(traces(tmp_path)) == 2
