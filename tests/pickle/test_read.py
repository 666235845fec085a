"""The original's pickle traces, read by pytracer-parse: whatever protocol, memo and class
they were written with, their values are those that were pickled."""
import os
import pickle
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest

from records import Trace, write_run

PARSE = Path(os.environ["PYTRACER_BIN"]) / "pytracer-parse"


def parse(folder, result, *options, ranks=0, expect=0):
    mpi = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)] if ranks else []
    done = subprocess.run([*mpi, PARSE, "--directory", folder, "--output", result, *options],
                          capture_output=True, text=True)
    assert done.returncode == expect, done.stdout + done.stderr
    assert not list(result.parent.glob("*.tmp*")), "something is left behind"
    return done


def rows(path):
    """What each value is, by function, phase, name and time."""
    found = {}
    with h5py.File(path) as f:
        names = [n.decode() for n in f["names/name"][:]]
        functions = [n.decode() for n in f["functions/name"][:]]
        labels = f["meta/labels"][:].tobytes()
        for v in range(f["values/call"].size):
            call = f["values/call"][v]
            key = (functions[f["calls/function"][call]], int(f["values/phase"][v]),
                   names[f["values/name"][v]], int(f["calls/time"][call]))
            d, n = f["values/shape_first"][v], f["values/ndim"][v]
            a, m = f["values/first_element"][v], f["values/n_stored"][v]
            b, k = int(f["values/label_first"][v]), int(f["values/label_bytes"][v])
            found[key] = (int(f["values/kind"][v]), f["values/dtype"][v].decode(),
                          tuple(f["dims/size"][d:d + n].tolist()),
                          f["elements/mean"][a:a + m].tobytes() if m else b"",
                          f["elements/std"][a:a + m].tobytes() if m else b"",
                          labels[b:b + k] if k else b"")
    return found


def make(folder, n=3, **how):
    folder.mkdir()
    return [write_run(folder / f"{i}.pkl", i, **how) for i in range(n)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """As the original writes: protocol 5, no memo, its own class."""
    folder = tmp_path_factory.mktemp("plain")
    given = make(folder / "traces")
    parse(folder / "traces", folder / "r.h5")
    return given, folder / "r.h5"


ARRAYS = ["c", "fortran", "slice", "big", "single", "half", "wide", "ints", "bools", "empty",
          "zero_d", "large_array", "scalar", "integer", "truth", "numpy_scalar", "numpy_int"]


@pytest.mark.parametrize("name", ARRAYS)
def test_a_value_has_the_elements_that_were_pickled(plain, name):
    given, path = plain
    kind, dtype, shape, mean, std, _ = rows(path)["solve", 0, name, 1]
    samples = [np.asarray(g[name]) for g in given]
    assert (kind, shape) == (1, samples[0].shape)
    assert dtype.lstrip("<|") == samples[0].dtype.str.lstrip("<|>")
    exact = np.mean([s.astype(np.longdouble) for s in samples], axis=0).astype(float)
    np.testing.assert_allclose(np.frombuffer(mean).reshape(shape), exact, rtol=3e-16)
    spread = np.std([s.astype(np.longdouble) for s in samples], axis=0).astype(float)
    np.testing.assert_allclose(np.frombuffer(std).reshape(shape), spread, rtol=1e-6, atol=1e-300)


@pytest.mark.parametrize("name", ["complex", "z"])
def test_complex_numbers_come_as_two_planes(plain, name):
    given, path = plain
    _, dtype, shape, mean, _, _ = rows(path)["solve", 0, name, 1]
    exact = np.mean([np.asarray(g[name]) for g in given], axis=0)
    assert dtype == "<c16"
    planes = np.frombuffer(mean).reshape(2, *shape)
    np.testing.assert_allclose(planes[0] + 1j * planes[1], exact, rtol=3e-16)


def test_what_is_no_number_becomes_a_label_or_is_omitted(plain):
    found = {k[2]: v for k, v in rows(plain[1]).items() if k[0] == "solve" and k[1] == 0}
    assert found["text"][5] == "str\0a\u00e9\u20ac\U0001f600".encode()
    assert found["raw"][5] == b"bytes\0\x00\xff'\"\\\n"
    assert found["large"][5] == b"int\x000x8000000000000000"
    assert found["nothing"][5] == b"NoneType\0None"
    assert found["set"][0] == 2
    assert found["objects"][0] == found["strings"][0] == 3
    assert {"list.0", "list.1.0", "list.2.1", "dict.a", "dict.3", "dict.#2",
            "thing.number", "thing.array"} <= found.keys()


def test_calls_nest_and_one_without_outputs_has_raised(plain):
    with h5py.File(plain[1]) as f:
        assert f["calls/parent"][:].tolist() == [-1, 0, 0, -1]
        assert [bool(x & 4) for x in f["calls/flags"][:]] == [False, False, True, False]
        assert [bool(x & 32) for x in f["calls/flags"][:]] == [False, False, False, True]
        assert f["functions/module"][:].tolist() == [b"mymodule", b"mymodule", b"numpy.linalg"]
        site = f["calls/site"][0]
        assert f["sites/file"][site] == b"program.py" and f["sites/line"][site] == 12
        assert f["sites/name"][site] == b"main"
        assert sorted(f["runs/trace"][:]) == [b"0.pkl", b"1.pkl", b"2.pkl"]


HOW = [dict(protocol=p, derived=d, memo=m) for p in range(6) for d in (True, False)
       for m in ("none", "file", "record")]


@pytest.mark.parametrize("ranks", [0, 3])
def test_all_protocols_and_memos_say_the_same(tmp_path, ranks):
    """The same run 36 times, written in every way: nothing may differ."""
    (tmp_path / "traces").mkdir()
    for i, how in enumerate(HOW):
        write_run(tmp_path / "traces" / f"{i}.pkl", 1, **how)
    done = parse(tmp_path / "traces", tmp_path / "r.h5", ranks=ranks)
    assert "left out" not in done.stderr and "damaged" not in done.stderr
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["n_runs"] == len(HOW)
        assert set(f["calls/n_runs"][:]) == {len(HOW)} and len(f["calls/n_runs"]) == 4
        assert set(f["values/n_runs"][:]) == {len(HOW)}
        assert not (f["values/flags"][:] & (64 | 128)).any()
        numbers = f["values/kind"][:] == 1
        assert numbers.sum() > 25 and not f["elements/std"][:].any()
        agreement = f["values/agreement"][:]
        assert set(agreement[~np.isnan(agreement)]) == {1.0}


def test_the_format_can_be_given(tmp_path):
    make(tmp_path / "traces")
    parse(tmp_path / "traces", tmp_path / "r.h5", "--format", "pickle")
    done = parse(tmp_path / "traces", tmp_path / "s.h5", "--format", "native", expect=1)
    assert "no traces in" in done.stderr
    for pickled in (tmp_path / "traces").iterdir():
        pickled.rename(pickled.with_suffix(".other"))
    files = sorted((tmp_path / "traces").iterdir())
    done = subprocess.run([PARSE, "--output", tmp_path / "t.h5", "--filename", *files],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "t.h5").keys() == rows(tmp_path / "r.h5").keys()


class Evil:
    def __reduce__(self):
        return os.system, ("touch " + str(Evil.path),)


def test_nothing_of_a_pickle_is_executed(tmp_path):
    Evil.path = tmp_path / "executed"
    (tmp_path / "traces").mkdir()
    for i in range(2):
        trace = Trace()
        time = trace.enter("m", "f", {"x": Evil(), "y": 1.0 + i})
        trace.exit(time, "m", "f", {"Ret": 1.0})
        (tmp_path / "traces" / f"{i}.pkl").write_bytes(trace.bytes())
    parse(tmp_path / "traces", tmp_path / "r.h5")
    assert not Evil.path.exists()
    label = rows(tmp_path / "r.h5")["f", 0, "x", 1][5]
    assert label.endswith(b"system")


# ── bad input ──

def two_good(tmp_path):
    make(tmp_path / "traces", n=2)
    return tmp_path / "traces"


def refused(tmp_path, data, *words, name="bad.pkl"):
    """A bad file among good ones is left out and named; --strict refuses."""
    folder = two_good(tmp_path)
    (folder / name).write_bytes(data)
    done = parse(folder, tmp_path / "r.h5")
    assert name in done.stderr and "left out" in done.stderr, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    done = parse(folder, tmp_path / "s.h5", "--strict", expect=1)
    assert name in done.stderr and not (tmp_path / "s.h5").exists()


@pytest.mark.parametrize("data, word", [
    (b"", "empty"), (b"\x80\x05N", "damaged"), (b"\x80\x05N.", "not of a trace"),
    (b"\x80\x09N.", "protocol 9"), (b"\x80\x05\x97.", "out of band"),
    (b"\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", "damaged"), (b"\xff\xfe", "unknown opcode"),
    (pickle.dumps({"a": 1}), "not of a trace"), (b"\x80\x02h\x05.", "not in the memo"),
    (b"\x80\x02r\xff\xff\xff\x7f", "memo"), (b"\x80\x04\x95\xff\xff\xff\x00\x00\x00\x00\x00N.", "frame"),
], ids=str)
def test_a_bad_pickle_is_named_and_left_out(tmp_path, data, word):
    refused(tmp_path, data, word)


def test_what_stands_before_a_damage_is_used(tmp_path):
    folder = two_good(tmp_path)
    whole = (folder / "1.pkl").read_bytes()
    (folder / "1.pkl").write_bytes(whole[:-20])
    done = parse(folder, tmp_path / "r.h5")
    assert "1.pkl" in done.stderr and "damaged at byte" in done.stderr
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["n_runs"] == 2 and sorted(f["runs/flags"][:] & 2) == [0, 2]


def test_cycles_and_deep_nesting_are_bounded(tmp_path):
    (tmp_path / "traces").mkdir()
    ring = []
    ring.append(ring)
    itself = {}
    itself["me"] = itself
    for i in range(2):
        trace = Trace(memo="file")
        time = trace.enter("m", "f", {"ring": ring, "itself": itself, "x": 1.0})
        trace.exit(time, "m", "f", {"Ret": 2.0})
        deep = (b"\x80\x04}(\x8c\x04timeK\x09\x8c\x06module\x8c\x01m\x8c\x08function\x8c\x01g"
                b"\x8c\x05label\x8c\x06inputs\x8c\x04args}\x8c\x01x" +
                b"(" * 200000 + b"l" * 200000 + b"su.")
        (tmp_path / "traces" / f"{i}.pkl").write_bytes(trace.bytes() + deep)
    parse(tmp_path / "traces", tmp_path / "r.h5")
    found = rows(tmp_path / "r.h5")
    assert found["f", 0, "x", 1][0] == 1
    assert found["f", 0, "ring.0.0.0.0", 1][0] == 3
    assert any(k[0] == "g" for k in found)


def test_an_array_that_lies_about_its_size_is_omitted(tmp_path):
    (tmp_path / "traces").mkdir()
    for i in range(2):
        trace = Trace()
        time = trace.enter("m", "f", {"x": np.arange(1000.0), "y": 1.0})
        trace.exit(time, "m", "f", {"Ret": 2.0})
        data = trace.bytes().replace(b"M\xe8\x03", b"M\xe7\x03")
        (tmp_path / "traces" / f"{i}.pkl").write_bytes(data)
    parse(tmp_path / "traces", tmp_path / "r.h5")
    found = rows(tmp_path / "r.h5")
    assert found["f", 0, "x", 1][0] == 3 and found["f", 0, "y", 1][0] == 1


def test_a_pickle_and_a_native_trace_are_of_different_programs(tmp_path):
    folder = two_good(tmp_path)
    script = tmp_path / "program.py"
    script.write_text("import math\nmath.sqrt(2.0)\n")
    subprocess.run([PARSE.parent / "pytracer-trace", "--command", script], cwd=tmp_path, check=True)
    native = next((tmp_path / ".__pytracercache__/traces").glob("*.trace"))
    native.rename(folder / native.name)
    done = parse(folder, tmp_path / "r.h5", expect=2)
    assert "different programs" in done.stderr
