"""What is traced, as the command line and the program's own marks say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "intercept"))
from traced import PYTHON, TRACE, environment, run_plain, run_traced, trace_of  # noqa: E402

SOURCE = Path(os.environ["PYTRACER_SOURCE"])


def run_targets(folder, program, *targets, configuration=None):
    (folder / "script.py").write_text(program)
    options = [word for target in targets for word in ("--target", target)]
    return subprocess.run([TRACE, "--python", PYTHON, *options, "--report", "only", "--report-file", "report.csv",
                           "--command", "script.py"], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)


def reported(folder):
    rows = (folder / "report.csv").read_text().splitlines()[1:-1]
    return {".".join(row.split(",")[:2]) for row in rows}


PROGRAM = """
import numpy as np, scipy.linalg
class Model:
    def fit(self): return scipy.linalg.solve(np.eye(2) * 3, np.reshape([1.0, 2.0], 2)) + 1
    def score(self): return scipy.linalg.det(np.eye(2))
def run():
    m = Model()
    return m.fit(), m.score()
run()
"""


def test_default_lists_keep_what_computes_and_leave_out_plumbing(tmp_path):
    (tmp_path / "script.py").write_text("""
import numpy as np, scipy.linalg, scipy.optimize
from sklearn.linear_model import Ridge
X = np.asarray(np.reshape(np.arange(12.0) ** 2, (6, 2)))
model = Ridge().fit(X, X @ [1.0, 2.0])
model.get_params(); model.predict(X); repr(X)
np.dot(X.T, X); np.linalg.norm(X); np.transpose(X).copy(); np.mean(X); np.empty(3); np.seterr(all='ignore')
scipy.linalg.solve(np.eye(2), np.ones(2)); scipy.optimize.minimize(lambda x: float(x @ x), np.ones(2))
""")
    done = subprocess.run([TRACE, "--python", PYTHON, "--report", "only", "--report-file", "report.csv", "script.py"],
                          cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    found = reported(tmp_path)
    assert {"numpy.dot", "numpy.linalg.norm", "numpy.mean", "scipy.linalg.solve", "scipy.optimize.minimize",
            "sklearn.linear_model.Ridge.fit", "sklearn.linear_model._base.LinearModel.predict"} <= found
    plumbing = ("numpy.asarray", "numpy.array", "numpy.reshape", "numpy.transpose", "numpy.ndarray.copy", "numpy.empty",
                "numpy.seterr", "numpy.core.overrides.", "numpy.core.multiarray.", "numpy.core.arrayprint.", "scipy._lib._uarray.",
                "sklearn.utils._param_validation.", "sklearn.base.BaseEstimator.get_params")
    assert not [name for name in found for p in plumbing if name == p or (p.endswith(".") and name.startswith(p))]
    assert not [name for name in found if not name.startswith(("numpy.", "scipy.", "sklearn."))]


@pytest.mark.parametrize("targets, functions", [
    (["scipy.linalg.solve"], {"scipy.linalg.solve"}),
    (["scipy.linalg.det", "scipy.linalg.solve"], {"scipy.linalg.solve", "scipy.linalg.det"}),
    (["__main__"], {"__main__.run", "__main__.Model.fit", "__main__.Model.score"}),
    (["__main__.Model"], {"__main__.Model.fit", "__main__.Model.score"}),
    (["script.Model.fit"], {"__main__.Model.fit"}),
    (["numpy.add", "numpy.reshape"], {"numpy.add", "numpy.reshape"}),
    (["scipy.linalg.s*"], {"scipy.linalg.solve"}),
])
def test_targets_are_traced_and_nothing_else(targets, functions, tmp_path):
    done = run_targets(tmp_path, PROGRAM, *targets)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert reported(tmp_path) == functions


@pytest.mark.parametrize("target, words", [
    ("nowhere.solve", "--target: modules_to_load names nowhere"),
    ("two words", 'not "two words"'),
    (".solve", "MODULE.FUNCTION"),
    ("", "MODULE.FUNCTION"),
])
def test_wrong_targets_are_told_before_the_program_runs(target, words, tmp_path):
    done = run_targets(tmp_path, "print('ran')\n", target)
    assert done.returncode in (1, 2) and words in done.stderr and done.stdout == ""


def test_suggestions_name_what_is_not_traced(tmp_path):
    (tmp_path / "script.py").write_text("""
import json, numpy as np
def often(): return 1
def heavy(x): return x
for _ in range(50): often(); json.loads('1')
heavy(np.zeros(10000)); np.linalg.inv(np.eye(2)); np.add(1, 2)
""")
    done = subprocess.run([TRACE, "--python", PYTHON, "--suggest", "--command", "script.py"], cwd=tmp_path,
                          env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout == ""
    most, bytes_ = done.stderr.split("moved most bytes:")
    rows = [line.split() for line in most.splitlines()[2:]]
    assert rows[0][0] == "50" and rows[0][2] == "__main__.often"
    assert [line.split() for line in bytes_.splitlines()[2:3]][0][2] == "__main__.heavy"
    assert "160" in bytes_ and "numpy.add" in done.stderr and "json" not in done.stderr and "numpy.linalg.inv" not in most
    assert not list(tmp_path.glob(".__pytracercache__/traces/*"))


MARKED = """
import pytracer
def f(x): return x + 1
f(0)
with pytracer.region("fit") as mark:
    f(1)
    with pytracer.region("inner"): f(2)
pytracer.pause()
f(3)
with pytracer.region("fit"): f(4)
f(5)
pytracer.resume()
pytracer.resume()
@pytracer.region("decorated")
def g(x): return f(x)
g(6)
try:
    with pytracer.region("failing"): f(7); raise ValueError("text")
except ValueError as e: print(e, mark.name, g.__name__, g.__wrapped__ is not g)
def generate():
    with pytracer.region("open"): yield f(8); yield f(9)
print(next(generate()))
print(list(generate()), pytracer.is_traced() in (True, False))
"""


def test_regions_are_calls_and_pauses_leave_out(tmp_path):
    done, calls = run_traced(tmp_path, MARKED)
    assert done.returncode == 0, done.stderr
    seen = [(c.inputs["x"].number, [p.function for p in calls if p.time == c.parent]) for c in calls.of("__main__.f")]
    assert seen[:5] == [(0, []), (1, ["fit"]), (2, ["inner"]), (4, ["fit"]), (6, ["g"])]
    regions = [c for c in calls if c.module == "pytracer.region"]
    assert [c.function for c in regions][:5] == ["fit", "inner", "fit", "decorated", "failing"]
    assert regions[0].site["line"] == 5 and regions[0].site["file"].endswith("script.py") and regions[0].outputs == {}
    assert [c.exception for c in regions][:5] == [None] * 4 + ["ValueError"]
    assert regions[0].end > regions[1].end and regions[1].parent == regions[0].time


def test_marks_do_nothing_in_a_program_that_is_not_traced(tmp_path):
    (tmp_path / "script.py").write_text(MARKED)
    plain = subprocess.run([PYTHON, "script.py"], cwd=tmp_path, capture_output=True, text=True,
                           env={**environment(), "PYTHONPATH": str(SOURCE / "trace" / "python")}, timeout=120)
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout == run_traced(tmp_path, MARKED)[0].stdout


def test_programs_module_of_the_same_name_comes_first(tmp_path):
    (tmp_path / "pytracer.py").write_text("OWN = True\n")
    program = "import sys\nbefore = list(sys.path)\nimport pytracer\nprint(pytracer.OWN, sorted(set(sys.builtin_module_names)))\n"
    assert run_traced(tmp_path, program)[0].stdout == run_plain(tmp_path, program).stdout
    hidden = "import sys\nprint(sys.path, len(sys.meta_path), '_pytracer' in sys.modules)\n"
    assert run_traced(tmp_path, hidden)[0].stdout == run_plain(tmp_path, hidden).stdout


def test_paused_threads_and_children_stay_so(tmp_path):
    calls = trace_of(tmp_path, """
import pytracer, threading
def f(x): return x
def work():
    f(1)
    with pytracer.region("thread"): f(2)
pytracer.pause()
t = threading.Thread(target=work); t.start(); t.join()
pytracer.resume()
f(3)
""")
    assert [c.inputs["x"].number for c in calls.of("__main__.f")] == [2, 3]
