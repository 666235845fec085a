"""traces/: what a result was made of, and whether that is still there."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from test_append import files, make_run
from traces import PARSE, make_traces, parse

sys.path.insert(0, str(Path(__file__).parents[1] / "pickle"))
from records import Trace  # noqa: E402

PYTRACER = Path(PARSE).with_name("pytracer")


@pytest.fixture
def traces(tmp_path):
    make_traces(tmp_path / "t", runs=3, calls=3, elements=5000, scalars=20)
    return sorted((tmp_path / "t").iterdir())


def verify(result, *arguments):
    done = subprocess.run([PYTRACER, "info", result, "--verify", *arguments], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, [line.split(": ", 1)[1] for line in done.stdout.splitlines()], done.stderr


def rows(path):
    with h5py.File(path) as f:
        return list(zip(f["runs/run_id"][:][f["traces/run"][:]].tolist(), f["traces/process"][:].tolist(),
                        [p.decode() for p in f["traces/path"][:]], f["traces/bytes"][:].tolist(),
                        f["traces/checksum"][:].tolist()))


@pytest.mark.parametrize("ranks", [0, 2])
def test_each_trace_stands_with_path_size_and_checksum(tmp_path, traces, ranks):
    """What the checksum is, unit.format.checksum shows."""
    parse("--directory", "t", "--output", "r.h5", ranks=ranks, cwd=tmp_path)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "one.h5")
    found = rows(tmp_path / "r.h5")
    assert [row[:4] for row in found] == [(i + 1, 0, str(p), p.stat().st_size) for i, p in enumerate(traces)]
    assert len({row[4] for row in found}) == 3 and rows(tmp_path / "one.h5") == found


def test_what_is_as_it_was_is_the_same(tmp_path, traces):
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    assert verify(tmp_path / "r.h5") == (0, ["same"] * 3, "")
    (tmp_path / "t").rename(tmp_path / "moved")
    code, said, why = verify(tmp_path / "r.h5")
    assert code == 1 and said == ["missing"] * 3 and "3 of the 3 files" in why
    assert verify(tmp_path / "r.h5", "--directory", tmp_path / "moved") == (0, ["same"] * 3, "")
    for path in (tmp_path / "moved").iterdir():  # as in a copied experiment or cache
        path.rename(tmp_path / path.name)
    assert verify(tmp_path / "r.h5") == (0, ["same"] * 3, "")


def test_another_trace_a_longer_one_and_a_damaged_one_are_named(tmp_path, traces):
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    make_traces(tmp_path / "u", runs=4, calls=3, elements=5000, scalars=20)
    shutil.copy(sorted((tmp_path / "u").iterdir())[3], traces[0])
    traces[1].write_bytes(traces[1].read_bytes() + b"\0" * 8)
    data = bytearray(traces[2].read_bytes())
    data[len(data) // 2] ^= 1  # in a payload: the headers are as they were
    traces[2].write_bytes(data)
    code, said, why = verify(tmp_path / "r.h5")
    assert code == 1 and "3 of the 3 files" in why
    assert said[0].startswith("differs: ") and "checksum" in said[0]
    assert said[1].startswith("differs: ") and "bytes instead of" in said[1]
    assert said[2].startswith("damaged: ")


def test_added_runs_stand_behind_those_that_were_there(tmp_path):
    (tmp_path / "t").mkdir()
    for i in range(4):
        make_run(i).write(tmp_path / "t" / f"{i}.trace")
    parse("--output", tmp_path / "all.h5", "--filename", *files(tmp_path / "t", range(4)))
    parse("--output", tmp_path / "r.h5", "--mergeable", "--filename", *files(tmp_path / "t", [2, 0]))
    parse("--append", tmp_path / "r.h5", "--filename", *files(tmp_path / "t", [3, 1]))
    by_run = {row[0]: row for row in rows(tmp_path / "all.h5")}
    ours = rows(tmp_path / "r.h5")
    assert ours == [by_run[ours[i][0]] for i in range(4)] and len(by_run) == 4
    assert {row[2] for row in ours[:2]} == {str(tmp_path / "t/0.trace"), str(tmp_path / "t/2.trace")}
    assert verify(tmp_path / "r.h5") == (0, ["same"] * 4, "")


def test_the_reference_stands_with_its_run(tmp_path, traces):
    parse("--filename", *traces[1:], "--reference", traces[0], "--output", tmp_path / "r.h5")
    assert [row[2] for row in rows(tmp_path / "r.h5")] == [str(p) for p in [*traces[1:], traces[0]]]
    with h5py.File(tmp_path / "r.h5") as f:
        assert f["traces/run"][:].tolist() == [0, 1, 2]
        assert (f["runs/flags"][:] & 8).tolist() == [0, 0, 8]


def test_of_a_pickle_the_whole_file_is_summed(tmp_path):
    for i in range(2):
        trace = Trace()
        time = trace.enter("m", "f", {"x": 1.0})
        trace.exit(time, "m", "f", {"Ret": 1 + i * 1e-9})
        (tmp_path / f"{i}.pkl").write_bytes(trace.bytes())
    parse("--format", "pickle", "--filename", tmp_path / "0.pkl", tmp_path / "1.pkl", "--output", tmp_path / "r.h5")
    assert [row[2:4] for row in rows(tmp_path / "r.h5")] == \
        [(str(p), p.stat().st_size) for p in sorted(tmp_path.glob("*.pkl"))]
    assert verify(tmp_path / "r.h5") == (0, ["same"] * 2, "")
    data = bytearray((tmp_path / "1.pkl").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "1.pkl").write_bytes(data)
    code, said, _ = verify(tmp_path / "r.h5")
    assert code == 1 and said[0] == "same" and "checksum" in said[1]


def test_a_result_without_traces_says_so(tmp_path, traces):
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5", "a") as f:
        del f["traces"], f["contributing"]
        f.attrs["minor"] = np.uint32(2)
    code, said, why = verify(tmp_path / "r.h5")
    assert code == 1 and not said and "older version" in why
    assert subprocess.run([PYTRACER, "info", tmp_path / "r.h5"], capture_output=True).returncode == 0
