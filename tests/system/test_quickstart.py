"""jobs/quickstart as a new user calls it, from a clone of its own."""

import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

SOURCE = Path(os.environ["PYTRACER_SOURCE"])


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone") / "pytracer"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns(
        "build", ".git", "node_modules", ".venv", "pytracer-experiments"))
    done = quickstart(folder, "--no-view", "--runs", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def quickstart(folder, *args, **kwargs):
    return subprocess.run(["jobs/quickstart", *args], cwd=folder, capture_output=True,
                          text=True, timeout=800, **kwargs)


def test_it_ends_with_a_ranking_that_names_the_culprit(clone):
    _, out = clone
    assert "regression.py:" in out
    assert out.index("normal_equations") < out.index("orthogonal")


def test_a_second_call_builds_nothing_again(clone):
    folder, _ = clone
    programs = list((folder / "build/release/bin").iterdir())
    assert programs
    before = {p: p.stat().st_mtime_ns for p in programs}
    assert quickstart(folder, "--no-view", "--runs", "2").returncode == 0
    assert {p: p.stat().st_mtime_ns for p in programs} == before


def test_it_takes_the_users_own_program(clone, tmp_path):
    folder, _ = clone
    script = tmp_path / "my program.py"
    script.write_text("import sys, numpy as np\n"
                      "print('sum', np.linalg.norm(np.array([0.1, 0.2]) * 3.0), sys.argv[1:])\n")
    done = quickstart(folder, "--no-view", "--runs", "3", "--", str(script), "a b", "c")
    assert done.returncode == 0, done.stdout + done.stderr
    (result,) = [p for p in folder.rglob("*.h5") if time.time() - p.stat().st_mtime < 60][-1:]
    assert result.stat().st_size > 0


def test_the_viewer_starts_and_prints_its_address_and_the_tunnel(clone):
    folder, _ = clone
    process = subprocess.Popen(["jobs/quickstart", "--runs", "2", "--port", "0"], cwd=folder,
                               stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        text = ""
        for line in process.stdout:
            text += line
            if "Running on" in text and "ssh -L" in text:
                break
        url = re.search(r"Running on (http://127\.0\.0\.1:\d+/\?token=\S+)", text)[1]
        assert urllib.request.urlopen(url, timeout=10).status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url.split("?")[0], timeout=10)
        assert refused.value.code == 401
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize("args", [["--runs"], ["--runs", "0"], ["--runs", "x"], ["--nonsense"]])
def test_a_wrong_option_is_named_in_one_line(clone, args):
    folder, _ = clone
    done = quickstart(folder, *args)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
