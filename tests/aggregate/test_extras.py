"""What pytracer-parse adds on demand: --extremes, --mergeable, --compat."""

import h5py
import numpy as np
import pytest
from test_bad_input import fails
from test_parse import contents, elements, five_runs, timeline
from traces import Run, parse, write_runs


def runs_of(samples):
    runs = []
    for i, data in enumerate(samples):
        run = Run(i)
        run.call("f", inputs={"x": data}, outputs={"Ret": data[:3]})
        runs.append(run)
    return runs


def awkward():
    """Noise, NaN and Inf in some runs, zeros; long enough for a payload."""
    samples = five_runs(1000)
    samples[1][7] = np.nan
    samples[2][8] = np.inf
    for s in samples:
        s[9] = np.nan
        s[10] = 0
    samples[3][0] = np.nan
    return samples


@pytest.fixture(scope="module", params=[0, 3], ids=["alone", "3 ranks"])
def result(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("extras")
    write_runs(folder / "t", runs_of(awkward()))
    ranks = {"ranks": request.param} if request.param else {}
    parse("--directory", folder / "t", "--output", folder / "r.h5", "--extremes", "--mergeable",
          "--batch-size", 300, **ranks)
    parse("--directory", folder / "t", "--output", folder / "plain.h5")
    return folder


@pytest.mark.parametrize("name, phase, n", [("x", 0, 1000), ("Ret", 1, 3)])
def test_extremes_are_those_of_the_samples(result, name, phase, n):
    samples = np.array(awkward())[:, :n]
    finite = np.where(np.isfinite(samples), samples, np.nan)
    with h5py.File(result / "r.h5") as f:
        [row] = timeline(f, "f", name, phase)
        a = int(f["values/first_element"][row])
        got = {k: f["elements_ext/" + k][a:a + n] for k in ("min", "max", "n", "n_nan", "n_inf")}
    with np.errstate(all="ignore"):
        import warnings
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(got["min"], np.nanmin(finite, axis=0))
        np.testing.assert_array_equal(got["max"], np.nanmax(finite, axis=0))
    np.testing.assert_array_equal(got["n"], np.isfinite(samples).sum(axis=0))
    np.testing.assert_array_equal(got["n_nan"], np.isnan(samples).sum(axis=0))
    np.testing.assert_array_equal(got["n_inf"], np.isinf(samples).sum(axis=0))


def test_moments_hold_mean_and_spread(result):
    with h5py.File(result / "r.h5") as f:
        m = {k: f["merge/" + k][:] for k in ("mean", "mean_low", "m2", "scale", "n")}
        mean, std = f["elements/mean"][:], f["elements/std"][:]
        assert f.attrs["mergeable"] == 1 and f.attrs["minor"] >= 2
    n = np.where(m["n"] > 1, m["n"], np.nan)
    scale = np.where(m["n"] > 0, m["scale"], 0)
    ours = np.where(m["n"] > 0, np.ldexp(m["mean"], scale) + np.ldexp(m["mean_low"], scale), np.nan)
    np.testing.assert_allclose(ours, mean, rtol=3e-16)
    spread = np.ldexp(np.sqrt(m["m2"] / n), scale)
    np.testing.assert_allclose(spread, std, rtol=1e-12, atol=0)


def test_the_rest_is_as_without_them(result):
    with_them, without = contents(result / "r.h5"), contents(result / "plain.h5")
    assert with_them.keys() == without.keys()
    for key in without:
        if key.startswith(("elements_ext/", "merge/")):
            assert len(without[key]) == 0 and len(with_them[key]) > 1000
        elif key != "mergeable":
            assert with_them[key].tobytes() == without[key].tobytes(), key


def test_compat_gives_what_the_package_gives(tmp_path):
    """CNH of one-ulp noise: the package is not bounded by p, and knows no NO_VARIATION."""
    samples = [np.array([1.0, 3.0, 7.0]) for _ in range(5)]
    for i, s in enumerate(samples):
        s[1] += i * 2.0**-60 * 3.0  # rounds to no variation
        s[2] *= 1 + i * 2.0**-30
    write_runs(tmp_path / "t", runs_of(samples))
    parse("--directory", tmp_path / "t", "--output", tmp_path / "c.h5", "--compat")
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "c.h5") as c, h5py.File(tmp_path / "r.h5") as r:
        assert c.attrs["compat"] == 1 and r.attrs["compat"] == 0
        delta = 2.49366
        [row] = timeline(c, "f", "x", 0)
        compat, ours = elements(c, row)[2], elements(r, row)[2]
    assert ours[0] == 53 and compat[0] == pytest.approx(52 - delta, abs=1e-4)
    z = np.array([s[2] for s in samples])
    z = z / z.mean() - 1
    assert compat[2] == pytest.approx(-np.log2(z.std()) - delta, abs=1e-4)


@pytest.mark.parametrize("other", [["--compat"], ["--reference", "x.trace"]])
def test_what_cannot_be_merged_is_refused(tmp_path, other):
    write_runs(tmp_path / "t", runs_of(five_runs(10)))
    said = fails("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", "--mergeable", *other)
    assert "--mergeable: not with " + other[0] in said
