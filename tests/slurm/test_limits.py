"""What takes SLURM minutes: the time limit, and a requeued task."""

import re
import subprocess

from experiments import finish, is_sealed_and_kept_out, statuses, submit, wait_for


def test_the_time_limit_seals_the_trace_and_keeps_it_out(submit, pytracer, slurm, tmp_path):
    (tmp_path / "hang-1").touch()
    done = submit("-n", "2", "--time", "2")  # the signal comes 60 s before the end
    assert done.returncode == 0
    finish(slurm, tmp_path, seconds=240)
    is_sealed_and_kept_out(pytracer, tmp_path / "e")


def test_a_requeued_task_leaves_one_trace(submit, slurm, tmp_path):
    (tmp_path / "hang-1").touch()
    done = submit("-n", "2", "--time", "5", "--stage", str(tmp_path))
    wait_for(tmp_path / "hangs-1", slurm)
    (job,) = re.findall(r"^job (\d+): runs", done.stdout, re.M)
    (tmp_path / "hang-1").unlink()
    subprocess.run(["scontrol", "requeue", f"{job}_1"], check=True)
    finish(slurm, tmp_path, seconds=240)
    e = tmp_path / "e"
    assert statuses(e) == {"reference": "done", "run-0001": "done", "run-0002": "done"}
    assert len(list((e / "traces").glob("*.trace"))) == 2
    assert not list((e / "work").iterdir())
    assert not list(tmp_path.glob("pytracer.??????")), "the staging folder stayed"
