"""pytracer submit on a real SLURM, from the batch scripts to the ranking."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import BIN
from experiments import CONFIG, finish, is_sealed_and_kept_out, statuses, submit, wait_for

def test_an_experiment_ends_in_a_ranking(submit, pytracer, tmp_path):
    done = submit("-n", "4", "--time", "5", "--wait", "--ranks", "2", "--control", probe=True)
    assert done.returncode == 0, done.stdout + done.stderr
    e = tmp_path / "e"
    assert re.search(r"probe: a run takes .* and writes .*; 6 runs take .* and write .*room for", done.stderr)
    assert re.search(r"^job \d+: runs 0,2-4$", done.stdout, re.M)
    assert re.search(r"^job \d+: aggregation$", done.stdout, re.M)
    assert "rank  self-lost" in done.stdout and "numpy.subtract" in done.stdout
    assert len(list((e / "traces").glob("*.trace"))) == 4
    (result,) = (e / "stats").glob("stats.*.h5")
    info = json.loads(pytracer("info", "--json", "--directory", "e").stdout)
    assert len(info["results"][0]["traces"]) == 5  # with the reference
    assert "against the run under IEEE arithmetic" in done.stdout
    plain = subprocess.run([sys.executable, "x.py"], cwd=tmp_path, text=True, capture_output=True,
                           env=dict(os.environ, PYTRACER_RUN="0"))
    assert (e / "logs/reference.out").read_text() == plain.stdout
    assert "control: run 1 repeated is the same bit for bit" in done.stderr
    assert len(list((e / "control").glob("*.trace"))) == 1
    status = pytracer("status", "e").stdout
    assert "4 of 4 runs done, 0 failed" in status and str(result) in status
    assert "control: run 1 repeated is the same" in status


def test_the_same_seed_gives_the_runs_of_the_workstation(submit, pytracer, slurm, tmp_path):
    assert submit("-n", "2", "--time", "5").returncode == 0
    finish(slurm, tmp_path)
    assert pytracer("run", "-n", "2", "--seed", "1", "--config", "c.json", "--no-parse",
                    "--experiment", "here", "--python", sys.executable, "x.py").returncode == 0
    for name in ("run-0001.out", "run-0002.out"):
        assert (tmp_path / "e/logs" / name).read_text() == (tmp_path / "here/logs" / name).read_text()


def test_failed_tasks_do_not_block_and_can_be_submitted_alone(submit, pytracer, slurm, tmp_path):
    (tmp_path / "fail-2").touch()
    assert submit("-n", "4", "--time", "5").returncode == 0
    finish(slurm, tmp_path)
    e = tmp_path / "e"
    assert statuses(e) == {"reference": "done", "run-0001": "done", "run-0002": "failed", "run-0003": "done",
                           "run-0004": "done"}
    (log,) = (e / "logs").glob("slurm-parse-*.log")
    assert "1 of 4 runs are missing: 2" in log.read_text()
    status = pytracer("status", "e").stdout
    assert "3 of 4 runs done, 1 failed" in status and "run 2 failed: exit status 3" in status
    (first,) = (e / "stats").glob("*.h5")
    (tmp_path / "fail-2").unlink()
    done = pytracer("submit", "--resume", "e", "--wait")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^job \d+: runs 2$", done.stdout, re.M)
    assert set(statuses(e).values()) == {"done"}
    results = set((e / "stats").glob("*.h5"))
    assert first in results and len(results) == 2
    assert len(list((e / "traces").glob("*.trace"))) == 4


def test_an_array_beyond_the_limit_is_split(submit, slurm, tmp_path):
    done = submit("-n", "8", "--time", "5", "--throttle", "3")  # MaxArraySize is 6
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^job \d+: runs", done.stdout, re.M)) == 2
    assert "runs 0-5%3" in done.stdout and "runs 1-3%3, counted from 6" in done.stdout
    finish(slurm, tmp_path)
    assert list(statuses(tmp_path / "e").values()) == ["done"] * 9
    (result,) = (tmp_path / "e/stats").glob("*.h5")
    import h5py
    with h5py.File(result) as f:
        assert list(f["runs/run_id"][:]) == [*range(1, 9), 0]


def test_a_killed_task_is_told_and_the_rest_is_used(submit, pytracer, slurm, tmp_path):
    (tmp_path / "hang-2").touch()
    done = submit("-n", "3", "--time", "5")
    wait_for(tmp_path / "hangs-2", slurm)
    (job,) = re.findall(r"^job (\d+): runs", done.stdout, re.M)
    slurm.ask("scancel", "--signal=KILL", "--full", f"{job}_2", check=True)
    finish(slurm, tmp_path)
    e = tmp_path / "e"
    assert statuses(e)["run-0001"] == statuses(e)["run-0003"] == "done"
    assert statuses(e).get("run-0002") != "done"
    assert "2 of 3 runs done" in pytracer("status", "e").stdout
    assert len(list((e / "traces").glob("*.trace"))) == 2
    assert len(list((e / "stats").glob("*.h5"))) == 1


def test_a_stopped_task_seals_its_trace_which_is_kept_out(submit, pytracer, slurm, tmp_path):
    (tmp_path / "hang-1").touch()
    done = submit("-n", "2", "--time", "5")
    wait_for(tmp_path / "hangs-1", slurm)
    (job,) = re.findall(r"^job (\d+): runs", done.stdout, re.M)
    slurm.ask("scancel", "--batch", "--signal=TERM", f"{job}_1", check=True)
    finish(slurm, tmp_path)
    assert statuses(tmp_path / "e") == {"reference": "done", "run-0001": "stopped", "run-0002": "done"}
    is_sealed_and_kept_out(pytracer, tmp_path / "e")


def test_a_dry_run_prints_the_scripts_and_makes_nothing(submit, tmp_path):
    before = sorted(p.name for p in tmp_path.iterdir())
    done = submit("-n", "3", "--partition", "short", "--mem", "2G", "--account", "me", "--dry-run",
                  program=("--", "x.py", "a b", "it's"))
    assert done.returncode == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    trace, parse = re.split(r"=== .*/parse\.sbatch\n", done.stdout)
    for script in (trace, parse):
        assert "#SBATCH --partition=short\n" in script and "#SBATCH --mem=2G\n" in script
        assert "#SBATCH --account=me\n" in script
        checked = subprocess.run(["bash", "-n"], text=True, capture_output=True,
                                 input=script.split("\n", 1)[1])
        assert checked.returncode == 0, checked.stderr
    assert "PROGRAM=(x.py 'a b' 'it'\\''s')" in trace
    assert "RUNS=3\n" in parse


def test_names_with_blanks_and_newlines_work(pytracer, slurm, tmp_path):
    folder = tmp_path / "my \n folder"
    folder.mkdir()
    (folder / "a b\nc.py").write_text("import sys\nimport numpy as np\nnp.linalg.norm([1.0, 2.0])\n"
                                      "print(sys.argv)")
    done = pytracer("submit", "--no-probe", "--python", sys.executable, "-n", "1", "--no-reference",
                    "--wait", "--", "a b\nc.py", "x\ny", "it's", "$HOME", cwd=folder)
    assert done.returncode == 0, done.stderr
    (e,) = (folder / "pytracer-experiments").iterdir()
    assert (e / "logs/run-0001.out").read_text() == repr(["a b\nc.py", "x\ny", "it's", "$HOME"]) + "\n"


def test_the_scripts_work_without_us_and_after_an_edit(submit, slurm, tmp_path):
    assert submit("-n", "1", "--time", "5").returncode == 0
    finish(slurm, tmp_path)
    e = (tmp_path / "e").rename(tmp_path / "moved e")
    text = (e / "parse.sbatch").read_text()
    (e / "parse.sbatch").write_text(text.replace("OPTIONS=()", "OPTIONS=(--method general)"))
    job = subprocess.run(["sbatch", "--parsable", "--wait", "parse.sbatch"], cwd=e,
                         capture_output=True, text=True, env=slurm.environment())
    assert job.returncode == 0, job.stderr
    assert len(list((e / "stats").glob("*.h5"))) == 2


def test_without_a_scheduler_the_same_scripts_run(submit, tmp_path):
    done = submit("-n", "3", "--dry-run")
    trace, parse = re.split(r"=== .*/parse\.sbatch\n", done.stdout)
    folder = tmp_path / "alone"
    folder.mkdir()
    (folder / "trace.sbatch").write_text(trace.split("\n", 1)[1])
    (folder / "parse.sbatch").write_text(parse)
    (folder / "config.json").write_text(json.dumps(CONFIG | {"fuzzy": {"layers": "all"}}))
    shutil.copy(Path(os.environ["PYTRACER_SOURCE"]) / "jobs/local.sh", folder)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "PYTRACER_"))}
    ran = subprocess.run(["bash", "local.sh", "0", "3", "2"], cwd=folder, env=env,
                         capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert statuses(folder) == {"reference": "done"} | {f"run-000{i}": "done" for i in (1, 2, 3)}
    assert len(list((folder / "stats").glob("*.h5"))) == 1


def test_a_dead_controller_is_said_in_plain_words(pytracer, slurm, tmp_path):
    (tmp_path / "x.py").write_text("pass")
    conf = tmp_path / "slurm.conf"
    text = slurm.conf.read_text()
    conf.write_text(re.sub(r"SlurmctldPort=\d+", "SlurmctldPort=1\nSlurmctldTimeout=2\nMessageTimeout=2", text))
    done = pytracer("submit", "-n", "1", "--experiment", "e", "x.py", SLURM_CONF=str(conf))
    assert done.returncode == 1
    assert "scontrol failed" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "e").exists()


def test_no_scheduler_points_to_run(tmp_path):
    (tmp_path / "x.py").write_text("pass")
    done = subprocess.run([BIN / "pytracer", "submit", "x.py"], cwd=tmp_path, text=True,
                          capture_output=True, env={"PATH": "/nonexistent"})
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "no SLURM here" in done.stderr and "pytracer run" in done.stderr
