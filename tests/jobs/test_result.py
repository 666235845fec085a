"""check, diff and export on real results."""

import csv
import io
import json
import subprocess
import sys

import h5py
import numpy as np
import pytest

from conftest import PYTRACER, environment, one_line

SUBTRACT = """\
import numpy as np
total = np.sum(np.arange(1.0, 20000.0) / 3.0, keepdims=True)
np.subtract(total, {shift})
{more}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The same program with cancellation, without, and with a NaN."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "c.json").write_text('{"modules_to_load": ["numpy"], "numpy": {"ufunc": true}}')
    programs = {"bad": SUBTRACT.format(shift=66663333.0, more="np.log1p(total)"),
                "good": SUBTRACT.format(shift=1.0, more="np.cbrt(total)"),
                "nan": SUBTRACT.format(shift=1.0, more="np.multiply(total * np.inf, 0.0)")}
    files = {}
    for name, text in programs.items():
        (folder / "x.py").write_text(text)
        done = subprocess.run(
            [PYTRACER, "run", "-n", "5", "--seed", "1", "--ranks", "1", "--config", "c.json",
             "--python", sys.executable, "--experiment", name, "x.py"],
            cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        (files[name],) = (folder / name / "stats").glob("*.h5")
    return files


def test_kept_thresholds_are_status_0(pytracer, results):
    done = pytracer("check", results["good"], "--min-digits", "20", "--no-nan",
                    "--max-divergence", "0")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("0 thresholds broken in ")


def test_broken_thresholds_are_a_table_and_status_1(pytracer, results):
    done = pytracer("check", results["bad"], "--min-digits", "40", "--max-lost", "10")
    assert done.returncode == 1
    broken = [line.split() for line in done.stdout.splitlines() if "numpy.subtract" in line]
    assert [(line[0], line[1]) for line in broken] == [("min-digits", "40"), ("max-lost", "10")]
    with h5py.File(results["bad"]) as f:
        row = list(f["functions/name"][:]).index(b"subtract")
        calls = f["calls/function"][:] == row
        assert float(broken[0][2]) == pytest.approx(np.nanmin(f["calls/digits_out"][calls]), rel=0.01)
        assert float(broken[1][2]) == pytest.approx(f["functions/self_lost_max"][row], rel=0.01)


def test_a_pattern_limits_the_check(pytracer, results):
    assert pytracer("check", results["bad"], "--min-digits", "40", "--function",
                    "*.log1p").returncode == 0
    assert pytracer("check", results["bad"], "--min-digits", "40", "--function",
                    "numpy.sub*").returncode == 1
    done = pytracer("check", results["bad"], "--min-digits", "40", "--function", "nothing.*")
    assert done.returncode == 2
    one_line(done, "nothing.*")


def test_nan_is_found(pytracer, results):
    done = pytracer("check", results["nan"], "--no-nan")
    assert done.returncode == 1
    assert "no-nan" in done.stdout and "numpy.multiply" in done.stdout


def test_thresholds_come_from_a_file(pytracer, results, tmp_path):
    (tmp_path / "t.txt").write_text("# ours\nnumpy  log1p  min-digits=40 no-nan\n\n"
                                    "num*  sub*  max-lost=5 # known\n")
    done = pytracer("check", results["bad"], "--thresholds", "t.txt")
    assert done.returncode == 1
    assert "1 thresholds broken in 2 checks" in done.stdout
    for text, word in [("numpy sqrt", "line 1"), ("numpy", "line 1"),
                       ("\nnumpy sqrt min-digit=3", "line 2"),
                       ("numpy sqrt min-digits=x", "'x'")]:
        (tmp_path / "t.txt").write_text(text)
        done = pytracer("check", results["bad"], "--thresholds", "t.txt")
        assert done.returncode == 2
        one_line(done, "t.txt", word)


def test_a_result_does_not_differ_from_itself(pytracer, results):
    done = pytracer("diff", results["bad"], results["bad"], "--fail-on-regression",
                    "--threshold", "0")
    assert done.returncode == 0
    assert done.stdout == "no function changed by 0 bits or more\n"


def test_lost_digits_are_named_and_fail_if_asked(pytracer, results):
    done = pytracer("diff", results["good"], results["bad"])
    assert done.returncode == 0
    (line,) = [l for l in done.stdout.splitlines() if "numpy.subtract" in l]
    change, before, after = map(float, line.split()[:3])
    assert change == pytest.approx(after - before, abs=0.11) and change < -10
    assert f"only in {results['good']}:\n  numpy.cbrt" in done.stdout
    assert f"only in {results['bad']}:\n  numpy.log1p" in done.stdout
    assert pytracer("diff", results["good"], results["bad"],
                    "--fail-on-regression").returncode == 1
    assert pytracer("diff", results["bad"], results["good"],
                    "--fail-on-regression").returncode == 0
    assert pytracer("diff", results["good"], results["bad"], "--fail-on-regression",
                    "--threshold", "60").returncode == 0


def test_csv_has_the_functions_of_the_file(pytracer, results):
    rows = list(csv.DictReader(io.StringIO(pytracer("export", results["bad"], "--csv").stdout)))
    with h5py.File(results["bad"]) as f:
        assert [r["name"].encode() for r in rows] == list(f["functions/name"][:])
        for i, row in enumerate(rows):
            assert int(row["calls"]) == f["functions/n_calls"][i]
            for name in ("digits_out", "self_lost"):
                value = f[f"functions/{name}"][i]
                assert row[name] == "" if np.isnan(value) else float(row[name]) == value


def test_json_has_the_functions_of_the_file(pytracer, results):
    functions = json.loads(pytracer("export", results["bad"], "--json").stdout)["functions"]
    with h5py.File(results["bad"]) as f:
        assert [x["name"].encode() for x in functions] == list(f["functions/name"][:])


def test_perfetto_has_an_event_for_each_call(pytracer, results):
    events = json.loads(pytracer("export", results["bad"], "--perfetto").stdout)["traceEvents"]
    with h5py.File(results["bad"]) as f:
        assert len(events) == len(f["calls/key"])
        names = [f["functions/module"][i] + b"." + f["functions/name"][i]
                 for i in f["calls/function"][:]]
        assert [e["name"].encode() for e in events] == names
        assert [round(e["ts"] * 1000) for e in events] == list(f["calls/start_ns"][:])
        assert all(e["ph"] == "X" and e["dur"] >= 0 for e in events)


def test_one_result_is_described_with_runs_and_ranking(pytracer, results):
    done = pytracer("info", results["bad"])
    assert done.returncode == 0
    assert "5 runs" in done.stdout and done.stdout.count(".trace") == 6  # and the reference
    assert "numpy.subtract" in done.stdout
    ranked = json.loads(pytracer("info", results["bad"], "--json").stdout)["functions"]
    worst = min((f for f in ranked if f["rank"]), key=lambda f: f["rank"])
    assert worst["name"] == "subtract" and worst["self_lost"] > 10


@pytest.mark.parametrize("args, words", [
    (["check", "x.h5", "--min-digits", "20"], ["x.h5"]),
    (["check", "--min-digits", "20"], ["which result"]),
    (["check", "none.h5"], ["nothing to check"]),
    (["check", "none.h5", "--min-digits", "many"], ["--min-digits", "'many'"]),
    (["check", "none.h5", "--no-nan"], ["none.h5"]),
    (["diff", "x.h5"], ["two results"]),
    (["diff", "x.h5", "x.h5"], ["x.h5"]),
    (["diff", "a", "b", "c"], ["'c'"]),
    (["export", "x.h5", "--csv"], ["x.h5"]),
    (["export", "x.h5"], ["--csv"]),
    (["export", "x.h5", "--csv", "--json"], ["--csv"]),
])
def test_a_wrong_call_is_one_line(pytracer, tmp_path, args, words):
    (tmp_path / "x.h5").write_text("not HDF5 at all")
    one_line(pytracer(*args), f"pytracer {args[0]}:", *words)
