"""pytracer-parse as a whole: what it writes, against numpy and against itself."""

import math
import os
import re
import subprocess

import h5py
import numpy as np
import pytest
from traces import PARSE, Run, make_traces, parse, write_runs

DELTA_5 = 2.49366


def column(f, name):
    return f[name][:]


def names_of(f):
    return [n.decode() for n in column(f, "functions/name")]


def timeline(f, function, name, phase):
    """Rows of values/ of one function, argument and phase."""
    i = names_of(f).index(function)
    first, n = f["functions/first_value"][i], f["functions/n_values"][i]
    rows = range(first, first + n)
    k = [t.decode() for t in column(f, "names/name")].index(name)
    return [r for r in rows
            if f["values/name"][r] == k and f["values/phase"][r] == phase]


def elements(f, row):
    first, n = f["values/first_element"][row], f["values/n_stored"][row]
    return [f["elements/" + c][first:first + n] for c in ("mean", "std", "sig")]


def contents(path):
    """Everything that must not depend on ranks and threads."""
    with h5py.File(path) as f:
        found = {k: np.asarray(v) for k, v in f.attrs.items() if k != "created_ns"}
        f.visititems(lambda name, item: found.update({name: item[:]})
                     if isinstance(item, h5py.Dataset) and name != "meta/command"
                     else None)
        return found


def assert_same(a, b):
    assert a.keys() == b.keys()
    for key in a:
        assert a[key].dtype == b[key].dtype, key
        assert a[key].tobytes() == b[key].tobytes(), key


def five_runs(n=1000, dtype=np.float64, noise=2.0**-30):
    rng = np.random.default_rng(1)
    base = 1 + rng.random(n)
    return [(base * (1 + noise * rng.standard_normal(n))).astype(dtype)
            for _ in range(5)]


def test_mean_std_and_digits_are_those_of_numpy(tmp_path):
    samples = five_runs()
    runs = []
    for i, x in enumerate(samples):
        run = Run(i + 1)
        run.call("f", {"x": 2.0}, {"Ret": x})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    x = np.array(samples, dtype=np.longdouble)
    mean, std = x.mean(0), x.std(0)
    with h5py.File(tmp_path / "r.h5") as f:
        [row] = timeline(f, "f", "Ret", 1)
        m, s, d = elements(f, row)
        np.testing.assert_allclose(m, mean.astype(float), rtol=2.3e-16)
        np.testing.assert_allclose(s, std.astype(float), rtol=1e-9)
        expected = -np.log2((std / abs(mean)).astype(float)) - DELTA_5
        np.testing.assert_allclose(d, expected, atol=2e-5)
        norm = -math.log2(np.linalg.norm(std.astype(float)) /
                          np.linalg.norm(mean.astype(float))) - DELTA_5
        assert f["values/sig_norm"][row] == pytest.approx(norm, abs=2e-5)
        assert f["values/sig_min"][row] == pytest.approx(expected.min(), abs=2e-5)
        assert f["values/sig_median"][row] == pytest.approx(np.median(expected),
                                                            abs=2e-5)
        assert f["values/sig_p05"][row] == pytest.approx(np.quantile(expected, 0.05),
                                                         abs=2e-5)
        assert f["values/n_runs"][row] == 5
        assert f["values/dtype"][row] == b"<f8"
        shape = f["values/shape_first"][row]
        assert f["dims/size"][shape] == 1000
        [row] = timeline(f, "f", "x", 0)
        assert f["values/flags"][row] & 1
        assert elements(f, row)[0][0] == 2.0


DTYPES = ["f2", "f4", "f8", "f16", "c8", "c16", "c32", "b1", "i1", "i2", "i4", "i8",
          "u1", "u2", "u4", "u8"]


def samples_of(dtype, n):
    base = np.arange(1, n + 1) % 100
    samples = [(base + (i % 2) * (dtype[0] in "iu")).astype(dtype) for i in range(4)]
    if dtype[0] == "c":
        samples = [s + 2j * s for s in samples]
    return [s.astype(dtype) for s in samples]


def test_every_dtype_is_measured(tmp_path):
    wanted = {f"{d}.{n}": samples_of(d, n) for d in DTYPES for n in (1, 3, 500)}
    runs = []
    for i in range(4):
        run = Run(i + 1)
        run.call("f", {}, {name: samples[i] for name, samples in wanted.items()})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        for name, samples in wanted.items():
            [row] = timeline(f, "f", name, 1)
            complex_ = name[0] == "c"
            expected = np.mean(np.array(samples, dtype=complex if complex_ else float),
                               axis=0)
            if complex_:
                expected = np.concatenate([expected.real, expected.imag])
            np.testing.assert_allclose(elements(f, row)[0], expected, err_msg=name)
            if name[0] in "iu":
                assert f["values/agreement"][row] == 0.5, name


def test_content_is_the_same_for_all_ranks_and_threads(tmp_path):
    make_traces(tmp_path / "t", runs=5, calls=12, elements=700, scalars=100, extra=2,
                nan=1, ranks=2)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "1.h5")
    one = contents(tmp_path / "1.h5")
    assert len(one["calls/key"]) > 200
    for ranks, threads in [(2, 1), (3, 1), (2, 2), (4, 1)]:
        out = tmp_path / f"{ranks}x{threads}.h5"
        parse("--directory", tmp_path / "t", "--output", out, ranks=ranks,
              threads=threads)
        assert_same(one, contents(out))


@pytest.mark.parametrize("batch", ["1", "1000", "100000", "4000000"])
def test_content_is_the_same_for_all_batch_sizes(tmp_path, batch):
    make_traces(tmp_path / "t", runs=3, calls=3, elements=5000, scalars=3)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "1.h5")
    parse("--directory", tmp_path / "t", "--output", tmp_path / "2.h5", "--batch-size",
          batch)
    assert_same(contents(tmp_path / "1.h5"), contents(tmp_path / "2.h5"))


@pytest.mark.parametrize("ranks", [0, 2])
def test_calls_without_values_are_a_result_too(tmp_path, ranks):
    runs = [Run(i + 1) for i in range(2)]
    for run in runs:
        run.call("f", {}, {})
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", ranks=ranks)
    with h5py.File(tmp_path / "r.h5") as f:
        assert len(f["calls/key"]) == 1 and len(f["elements/mean"]) == 0


def test_online_gives_the_same_content(tmp_path):
    make_traces(tmp_path / "t", runs=3, calls=3, elements=50000, scalars=3)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "1.h5")
    parse("--directory", tmp_path / "t", "--output", tmp_path / "2.h5", "--online")
    assert_same(contents(tmp_path / "1.h5"), contents(tmp_path / "2.h5"))


@pytest.mark.parametrize("dtype", ["f8", "c16"])
def test_one_huge_array_is_shared_by_the_ranks(tmp_path, dtype):
    n = (1 << 20) + 70001
    rng = np.random.default_rng(3)
    runs = []
    for i in range(2):
        run = Run(i + 1)
        x = (1 + rng.random(n) * 1e-9).astype(dtype)
        run.call("f", {}, {"Ret": x + 1j * x if dtype == "c16" else x})
        run.call("g", {"y": x[:10]}, {"Ret": x[:1000]})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "1.h5")
    one = contents(tmp_path / "1.h5")
    for ranks, batch in [(2, 1 << 20), (3, 100000)]:
        out = tmp_path / f"{ranks}.h5"
        parse("--directory", tmp_path / "t", "--output", out, "--batch-size", batch,
              ranks=ranks)
        assert_same(one, contents(out))


def test_calls_that_only_some_runs_make_are_kept_and_counted(tmp_path):
    runs = []
    for i in range(3):
        run = Run(i + 1)
        run.enter("outer", {"n": 1}, line=5)
        for k in range(2 + (i == 2)):
            run.call("inner", {"x": 1.0 + k}, {"Ret": 2.0}, line=9, site_line=6)
        run.leave({"Ret": 1.0})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        assert list(f["calls/n_runs"]) == [3, 3, 3, 1]
        assert list(f["calls/flags"] [:] & 1) == [0, 0, 0, 1]
        assert list(f["calls/parent"]) == [-1, 0, 0, 0]
        assert list(f["runs/calls"]) == [3, 3, 4]
        assert list(f["runs/unmatched"]) == [0, 0, 1]
        inner = names_of(f).index("inner")
        assert f["functions/n_calls"][inner] == 3
        assert f["functions/n_partial"][inner] == 1
        assert list(f["divergences/parent"]) == [0]
        assert list(f["divergences/n_runs"]) == [1]
        assert list(f["divergences/function"]) == [inner]
        edges = {(c, names_of(f)[k]): n for c, k, n in
                 zip(f["edges/caller"], f["edges/callee"], f["edges/n_calls"])}
        outer = names_of(f).index("outer")
        assert edges == {(-1, "outer"): 1, (outer, "inner"): 3}
    assert "Runs part first at a call of mod.inner from main.py:6" in done.stdout


def test_order_of_the_files_does_not_matter(tmp_path):
    runs = []
    for i in range(4):
        run = Run(i + 1)
        for k in range(3 + i % 2):
            run.call("f", {"x": 1.0 + 2**-40 * i}, {"Ret": np.arange(20.0) + i * 1e-9})
        runs.append(run)
    write_runs(tmp_path / "a", runs)
    write_runs(tmp_path / "b", runs[::-1])
    for name in "ab":
        parse("--directory", tmp_path / name, "--output", tmp_path / f"{name}.h5")
    a, b = contents(tmp_path / "a.h5"), contents(tmp_path / "b.h5")
    for name in ("runs/trace", "traces/path"):
        del a[name], b[name]
    assert_same(a, b)


def test_one_run_writes_means_without_digits(tmp_path):
    run = Run(1)
    run.call("f", {"x": 1.5}, {"Ret": np.array([1.0, 2.0])})
    write_runs(tmp_path / "t", [run])
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    assert done.stderr.count("one run only") == 1
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["has_digits"] == 0
        [row] = timeline(f, "f", "Ret", 1)
        mean, std, sig = elements(f, row)
        assert list(mean) == [1.0, 2.0]
        assert np.isnan(sig).all()
        assert np.isnan(f["values/sig_norm"][row])
        assert f["values/flags"][row] & 256


def test_shapes_dtypes_and_presence_that_differ_are_flagged(tmp_path):
    runs = []
    for i in range(3):
        run = Run(i + 1)
        outputs = {"shape": np.ones(3 + (i == 2)), "dtype": np.float32(1) if i == 0
                   else np.float64(1)}
        if i:
            outputs["some"] = 1.0
        run.call("f", {}, outputs)
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        for name, flag in [("shape", 64), ("dtype", 64), ("some", 128)]:
            [row] = timeline(f, "f", name, 1)
            assert f["values/flags"][row] & (64 | 128) == flag, name
            assert f["values/n_runs"][row] == 2
        assert f["calls/flags"][0] & 8


def test_labels_and_omitted_values(tmp_path):
    runs = []
    for i in range(4):
        run = Run(i + 1)
        run.call("f", {"kind": "rbf" if i else "linear", "obj": None}, {"Ret": 1.0})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        [row] = timeline(f, "f", "kind", 0)
        assert f["values/kind"][row] == 2
        assert f["values/agreement"][row] == 0.75
        first, n = f["values/label_first"][row], f["values/label_bytes"][row]
        assert bytes(f["meta/labels"][first:first + n]) in (b"str\0rbf", b"str\0linear")
        [row] = timeline(f, "f", "obj", 0)
        assert f["values/kind"][row] == 3
        assert f["values/n_stored"][row] == 0


def test_loss_goes_to_the_function_that_loses(tmp_path):
    rng = np.random.default_rng(5)
    runs = []
    for i in range(6):
        run = Run(i + 1)
        x = 1 + 2.0**-50 * rng.standard_normal(100)
        y = 1 + 2.0**-20 * rng.standard_normal(100)
        run.enter("caller", {"x": x}, line=1)
        run.call("culprit", {"x": x}, {"Ret": y}, line=2)
        run.leave({"Ret": y})
        run.call("random", {"n": 3}, {"Ret": y}, line=3)
        run.call("twin", {"x": x}, {"Ret": x * 2}, line=4)
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        i = {n: k for k, n in enumerate(names_of(f))}
        rank, lost = f["functions/rank"][:], f["functions/self_lost"][:]
        assert rank[i["culprit"]] == 1
        assert lost[i["culprit"]] == pytest.approx(30, abs=2)
        assert lost[i["caller"]] == 0
        assert f["functions/lost"][i["caller"]] == pytest.approx(30, abs=2)
        assert lost[i["twin"]] < 2
        assert f["functions/flags"][i["random"]] & 1
        assert rank[i["random"]] == 0
    table = done.stdout.splitlines()
    head = table.index(next(line for line in table if line.startswith("rank")))
    first = table[head + 1].split()
    assert first[0] == "1" and first[-2:] == ["mod.culprit", "/src/mod.py:2"]
    assert float(first[1]) == pytest.approx(lost[i["culprit"]], abs=0.06)
    assert "Sources" in done.stdout and "mod.random" in done.stdout


def test_equal_contents_are_measured_once_and_share_their_elements(tmp_path):
    samples = five_runs(100)
    runs = []
    for i, x in enumerate(samples):
        run = Run(i + 1)
        for _ in range(10):
            run.call("f", {"x": x}, {"Ret": x})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    for ranks in (1, 3):
        parse("--directory", tmp_path / "t", "--output", tmp_path / f"{ranks}.h5",
              ranks=ranks)
    with h5py.File(tmp_path / "1.h5") as f:
        assert len(f["elements/mean"]) == 100
        assert len(f["values/call"]) == 20
        assert len(set(f["values/sig_norm"])) == 1
    assert_same(contents(tmp_path / "1.h5"), contents(tmp_path / "3.h5"))


def test_ranks_of_a_run_are_not_its_samples(tmp_path):
    runs = []
    for run_id in (1, 2, 3):
        for rank in (0, 1):
            run = Run(run_id, role=(1, rank, ""))
            run.call("f", {}, {"Ret": 10.0 * rank + run_id * 1e-6})
            runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["n_runs"] == 3
        assert [r.decode() for r in f["processes/role"]] == ["rank 0", "rank 1"]
        assert list(f["calls/process"]) == [0, 1]
        assert list(f["calls/n_runs"]) == [3, 3]
        assert f["elements/mean"][1] == pytest.approx(10.000002)


def test_general_method(tmp_path):
    runs = []
    for i in range(4):
        run = Run(i + 1)
        run.call("f", {}, {"Ret": 1 + (i - 1.5) * 2.0**-20})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5",
                 "--method", "general")
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["method"].decode() == "general"
        assert f["elements/sig"][0] == 19
    assert "General" in done.stdout


def test_sources_are_embedded_from_the_cache(tmp_path):
    cache = tmp_path / "cache"
    (cache / "sources").mkdir(parents=True)
    (cache / "sources" / "abc123").write_text("def f(): pass\n")
    run = Run(1, metadata={"source./src/mod.py": "abc123"})
    run.call("f", {}, {"Ret": 1.0})
    write_runs(cache / "traces", [run])
    parse("--directory", cache, "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        paths = [p.decode() for p in f["sources/path"]]
        i = paths.index("/src/mod.py")
        a, n = f["sources/first"][i], f["sources/bytes"][i]
        assert bytes(f["sources/text"][a:a + n]) == b"def f(): pass\n"


def test_schema_travels_with_the_result_and_matches_it(tmp_path):
    make_traces(tmp_path / "t", runs=2, calls=2, elements=20, scalars=2)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    source = os.path.join(os.environ["PYTRACER_SOURCE"], "aggregate/schema/SCHEMA.md")
    text = open(source, "rb").read()
    with h5py.File(tmp_path / "r.h5") as f:
        assert bytes(f["meta/schema"][:]) == text
        words = set(re.findall(r"`([^`]+)`", text.decode()))
        for group in f:
            for name, item in f[group].items():
                assert name in words, f"{group}/{name} is not in SCHEMA.md"
                assert item.chunks is None and item.ndim == 1
        for name in f.attrs:
            assert name in words
    done = subprocess.run(["h5dump", "-H", str(tmp_path / "r.h5")], capture_output=True)
    assert done.returncode == 0


def test_recipes_of_the_schema_work(tmp_path, capsys):
    make_traces(tmp_path / "t", runs=3, calls=4, elements=20, scalars=5)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    source = os.path.join(os.environ["PYTRACER_SOURCE"], "aggregate/schema/SCHEMA.md")
    recipes = re.findall(r"```python\n(.*?)```", open(source).read(), re.S)
    assert len(recipes) == 5
    with h5py.File(tmp_path / "r.h5") as f:
        found = {"f": f}
        exec(recipes[0], found)
        assert len(found["digits"]) == 8 and (found["digits"] > 20).all()
        [*_, found["v"]] = timeline(f, "solve", "Ret", 1)
        exec(recipes[1], found)
        assert found["digits"].shape == (1, 20)
        exec(recipes[3], found)
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == ["1", "2", "3"]
        assert [line.split()[1] for line in lines] == [str(p) for p in sorted((tmp_path / "t").iterdir())]
        exec(recipes[4], found)
        assert capsys.readouterr().out.split()[:2] == ["1", "solve"]


@pytest.mark.parametrize("size", [dict(calls=100, elements=20000, scalars=500),
                                  dict(calls=0, elements=0, scalars=30000)])
def test_each_byte_of_the_traces_is_read_about_once(tmp_path, size):
    make_traces(tmp_path / "t", runs=4, **size)
    config = tmp_path / "c.json"
    config.write_text('{"logger": {"level": "debug"}}')
    for ranks in (1, 3):
        done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5",
                     "--force", "--config", config, ranks=ranks)
        read, there = re.search(r"read (\d+) bytes of the traces' (\d+)",
                                done.stderr).groups()
        assert there == str(sum(f.stat().st_size for f in (tmp_path / "t").iterdir()))
        assert int(there) * 0.9 < int(read) < int(there) * 1.3


def test_help_and_version():
    for option, word in [("--help", "usage:"), ("--version", "pytracer-parse")]:
        done = subprocess.run([PARSE, option], capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout.startswith(word)


def test_started_by_hand_it_shares_no_folder_with_others(tmp_path):
    """Open MPI's folder for a session is one for all that are started without mpirun: they would
    take it away from each other."""
    make_traces(tmp_path / "t", runs=2, calls=2, elements=10, scalars=3)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5",
          environment={"OMPI_MCA_orte_tmpdir_base": "/proc/none", "TMPDIR": "/proc/none"})


def test_digits_are_counted_against_a_reference_run(tmp_path):
    """Samples 2⁻²⁰ off the reference with a spread of 2⁻³⁰ have 18 digits, not 28."""
    rng = np.random.default_rng(9)
    exact = 1 + rng.random(50)
    runs = []
    for i in range(10):
        x = exact * (1 + 2.0**-20 + 2.0**-30 * rng.standard_normal(50))
        run = Run(i + 1)
        run.call("f", {}, {"Ret": x, "first": float(x[0])})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    ieee = Run(1, experiment="ieee")
    ieee.call("f", {}, {"Ret": exact, "first": float(exact[0]), "more": 1.0})
    ieee.call("only_here", {}, {"Ret": 1.0})
    ieee.write(tmp_path / "t" / "ieee.trace")
    for ranks in (1, 3):
        done = parse("--directory", tmp_path / "t", "--output", tmp_path / f"{ranks}.h5",
                     "--reference", tmp_path / "t" / "ieee.trace", ranks=ranks)
        assert "10 runs" in done.stdout
    with h5py.File(tmp_path / "1.h5") as f:
        assert f.attrs["n_runs"] == 10
        assert list(f["runs/flags"][:] & 8) == [0] * 10 + [8]
        assert names_of(f) and len(f["calls/key"]) == 1
        assert list(f["calls/n_runs"]) == [10] and not f["calls/flags"][0] & 1
        for name in ("Ret", "first"):
            [row] = timeline(f, "f", name, 1)
            mean, std, sig = elements(f, row)
            assert (abs(sig - 18.5) < 1.5).all(), name
            assert f["values/flags"][row] & 2048
            assert f["values/n_runs"][row] == 10
    assert_same(contents(tmp_path / "1.h5"), contents(tmp_path / "3.h5"))
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5",
                 "--reference", tmp_path / "nothing.trace", check=False)
    assert done.returncode == 1 and "nothing.trace" in done.stderr


def test_the_reference_may_be_a_folder_with_a_trace_for_each_process(tmp_path):
    def write(folder, number, scale, roles, experiment="e"):
        for role in roles:
            run = Run(number, role=role, experiment=experiment)
            run.call("f", {}, {"Ret": np.full(20, 1.0 + role[1]) * (1 + scale)})
            run.write(folder / f"{experiment}-{number}-{role[1]}.trace")

    (tmp_path / "t").mkdir()
    (tmp_path / "ref").mkdir()
    both = [(1, 0, ""), (1, 1, "")]
    for i in range(4):
        write(tmp_path / "t", i + 1, (i + 10) * 2.0**-20, both)
    write(tmp_path / "ref", 0, 0.0, both)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", "--reference", tmp_path / "ref")
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["n_runs"] == 4
        assert len(f["calls/key"]) == 2
        assert (f["values/flags"][:] & 2048).all() and (f["values/n_runs"][:] == 4).all()

    write(tmp_path / "ref", 0, 0.0, [(1, 7, "")])  # a process that no run has
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", "--force",
                 "--reference", tmp_path / "ref")
    assert "0-7.trace" in done.stderr and "left out" in done.stderr
    with h5py.File(tmp_path / "r.h5") as f:
        assert len(f["calls/key"]) == 2 and (f["values/flags"][:] & 2048).all()

    write(tmp_path / "ref", 1, 0.0, both, experiment="another")
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "s.h5",
                 "--reference", tmp_path / "ref", check=False)
    assert done.returncode != 0 and "several runs" in done.stderr
    assert not (tmp_path / "s.h5").exists()
