"""A run whose seed is drawn anew each time (printed, PYTRACER_TEST_SEED repeats it): what each
mode promises, as p-values of tests on fresh operands, combined by Holm's method at 1e-6."""

import os
import random
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
from run_fuzzy import run_fuzzy  # noqa: E402

# What is drawn is drawn with the arithmetic off; a program prints a p-value and its name a line.
TOOLS = """
from fractions import Fraction as F
import math, random
from scipy.stats import binom, chi2, norm
random.seed(SEED)
draws = 20000
operations = [("+", np.add, lambda a, b: a + b), ("-", np.subtract, lambda a, b: a - b),
              ("*", np.multiply, lambda a, b: a * b), ("/", np.divide, lambda a, b: a / b)]

def two_sided(n, k, p):  # exact: twice the smaller tail of the binomial distribution
    return min(1.0, 2 * min(binom.cdf(k, n, p), binom.sf(k - 1, n, p)))

def uniform(share, bins=64):  # chi-squared of numbers that should be uniform in (0, 1)
    counts, mean = np.bincount((share * bins).astype(int), minlength=bins), len(share) / bins
    assert len(counts) == bins
    return chi2.sf(float(((counts - mean) ** 2).sum()) / mean, bins - 1)

def perturbed(f, *args):
    fuzzy.resume()
    result = f(*args)
    fuzzy.pause()
    return result
fuzzy.pause()
"""

# The share of results that go up: the distance in sr, a half in ud.
PAIRS = TOOLS + """
for dtype in (np.float64, np.float32):
    for name, ufunc, exact in operations:
        for i in range(50):
            a, b = (dtype(random.uniform(-1, 1) * 2.0 ** random.randint(-6, 6)) for k in range(2))
            r = exact(F(float(a)), F(float(b)))
            near = dtype(float(r))
            low = near if F(float(near)) <= r else np.nextafter(near, dtype(-np.inf))
            high = np.nextafter(low, dtype(np.inf))
            p = float((r - F(float(low))) / (F(float(high)) - F(float(low))))
            out = perturbed(ufunc, np.full(draws, a), np.full(draws, b))
            up = int((out == high).sum())
            assert up + int((out == low).sum()) == draws, (name, a, b)  # a neighbour, nothing else
            if p > 0:
                print(two_sided(draws, up, p if MODE == "sr" else 0.5), name, dtype.__name__, repr(a), repr(b))
            else:
                assert up == 0, (name, a, b)  # what is exact stays so
"""

# The mean error of a million results: exact ones in a format that has 11 bits more at the least.
BIASES = TOOLS + """
n = 1000000
for dtype, wide in ((np.float64, np.longdouble), (np.float32, np.float64)):
    for name, ufunc, exact in [*operations, ("sqrt", lambda a, b: np.sqrt(b), None)]:
        a, b = (np.random.default_rng(random.getrandbits(60)).uniform(0.5, 2, n).astype(dtype) for k in range(2))
        out = perturbed(ufunc, a, b)
        reference = ufunc(a.astype(wide), b.astype(wide))
        error = ((out - reference) / np.spacing(np.abs(out))).astype(float)
        print(2 * norm.sf(abs(error.mean()) / error.std() * n ** 0.5), "mean", name, dtype.__name__)
        assert abs(error.mean()) <= 0.006, (name, dtype)
"""

# rr at 40 and 12 bits, by the distances at which it decides; and the operands' noise of pb.
NOISE = TOOLS + """
for dtype, bits in ((np.float64, 40), (np.float32, 12)):
    grid, x = 2.0 ** (1 - bits), 1 + random.getrandbits(10) / 1024
    if MODE == "rr":
        for k in range(1, 64):
            out = perturbed(np.add, np.full(draws, x, dtype), np.full(draws, k / 64 * grid, dtype))
            up = int((out > x).sum())
            assert set(out.tolist()) <= {x, x + grid}
            print(two_sided(draws, up, k / 64), "rr", dtype.__name__, x, k)
    else:  # the difference of two uniform numbers
        u = perturbed(np.subtract, np.full(10 * draws, x, dtype), np.full(10 * draws, x, dtype)).astype(float) / grid
        assert (abs(u) < 1).all()
        print(uniform(np.where(u < 0, (1 + u) ** 2 / 2, 1 - (1 - u) ** 2 / 2)), "pb", dtype.__name__, x)
"""

# Functions: the library's result, and each neighbour one time in eight.
FUNCTIONS = TOOLS + """
for f in (np.exp, np.log1p, np.sin, np.arctan, np.cbrt, np.sinh):
    for dtype in (np.float64, np.float32):
        x = dtype(random.uniform(0.3, 0.9))
        r, out = f(np.full(draws, x))[0], perturbed(f, np.full(draws, x))
        counts = [int((out == k).sum()) for k in (np.nextafter(r, dtype(-9)), r, np.nextafter(r, dtype(9)))]
        assert sum(counts) == draws, (f, x)
        means = [draws / 8, draws * 3 / 4, draws / 8]
        print(chi2.sf(sum((c - m) ** 2 / m for c, m in zip(counts, means)), 2), f.__name__, dtype.__name__, x)
"""

PROMISES = [("sr", (0, 0), PAIRS, 400), ("ud", (0, 0), PAIRS, 400), ("sr", (0, 0), BIASES, 10),
            ("rr", (40, 12), NOISE, 126), ("pb", (40, 12), NOISE, 2), ("sr", (0, 0), FUNCTIONS, 12)]


def test_what_the_modes_promise_holds_for_a_random_seed():
    pytest.importorskip("scipy")
    seed = int(os.environ.get("PYTRACER_TEST_SEED", random.SystemRandom().getrandbits(32)))
    print("PYTRACER_TEST_SEED", seed)
    found = []
    for mode, bits, program, n in PROMISES:
        lines = run_fuzzy(program.replace("SEED", str(seed)).replace("MODE", repr(mode)), seed=seed, mode=mode, bits=bits)
        assert n * 0.6 < len(lines) <= n  # some sums are exact
        found += [(float(line.split()[0]), f"{mode}: {line}") for line in lines]
    found.sort()
    for i, (p, line) in enumerate(found):
        if p > 1e-6 / (len(found) - i):
            break
        assert False, f"seed {seed}: {line}"
