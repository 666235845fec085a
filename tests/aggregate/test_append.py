"""--append: runs added to a result are as if all had been aggregated at once."""

import itertools
import shutil

import h5py
import numpy as np
import pytest
from test_bad_input import fails
from traces import Run, parse

N = 8


def make_run(i, extra=False, program="program.py", experiment="exp"):
    """Calls, nested and repeated; values of all types, small and large, some of them odd in
    some runs. Runs 2 and 5 make calls that the others do not."""
    rng = np.random.default_rng(100 + i)

    def noisy(x, noise=2.0**-45):
        x = np.asarray(x, dtype=float)
        return x * (1 + noise * rng.standard_normal(x.shape))

    big = noisy(np.linspace(1, 2, 3000))
    big[5] = np.nan if i == 3 else big[5]
    big[6] = np.inf if i in (1, 6) else big[6]
    big[7] = np.nan
    big[8] = 0
    run = Run(i, program=program, experiment=experiment)
    run.enter("outer", {"x": big, "n": np.int64(7), "k": np.arange(5) + (i == 4), "t": "text"})
    for step in range(3 + (extra and i in (2, 5))):
        run.enter("inner", {"a": big[:4] * (step + 1), "z": noisy(np.ones(6)) * (1 + 2j)}, line=5)
        run.call("leaf", {"f": big.astype(np.float32), "h": big[:9].astype(np.float16)},
                 {"Ret": np.longdouble(big[0]) / 3, "ulp": noisy(np.full(100, 1.0), 2.0**-53)}, line=9)
        run.leave({"Ret": noisy(np.arange(1, 20)), "zz": noisy(np.ones(50)) * (3 - 1j)})
    if i in (0, 7):
        run.value("only", noisy(2.0))
    run.leave({"Ret": noisy(np.ones(300000 if i < 0 else 10000)), "wide": np.longdouble(big[:40]) * 7,
               "zero": noisy(np.ones(3)) - 1, "empty": np.zeros((0, 3))})
    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("append")
    for kind in ("plain", "extra"):
        (folder / kind).mkdir()
        for i in range(N):
            make_run(i, kind == "extra").write(folder / kind / f"{i}.trace")
    return folder


def files(folder, runs):
    return [folder / f"{i}.trace" for i in runs]


def grown(folder, result, parts, *options, **how):
    """Aggregates the first part and adds the others."""
    parse("--output", result, "--mergeable", *options, "--filename", *files(folder, parts[0]), **how)
    for part in parts[1:]:
        parse("--append", result, *options, "--filename", *files(folder, part), **how)


TEXTS = ("functions/name", "names/name")


def values_of(path):
    """(call key, phase, name, occurrence) → what must be equal, elements and result."""
    found = {}
    with h5py.File(path) as f:
        names = f["names/name"][:]
        keys = f["calls/key"][:]
        column = {k: f["values/" + k][:] for k in (
            "call", "phase", "name", "kind", "dtype", "n_elements", "n_stored", "n_runs", "first_element",
            "n_nan", "n_inf", "min", "max", "mean", "std", "sig_norm", "sig_min", "sig_p05", "sig_median",
            "flags")}
        elements = {k: f["elements/" + k][:] for k in ("mean", "std", "sig")}
        for v in range(column["call"].size):
            key = (int(keys[column["call"][v]]), int(column["phase"][v]), names[column["name"][v]])
            a, n = int(column["first_element"][v]), int(column["n_stored"][v])
            exact = [column[k][v] for k in ("kind", "dtype", "n_elements", "n_stored", "n_runs", "n_nan", "n_inf")]
            result = [column[k][v] for k in ("min", "max", "mean", "std", "sig_norm", "sig_min", "sig_p05",
                                             "sig_median")]
            found[key] = (exact, result, {k: e[a:a + n] for k, e in elements.items()} if n else {},
                          int(column["flags"][v]))
    return found


UNMERGED = 1024 | 4096  # not normal; not merged


def assert_equal(ours, fresh, general=False):
    a, b = values_of(ours), values_of(fresh)
    assert a.keys() == b.keys()
    for key in b:
        (exact, result, elements, flags), (exact_b, result_b, elements_b, flags_b) = a[key], b[key]
        assert list(map(str, exact)) == list(map(str, exact_b)), key
        assert flags & ~UNMERGED == flags_b & ~UNMERGED, key
        np.testing.assert_allclose(result, result_b, rtol=1e-9, err_msg=str(key))
        if elements_b:
            np.testing.assert_allclose(elements["mean"], elements_b["mean"], rtol=2.3e-16, atol=0,
                                       err_msg=str(key))
            np.testing.assert_allclose(elements["std"], elements_b["std"], rtol=1e-12, atol=0, err_msg=str(key))
            if general:
                np.testing.assert_array_equal(elements["sig"], elements_b["sig"], err_msg=str(key))
            else:
                np.testing.assert_allclose(elements["sig"], elements_b["sig"], rtol=0, atol=1e-9,
                                           err_msg=str(key))
    with h5py.File(ours) as x, h5py.File(fresh) as y:
        assert x.attrs["n_runs"] == y.attrs["n_runs"]
        for name in ("calls/key", "calls/n_runs", "calls/parent", "calls/flags", "calls/n_refs",
                     "functions/name", "functions/n_calls", "functions/n_partial", "functions/flags",
                     "functions/rank", "processes/n_runs", "processes/n_calls", "edges/n_calls",
                     "divergences/n_runs", "divergences/n_calls", "dims/size"):
            np.testing.assert_array_equal(x[name][:], y[name][:], err_msg=name)
        for name in ("calls/lost", "calls/self_lost", "functions/self_lost"):
            np.testing.assert_allclose(x[name][:], y[name][:], atol=1e-8, err_msg=name)
        assert sorted(x["runs/run_id"][:]) == sorted(y["runs/run_id"][:])
        assert sorted(x["runs/calls"][:]) == sorted(y["runs/calls"][:])
        assert sorted(x["runs/matched"][:]) == sorted(y["runs/matched"][:])


@pytest.mark.parametrize("method", ["cnh", "general"])
@pytest.mark.parametrize("parts", [[[0, 1, 2, 3], [4, 5, 6, 7]], [[6, 1], [0], [7, 3, 2], [4, 5]],
                                   [[5], [0, 1, 2, 3, 4, 6, 7]]], ids=str)
def test_added_runs_are_as_if_aggregated_at_once(folder, tmp_path, parts, method):
    options = ["--method", method]
    parse("--output", tmp_path / "fresh.h5", *options, "--filename", *files(folder / "plain", range(N)))
    grown(folder / "plain", tmp_path / "r.h5", parts, *options)
    assert_equal(tmp_path / "r.h5", tmp_path / "fresh.h5", method == "general")
    assert not list(tmp_path.glob("*.tmp*"))


def test_the_order_of_adding_does_not_matter(folder, tmp_path):
    results = []
    for k, order in enumerate(itertools.islice(itertools.permutations([[0, 1], [2, 3], [4, 5, 6, 7]]), 6)):
        if k % 2:
            continue
        grown(folder / "plain", tmp_path / f"{k}.h5", list(order))
        results.append(tmp_path / f"{k}.h5")
    for other in results[1:]:
        assert_equal(other, results[0])


@pytest.mark.parametrize("ranks", [2, 3])
def test_the_ranks_do_not_matter(folder, tmp_path, ranks):
    parts = [[0, 1, 2, 3], [4, 5, 6, 7]]
    grown(folder / "plain", tmp_path / "one.h5", parts)
    grown(folder / "plain", tmp_path / "some.h5", parts, "--batch-size", 500, ranks=ranks)
    assert_equal(tmp_path / "some.h5", tmp_path / "one.h5")


def test_runs_of_another_control_flow_are_aligned_to_the_same_pivot(folder, tmp_path):
    """Calls that the pivot lacks join those of later runs."""
    parse("--output", tmp_path / "fresh.h5", "--filename", *files(folder / "extra", range(N)))
    grown(folder / "extra", tmp_path / "r.h5", [[0, 1, 2, 3], [4, 5], [6, 7]])
    assert_equal(tmp_path / "r.h5", tmp_path / "fresh.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        lacking = f["calls/flags"][:] & 2 != 0
        assert lacking.sum() == 2 and set(f["calls/n_runs"][:][lacking]) == {2}


def test_what_needs_all_samples_is_marked(folder, tmp_path):
    grown(folder / "plain", tmp_path / "r.h5", [[0, 1, 2], [3, 4]])
    with h5py.File(tmp_path / "r.h5") as f:
        names = f["names/name"][:][f["values/name"][:]]
        flags, agreement = f["values/flags"][:], f["values/agreement"][:]
        for name, marked in ((b"k", True), (b"t", True), (b"x", False)):
            assert all(bool(flag & 4096) == marked for flag in flags[names == name])
        assert np.isnan(agreement[names == b"k"]).all()
        assert len(f["meta/command"][:].tobytes().split(b"\n")) == 2
        assert f["runs/trace"][:].tolist() == [f"{i}.trace".encode() for i in range(5)]
        info = f["meta/run_info"][:].tobytes()
        assert sum(f["runs/info_bytes"][:]) == len(info)


# ── what is refused leaves the result as it was ──

@pytest.fixture
def grown_once(folder, tmp_path):
    grown(folder / "plain", tmp_path / "r.h5", [[0, 1, 2]])
    return tmp_path / "r.h5"


def refuses(result, *arguments):
    before = result.read_bytes()
    said = fails("--append", result, *arguments)
    assert result.read_bytes() == before and not list(result.parent.glob("*.tmp*"))
    assert len([line for line in said.splitlines() if "ERROR" in line or "error" in line]) <= 1
    return said


def test_a_run_that_is_there_already_is_refused(folder, grown_once):
    said = refuses(grown_once, "--filename", *files(folder / "plain", [1, 4]))
    assert "1.trace" in said and "already" in said


@pytest.mark.parametrize("options, word", [(["--method", "general"], "--method cnh"),
                                           (["--probability", "0.9"], "--probability 0.95"),
                                           (["--ddof", "1"], "--ddof 0"),
                                           (["--alignment", "callsite"], "--alignment lcs")], ids=str)
def test_other_options_are_refused(folder, grown_once, options, word):
    said = refuses(grown_once, *options, "--filename", *files(folder / "plain", [4]))
    assert word in said and "same options" in said


def test_another_program_is_refused(folder, grown_once, tmp_path):
    make_run(9, program="other.py").write(tmp_path / "other.trace")
    assert "different programs" in refuses(grown_once, "--filename", tmp_path / "other.trace")


def test_a_result_without_moments_is_refused(folder, tmp_path):
    parse("--output", tmp_path / "r.h5", "--filename", *files(folder / "plain", [0, 1]))
    said = refuses(tmp_path / "r.h5", "--filename", *files(folder / "plain", [4]))
    assert "without --mergeable" in said


def test_what_is_no_result_is_refused(folder, tmp_path):
    (tmp_path / "r.h5").write_text("no result")
    refuses(tmp_path / "r.h5", "--filename", *files(folder / "plain", [4]))
    shutil.copy(folder / "plain/0.trace", tmp_path / "t.h5")
    refuses(tmp_path / "t.h5", "--filename", *files(folder / "plain", [4]))
    said = fails("--append", tmp_path / "none.h5", "--filename", *files(folder / "plain", [4]))
    assert "none.h5" in said


def test_nothing_to_add_is_refused(grown_once, tmp_path):
    (tmp_path / "bad.trace").write_bytes(b"bad")
    refuses(grown_once, "--filename", tmp_path / "bad.trace")
    assert "exclude each other" in refuses(grown_once, "--output", tmp_path / "x.h5", "--filename", "a")
