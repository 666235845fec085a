"""Runs whose control flow differs."""

import itertools

import h5py
import pytest
from test_parse import assert_same, contents, names_of
from traces import Run, parse, write_runs


def solver(run, iterations, restart=None):
    """step() until it converges, each with its own value; then finish()."""
    run.enter("solve", {"n": 1}, line=1)
    for k in range(iterations):
        if k == restart:
            run.call("restart", {}, {"Ret": 0.0}, line=30, site_line=30)
        run.enter("step", {"k": float(k)}, line=10, site_line=10)
        run.call("norm", {}, {"Ret": float(k)}, line=20, site_line=20)
        run.leave({"Ret": float(k)})
    run.call("finish", {}, {"Ret": 99.0}, line=40, site_line=40)
    run.leave({"Ret": 1.0})


def solve_runs(*iterations, restarts=None):
    runs = []
    for i, n in enumerate(iterations):
        run = Run(i + 1)
        solver(run, n, restarts[i] if restarts else None)
        runs.append(run)
    return runs


def calls_of(f, name):
    function = names_of(f).index(name)
    rows = [i for i, k in enumerate(f["calls/function"][:]) if k == function]
    return [int(f["calls/n_runs"][i]) for i in rows]


def test_iterations_that_all_runs_make_are_matched(tmp_path):
    write_runs(tmp_path / "t", solve_runs(5, 7, 6, 6))
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["alignment"].decode() == "lcs"
        assert calls_of(f, "step") == [4, 4, 4, 4, 4, 3, 1]
        assert calls_of(f, "norm") == [4, 4, 4, 4, 4, 3, 1]
        assert calls_of(f, "finish") == [4]
        # What is matched is the same iteration: its value did not vary.
        assert max(x for x in f["elements/std"][:] if x == x) == 0


def test_calls_after_an_extra_one_are_matched_by_lcs_and_not_by_strict(tmp_path):
    runs = solve_runs(6, 6, 6, restarts=[None, 2, None])
    write_runs(tmp_path / "t", runs)
    for alignment, steps in [("lcs", [3] * 6), ("callsite", [3] * 6)]:
        parse("--directory", tmp_path / "t", "--output", tmp_path / f"{alignment}.h5",
              "--alignment", alignment)
        with h5py.File(tmp_path / f"{alignment}.h5") as f:
            assert calls_of(f, "step") == steps
            assert calls_of(f, "restart") == [1]
    parse("--directory", tmp_path / "t", "--output", tmp_path / "s.h5", "--alignment",
          "strict")
    with h5py.File(tmp_path / "s.h5") as f:
        assert sorted(calls_of(f, "step")) == [1] * 4 + [2] * 4 + [3] * 2


def test_lcs_matches_what_follows_a_missing_call_where_occurrence_shifts(tmp_path):
    """One run skips the second of five equal calls around distinct ones."""
    runs = []
    for i in range(3):
        run = Run(i + 1)
        for k in range(5):
            run.call(f"mark{k}", {}, {"Ret": 1.0}, line=100 + k, site_line=100 + k)
            if not (i == 1 and k == 1):
                run.call("f", {"k": float(k)}, {"Ret": float(k)}, site_line=7)
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "l.h5")
    parse("--directory", tmp_path / "t", "--output", tmp_path / "c.h5", "--alignment",
          "callsite")
    with h5py.File(tmp_path / "l.h5") as f:
        assert calls_of(f, "f") == [3, 2, 3, 3, 3]
        assert max(f["elements/std"][:]) == 0
    with h5py.File(tmp_path / "c.h5") as f:
        assert calls_of(f, "f") == [3, 3, 3, 3, 2]
        assert max(f["elements/std"][:]) > 0


def test_extra_calls_of_several_runs_are_joined_and_stand_in_their_place(tmp_path):
    runs = solve_runs(4, 4, 4, 4, 4, restarts=[None, 2, 2, None, None])
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        names = [names_of(f)[k] for k in f["calls/function"][:]]
        assert calls_of(f, "restart") == [2]
        assert [n for n in names if n != "norm"] == [
            "solve", "step", "step", "restart", "step", "step", "finish"]
        for i, parent in enumerate(f["calls/parent"][:]):
            assert parent < i
        restart = names.index("restart")
        assert f["calls/flags"][restart] & 3 == 3
        first = f["divergences/function"][0]
        assert names_of(f)[first] == "restart"


def test_both_branches_of_the_first_divergence_are_named_with_their_callers(tmp_path):
    runs = []
    for i in range(5):
        run = Run(i + 1)
        run.enter("main", line=1)
        run.enter("solve", line=5, site_line=2)
        if i < 2:
            run.call("lu", {}, {"Ret": 1.0}, line=10, site_line=6)
        else:
            run.call("qr", {}, {"Ret": 1.0}, line=20, site_line=8)
        run.leave()
        run.leave()
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    for ranks in (0, 3):
        done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5",
                     "--force", ranks=ranks)
        words = done.stdout.replace("\n", " ")
        assert "mod.qr from main.py:8" in words and "mod.lu from main.py:6" in words
        assert "of 5 runs make; " in words
        assert "in mod.main (mod.py:1) › mod.solve (mod.py:5)" in words


def test_permuting_the_runs_changes_nothing(tmp_path):
    shapes = [(5, None), (7, 2), (6, None), (6, 3)]
    wanted = None
    for n, order in enumerate(itertools.islice(itertools.permutations(shapes), 0, 24, 5)):
        runs = []
        for i, (iterations, restart) in enumerate(order):
            run = Run(i + 1, seed=shapes.index((iterations, restart)))
            solver(run, iterations, restart)
            runs.append(run)
        folder = tmp_path / str(n)
        write_runs(folder, runs)
        parse("--directory", folder, "--output", tmp_path / f"{n}.h5")
        with h5py.File(tmp_path / f"{n}.h5") as f:
            found = {k: f[k][:].tolist() for k in (
                "calls/function", "calls/n_runs", "calls/parent", "values/sig_norm",
                "values/mean", "functions/n_partial", "divergences/function")}
        found = {k: [repr(x) for x in v] for k, v in found.items()}
        wanted = wanted or found
        assert found == wanted


@pytest.mark.parametrize("alignment", ["lcs", "strict", "callsite"])
def test_content_is_the_same_for_all_ranks(tmp_path, alignment):
    write_runs(tmp_path / "t", solve_runs(5, 7, 6, 9, 2, restarts=[1, 1, None, 4, None]))
    parse("--directory", tmp_path / "t", "--output", tmp_path / "1.h5", "--alignment",
          alignment)
    one = contents(tmp_path / "1.h5")
    for ranks in (2, 4):
        parse("--directory", tmp_path / "t", "--output", tmp_path / f"{ranks}.h5",
              "--alignment", alignment, ranks=ranks)
        assert_same(one, contents(tmp_path / f"{ranks}.h5"))


def test_runs_with_nothing_in_common_are_kept(tmp_path):
    runs = []
    for i in range(3):
        run = Run(i + 1)
        for k in range(10):
            run.call(f"f{i}", {}, {"Ret": 1.0}, line=i)
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        assert list(f["calls/n_runs"]) == [1] * 30
        assert list(f["runs/unmatched"]) == [10, 10, 10]
