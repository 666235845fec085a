"""Complex numbers in the layer `numpy`: every way in varies, exact results do not, specials
and warnings are numpy's, and products have the exact one as their mean."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
from run_fuzzy import run_fuzzy  # noqa: E402

NUMBERS = """
def numbers(dtype, n=1000, seed=0):
    r = np.random.default_rng(seed)
    return (r.random(n) + 1j * r.random(n)).astype(dtype) - dtype(0.4 + 0.1j)
"""


@pytest.mark.parametrize("dtype", ["np.complex128", "np.complex64"])
def test_every_way_into_an_operation_varies_within_a_few_ulps(dtype):
    code = NUMBERS + """
a, b = numbers(DTYPE), numbers(DTYPE, seed=1)
ways = {
    "add": lambda: a + b, "subtract": lambda: a - b, "multiply": lambda: a * b,
    "divide": lambda: a / b, "reciprocal": lambda: np.reciprocal(b),
    "square": lambda: np.square(a), "absolute": lambda: np.abs(a), "sqrt": lambda: np.sqrt(a),
    "exp": lambda: np.exp(a), "log": lambda: np.log(a), "sin": lambda: np.sin(a),
    "power": lambda: a ** 0.3, "times a number": lambda: a * DTYPE(1.1 + 2j),
    "strided": lambda: a[::2] * b[::-2], "in place": lambda: np.multiply(c := a.copy(), b, out=c),
    "outer": lambda: np.multiply.outer(a[:20], b[:20]),
    "sum": lambda: np.array([a.sum()]), "sum of every third": lambda: np.array([a[::3].sum()]),
    "sum of columns": lambda: a.reshape(20, 50).sum(axis=0),
    "sum of rows": lambda: a.reshape(20, 50).sum(axis=1),
    "prod": lambda: np.array([(a[:20] + 1).prod()]), "cumsum": lambda: a[:50].cumsum(),
    "mean": lambda: np.array([a.mean()]),
}
for name, way in ways.items():
    values = [way() for i in range(30)]
    fuzzy.pause()
    plain = way()
    fuzzy.resume()
    off = max(float(np.abs(v - plain).max()) for v in values) / float(np.abs(plain).max())
    if not any((v != values[0]).any() for v in values) or off > 50 * np.finfo(DTYPE).eps:
        print(name, off)
""".replace("DTYPE", dtype)
    assert run_fuzzy(code) == []


@pytest.mark.parametrize("dtype", ["np.complex128", "np.complex64"])
def test_powers_and_magnitudes_of_scalars_vary_as_those_of_arrays(dtype):
    code = """
x, y = DTYPE(1.1 + 0.7j), DTYPE(0.3 - 0.2j)
ways = {"**": lambda: x ** y, "** a real one": lambda: x ** 0.3, "abs": lambda: abs(x),
        "np.abs": lambda: np.abs(x), "pow": lambda: pow(x, y)}
for name, way in ways.items():
    values = [way() for i in range(60)]
    fuzzy.pause()
    plain = way()
    fuzzy.resume()
    off = max(abs(complex(v) - complex(plain)) for v in values) / abs(complex(plain))
    if len(set(values)) < 2 or off > 3 * np.finfo(DTYPE).eps or type(plain) is not type(values[0]):
        print(name, len(set(values)), off)
whole = DTYPE(3 + 4j)
print({abs(whole) for i in range(60)}, {whole ** 2 for i in range(60)}, {abs(DTYPE(0)), DTYPE(2) ** DTYPE(0)})
print(np.isnan(abs(DTYPE(complex(np.nan, 0)))), abs(DTYPE(complex(np.inf, 0))))
try:
    x // y
except TypeError:
    print("no //")
print(x == x, (x < y, y < x) == (False, True))
""".replace("DTYPE", dtype)
    assert run_fuzzy(code) == ["{5.0} {(-7+24j)} {0.0, (1+0j)}", "True inf", "no //", "True True"]


def test_other_modes_and_precisions_reach_complex_numbers():
    code = NUMBERS + """
a = numbers(np.complex128)
p, s = a * a[::-1], [a.sum() for i in range(20)]
fuzzy.pause()
print(0 < np.abs(p - a * a[::-1]).max() < 2.0 ** -16, len(set(s)) > 1)
"""
    for mode in ("sr", "ud", "rr", "pb", "mca"):
        assert run_fuzzy(code, mode=mode, bits=(20, 0)) == ["True True"], mode


def test_exact_results_do_not_vary():
    code = """
    r = np.random.default_rng(0)
    a = r.integers(-900, 900, 4000) + 1j * r.integers(-900, 900, 4000)
    b = r.integers(-900, 900, 4000) + 1j * r.integers(-900, 900, 4000)
    exact = [a + b, a - b, a * b, np.square(a), (a * 4) / (2 + 0j), a ** 2, (a * b).sum(),
             a[::7].sum(), a[:9].sum(), a[:3].sum(), a.cumsum(), a.reshape(40, 100).sum(axis=0),
             np.sqrt(np.square(a.real + 0j)), np.abs(3 * a.real + 4j * a.real), np.exp(0 * a),
             (a[:4]).prod(), np.conj(a), -a]
    fuzzy.stop()
    plain = [a + b, a - b, a * b, np.square(a), (a * 4) / (2 + 0j), a ** 2, (a * b).sum(),
             a[::7].sum(), a[:9].sum(), a[:3].sum(), a.cumsum(), a.reshape(40, 100).sum(axis=0),
             np.sqrt(np.square(a.real + 0j)), np.abs(3 * a.real + 4j * a.real), np.exp(0 * a),
             (a[:4]).prod(), np.conj(a), -a]
    print([i for i, (x, y) in enumerate(zip(exact, plain)) if not np.array_equal(x, y)])
    """
    assert run_fuzzy(code) == ["[]"]


def test_sums_keep_numpys_order():
    # Huge terms cancel within one accumulator of numpy's order only.
    code = """
    for n in (5, 64, 70, 300, 3000, 5000):
        x = np.ones(n) + 1j
        for i in range(0, n - 16, 64):
            x[i], x[i + 4] = 2.0 ** 52 - 2.0 ** 52 * 1j, -2.0 ** 52 + 2.0 ** 52 * 1j
        s = x.sum()
        fuzzy.pause()
        if s != x.sum():
            print(n, s, x.sum())
        fuzzy.resume()
    """
    assert run_fuzzy(code) == []


SPECIALS = """
import itertools, warnings
parts = [0.0, -0.0, 1.0, -2.0, 1e200, np.inf, -np.inf, np.nan]
values = [complex(x, y) for x, y in itertools.product(parts, parts)]
def shape(x):
    return "nan" if np.isnan(x) else "0" if x == 0 and not np.signbit(x) else "-0" if x == 0 else "%.6g" % x
with np.errstate(all="warn"):
    for ufunc in (np.add, np.subtract, np.multiply, np.divide):
        for a, b in itertools.product(values[::3], values):
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                r = ufunc(np.array([a]), np.array([b]))[0]
            print(ufunc.__name__, a, b, shape(r.real), shape(r.imag), sorted(str(w.message) for w in seen))
    for ufunc in (np.reciprocal, np.square, np.absolute, np.sqrt, np.exp):
        for a in values:
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                r = ufunc(np.array([a]))[0]
            print(ufunc.__name__, a, shape(r.real), shape(r.imag), sorted(str(w.message) for w in seen))
"""


def test_specials_and_warnings_are_those_of_plain_numpy():
    assert run_fuzzy(SPECIALS) == run_fuzzy(SPECIALS, seed=None)


def test_mean_of_products_and_quotients_is_where_it_belongs():
    # The product's is the exact one; the quotient's within its own rounding of order two.
    code = """
    from fractions import Fraction as F
    n = 200000
    z, w = complex(1.1, 0.7), complex(0.3, -1.9)
    re = F(z.real) * F(w.real) - F(z.imag) * F(w.imag)
    im = F(z.real) * F(w.imag) + F(z.imag) * F(w.real)
    p = np.full(n, z) * np.full(n, w)
    fuzzy.pause()
    for values, exact in ((p.real, re), (p.imag, im)):
        e = values - float(exact)  # exact differences of neighbours
        bias = e.mean() - float(exact - F(float(exact)))
        print(abs(bias) < 6 * e.std() / n ** 0.5, e.std() > 0)
    """
    assert run_fuzzy(code) == ["True True"] * 2


def test_overlapping_results_give_what_copies_give():
    code = """
    x = np.arange(2000.0) * (1 + 2j); y = x.copy()
    y[2:] = y[:-2].copy() + y[1:-1].copy()
    np.add(x[:-2], x[1:-1], out=x[2:])
    print((x == y).all())
    x = np.arange(2000.0) * (1 + 2j); y = x.copy()
    x[::-1] -= x
    print((x[::-1] == y[::-1] - y).all())
    x = np.arange(100.0) * 1j; np.add.accumulate(x, out=x)
    print((x == np.arange(100.0) * np.arange(1, 101.0) / 2 * 1j).all())
    """
    assert run_fuzzy(code) == ["True"] * 3
