"""Arrays beyond io.max_elements, from the traced program to the result file."""

import json
import os
import re
import subprocess
import sys

import h5py
import numpy as np
from traces import BIN, parse

PROGRAM = """
import numpy as np
def f(x, z, small): return x.T * 2
f(np.arange(3000.0).reshape(60, 50), np.arange(2000) * 1j, 1.5)
f(np.arange(3000.0)[::-1].reshape(60, 50), np.arange(900.0), 2.5)
"""


def trace_runs(folder, n, most):
    (folder / "script.py").write_text(PROGRAM)
    (folder / "c.json").write_text(json.dumps({"modules_to_load": ["__main__"], "io": {"max_elements": most}}))
    for run in range(n):
        subprocess.run([os.path.join(BIN, "pytracer-trace"), "--python", sys.executable, "--config", "c.json",
                        "--output", f"traces/{run}.trace", "script.py"], cwd=folder, check=True,
                       env={**os.environ, "PYTRACER_RUN": str(run), "PYTRACER_EXPERIMENT": "e"})


def test_elements_of_samples_stand_where_the_result_says(tmp_path):
    trace_runs(tmp_path, 3, 700)
    results = []
    for ranks in (1, 3):
        parse("--directory", tmp_path / "traces", "--output", tmp_path / f"{ranks}.h5", ranks=ranks)
        with h5py.File(tmp_path / f"{ranks}.h5") as f:
            results.append({name: f[name][:] for name in ("positions/element", "values/first_position", "values/flags")})
    assert all((results[0][name] == results[1][name]).all() for name in results[0])
    with h5py.File(tmp_path / "1.h5") as f:
        check_values(f)


def check_values(f):
    names = [name.decode() for name in f["names/name"]]
    text = open(os.path.join(os.environ["PYTRACER_SOURCE"], "aggregate/schema/SCHEMA.md")).read()
    recipe = re.findall(r"```python\n(.*?)```", text, re.S)[2]
    x = np.arange(3000.0)
    seen = set()
    for v, name in enumerate(names[i] for i in f["values/name"]):
        first, n, flags = (f[f"values/{key}"][v] for key in ("first_element", "n_stored", "flags"))
        mean, sampled = f["elements/mean"][first:first + n], bool(flags & 32)
        seen.add((name, sampled))
        if not sampled:
            assert name == "small" and f["values/first_position"][v] == 2**64 - 1
            continue
        d = f["values/shape_first"][v]
        found = {"f": f, "v": v, "np": np, "shape": f["dims/size"][d:d + f["values/ndim"][v]]}
        exec(recipe, found)
        where, index = found["where"], found["index"]
        assert len(where) == 700 and (np.diff(where.astype(np.int64)) > 0).all()
        if name == "z":
            whole = mean[700:] if n == 1400 else mean
            assert (whole == where).all() and where[-1] < f["values/n_elements"][v]
        else:
            whole = (x if f["values/call"][v] == 0 else x[::-1]).reshape(60, 50)
            assert (mean == (whole if name == "x" else whole.T * 2)[index]).all()
    assert seen == {("x", True), ("z", True), ("Ret", True), ("small", False)}
    assert len(f["positions/element"]) == 3 * 700  # of 3000, 2000 and 900
