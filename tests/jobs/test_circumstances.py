"""Where the users' machines are not as one would wish."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from conftest import BIN, NUMERICAL, PYTRACER, environment

SOURCE = Path(os.environ["PYTRACER_SOURCE"])


def record(folder):
    return json.loads((Path(folder) / "experiment.json").read_text())


@pytest.fixture
def run(pytracer):
    def call(*args, **kwargs):
        return pytracer("run", "--python", sys.executable, "--experiment", "e", *args, **kwargs)
    return call


def test_a_program_that_wants_a_terminal_fails_with_its_own_words(run, script):
    script("import numpy as np\nnp.linalg.norm([1.0])\nname = input('your name? ')")
    done = run("-n", "2", "x.py")
    assert done.returncode == 1
    assert done.stderr.count("EOFError: EOF when reading a line") == 3  # and the reference
    assert "no run succeeded" in done.stderr


def test_a_full_disk_ends_the_experiment_and_keeps_what_it_knew(tmp_path):
    """In a mount namespace of its own, on a file system of 2 MB."""
    (tmp_path / "x.py").write_text("import numpy as np\nrng = np.random.default_rng(1)\n"
                                   "for _ in range(200): np.linalg.norm(rng.random(4000))\n")
    small = tmp_path / "small"
    small.mkdir()
    command = (f"mount -t tmpfs -o size=2m none {small} || exit 77; "
               f"{PYTRACER} run -n 2 --python {sys.executable} --experiment small/e x.py; "
               f"echo status $?; cp small/e/experiment.json {tmp_path}")
    apart = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    done = subprocess.run([*apart, "sh", "-c", command], cwd=tmp_path, timeout=120, text=True,
                          capture_output=True, env=environment())
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("no mount namespaces here: " + done.stderr.strip())
    assert "status 1" in done.stdout
    assert "No space left on device" in done.stderr.splitlines()[-1]
    # The record is whole: as it was, or with the first run that left no trace.
    assert {r["state"] for r in record(tmp_path)["runs"]} <= {"waiting", "failed"}


@pytest.fixture
def no_locks(tmp_path):
    """As on a Lustre that is mounted without them."""
    cc = shutil.which("cc") or pytest.skip("no compiler for the stand-in")
    (tmp_path / "flock.c").write_text("#include <errno.h>\nint flock(int fd, int how);\n"
                                      "int flock(int fd, int how)\n{\n(void)fd;(void)how;"
                                      "errno = ENOLCK; return -1;\n}\n")
    library = tmp_path / "flock.so"
    subprocess.run([cc, "-shared", "-fPIC", "-o", library, tmp_path / "flock.c"], check=True)
    return {"LD_PRELOAD": str(library)}


def test_a_file_system_without_locks_is_worked_on(run, pytracer, script, no_locks):
    script(NUMERICAL)
    done = run("-n", "2", "x.py", env=no_locks)
    assert done.returncode == 0, done.stderr
    said = pytracer("doctor", "--python", sys.executable, env=no_locks).stdout
    assert re.search(r"^warning +cache +no locks on this file system: .*\n +→ take care yourself", said, re.M)


def test_clocks_that_differ_between_nodes_change_no_digit(pytracer, run, script, tmp_path):
    """Half of the runs are made by a node that lives nine years in the future."""
    faketime = shutil.which("faketime") or pytest.skip("no faketime: apt-get install faketime")
    script(NUMERICAL)
    assert run("-n", "4", "--no-parse", "--no-reference", "--seed", "1", "x.py").returncode == 0
    e = tmp_path / "e"
    seeds = {i + 1: r["seed"] for i, r in enumerate(record(e)["runs"])}
    skewed = tmp_path / "skewed"
    skewed.mkdir()
    names = sorted(p.name for p in (e / "traces").iterdir())
    for number, name in enumerate(names, 1):
        env = environment(PYTRACER_RUN=number, PYTRACER_SEED=seeds[number], PYTHONHASHSEED="0",
                          PYTRACER_EXPERIMENT=record(e)["id"], OMP_NUM_THREADS="1",
                          OPENBLAS_NUM_THREADS="1")
        command = [PYTRACER, "trace", "--python", sys.executable, "--config", e / "config.json",
                   "--output", skewed / name, "--command", "x.py"]
        if number % 2:
            command = [faketime, "-f", "+9y", *command]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    for folder, result in ((e / "traces", "a.h5"), (skewed, "b.h5")):
        assert pytracer("parse", "--directory", folder, "--output", result).returncode == 0
    dates = [int(e["created_ns"]) for e in
             json.loads(pytracer("info", "--json", "--directory", skewed).stdout)["traces"]]
    assert max(dates) - min(dates) > 8 * 365 * 86400 * 10**9
    diff = pytracer("diff", "a.h5", "b.h5", "--threshold", "0")
    assert diff.returncode == 0 and "no function changed" in diff.stdout, diff.stdout
    assert "only in" not in diff.stdout


@pytest.mark.parametrize("jump, tunnel", [
    ([], r"ssh -N -L {port}:127\.0\.0\.1:{port} \S+@\S+"),
    (["login.cluster"], r"ssh -N -J \S+@login\.cluster -L {port}:127\.0\.0\.1:{port} \S+@\S+"),
])
def test_the_script_of_the_viewer_says_the_tunnel_and_serves(run, script, tmp_path, jump, tunnel):
    script(NUMERICAL)
    assert run("-n", "2", "--no-reference", "x.py").returncode == 0
    (result,) = (tmp_path / "e/stats").glob("*.h5")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    env = environment(PYTRACER_VIZ=BIN / "pytracer-viz", PYTRACER_PORT=port, USER="me")
    viewer = subprocess.Popen(["bash", SOURCE / "jobs/viz.sh", result, *jump], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    watchdog = threading.Timer(20, viewer.kill)
    watchdog.start()
    try:
        words = ""
        while "Running on" not in words:
            line = viewer.stdout.readline()
            assert line, words + viewer.stderr.read()
            words += line
        assert re.search(tunnel.format(port=port), words), words
        address = re.search(r"Running on (http://127\.0\.0\.1:\d+)", words).group(1)
        assert address.endswith(f":{port}")
        assert urllib.request.urlopen(address + "/healthz", timeout=10).read() == b"ok\n"
    finally:
        watchdog.cancel()
        viewer.terminate()
        viewer.communicate(timeout=20)
