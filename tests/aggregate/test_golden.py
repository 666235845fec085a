"""A small result that is kept, in the project, checked for every number of ranks and threads.

    PYTRACER_REGENERATE=1 pytest test_golden.py

writes it anew, after a change of the format that is meant."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
from test_append import make_run
from traces import parse

GOLDEN = Path(__file__).parent / "golden.json"
PAIRS = [(1, 1), (2, 1), (3, 1), (2, 2), (4, 1)]
BY_CHANCE = {"created_ns", "generator", "meta/command", "meta/schema", "minor",
             "traces/path", "traces/bytes", "traces/checksum"}


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("golden")
    (folder / "t").mkdir()
    for i in range(4):
        make_run(i, extra=True).write(folder / "t" / f"{i}.trace")
    return folder / "t"


def describe(path):
    """Every column: type, rows, and a digest of its bytes, or the rows where they are few."""
    found = {}
    with h5py.File(path) as f:
        for key, value in f.attrs.items():
            if key not in BY_CHANCE:
                found["@" + key] = value.decode() if isinstance(value, bytes) else float(value) \
                    if np.issubdtype(type(value), np.number) else str(value)

        def visit(name, item):
            if isinstance(item, h5py.Dataset) and name not in BY_CHANCE:
                data = item[:]
                rows = data.tolist() if data.size <= 40 else None
                if rows and isinstance(rows[0], bytes):
                    rows = [r.decode() for r in rows]
                text = [repr(r) for r in rows] if rows is not None and data.dtype.kind == "f" else rows
                found[name] = {"type": data.dtype.str, "rows": int(data.size),
                               "data": text if rows is not None else digest(data)}
        f.visititems(visit)
    return found


def digest(data):
    import hashlib
    return hashlib.sha256(np.ascontiguousarray(data).tobytes()).hexdigest()


@pytest.mark.parametrize("ranks, threads", PAIRS)
def test_the_result_is_the_golden_one(traces, tmp_path, ranks, threads):
    parse("--directory", traces, "--output", tmp_path / "r.h5", "--extremes", "--mergeable",
          "--contributing", ranks=ranks, threads=threads)
    ours = describe(tmp_path / "r.h5")
    if os.environ.get("PYTRACER_REGENERATE") and (ranks, threads) == PAIRS[0]:
        GOLDEN.write_text(json.dumps(ours, indent=0, sort_keys=True) + "\n")
    golden = json.loads(GOLDEN.read_text())
    assert golden.keys() <= ours.keys()  # later versions have more
    for key in golden:
        assert ours[key] == golden[key], key


def test_h5dump_reads_all_of_it(traces, tmp_path):
    program = shutil.which("h5dump")
    if not program:
        pytest.skip("no h5dump")
    parse("--directory", traces, "--output", tmp_path / "r.h5")
    done = subprocess.run([program, tmp_path / "r.h5"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr
    with h5py.File(tmp_path / "r.h5") as f:
        n = 0

        def count(name, item):
            nonlocal n
            n += isinstance(item, h5py.Dataset)
        f.visititems(count)
    assert done.stdout.count("DATASET \"") == n > 80
