"""The example of the quickstart through every real part: ten runs, MPI, HDF5, ranking."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

BIN = Path(os.environ["PYTRACER_BIN"])
EXAMPLE = Path(os.environ["PYTRACER_SOURCE"]) / "jobs/examples/stability"


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example") / "experiment"
    done = subprocess.run(
        [BIN / "pytracer", "run", "-n", "10", "--seed", "1", "--experiment", folder,
         "--python", sys.executable, "--config", EXAMPLE / "pytracer.json", "--", EXAMPLE / "main.py"],
        capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (result,) = folder.rglob("*.h5")
    return done.stdout, result, folder


def functions(result):
    with h5py.File(result) as f:
        g = f["functions"]
        return [
            {key: (g[key][i].decode() if g[key].dtype.kind == "S" else g[key][i])
             for key in g}
            for i in range(len(g["name"]))
        ]


def by_name(result):
    return {f["name"]: f for f in functions(result)}


def test_the_culprit_is_ranked_first(experiment):
    _, result, _ = experiment
    ranked = sorted((f for f in functions(result) if f["rank"] > 0), key=lambda f: f["rank"])
    assert ranked[0]["name"] == "normal_equations"
    assert ranked[0]["file"].endswith("regression.py")
    assert ranked[1]["name"] == "naive_variance"


def test_the_stable_twins_lose_less_than_half_of_it(experiment):
    _, result, _ = experiment
    f = by_name(result)
    assert f["orthogonal"]["self_lost"] < 0.6 * f["normal_equations"]["self_lost"]
    assert f["two_pass_variance"]["self_lost"] < 7
    assert f["naive_variance"]["self_lost"] > 20


def test_losses_follow_the_condition_numbers(experiment):
    """log2 kappa = 17.9 for the design matrix: QR loses about once that, the normal
    equations about twice; kappa = mean/std = 1.4e4 for the variance: 2 log2 kappa = 27.6."""
    _, result, _ = experiment
    f = by_name(result)
    assert abs(f["normal_equations"]["self_lost"] - 2 * 17.9) < 9
    assert abs(f["naive_variance"]["self_lost"] - 27.6) < 9


def test_the_ranking_is_printed_with_file_and_line(experiment):
    out, result, _ = experiment
    line = by_name(result)["normal_equations"]["line"]
    assert f"regression.py:{line}" in out
    assert out.index("normal_equations") < out.index("naive_variance")


def test_the_same_traces_give_the_same_content_on_one_two_and_four_ranks(experiment, tmp_path):
    _, _, folder = experiment
    traces = folder / "traces"
    files = []
    for ranks in (1, 2, 4):
        files.append(tmp_path / f"ranks{ranks}.h5")
        subprocess.run(
            ["mpirun", "-n", str(ranks), "--oversubscribe", "--bind-to", "none",
             BIN / "pytracer-parse", "--directory", traces, "--output", files[-1]],
            check=True, capture_output=True, timeout=120)
    with h5py.File(files[0]) as one:
        names = []
        one.visititems(lambda n, o: names.append(n) if isinstance(o, h5py.Dataset) else None)
        assert len(names) > 30
        for other in files[1:]:
            with h5py.File(other) as f:
                for name in names:
                    if name == "meta/command":
                        continue
                    a, b = one[name][:], f[name][:]
                    assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), (name, other.name)


def test_the_program_prints_what_plain_python_prints_but_for_its_last_digits(experiment):
    _, _, folder = experiment
    plain = subprocess.run([sys.executable, EXAMPLE / "main.py"],
                           capture_output=True, text=True, check=True).stdout
    logs = [p.read_text() for p in (folder / "logs").glob("run-*.out")]
    assert len(logs) == 10
    for log in logs:
        assert [l.split("  ")[0] for l in log.splitlines()] == \
            [l.split("  ")[0] for l in plain.splitlines()]
    assert len({l for l in logs}) > 1, "the runs did not differ: no noise"
    assert np.isfinite([float(l.split()[-1]) for log in logs for l in log.splitlines()
                        if l.startswith("naive")]).all()
