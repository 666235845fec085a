"""Packed traces (io.compression): the same result as of the same traces not packed, for all
that is in them, with what has to be read and unpacked in proportion."""

import re

import h5py
import numpy as np
import pytest
from test_parse import assert_same, contents, five_runs, names_of, samples_of, DTYPES
from traces import Run, make_traces, parse, write_runs

# Of the file, not of what it holds: size and checksum.
FILES = ("traces/path", "traces/bytes", "traces/checksum")


def content(path):
    found = contents(path)
    assert all(name in found for name in FILES)
    return {k: v for k, v in found.items() if k not in FILES}


def size_of(folder):
    return sum(p.stat().st_size for p in folder.iterdir())


def read_bytes(done):
    """Column "read bytes" of the phases of --traffic."""
    rows = re.findall(r"^\| [A-Z][^|]*\| \d+ \| \d+ \| (\d+) \|", done.stdout, re.M)
    assert rows
    return sum(int(n) for n in rows)


SIZE = dict(runs=4, calls=16, elements=90000, scalars=4000, extra=2, nan=1)


def test_the_result_is_that_of_traces_that_are_not_packed(tmp_path):
    make_traces(tmp_path / "plain", **SIZE)
    make_traces(tmp_path / "packed", packed=1, **SIZE)
    assert size_of(tmp_path / "packed") < 0.8 * size_of(tmp_path / "plain")
    parse("--directory", tmp_path / "plain", "--output", tmp_path / "plain.h5")
    wanted = content(tmp_path / "plain.h5")
    for ranks, threads, more in [(0, 1, []), (0, 2, []), (3, 1, []), (2, 2, ["--batch-size", "70000"])]:
        out = tmp_path / f"{ranks}x{threads}.h5"
        parse("--directory", tmp_path / "packed", "--output", out, *more, ranks=ranks, threads=threads)
        assert_same(content(out), wanted)


def test_every_dtype_is_read_from_packed_traces(tmp_path):
    wanted = {f"{d}.{n}": samples_of(d, n) for d in DTYPES for n in (1, 3, 500, 30000)}
    for how in ("plain", "packed"):
        runs = []
        for i in range(3):
            run = Run(i + 1)
            for name, samples in wanted.items():
                run.call("f", {"text": name}, {name: samples[i]})
            runs.append(run)
        write_runs(tmp_path / how, runs, packed=how == "packed")
        parse("--directory", tmp_path / how, "--output", tmp_path / f"{how}.h5")
    assert size_of(tmp_path / "packed") < 0.5 * size_of(tmp_path / "plain")
    assert_same(content(tmp_path / "packed.h5"), content(tmp_path / "plain.h5"))


def test_packed_and_unpacked_runs_are_aggregated_together(tmp_path):
    (tmp_path / "t").mkdir()
    for i, x in enumerate(five_runs()):
        run = Run(i + 1)
        run.call("f", {"x": 2.0}, {"Ret": x})
        run.write(tmp_path / "t" / f"{i}.trace", packed=i % 2 == 0)
        run.write(tmp_path / f"{i}.trace")
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        assert names_of(f) == ["f"] and f["values/n_runs"][:].tolist() == [5, 5]


@pytest.mark.parametrize("ranks", [0, 2])
def test_less_is_read_in_proportion(tmp_path, ranks):
    """What is read of a packed trace is at most 1.3 times the file, as of one that is not."""
    make_traces(tmp_path / "t", packed=1, **SIZE)
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", "--traffic", ranks=ranks)
    assert read_bytes(done) <= 1.3 * size_of(tmp_path / "t")


def test_a_damaged_chunk_costs_its_values_of_that_run(tmp_path):
    make_traces(tmp_path / "t", packed=1, **SIZE)
    trace = sorted((tmp_path / "t").iterdir())[1]
    data = bytearray(trace.read_bytes())
    at = 4096
    while data[at + 4] != 5 or data[at + 6] != 1:  # FORMAT.md: stream 5, codec 1
        at += (80 + int.from_bytes(data[at + 32:at + 40], "little") + 7) // 8 * 8
    stored = int.from_bytes(data[at + 32:at + 40], "little")
    data[at + 80 + stored - 100] ^= 1
    trace.write_bytes(data)
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", check=False)
    assert done.returncode == 0, done.stderr
    assert "damaged" in done.stderr
    with h5py.File(tmp_path / "r.h5") as f:
        assert f["values/n_runs"][:].max() == 4
        assert np.isfinite(f["elements/mean"][:]).any()
