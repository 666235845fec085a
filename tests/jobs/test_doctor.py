"""pytracer doctor: what works here and what does not."""

import re
import sys

import pytest

from conftest import BIN, one_line


@pytest.fixture
def doctor(pytracer, tmp_path):
    """Calls pytracer doctor with a TMPDIR of its own, in which nothing may stay."""
    temporary = tmp_path / "tmp"

    def call(*args, env=None):
        temporary.mkdir()
        done = pytracer("doctor", "--python", sys.executable, *args,
                        env={"TMPDIR": temporary, **(env or {})})
        temporary.rmdir()
        return done
    return call


def lines(done):
    return [(m[1], m[2], m[3]) for m in
            re.finditer(r"^(good|warning|bad) +(\S+) +(.*)$", done.stdout, re.M)]


def test_a_machine_that_runs_the_tests_is_in_order(doctor, tmp_path):
    done = doctor()
    found = lines(done)
    assert done.returncode == 0, done.stdout
    subjects = {subject: verdict for verdict, subject, _ in found}
    for subject in ("programs", "Python", "numpy", "scipy", "sklearn", "cores",
                    "cache", "HDF5"):
        assert subjects[subject] == "good", done.stdout
    assert {"MPI", "SLURM", "BLAS"} <= set(subjects)
    layers = [words.split(":")[0] for verdict, subject, words in found
              if subject == "arithmetic" and verdict == "good"]
    assert layers[:3] == ["numpy", "python", "libm"], done.stdout
    assert ("good", "programs", str(BIN / "pytracer-trace")) in found
    import numpy
    assert ("good", "numpy", numpy.__version__) in found
    counts = [sum(v == word for v, _, _ in found) for word in ("good", "warning", "bad")]
    assert done.stdout.endswith("{} good, {} warnings, {} bad\n".format(*counts))
    assert list(tmp_path.iterdir()) == []


def test_an_interpreter_that_is_not_there_is_bad_with_a_remedy(doctor):
    done = doctor("--python", "/nonexistent/python3")
    assert done.returncode == 1
    assert ("bad", "Python") in [line[:2] for line in lines(done)]
    assert "→ name another interpreter with --python" in done.stdout


def test_a_cache_that_cannot_be_written_is_bad_with_a_remedy(doctor):
    done = doctor(env={"PYTRACER_CACHE": "/proc/cache"})
    assert done.returncode == 1
    assert re.search(r"^bad +cache +cannot write into /proc: ", done.stdout, re.M)
    assert "PYTRACER_CACHE" in done.stdout


def test_without_mpi_and_slurm_there_are_warnings_only(doctor):
    done = doctor(env={"PATH": "/nonexistent"})
    assert done.returncode == 0, done.stdout
    verdicts = {subject: verdict for verdict, subject, _ in lines(done)}
    assert verdicts["MPI"] == verdicts["SLURM"] == "warning"


def test_the_mpirun_of_another_mpi_is_warned_of(doctor, tmp_path):
    other = tmp_path / "mpirun"
    other.write_text("#!/bin/sh\necho HYDRA build details: Version 4.0.2\n")
    other.chmod(0o755)
    done = doctor(env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert done.returncode == 0
    assert re.search(r"^warning +MPI +pytracer-parse was built for .*Open MPI.*, mpirun is of HYDRA",
                     done.stdout, re.M), done.stdout


def test_a_temporary_folder_that_is_not_there_is_bad_with_a_remedy(pytracer):
    done = pytracer("doctor", "--python", sys.executable, env={"TMPDIR": "/nonexistent"})
    assert done.returncode == 1
    assert re.search(r"^bad +Python +cannot make the folder /nonexistent/.*\n +→ set TMPDIR", done.stdout, re.M)


def test_a_wrong_call_is_one_line(pytracer):
    one_line(pytracer("doctor", "--pyton", "x"), "'--python'")
    one_line(pytracer("doctor", "now"), "unexpected argument now")
