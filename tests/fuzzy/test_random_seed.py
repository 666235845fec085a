"""A run whose seed is drawn anew each time (printed, PYTRACER_TEST_SEED repeats it): for many
pairs of operands, the share of results that go up against the exact probability; the p-values
are combined by Holm's method at 1e-6."""

import os
import random
import sys

sys.path.insert(0, os.path.dirname(__file__))
from run_fuzzy import run_fuzzy  # noqa: E402

PAIRS = """
from fractions import Fraction as F
import math, random
draws = 20000
random.seed(SEED)
operations = [("+", np.add, lambda a, b: a + b), ("-", np.subtract, lambda a, b: a - b),
              ("*", np.multiply, lambda a, b: a * b), ("/", np.divide, lambda a, b: a / b)]
for dtype in (np.float64, np.float32):
    for name, ufunc, exact in operations:
        for i in range(50):
            a, b = (dtype(random.uniform(-1, 1) * 2.0 ** random.randint(-6, 6)) for k in range(2))
            r = exact(F(float(a)), F(float(b)))
            near = dtype(float(r))
            low = near if F(float(near)) <= r else np.nextafter(near, dtype(-np.inf))
            high = np.nextafter(low, dtype(np.inf))
            out = ufunc(np.full(draws, a), np.full(draws, b))
            p = float((r - F(float(low))) / (F(float(high)) - F(float(low))))
            print(name, dtype.__name__, repr(float(a)), repr(float(b)), p, int((out == high).sum()),
                  int((out == low).sum()))
"""


def p_value(n, k, p):
    """Two-sided, exact: twice the smaller tail of the binomial distribution."""
    from scipy.stats import binom
    return min(1.0, 2 * min(binom.cdf(k, n, p), binom.sf(k - 1, n, p)))


def test_directions_are_right_for_a_random_seed():
    seed = int(os.environ.get("PYTRACER_TEST_SEED", random.SystemRandom().getrandbits(32)))
    print("PYTRACER_TEST_SEED", seed)
    found = []
    for line in run_fuzzy(PAIRS.replace("SEED", str(seed)), seed=seed):
        *words, p, up, down = line.split()
        assert int(up) + int(down) == 20000, line  # a neighbour, nothing else
        found.append((p_value(20000, int(up), float(p)) if 0 < float(p) < 1 else 1.0, line))
    found.sort()
    assert len(found) == 400
    for i, (p, line) in enumerate(found):
        if p > 1e-6 / (len(found) - i):
            break
        assert False, f"seed {seed}: p = {p}: {line}"
