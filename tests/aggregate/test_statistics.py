"""Every statistic of a value, of every type, against exact rational arithmetic, from the
trace to the result file."""

from collections import Counter
from decimal import Decimal, getcontext
from fractions import Fraction
from itertools import product
from math import inf, isfinite, isnan, nan

import h5py
import numpy as np
import pytest
from test_parse import timeline
from traces import Run, parse, write_runs

getcontext().prec = 60
RUNS = 10
# δ(n) at probability and confidence 0.95, with the quantiles of scipy and mpmath
DELTA = {9: Decimal("1.90875217618408"), 10: Decimal("1.8392058877715360319")}
PRECISION = {"f2": 11, "f4": 24, "f8": 53, "f16": 64, "c8": 24, "c16": 53, "c32": 64}


def exact(x):
    return Fraction(*x.as_integer_ratio()) if hasattr(x, "as_integer_ratio") else Fraction(int(x))


def decimal(x):
    return Decimal(x.numerator) / Decimal(x.denominator)


def log2(x):
    return decimal(x).ln() / Decimal(2).ln()


def limit(n, precision):
    """D(n)"""
    seen = precision - 1 + log2(Fraction(n * n, n - 1)) / 2 - DELTA[n]
    return float(min(Decimal(precision), seen))


class Element:
    """One element or part of it: what its samples give."""

    def __init__(self, samples, precision):
        self.samples = [exact(x) for x in samples if np.isfinite(x)]
        self.n, self.n_bad = len(self.samples), len(samples) - len(self.samples)
        self.mean = self.var = None
        self.sig = nan
        if self.n:
            self.mean = sum(self.samples) / self.n
        if self.n > 1:
            self.var = sum((x - self.mean)**2 for x in self.samples) / self.n
            self.sig = digits_of(self.var, self.mean**2, self.n, precision)


def digits_of(square, reference, n, precision):
    if not square:
        return precision
    if not reference:
        return -inf
    return float(min(Decimal(precision), -log2(square / reference) / 2 - DELTA[n]))


def summarise(parts, precision):
    """What values/ holds of a value whose element i is parts[i], a list of one or two. Its
    mean is that of the elements' means as elements/ has them, in binary64, each of which may
    be off by a unit in the last place: beside it what that can come to."""
    digits, norm, reference = [], Fraction(0), Fraction(0)
    for part in parts:
        measured = [p for p in part if p.var is not None]
        norm += sum(p.var for p in measured)
        reference += sum(p.mean**2 for p in part if p.mean is not None)
        if any(p.n and p.n_bad for p in part):
            digits.append(0.0)
        elif measured:
            square, of = sum(p.var for p in part), sum(p.mean**2 for p in part)
            found = digits_of(square, of, part[0].n, precision)
            digits.append(min(max(found, 0.0), limit(part[0].n, precision)))
    partly = any(p.n and p.n_bad for part in parts for p in part)
    flat = [p for part in parts for p in part if p.n]
    found = digits_of(norm, reference, RUNS, precision)
    return {"sig_norm": 0.0 if partly else min(max(found, 0.0), limit(RUNS, precision)),
            "sig_min": min(digits), "sig_p05": quantile(digits, Fraction(1, 20)),
            "sig_median": quantile(digits, Fraction(1, 2)),
            "mean": float(sum(exact(float(p.mean)) for p in flat) / len(flat)),
            "of_units": float(sum(exact(np.spacing(abs(float(p.mean)))) for p in flat) / len(flat)),
            "std": float(decimal(sum(p.var for p in flat) / len(flat)).sqrt()),
            "min": float(min(min(p.samples) for p in flat)),
            "max": float(max(max(p.samples) for p in flat))}


def quantile(numbers, fraction):
    ordered, place = sorted(numbers), fraction * (len(numbers) - 1)
    k = int(place)
    rest = float(place - k)
    return ordered[k] if not rest else ordered[k] + rest * (ordered[k + 1] - ordered[k])


# ── samples ────────────────────────────────────────────────────────────────────────


def floats(dtype, n, bits):
    """Noise from one unit in the last place to more than the value; equal, cancelling and
    tiny elements."""
    rng = np.random.default_rng(sum(dtype.encode()) + n)
    base = 1 + rng.random(n)
    scale = 2.0 ** -rng.integers(-1, bits - 1, n)
    samples = []
    for _ in range(RUNS):
        x = (base.astype(np.longdouble) * (1 + scale * rng.standard_normal(n))).astype(dtype)
        x[0] = x.dtype.type(1.25)
        samples.append(x)
    for i, x in enumerate(samples):
        x[1] = 1 if i % 2 else -1
        x[2] = np.nextafter(x.dtype.type(1), x.dtype.type(2)) if i == 3 else 1
        x[3] = np.finfo(dtype).tiny * (1 + i % 3)
    return samples


def with_nans():
    samples = floats("f8", 40, 40)
    samples[4][7], samples[5][8], samples[0][30] = nan, inf, -inf
    for x in samples:
        x[9] = nan
    return samples


def integers(dtype, n):
    rng = np.random.default_rng(n)
    info = np.iinfo(dtype)
    samples = [np.array([int(rng.integers(1, 4)) * (k + 1) % 100 for k in range(n)], dtype) for _ in range(RUNS)]
    for i, x in enumerate(samples):
        x[0] = info.max - (i == 2)
        x[1] = info.min + (i < 5)
        x[2] = 42
    return samples


VALUES = {"f2": floats("f2", 33, 10), "f4": floats("f4", 50, 23), "f8": floats("f8", 200, 52),
          "f16": floats("f16", 30, 62), "f8.one": [x[5:6] for x in floats("f8", 9, 30)],
          "f8.large": floats("f8", 1500, 52), "f8.nan": with_nans()}
INTEGERS = {d: integers(d, 20) for d in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")}
INTEGERS["b1"] = [np.array([i < 7, i < 2, True, i % 2 == 0]) for i in range(RUNS)]


def complex_values():
    found = {}
    for dtype, part in (("c8", "f4"), ("c16", "f8"), ("c32", "f16")):
        real, imaginary = floats(part, 25, 20), floats(part, 24, 12)
        samples = []
        for a, b in zip(real, imaginary):
            z = np.empty(24, dtype)
            z.real, z.imag = a[1:], b[::-1]
            samples.append(z)
        found[dtype] = samples
    return found


VALUES.update(complex_values())
LABELS = {"all": ["rbf"] * 10, "some": ["a"] * 4 + ["b"] * 5 + ["c"], "tie": ["a", "b"] * 5}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("statistics")
    runs = []
    for i in range(RUNS):
        run = Run(i + 1)
        outputs = {name: samples[i] for name, samples in {**VALUES, **INTEGERS}.items()}
        run.call("f", {name: texts[i] for name, texts in LABELS.items()}, outputs)
        runs.append(run)
    write_runs(folder / "t", runs)
    parse("--directory", folder / "t", "--output", folder / "r.h5", ranks=2, threads=2)
    with h5py.File(folder / "r.h5") as f:
        yield f


def planes(samples):
    return [np.array([x.real for x in samples]), np.array([x.imag for x in samples])] \
        if samples[0].dtype.kind == "c" else [np.array(samples)]


def elements_of(samples, precision):
    return [[Element(plane[:, k], precision) for k in range(plane.shape[1])] for plane in planes(samples)]


def same(got, want, tolerance, what):
    assert (isnan(got) and isnan(want)) or got == want or abs(got - want) <= tolerance, (what, got, want)


@pytest.mark.parametrize("name", [*VALUES, *INTEGERS])
def test_elements_are_those_of_exact_arithmetic(result, name):
    f, samples = result, {**VALUES, **INTEGERS}[name]
    precision = PRECISION.get(name.split(".")[0], 53)
    [row] = timeline(f, "f", name, 1)
    first, n = int(f["values/first_element"][row]), int(f["values/n_stored"][row])
    wanted = [e for plane in elements_of(samples, precision) for e in plane]
    assert n == len(wanted)
    columns = [f["elements/" + c][first:first + n] for c in ("mean", "std", "sig")]
    for k, (element, mean, std, sig) in enumerate(zip(wanted, *columns)):
        exact_mean = nan if element.mean is None else float(element.mean)
        exact_std = nan if element.var is None else float(decimal(element.var).sqrt())
        same(mean, exact_mean, abs(np.spacing(exact_mean)), (name, k, "mean"))
        same(std, exact_std, max(1e-12 * exact_std, 5e-324), (name, k, "std"))
        same(sig, element.sig, 1e-9, (name, k, "sig"))


@pytest.mark.parametrize("name", [*VALUES, *INTEGERS])
def test_summaries_are_those_of_exact_arithmetic(result, name):
    f, samples = result, {**VALUES, **INTEGERS}[name]
    precision = PRECISION.get(name.split(".")[0], 53)
    [row] = timeline(f, "f", name, 1)
    by_plane = elements_of(samples, precision)
    wanted = summarise([list(parts) for parts in zip(*by_plane)], precision)
    of_units = wanted.pop("of_units")
    for key, want in wanted.items():
        tolerance = 1e-9 if key.startswith("sig") else 1e-12 * abs(want)
        tolerance += of_units if key == "mean" else 0
        same(f["values/" + key][row], want, tolerance, (name, key))
    whole = np.array(samples)
    assert f["values/n_nan"][row] == np.isnan(whole).sum()
    assert f["values/n_inf"][row] == np.isinf(whole).sum()
    flags = f["values/flags"][row]
    assert bool(flags & 8) == (name == "f8.nan") and bool(flags & 512) == (name == "f8.nan")


@pytest.mark.parametrize("name", INTEGERS)
def test_agreement_is_the_share_of_the_most_frequent_value(result, name):
    samples = np.array(INTEGERS[name])
    most = sum(Counter(column.tolist()).most_common(1)[0][1] for column in samples.T)
    [row] = timeline(result, "f", name, 1)
    assert result["values/agreement"][row] == most / samples.size


def test_labels_agree_by_their_most_frequent_text_and_floats_do_not(result):
    for name, texts in LABELS.items():
        [row] = timeline(result, "f", name, 0)
        assert result["values/agreement"][row] == Counter(texts).most_common(1)[0][1] / RUNS
        assert isnan(result["values/sig_norm"][row])
    for name in VALUES:
        [row] = timeline(result, "f", name, 1)
        assert isnan(result["values/agreement"][row])


def test_general_digits_are_those_of_exact_arithmetic(tmp_path):
    """The greatest k in [0, p] with |xᵢ − μ| ≤ 2⁻ᵏ |μ| for all runs."""
    names = ["f2", "f4", "f8", "f16", "c16", "i8", "u8"]
    runs = []
    for i in range(RUNS):
        run = Run(i + 1)
        run.call("f", {}, {name: {**VALUES, **INTEGERS}[name][i] for name in names})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", "--method", "general")
    with h5py.File(tmp_path / "r.h5") as f:
        for name in names:
            precision = PRECISION.get(name, 53)
            [row] = timeline(f, "f", name, 1)
            first, n = int(f["values/first_element"][row]), int(f["values/n_stored"][row])
            wanted = [e for plane in elements_of({**VALUES, **INTEGERS}[name], precision) for e in plane]
            for k, (element, sig) in enumerate(zip(wanted, f["elements/sig"][first:first + n])):
                widest = max(abs(x - element.mean) for x in element.samples)
                fits = [b for b in range(precision + 1) if widest * 2**b <= abs(element.mean)]
                assert sig == max(fits, default=0), (name, k)


# δ with the last term log₂(q − ½) + log₂(2√(2π)) at q = 0.51, by scipy
CONTRIBUTING = {9: Decimal("-3.3801830930914747"), 10: Decimal("-3.449729381504019")}


def exponent(x):
    """⌊log₂|x|⌋ of a fraction"""
    e = abs(x).numerator.bit_length() - abs(x).denominator.bit_length()
    return e if abs(x) >= Fraction(2)**e else e - 1


def cnh(element, delta, precision, absolute):
    if not element.var:
        return precision
    if not element.mean:
        return -inf if not absolute else nan
    lead = Decimal(exponent(element.mean)) if absolute else log2(abs(element.mean))
    return float(min(Decimal(precision), lead - log2(element.var) / 2 - delta))


def general(element, precision, absolute, contributing):
    """By trying each k, in rational arithmetic."""
    unit = Fraction(2)**exponent(element.mean) if absolute else abs(element.mean)
    errors = [abs(x - element.mean) / unit for x in element.samples]
    if not contributing:
        return max((k for k in range(precision + 1) if all(e * 2**k <= 1 for e in errors)), default=0)
    k = 0
    while k < precision and all((e * 2**(k + 1)).__floor__() % 2 == 0 for e in errors):
        k += 1
    return k


@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
@pytest.mark.parametrize("method", ["cnh", "general"])
def test_significant_and_contributing_digits_of_both_errors(tmp_path, method, absolute):
    names = ["f2", "f4", "f8", "f16", "c16", "i8"]
    runs = []
    for i in range(RUNS):
        run = Run(i + 1)
        run.call("f", {"one": 1.0 + i * 2.0**-40}, {name: {**VALUES, **INTEGERS}[name][i] for name in names})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", "--method", method, "--contributing",
          "--error", "absolute" if absolute else "relative", ranks=2, threads=2)
    compared = 0
    with h5py.File(tmp_path / "r.h5") as f:
        assert f["contributing/digits"].shape == f["elements/sig"].shape
        for name in names:
            precision = PRECISION.get(name, 53)
            [row] = timeline(f, "f", name, 1)
            first, n = int(f["values/first_element"][row]), int(f["values/n_stored"][row])
            wanted = [e for plane in elements_of({**VALUES, **INTEGERS}[name], precision) for e in plane]
            got = zip(f["elements/sig"][first:first + n], f["contributing/digits"][first:first + n])
            for k, (element, (sig, contributing)) in enumerate(zip(wanted, got)):
                if not element.mean:
                    continue  # no unit of an absolute error
                compared += 1
                if method == "general":
                    assert sig == general(element, precision, absolute, False), (name, k)
                    assert contributing == general(element, precision, absolute, True), (name, k)
                else:
                    same(sig, cnh(element, DELTA[RUNS], precision, absolute), 1e-9, (name, k))
                    same(contributing, cnh(element, CONTRIBUTING[RUNS], precision, absolute), 1e-9, (name, k))
    assert compared > 300


def test_options_of_the_statistics_are_those_of_the_formulas(tmp_path):
    """One divisor of the variance less; δ of its three terms, with other q, p and confidence."""
    x = np.pi * (1 + np.random.default_rng(6).normal(size=RUNS) * 2.0**-30)
    runs = []
    for i in range(RUNS):
        run = Run(i + 1)
        run.call("f", {}, {"Ret": x[i]})
        runs.append(run)
    write_runs(tmp_path / "t", runs)

    def measured(*options):
        parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", "--force", "--contributing", *options)
        with h5py.File(tmp_path / "r.h5") as f:
            return [f[name][0] for name in ("elements/std", "elements/sig", "contributing/digits")]
    std, sig, contributing = measured()
    other = measured("--ddof", "1")
    assert other[0] == pytest.approx(x.std(ddof=1), rel=1e-9) and std == pytest.approx(x.std(), rel=1e-9)
    assert other[1] - sig == pytest.approx(np.log2(0.9) / 2, abs=1e-9)
    # by scipy: ½ log₂ χ²₀.₀₀₅,₉/χ²₀.₀₂₅,₉; log₂ Φ⁻¹(0.975)/Φ⁻¹(0.995)
    assert measured("--confidence", "0.99")[1] - sig == pytest.approx(-0.31914382189443535, abs=1e-9)
    assert measured("--probability", "0.99")[1] - sig == pytest.approx(-0.3942098470870227, abs=1e-9)
    more = measured("--contributing-probability", "0.75")
    assert more[1] == sig and more[2] - contributing == pytest.approx(np.log2(0.01 / 0.25), abs=1e-9)


def test_a_bias_against_the_reference_counts_and_is_flagged(tmp_path):
    """σ_Z about the reference, n degrees of freedom; the flag where ‖μ − y‖ > 3 ‖σ‖."""
    delta = Decimal("1.7822435464863058")  # ½ log₂(n/χ²₀.₀₂₅,ₙ) + log₂ Φ⁻¹(0.975) at n = 10, by scipy
    rng = np.random.default_rng(4)
    truth = 1 + rng.random(200)
    offsets = {"none": 0.0, "small": 2.0**-31, "three": 3.5 * 2.0**-30, "large": 2.0**-20}
    noise = 2.0**-30 * rng.standard_normal((RUNS, 200))
    runs = []
    for i in range(RUNS + 1):
        run = Run(i + 1)
        values = {k: truth if i == RUNS else truth * (1 + b) + noise[i] for k, b in offsets.items()}
        run.call("f", {}, values)
        runs.append(run)
    write_runs(tmp_path / "t", runs[:-1])
    runs[-1].write(tmp_path / "ieee.trace")
    parse("--directory", tmp_path / "t", "--reference", tmp_path / "ieee.trace", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["runs_needed"] == 8
        for name, offset in offsets.items():
            [row] = timeline(f, "f", name, 1)
            first = int(f["values/first_element"][row])
            biases = spreads = Fraction(0)
            for k in range(200):
                y = exact(truth[k])
                samples = [exact((truth * (1 + offset) + noise[i])[k]) for i in range(RUNS)]
                mean = sum(samples) / RUNS
                biases += (mean - y)**2
                spreads += sum((x - mean)**2 for x in samples) / RUNS
                square = sum((x / y - 1)**2 for x in samples) / RUNS
                same(f["elements/sig"][first + k], float(-log2(square) / 2 - delta), 1e-9, (name, k))
            assert bool(f["values/flags"][row] & 2048) == (biases > 9 * spreads) == (name in ("three", "large"))


@pytest.mark.parametrize("given, made", product(("finite", "some", "all"), repeat=2))
def test_functions_where_nan_appears_are_flagged(tmp_path, given, made):
    """Where an output has a NaN and no input has; the caller that only passes it on, not."""

    def value(kind, i):
        return np.array([1.0, nan if kind == "all" or (kind == "some" and i == 1) else 2.0])

    runs = []
    for i in range(3):
        run = Run(i + 1)
        run.call("f", {"x": value(given, i)}, {"Ret": value(made, i)}, line=1)
        run.call("later", {"x": value(made, i)}, {"Ret": value(made, i)}, line=2)
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as f:
        appears = given == "finite" and made != "finite"
        assert [bool(x & 64) for x in f["calls/flags"]] == [appears, False]
        flags = dict(zip((n.decode() for n in f["functions/name"]), f["functions/flags"]))
        assert bool(flags["f"] & 2) == appears and not flags["later"] & 2


def is_not_normal(samples):
    """By the rule of DIGITS.md at n = 10: bounds by simulation and by Grubbs."""
    x = [exact(v) for v in samples]
    mean = sum(x) / len(x)
    std = decimal(sum((v - mean)**2 for v in x) / (len(x) - 1)).sqrt()
    spread = decimal(max(x) - min(x)) / std
    furthest = decimal(max(abs(v - mean) for v in x)) / std
    return spread < Decimal("2.3244") or furthest > Decimal("2.67757395682937")


def test_samples_that_are_not_normal_are_flagged_by_the_rule(tmp_path):
    rng = np.random.default_rng(8)
    shapes = [rng.standard_normal(RUNS) for _ in range(40)]
    shapes += [np.sign(rng.standard_normal(RUNS)) + s * rng.standard_normal(RUNS) for s in np.linspace(0, 0.4, 30)]
    shapes += [np.r_[s, rng.standard_normal(RUNS - 1)] for s in np.linspace(2, 12, 30)]
    samples = [1 + 1e-6 * shape for shape in shapes]
    runs = []
    for i in range(RUNS):
        run = Run(i + 1)
        run.call("f", {}, {f"v{k:03d}": x[i] for k, x in enumerate(samples)})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    expected = [is_not_normal(x) for x in samples]
    assert 20 < sum(expected) < 80  # both sides are met
    with h5py.File(tmp_path / "r.h5") as f:
        got = [bool(f["values/flags"][timeline(f, "f", f"v{k:03d}", 1)[0]] & 1024) for k in range(len(samples))]
    assert got == expected
    assert all(isfinite(x) for shape in shapes for x in shape)


def test_runs_needed_are_stored_for_the_confidence_and_the_method(tmp_path):
    for i in range(2):
        run = Run(i + 1)
        run.call("f", {}, {"Ret": 1.0 + i})
        write_runs(tmp_path / "t", [run]) if not i else run.write(tmp_path / "t" / "1.trace")
    for options, wanted in ([], 9), (["--confidence", "0.99"], 13), \
            (["--method", "general"], 59), (["--method", "general", "--probability", "0.99"], 299):
        done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", "--force", *options)
        with h5py.File(tmp_path / "r.h5") as f:
            assert f.attrs["runs_needed"] == wanted
        assert str(wanted) in done.stdout
