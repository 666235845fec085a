"""pytracer clean: removes what is ours, and only that."""

import os
import pty
import subprocess
import time
from pathlib import Path

import pytest

from conftest import NUMERICAL, PYTRACER, environment, one_line

OURS = {
    "traces": ["261123043000.node1.4711.trace", "261123043000.12_3.4711.r2.trace"],
    "stats": ["stats.261123043000.node1.4711.h5"],
    "sources": ["0123456789abcdef0123456789abcdef"],
    "report": ["report.261123043000.node1.4711.csv"],
    "info": ["pytracer.log.261123043000.12.4711"],
}
HOST = os.uname().nodename.split(".")[0]


@pytest.fixture
def cache(tmp_path):
    root = tmp_path / ".__pytracercache__"
    for folder, names in OURS.items():
        (root / folder).mkdir(parents=True)
        for name in names:
            (root / folder / name).write_bytes(b"x" * 1000)
    old = time.time() - 2 * 86400  # a log of another machine: nobody writes it any more
    os.utime(root / "info" / OURS["info"][0], (old, old))
    return root


def files(root):
    return {str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir()}


def test_everything_of_ours_is_removed_with_its_folders(pytracer, cache):
    done = pytracer("clean")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("removed 6 files (5.9KB) in ")
    assert not cache.exists()


def test_what_we_did_not_write_stays(pytracer, cache, tmp_path):
    outside = tmp_path / "precious"
    outside.mkdir()
    (outside / "261123043000.node1.4711.trace").write_text("precious")
    keep = {
        "notes.txt": "mine", "traces/notes.txt": "mine", "traces/mine.trace": "mine",
        "stats/stats.mine.h5": "mine", "stats/261123043000.node1.4711.trace": "in the wrong folder",
        "traces/261123043000.node1.4711.trace.backup": "mine", "sources/readme": "mine",
        "other/261123043000.node1.4711.trace": "not a folder of ours",
    }
    (cache / "other").mkdir()
    for name, text in keep.items():
        (cache / name).write_text(text)
    (cache / "traces/261123043001.node1.1.trace").symlink_to(outside / "261123043000.node1.4711.trace")
    (cache / "traces/261123043002.node1.1.trace").mkdir()
    assert pytracer("clean").returncode == 0
    assert files(cache) == set(keep) | {"traces/261123043001.node1.1.trace"}
    assert (outside / "261123043000.node1.4711.trace").read_text() == "precious"


def test_a_folder_that_is_a_link_is_left_alone(pytracer, cache, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (cache / "traces").rename(elsewhere)
    (cache / "traces").symlink_to(elsewhere)
    assert pytracer("clean").returncode == 0
    assert len(files(elsewhere)) == 2


def test_what_a_live_process_writes_stays(pytracer, cache):
    live = f"261123043000.{HOST}.{os.getpid()}"
    dead = f"261123043000.{HOST}.4194304"  # above the largest pid
    other = "261123043000.node9.17"
    keep = {f"traces/{live}.trace.part", f"stats/stats.{live}.h5.tmp", f"info/pytracer.log.{live}",
            f"traces/{other}.trace.part", f"sources/{OURS['sources'][0]}"}
    for name in keep | {f"traces/{live}.trace", f"traces/{dead}.trace.part"}:
        (cache / name).write_bytes(b"x")
    done = pytracer("clean")
    assert done.returncode == 0
    assert files(cache) == keep
    assert "kept 5 files" in done.stdout
    two_days_ago = time.time() - 2 * 86400
    os.utime(cache / f"traces/{other}.trace.part", (two_days_ago, two_days_ago))
    pytracer("clean")
    assert f"traces/{other}.trace.part" not in files(cache)


def test_a_running_trace_survives_a_clean(pytracer, script, tmp_path):
    script("import sys\nprint('up', flush=True)\nsys.stdin.read()\n" + NUMERICAL)
    env = environment(PYTRACER_CACHE=tmp_path / "cache")
    job = subprocess.Popen([PYTRACER, "trace", "--command", "x.py"], cwd=tmp_path, env=env,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert job.stdout.readline() == "up\n"
    done = pytracer("clean", "--directory", "cache")
    assert done.returncode == 0
    job.communicate("", timeout=60)
    assert job.returncode == 0
    (trace,) = (tmp_path / "cache/traces").iterdir()
    assert pytracer("info", trace).returncode == 0


def test_results_can_be_kept(pytracer, cache):
    assert pytracer("clean", "--keep-results").returncode == 0
    assert files(cache) == {"stats/" + OURS["stats"][0]}


def test_only_older_files_are_removed_if_asked(pytracer, cache):
    old = cache / "traces" / OURS["traces"][0]
    os.utime(old, (time.time() - 3 * 3600,) * 2)
    os.utime(cache / "info" / OURS["info"][0], (time.time(),) * 2)
    before = files(cache)
    assert pytracer("clean", "--older-than", "2h").returncode == 0
    assert before - files(cache) == {f"traces/{old.name}"}


def test_a_dry_run_names_what_would_go(pytracer, cache):
    done = pytracer("clean", "--dry-run")
    assert done.returncode == 0
    named = {line for line in done.stdout.splitlines() if line.startswith("/")}
    assert named == {str(cache / name) for name in files(cache)}
    assert len(named) == 6


def answer(text, cwd):
    """Calls clean on a terminal of its own and types."""
    master, slave = pty.openpty()
    process = subprocess.Popen([PYTRACER, "clean"], cwd=cwd, stdin=slave, stdout=slave,
                               stderr=slave, env=environment())
    os.close(slave)
    os.write(master, text.encode())
    status = process.wait(timeout=20)
    said = os.read(master, 10000).decode()
    os.close(master)
    return status, said


@pytest.mark.parametrize("text, removed", [("y\n", True), ("YES\n", True), ("n\n", False),
                                           ("\n", False), ("\x04", False)])
def test_on_a_terminal_it_asks_first(cache, text, removed):
    status, said = answer(text, cache.parent)
    assert "Remove 6 files (5.9KB)" in said
    assert cache.exists() is not removed
    assert (status == 0) is removed


def test_nothing_to_do_is_no_error(pytracer):
    done = pytracer("clean")
    assert done.returncode == 0
    assert done.stdout.startswith("nothing to remove")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove anything")
def test_what_cannot_be_removed_is_named(pytracer, cache):
    os.chmod(cache / "traces", 0o500)
    try:
        done = pytracer("clean")
    finally:
        os.chmod(cache / "traces", 0o700)
    assert done.returncode == 1
    assert "cannot remove" in done.stderr


@pytest.mark.parametrize("args, word", [
    (["--older-than", "soon"], "--older-than"), (["--older-than"], "--older-than"),
    (["cache"], "'cache'"), (["--yes=1"], "--yes"), (["--directory", "none"], "none"),
])
def test_a_wrong_call_is_one_line(pytracer, cache, args, word):
    before = files(cache)
    one_line(pytracer("clean", *args), "pytracer clean:", word)
    assert files(cache) == before


def test_names_with_blanks_and_newlines_work(pytracer, cache):
    moved = cache.rename(cache.parent / "a b\nc")
    done = pytracer("clean", "--directory", moved)
    assert done.returncode == 0
    assert not Path(moved).exists()
