"""One experiment on two nodes, in which what can go wrong on a cluster goes wrong: a run into
its time limit, a killed task, a requeued one, a drained node."""

import json
import os
import re

import h5py
import pytest

from conftest import caller
from experiments import finish, is_sealed_and_kept_out, statuses, submitter


def hosts(e):
    return {name: re.search(r"^host=(.*)$", (e / "status" / name).read_text(), re.M).group(1)
            for name in statuses(e)}


@pytest.fixture
def cluster(two_nodes):
    yield two_nodes
    two_nodes.ask("scontrol", "update", "nodename=ptn2", "state=resume")


def test_an_experiment_survives_what_happens_on_a_cluster(cluster, tmp_path):
    pytracer = caller(cluster, tmp_path)
    submit = submitter(pytracer, tmp_path)
    hanging = (1, 2, 3, 4)
    for i in hanging:
        (tmp_path / f"hang-{i}").touch()
    # The signal of the time limit comes 60 s before the end.
    done = submit("-n", "7", "--time", "2", "--nodes", "2", "--ranks", "4", "--stage", str(tmp_path))
    assert done.returncode == 0, done.stderr
    (job,) = re.findall(r"^job (\d+): runs 0-7$", done.stdout, re.M)
    for i in hanging:
        cluster.until(f"run {i}", (tmp_path / f"hangs-{i}").exists)

    cluster.ask("scontrol", "update", "nodename=ptn2", "state=drain", "reason=test", check=True)
    cluster.ask("scancel", "--signal=KILL", "--full", f"{job}_2", check=True)
    cluster.ask("scontrol", "requeue", f"{job}_3", check=True)
    (tmp_path / "hang-3").unlink()
    e = tmp_path / "e"
    (tmp_path / "hang-4").unlink()
    cluster.until("the task on the drained node", lambda: statuses(e).get("run-0004") == "done")
    cluster.until("the requeued task", lambda: statuses(e).get("run-0003") == "done", 240)
    cluster.until("the time limit", lambda: statuses(e).get("run-0001") == "stopped", 240)

    # The aggregation wants two nodes, and one is drained: it waits.
    status = pytracer("status", "e").stdout
    assert "5 of 7 runs done" in status and "1 tasks wait" in status
    cluster.ask("scontrol", "update", "nodename=ptn2", "state=resume", check=True)
    finish(cluster, tmp_path)

    whole = {f"run-000{i}": "done" for i in (3, 4, 5, 6, 7)}
    seen = statuses(e)
    assert seen.pop("run-0002", "nothing") != "done"
    assert seen == {"reference": "done", "run-0001": "stopped"} | whole
    is_sealed_and_kept_out(pytracer, e)
    assert set(hosts(e).values()) == {"ptn1", "ptn2"}
    assert len(list((e / "traces").glob("*.trace"))) == 5 and not list((e / "work").iterdir())
    assert len(list((e / "failed/run-0003").glob("*"))) <= 2  # what the first attempt left
    assert not list(tmp_path.glob("pytracer.??????")), "a staging folder stayed"
    (log,) = (e / "logs").glob("slurm-parse-*.log")
    assert "2 of 7 runs are missing: 1 2" in log.read_text()
    (result,) = (e / "stats").glob("*.h5")
    with h5py.File(result) as f:
        assert list(f["runs/run_id"][:]) == [3, 4, 5, 6, 7, 0]

    # What is missing is submitted alone.
    (tmp_path / "hang-1").unlink()
    (tmp_path / "hang-2").unlink()
    done = pytracer("submit", "--resume", "e", "--wait")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^job \d+: runs 1-2$", done.stdout, re.M)
    assert set(statuses(e).values()) == {"done"}
    (second,) = set((e / "stats").glob("*.h5")) - {result}
    with h5py.File(second) as f:
        assert list(f["runs/run_id"][:]) == [1, 2, 3, 4, 5, 6, 7, 0]


def test_the_aggregation_on_two_nodes_gives_the_content_of_one(cluster, tmp_path):
    pytracer = caller(cluster, tmp_path)
    submit = submitter(pytracer, tmp_path)
    done = submit("-n", "3", "--time", "5", "--nodes", "2", "--ranks", "4", "--wait")
    e = tmp_path / "e"
    words = "".join(log.read_text() for log in (e / "logs").glob("slurm-parse-*.log"))
    assert done.returncode == 0, done.stdout + done.stderr + words
    record = json.loads((e / "experiment.json").read_text())
    nodes = cluster.ask("scontrol", "show", "job", record["jobs"][-1])
    assert re.search(r"NodeList=ptn\[1-2\]", nodes), nodes
    what = ["--directory", e / "traces", "--reference", e / "reference", "--output"]
    again = pytracer("parse", *what, tmp_path / "one.h5")
    assert again.returncode == 0, again.stderr
    said = cluster.ask("sh", "-c", '"$@" 2>&1', "sh", "srun", "--mpi=pmix", "-N", "2", "--ntasks-per-node=2",
                       os.path.join(os.environ["PYTRACER_BIN"], "pytracer-parse"), *what,
                       tmp_path / "srun.h5", check=True)
    assert re.search(r"\b4 ranks of 1 thread, 2 on this node's", said), said

    def contents(path):
        columns = {}
        with h5py.File(path) as f:
            f.visititems(lambda name, item: columns.update({name: item[:].tobytes()})
                         if isinstance(item, h5py.Dataset) and item.shape and
                         not name.startswith("meta/") else None)
        return columns

    one = contents(tmp_path / "one.h5")
    for other in (e / "stats" / record["result"], tmp_path / "srun.h5"):
        two = contents(other)
        assert two.keys() == one.keys() and len(one) > 40
        for name in one:
            assert two[name] == one[name], name
