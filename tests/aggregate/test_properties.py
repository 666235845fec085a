"""What must hold whatever the runs are: scaling by powers of two, digits of runs that were added,
traces of several minor versions."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from test_append import N, files, grown, make_run
from test_parse import timeline
from traces import Run, parse, write_runs

GOLDEN = Path(os.environ["PYTRACER_SOURCE"]) / "tests/unit/format/golden-1.0.trace"


@pytest.mark.parametrize("method", ["cnh", "general"])
def test_powers_of_two_scale_mean_and_spread_and_keep_the_digits(tmp_path, method):
    """From the trace to the summaries: nothing but the exponents may change."""
    rng = np.random.default_rng(11)
    base = rng.standard_normal(400)
    samples = [base * (1 + 2.0**-rng.integers(5, 52, 400) * rng.standard_normal(400)) for _ in range(6)]
    powers = {"as it is": 0, "small": -300, "large": 300, "odd": 7}
    runs = []
    for i, x in enumerate(samples):
        run = Run(i + 1)
        run.call("f", {}, {name: np.ldexp(x, k) for name, k in powers.items()})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", "--method", method, "--contributing")
    with h5py.File(tmp_path / "r.h5") as f:
        found = {}
        for name in powers:
            [row] = timeline(f, "f", name, 1)
            a, n = int(f["values/first_element"][row]), int(f["values/n_stored"][row])
            found[name] = {k: f[k][a:a + n] for k in ("elements/mean", "elements/std", "elements/sig",
                                                      "contributing/digits")}
            found[name].update({k: f["values/" + k][row] for k in ("sig_norm", "sig_min", "sig_p05", "sig_median",
                                                                   "mean", "std", "min", "max", "flags")})
    for name, k in powers.items():
        for column, value in found[name].items():
            plain = found["as it is"][column]
            scales = column.split("/")[-1] in ("mean", "std", "min", "max")
            wanted = np.ldexp(plain, k) if scales else plain
            if column == "elements/std":
                np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=0)
            elif column in ("elements/sig", "contributing/digits", "sig_norm", "std", "mean", "sig_min", "sig_p05",
                            "sig_median"):
                np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-9)
            else:
                np.testing.assert_array_equal(value, wanted, err_msg=f"{name} {column}")


@pytest.mark.parametrize("method", ["cnh", "general"])
def test_contributing_digits_of_added_runs_are_those_of_all_or_undefined(tmp_path, method):
    """General's cannot be merged without a fixed reference."""
    (tmp_path / "t").mkdir()
    for i in range(N):
        make_run(i).write(tmp_path / "t" / f"{i}.trace")
    options = ["--method", method, "--contributing"]
    parse("--output", tmp_path / "fresh.h5", *options, "--filename", *files(tmp_path / "t", range(N)))
    grown(tmp_path / "t", tmp_path / "r.h5", [[0, 1, 2, 3, 4], [5, 6], [7]], *options)
    with h5py.File(tmp_path / "r.h5") as ours, h5py.File(tmp_path / "fresh.h5") as fresh:
        got, wanted = ours["contributing/digits"][:], fresh["contributing/digits"][:]
        assert got.shape == wanted.shape and np.isfinite(wanted).sum() > 10000
        if method == "cnh":
            np.testing.assert_allclose(np.sort(got), np.sort(wanted), atol=1e-9)
        else:
            assert np.isnan(got).all()


def test_traces_of_several_minor_versions_are_aggregated_together(tmp_path):
    header = GOLDEN.read_bytes()[:4096]  # FORMAT.md: 64 the experiment, 256 the program
    experiment, program = (header[a:a + n].rstrip(b"\0").decode() for a, n in ((64, 64), (256, 1024)))
    run = Run(4711, program=program, experiment=experiment)
    run.call("f", {}, {"Ret": 1.0})
    run.write(tmp_path / "new.trace")
    assert GOLDEN.read_bytes()[10:12] != (tmp_path / "new.trace").read_bytes()[10:12]
    parse("--filename", GOLDEN, tmp_path / "new.trace", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["n_runs"] == 2 and len(f["calls/key"]) > 20
        assert sorted(f["runs/trace"][:].tolist()) == [b"golden-1.0.trace", b"new.trace"]
