"""The page in Chromium: clicked through, its numbers compared with the file's."""
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import NormalDist

import h5py
import pytest

from viewer import BIN, Viewer, division, make_result, with_events

HERE = Path(__file__).parent


def number(value):
    return None if math.isnan(value) else float(value)


def expectations(path):
    """What h5py reads, in the form that the browser test compares with."""
    with h5py.File(path) as file:
        f = {key: file[f"functions/{key}"][:] for key in file["functions"]}
        v = {key: file[f"values/{key}"][:] for key in file["values"]}
        times = file["calls/time"][:]
        names = [n.decode() for n in file["names/name"]]
        functions = [{"name": f["name"][i].decode(), "rank": int(f["rank"][i]),
                      "self_lost": number(f["self_lost"][i]), "digits_out": number(f["digits_out"][i]),
                      "n_values": int(f["n_values"][i])} for i in range(len(f["key"]))]
        values = [{"function": int(v["function"][i]), "phase": int(v["phase"][i]),
                   "time": int(times[v["call"][i]]), "sig_norm": number(v["sig_norm"][i]),
                   "sig_min": number(v["sig_min"][i]), "mean": number(v["mean"][i]),
                   "std": number(v["std"][i])} for i in range(len(v["call"]))]
        of = {x["name"]: i for i, x in enumerate(functions)}

        def row(function, name):
            return next(i for i in range(len(values)) if values[i]["function"] == of[function]
                        and names[v["name"][i]] == name)

        def elements(field, i):
            a, n = int(v["first_element"][i]), int(v["n_stored"][i])
            return file[f"elements/{field}"][a:a + n]

        matrix, vector = row("fit_qr", "X"), row("fit_qr", "y")
        scalar = row("score", "return")
        return {
            "contributing_shift": math.log2(NormalDist().inv_cdf((file.attrs["probability"] + 1) / 2))
            - math.log2(file.attrs["contributing_probability"] - 0.5) - math.log2(2 * math.sqrt(2 * math.pi)),
            "n_runs": int(file.attrs["n_runs"]), "functions": functions, "values": values,
            "matrix": {"row": matrix, "shape": [24, 16], **{
                field: elements(field, matrix).reshape(24, 16).tolist() for field in ["sig", "mean"]}},
            "vector": {"row": vector, "sig": elements("sig", vector).tolist()},
            "scalar": {"row": scalar, **{field: float(elements(field, scalar)[0])
                                         for field in ["mean", "std", "sig"]}},
            "label": {"row": row("LinearRegression.fit", "self")},
            "seeds": [f"{int(s):016x}" for s in file["runs/seed"]],
            "divergences": len(file["divergences/time"]),
            "source": file["sources/text"][:].tobytes().decode().split("\n"),
        }


def run_node(script, url, expected, timeout, **more):
    done = subprocess.run(
        [os.environ.get("PYTRACER_NODE", "node"), "--test", "--test-reporter=tap", HERE / script],
        env={**os.environ, "URL": url, "EXPECTED": str(expected), **more}, capture_output=True, text=True,
        timeout=timeout)
    failed = re.findall(r"^not ok .*?(?=^ok|^not ok|^1\.\.|\Z)", done.stdout, re.M | re.S)
    assert done.returncode == 0, "\n".join(t[:3000] for t in failed) or done.stdout[-3000:] + done.stderr[-2000:]
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.M)[1]) > 0


def test_two_results_are_chosen_between_and_compared(result, tmp_path):
    other = make_result(tmp_path / "other.h5", "--seed", "5", "--runs", "5", "--calls", "300")
    expected = tmp_path / "expected.json"
    expected.write_text(json.dumps({"a": expectations(result), "b": expectations(other)}))
    with Viewer("--filename", result, "--filename", other) as viewer:
        run_node("compare_test.mjs", viewer.url, expected, 120)


def test_the_page_shows_what_the_file_holds(result, viewer, tmp_path):
    expected = tmp_path / "expected.json"
    expected.write_text(json.dumps(expectations(result)))
    run_node("page_test.mjs", viewer.url, expected, 240)


def test_every_view_works_with_the_keyboard_alone(result, viewer, tmp_path):
    expected = tmp_path / "expected.json"
    expected.write_text(json.dumps(expectations(result)))
    run_node("keyboard_test.mjs", viewer.url, expected, 180)


def test_a_reference_its_biases_events_and_threads_are_shown(folder, tmp_path):
    path = with_events(make_result(folder / "reference.h5", "--reference"))
    with h5py.File(path) as file:
        flags = file["values/flags"][:]
        biased = [int(i) for i in range(len(flags)) if flags[i] & 2048]
        expected = {
            "runs_needed": int(file.attrs["runs_needed"]),
            "cancellations": [["33", "12", "__main__.naive_variance", "regress.py:34"],
                              ["12", "2", "__main__.score", "regress.py:54"]],
            "cancelling_line": 34, "biased": biased,
            "biased_function": int(file["values/function"][biased[0]]),
            "division": division(file), "threads": file["calls/thread"][:].tolist(),
            "source": file["sources/text"][:].tobytes().decode().split("\n")}
    assert len(biased) == 3
    written = tmp_path / "expected.json"
    written.write_text(json.dumps(expected))
    with Viewer("--filename", path) as viewer:
        run_node("reference_test.mjs", viewer.url, written, 120)


def test_a_result_that_appears_in_the_folder_is_shown(tmp_path):
    watched = tmp_path / "watched"
    watched.mkdir()
    make_result(watched / "a.h5", "--calls", "60")
    fresh = make_result(tmp_path / "fresh.h5", "--calls", "60", "--runs", "5")
    with Viewer("--directory", watched) as viewer:
        run_node("folder_test.mjs", viewer.url, "", 120, FRESH=str(fresh), APPEARS=str(watched / "b.h5"))


SPARSE = """
import os, sys
import numpy as np
import scipy.sparse as sp
def take(A):
    return 1.0
def main():
    noise = np.random.default_rng(int.from_bytes(os.urandom(4), "little"))
    A = sp.random(20, 15, 0.12, format="csr", random_state=3)
    if len(sys.argv) > 1:
        np.save(sys.argv[1], A.toarray())
    A.data *= 1 + 1e-9 * noise.standard_normal(A.nnz)
    for B in [A, A.tocsc(), A.tocoo(), A.todia(), A.tobsr((2, 3))]:
        take(B)
main()
"""


def test_sparse_matrices_stand_at_their_positions(tmp_path):
    """The whole chain: traced, aggregated, shown."""
    np = pytest.importorskip("numpy")
    pytest.importorskip("scipy")
    if not (BIN / "pytracer-trace").exists() or not (BIN / "pytracer-parse").exists():
        pytest.skip("needs the tracer and parse")
    (tmp_path / "sparse.py").write_text(SPARSE)
    (tmp_path / "config.json").write_text('{"modules_to_load": ["__main__"]}')
    subprocess.run([sys.executable, "sparse.py", "dense.npy"], cwd=tmp_path, check=True)
    for _ in range(2):
        subprocess.run([BIN / "pytracer-trace", "--python", sys.executable, "--config", "config.json",
                        "--command", "sparse.py"], cwd=tmp_path, check=True, timeout=60)
    path = tmp_path / "sparse.h5"
    subprocess.run([BIN / "pytracer-parse", "--config", "config.json", "--output", path, "--quiet"],
                   cwd=tmp_path, check=True, timeout=60)
    with h5py.File(path) as file:
        names = [n.decode() for n in file["names/name"]]
        rows = [i for i in range(len(file["values/name"])) if names[file["values/name"][i]] == "A.data"]
        rows.sort(key=lambda i: file["values/call"][i])
    expected = tmp_path / "expected.json"
    dense = np.load(tmp_path / "dense.npy").tolist()
    expected.write_text(json.dumps({"matrices": [
        {"kind": kind, "row": row, "dense": dense}
        for kind, row in zip(["CSR", "CSC", "COO", "DIA", "BSR"], rows, strict=True)]}))
    with Viewer("--filename", path) as viewer:
        run_node("sparse_test.mjs", viewer.url, expected, 120)
