"""What the arithmetic says it reached: --coverage, --places, the metadata of a trace."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(os.environ["PYTRACER_BIN"])
PYTHON = os.environ.get("PYTRACER_TRACED_PYTHON", sys.executable)
sys.path.insert(0, str(Path(__file__).parent.parent / "trace"))

PROGRAM = """\
import math
import numpy as np

def squares(a):
    return a * a

def mean(a):
    return a.mean()

def loop(x):
    for i in range(100):
        x = x * 1.1
        x = x / 1.2
    return [y * 2.5 for y in (x, x)]

a = np.arange(1.0, 1001.0) / 3
squares(a)
np.sqrt(np.array([0.0, np.nan, 2.0]))
mean(a)
loop(0.1)
if "fft" in __import__("sys").argv:
    np.fft.fft(a)
"""


@pytest.fixture
def trace(tmp_path):
    (tmp_path / "x.py").write_text(PROGRAM)

    def call(*options, arguments=()):
        done = subprocess.run(
            [BIN / "pytracer-trace", "--python", PYTHON, "--seed", "1", *options, "--command", "x.py", *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=120,
            env={k: v for k, v in os.environ.items() if not k.startswith("PYTRACER_")})
        assert done.returncode == 0, done.stderr
        return done

    return call


def test_json_counts_each_layer(trace, tmp_path):
    trace("--no-trace", "--fuzzy=numpy,python", "--coverage=c.json")
    found = json.loads((tmp_path / "c.json").read_text())
    assert found["mode"] == "sr" and found["seed"] == "1" and found["generator"] == "xoshiro256+"
    layers = found["layers"]
    assert set(layers) == {"numpy", "python", "libm", "blas", "rounding"}
    # 1000 quotients, 1000 products, a sum of 1000 and its quotient, one root; what numpy
    # computes while it is imported comes on top
    assert 2990 <= layers["numpy"]["perturbed"] < 3200
    assert 2 <= layers["numpy"]["nearest"] < 100
    assert 202 <= layers["python"]["perturbed"] < 400
    assert all(layers[n]["active"] for n in ("numpy", "python"))
    assert not layers["blas"]["active"] and layers["blas"]["perturbed"] == 0


def test_compiled_modules_that_no_layer_reaches(trace, tmp_path):
    trace("--no-trace", "--fuzzy=numpy", "--coverage=c.json")
    found = {u["module"]: u for u in json.loads((tmp_path / "c.json").read_text())["unreached"]}
    fft = next(name for name in found if "pocketfft" in name)
    assert found[fft]["instructions"] > 100 and found[fft]["calls"] is None
    assert Path(found[fft]["path"]).exists()
    assert not any(name.endswith("_multiarray_umath") for name in found)
    # modules without floating-point arithmetic are not named
    assert not {"_json", "_bz2", "_contextvars", "termios"} & set(found)
    # the module that computes is a list longer without the layer
    trace("--no-trace", "--fuzzy=python", "--coverage=c.json")
    more = {u["module"] for u in json.loads((tmp_path / "c.json").read_text())["unreached"]}
    assert any(name.endswith("_multiarray_umath") for name in more)


def test_text_on_standard_error(trace):
    err = trace("--no-trace", "--quiet", "--fuzzy=numpy", "--coverage").stderr
    assert re.search(r"^  numpy +\d+ +\d+$", err, re.M)
    assert re.search(r"^  python +off$", err, re.M)
    assert re.search(r"^  numpy\.fft\.\S+: \d+ instructions$", err, re.M)


def test_a_trace_and_its_dump_have_it(trace, tmp_path):
    from both import metadata
    trace("--fuzzy=numpy,python", "--output", str(tmp_path / "t.trace"), arguments=["fft"])
    found = metadata(tmp_path / "t.trace")
    assert re.fullmatch(r"[23]\d\d\d perturbed, \d+ nearest", found["coverage.numpy"])
    assert re.fullmatch(r"\d+ perturbed, \d+ nearest", found["coverage.python"])
    calls = next(v for k, v in found.items() if k.startswith("coverage.unreached") and "pocketfft" in k)
    if not re.fullmatch(r"\d+ instructions, 1 calls", calls):  # a ufunc from numpy 2 on
        assert re.fullmatch(r"\d+ instructions", calls)
    dump = subprocess.run([BIN / "pytracer", "info", tmp_path / "t.trace", "--dump"],
                          capture_output=True, text=True).stdout
    assert f"coverage.numpy = {found['coverage.numpy']}" in dump
    trace("--output", str(tmp_path / "plain.trace"))
    assert not [k for k in metadata(tmp_path / "plain.trace") if k.startswith("coverage")]


def test_places(trace, tmp_path):
    trace("--no-trace", "--fuzzy=numpy,python", "--places", "p.tsv")
    head, *lines = (tmp_path / "p.tsv").read_text().splitlines()
    assert head.split("\t") == ["perturbed", "module", "function", "file", "line",
                                "cancelled", "most_lost"]
    rows = [line.split("\t") for line in lines]
    assert all(row[1] == "__main__" and row[3] == str(tmp_path / "x.py") for row in rows)
    found = {(row[2], int(row[4])): int(row[0]) for row in rows}
    assert found[("squares", 5)] == 1000
    assert 999 <= found[("mean", 8)] <= 1001  # numpy's own functions count to their caller
    assert found[("loop", 12)] == found[("loop", 13)] == 100
    assert found[("loop", 14)] == 2  # so does a comprehension
    assert found[("<module>", 18)] == 1


def test_the_seed_is_logged_and_recorded(tmp_path):
    from both import environment, header
    (tmp_path / "c.json").write_text('{"logger": {"level": "info"}}')

    def seed_of(*options, **variables):
        done = subprocess.run([BIN / "pytracer-trace", "--python", PYTHON, "--config", "c.json", "--fuzzy=python", *options,
                               "--output", "s.trace", "--command", "-c", "print(sum([.1] * 99))"],
                              cwd=tmp_path, env=environment(**variables), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        seed = re.search(r"stochastic arithmetic: seed (\d+)", done.stderr)[1]
        assert header(tmp_path / "s.trace")["seed"] == int(seed)
        (tmp_path / "s.trace").unlink()
        return seed

    assert seed_of("--seed", "5", PYTRACER_SEED=77) == "5"
    assert seed_of(PYTRACER_SEED=77) == "77"
    assert len({seed_of() for i in range(3)}) == 3  # of the system


def test_a_file_that_cannot_be_written_is_told(trace):
    done = trace("--no-trace", "--quiet", "--fuzzy=numpy", "--coverage=/proc/none/c.json")
    assert "no coverage" in done.stderr


def test_cancellations_are_counted_by_line(trace, tmp_path):
    from both import metadata
    (tmp_path / "x.py").write_text("""\
import numpy as np
def difference(x):
    return x * 1.1000001 - x * 1.1
def scalar(x):
    return (x + 1e8) - 1e8
def total(a):
    return a.sum()
difference(np.arange(1.0, 1001.0))
scalar(0.3)
total(np.array([1e10, 1.0, -1e10]))
long = np.ones(128); long[8:16] = -0.9999999
long.sum()
sum([1e10, 1.0, -1e10])
""")
    expected = {("difference", 3): 1000, ("scalar", 5): 1, ("total", 7): 1, ("<module>", 12): 8, ("<module>", 13): 1}
    trace("--no-trace", "--fuzzy=numpy,python", "--cancellation", "15", "--coverage=c.json")
    events = json.loads((tmp_path / "c.json").read_text())["cancellations"]
    found = {(e["function"], e["line"]): e for e in events if e["line"] > 1}  # 1: the import
    assert {k: e["results"] for k, e in found.items()} == expected
    assert 20 < found[("difference", 3)]["most_lost"] < 27
    assert found[("scalar", 5)]["most_lost"] == 28
    trace("--fuzzy=numpy,python", "--cancellation", "15", "--output", str(tmp_path / "t.trace"))
    held = {k.rsplit(" ", 1)[0]: v for k, v in metadata(tmp_path / "t.trace").items() if "event" in k}
    assert held["event.cancellation.__main__.scalar"] == "1 results, most 28 bits"
    trace("--no-trace", "--fuzzy=numpy,python", "--cancellation", "40", "--coverage=c.json")
    assert not [e for e in json.loads((tmp_path / "c.json").read_text())["cancellations"] if e["line"] > 1]
