"""The page in Chromium: clicked through, its numbers compared with the file's."""
import json
import subprocess
import sys

import h5py
import pytest

from browsing import run_node, write_expectations
from viewer import BIN, Viewer, make_result


def test_two_results_are_chosen_between_and_compared(result, tmp_path):
    other = make_result(tmp_path / "other.h5", "--seed", "5", "--runs", "5", "--calls", "300")
    expected = write_expectations(tmp_path, a=result, b=other)
    with Viewer("--filename", result, "--filename", other) as viewer:
        run_node("compare_test.mjs", viewer.url, expected, 120)


def test_the_page_shows_what_the_file_holds(result, viewer, tmp_path):
    expected = write_expectations(tmp_path, result=result)
    run_node("page_test.mjs", viewer.url, expected, 240)


def test_every_view_works_with_the_keyboard_alone(result, viewer, tmp_path):
    expected = write_expectations(tmp_path, result=result)
    run_node("keyboard_test.mjs", viewer.url, expected, 180)


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
