"""The layer `blas` in whole programs: which calls it reaches, in numpy and scipy, and what
its noise says of well-known problems."""

import fcntl
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from traced import PYTHON, TRACE, run_traced

REFERENCE = "/usr/lib/x86_64-linux-gnu/lapack:/usr/lib/x86_64-linux-gnu/blas"

WAYS = """
import numpy as np, scipy.linalg as sl, scipy.linalg.blas as b
rng = np.random.Generator(np.random.PCG64(1))
A, B, x = rng.normal(size=(20, 20)), rng.normal(size=(20, 9)), rng.normal(size=20)
S, Z = A @ A.T + 9 * np.eye(20), A + 1j * A[::-1]
L = np.tril(A) + 9 * np.eye(20)
ways = {
    "dot": lambda: np.dot(x, x), "gemv": lambda: A @ x, "gemv of a transpose": lambda: A.T @ x,
    "gemm": lambda: A @ B, "gemm of a transpose": lambda: A.T @ B, "syrk": lambda: A @ A.T,
    "float32": lambda: A.astype("f") @ B.astype("f"), "complex": lambda: Z @ B,
    "complex64": lambda: Z.astype("F") @ Z.astype("F"), "vdot": lambda: np.vdot(Z[0], Z[1]),
    "axpy": lambda: b.daxpy(x, x.copy(), a=.3), "scal": lambda: b.dscal(.3, x.copy()),
    "ger": lambda: b.dger(.7, x, x), "trsm": lambda: b.dtrsm(1.3, L, B, lower=1),
    "ztrsm": lambda: b.ztrsm(1j, L, Z, lower=1), "herk": lambda: b.zherk(1., Z),
    "solve": lambda: np.linalg.solve(A, B), "inv": lambda: np.linalg.inv(A),
    "cholesky": lambda: np.linalg.cholesky(S), "svd": lambda: np.linalg.svd(A)[1],
    "eigh": lambda: np.linalg.eigvalsh(S), "eig": lambda: np.linalg.eigvals(A),
    "qr": lambda: np.linalg.qr(A)[1], "lstsq": lambda: np.linalg.lstsq(A, B, rcond=None)[0],
    "det": lambda: np.linalg.det(A), "scipy's solve": lambda: sl.solve(A, B),
    "lu_solve": lambda: sl.lu_solve(sl.lu_factor(A), x, trans=1),
    "cho_solve": lambda: sl.cho_solve(sl.cho_factor(S, lower=True), x),
    "solve_triangular": lambda: sl.solve_triangular(L, x, lower=True),
    "scipy's eigh": lambda: sl.eigh(S, eigvals_only=True), "pinv": lambda: sl.pinv(A),
}
"""

VARIES = WAYS + """
still = [name for name, way in ways.items()
         if len({np.asarray(way()).tobytes() for i in range(20)}) < 2]
print(len(ways), still)
"""


def test_every_routine_varies_and_only_under_blas(tmp_path):
    assert run_traced(VARIES, tmp_path, "blas") == ["31 []"]
    others = VARIES.replace("print(len(ways), still)", "print(set(ways) - set(still))")
    assert run_traced(others, tmp_path, "numpy,libm,python") in (
        ["{'pinv', 'det'}"], ["{'det', 'pinv'}"])  # which multiply in numpy


@pytest.mark.parametrize("options", [["--fuzzy-lapack", "backward"],
                                     ["--fuzzy-blas-limit", "1"]])
def test_every_routine_varies_in_the_other_ways_too(tmp_path, options):
    assert run_traced(VARIES, tmp_path, "blas", options=options) == ["31 []"]


def test_results_are_those_of_blas_but_for_their_last_digits(tmp_path):
    """Not compared by digits of each number: the sums in float32 have terms of 7 in all, of
    which rounding may take 1e-5 (20 terms, 6e-8 each), and some cancel."""
    code = WAYS + """
for name, way in ways.items():
    value = np.asarray(way())
    print(name, value.shape, value.dtype, *np.sort(np.abs(np.ravel(value)))[::7].astype(float).tolist(), sep=";")
"""

    def results(layers, options=()):
        lines = [line.split(";") for line in run_traced(code, tmp_path, layers, options=options)]
        return [line[:3] for line in lines], [float(x) for line in lines for x in line[3:]]

    kinds, plain = results(None)
    for options in ([], ["--fuzzy-lapack", "backward"], ["--fuzzy-blas-limit", "1"]):
        assert results("blas", options) == (kinds, pytest.approx(plain, rel=1e-5, abs=1e-5))


BLOCKS = """
import numpy as np, scipy.linalg.blas as b
rng = np.random.Generator(np.random.PCG64(1))
def numbers(rows, columns, kind):
    x = rng.normal(size=(rows, columns)) + (1j * rng.normal(size=(rows, columns)) if kind in "DF" else 0)
    return x.astype(kind)
for kind in "fdFD":
    A, B, C = numbers(4500, 5, kind), numbers(5, 150, kind), numbers(4500, 150, kind)
    wide = np.einsum("ik,kj->ij", A.astype("G"), B.astype("G"))
    gemm = b.find_best_blas_type(dtype=np.dtype(kind))[0] + "gemm"
    gemm, F = getattr(b, gemm), np.asfortranarray
    ways = {"rows": (lambda: A @ B, wide), "columns": (lambda: gemm(1, F(A), F(B)), wide),
            "rows transposed": (lambda: B.T @ A.T, wide.T),
            "transposed": (lambda: gemm(1, F(A.T), F(B.T), trans_a=1, trans_b=1), wide),
            "conjugated": (lambda: gemm(1, F(A.conj().T), F(B.conj().T), trans_a=2, trans_b=2), wide),
            "scaled": (lambda: gemm(.5, F(A), F(B), beta=-2, c=C), wide / 2 - 2 * C)}
    for name, (way, exact) in ways.items():
        one, two = way(), way()
        assert abs(one - exact).max() < (1e-4 if kind in "fF" else 1e-12), (kind, name)
        moved = (one != two) if one.shape[0] > 200 else (one != two).T
        share = [moved[:, j:j + 50].mean() for j in range(0, 150, 50)]
        assert min(share) > .3, (kind, name, share)
print("right")
"""


@pytest.mark.parametrize("library", [None, REFERENCE])
def test_model_by_blocks_of_columns_is_right_and_noisy_in_all_of_them(tmp_path, library):
    """4500 rows: blocks of 2048 rows and 128 columns."""
    assert run_traced(BLOCKS, tmp_path, "blas", options=["--fuzzy-blas-limit", "100000"],
                      environment={"LD_LIBRARY_PATH": library} if library else {}) == ["right"]


TRIANGLES = """
import numpy as np, scipy.linalg.blas as b
rng = np.random.Generator(np.random.PCG64(1))
n, F = 2300, np.asfortranarray
C = rng.normal(size=(n, n))
for kind in "dF":
    A, B = rng.normal(size=(2, n, 4)).astype(kind)
    if kind == "F":
        A, B, C = A + A[::-1] * F(1j), B + B[::-1] * np.complex64(2j), F(C.astype(kind))
    wide = [v.astype("g" if kind == "d" else "D") for v in (A, B)]
    one = np.einsum("ik,jk->ij", wide[0], wide[0].conj())
    two = np.einsum("ik,jk->ij", *[v.conj() if i else v for i, v in enumerate(wide)])
    two = two + two.conj().T
    rank, rank2 = (b.dsyrk, b.dsyr2k) if kind == "d" else (b.cherk, b.cher2k)
    how = 1 if kind == "d" else 2
    ways = {"rank k": (lambda low: rank(.5, F(A), beta=-2, c=C, lower=low), one / 2 - 2 * C),
            "of a transpose": (lambda low: rank(1, F(A.conj().T), trans=how, lower=low), one),
            "rank 2k": (lambda low: rank2(.5, F(A), F(B), beta=-2, c=C, lower=low), two / 2 - 2 * C),
            "2k of a transpose": (lambda low: rank2(1, F(A.conj().T), F(B.conj().T), trans=how, lower=low), two)}
    if kind == "d":
        ways["rows"] = (lambda low: A @ A.T, one)
    for name, (way, exact) in ways.items():
        for low in (0, 1):
            got, again = way(low), way(low)
            inside = np.tril(np.ones((n, n), bool)) if low else np.triu(np.ones((n, n), bool))
            off = inside & ~np.eye(n, dtype=bool) if kind == "F" else inside  # whose diagonal is real
            assert abs(got - exact)[off].max() < (1e-4 if kind == "F" else 1e-12), (kind, name, low)
            others = got[~inside]
            assert name == "rows" or (others == (C[~inside] if "transpose" not in name else 0)).all(), (kind, name, low)
            for at in (slice(0, 128), slice(2048, 2176), slice(2200, 2300)):  # a block on the diagonal, one below, the last
                for part in (inside[at], inside[:, at]):
                    moved = (got != again)[at][part] if part.shape[1] == n else (got != again)[:, at][part]
                    assert moved.mean() > .3, (kind, name, low, at, moved.mean())
print("right")
"""


def test_model_by_blocks_of_a_triangle_is_right_and_keeps_the_other(tmp_path):
    assert run_traced(TRIANGLES, tmp_path, "blas", options=["--fuzzy-blas-limit", "100000"]) == ["right"]


MEMORY = """
import hashlib, resource
import numpy as np, scipy.linalg.blas as b
rng = np.random.Generator(np.random.PCG64(1))
A, B, C = (np.asfortranarray(v) for v in rng.normal(size=(3, 400, 400)))
long = [np.asfortranarray(v) for v in rng.normal(size=(2, 10, 100000))]
S, x = np.asfortranarray(rng.normal(size=(3000, 3000))), rng.normal(size=3000)
one = np.asfortranarray(np.ones((400, 400)))
ways = {"gemm": lambda: b.dgemm(.7, A, B, .3, C), "syrk": lambda: b.dsyrk(.7, A, .3, C),
        "syr2k": lambda: b.dsyr2k(.7, A, B, .3, C), "symm": lambda: b.dsymm(.7, A, B, .3, C),
        "long syr2k": lambda: b.dsyr2k(.7, *long), "symv": lambda: b.dsymv(.7, S, x)}
b.dgemm(1, one, one)  # for which the library takes what it needs itself
for name, way in ways.items():
    most = {"long syr2k": 12 << 20, "symv": 4 << 20}.get(name, 16 << 20)
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + most, resource.RLIM_INFINITY))
    found = [way() for i in range(2)]
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    print(name, *{hashlib.sha1(v.tobytes()).hexdigest() for v in found})
"""


FRUGAL = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": "65536",
          "MALLOC_ARENA_MAX": "1"}  # no memory that was taken before is left to give


def ways_gone(tmp_path, code, limit):
    """What the code prints, and the calls of each routine of doubles, by the way they went."""
    reached = tmp_path / "reached"
    lines = run_traced(code, tmp_path, "blas", environment=FRUGAL,
                       options=["--fuzzy-blas-limit", str(limit), f"--coverage={reached}"])
    routines = json.loads(reached.read_text())["routines"]
    return lines, {(r["routine"].strip("_"), r["way"]): r["calls"] for r in routines if r["routine"].startswith("d")}


def test_what_finds_no_memory_is_the_librarys_as_a_whole_and_counted(tmp_path):
    """The address space ends within the first or the second of what each call needs."""
    plain = run_traced(MEMORY, tmp_path, None, environment=FRUGAL)
    fuzzy, ways = ways_gone(tmp_path, MEMORY, 30000000)
    assert fuzzy == plain and len(plain) == 6
    assert ways == {("dgemm", "exact"): 1, ("dgemm", "left"): 2, ("dsyrk", "left"): 2, ("dsyr2k", "left"): 4,
                    ("dsymm", "left"): 2, ("dsymv", "left"): 2}


def test_model_needs_little_memory_however_large_the_matrices(tmp_path):
    """2500 × 2500 numbers, 48 MiB, and 20 MiB more."""
    code = """
    import resource
    import numpy as np, scipy.linalg.blas as b
    A, B = (np.asfortranarray(v) for v in np.random.normal(size=(2, 2500, 40)))
    C, one = np.zeros((2500, 2500), order="F"), np.asfortranarray(np.ones((400, 400)))
    b.dgemm(1, one, one)  # exact
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (20 << 20), resource.RLIM_INFINITY))
    b.dgemm(1, A, B, 1, C, trans_b=1, overwrite_c=1)
    b.dsyrk(1, A, 1, C, overwrite_c=1), b.dsyr2k(1, A, B, 1, C, overwrite_c=1)
    """
    assert ways_gone(tmp_path, code, 30000000)[1] == {
        ("dgemm", "exact"): 1, ("dgemm", "model"): 1, ("dsyrk", "model"): 1, ("dsyr2k", "model"): 1}


def test_same_seed_repeats_every_bit(tmp_path):
    code = WAYS + """
for name, way in ways.items():
    print(name, np.asarray(way()).tobytes().hex())
"""
    one, again, other = (run_traced(code, tmp_path, "blas", seed=s) for s in (4, 4, 5))
    assert one == again and one != other


def test_exact_products_and_symmetry_are_kept(tmp_path):
    code = """
import numpy as np
rng = np.random.Generator(np.random.PCG64(1))
A = rng.integers(-99, 99, size=(40, 40)).astype(float)
for kind in "dfDF":  # gemm, gemv, dot, syrk; of complex numbers also with a conjugate
    D = (A % 31).astype(kind) * (1 if kind in "df" else 1 + 2j)
    E = D.astype("D" if kind in "DF" else int)  # multiplied below without BLAS, or exactly in float64
    product = lambda x, y: np.einsum("ij,jk->ik", x, y)
    for i in range(5):
        assert (D @ D[:, ::-1].copy() == product(E, E[:, ::-1])).all()
        assert (D @ D.T == product(E, E.T)).all() and (D @ D[0] == product(E, E[:1].T)[:, 0]).all()
        assert np.dot(D[0], D[1]) == np.sum(E[0] * E[1]) and np.vdot(D[0], D[1]) == np.sum(E[0].conj() * E[1])
for i in range(5):
    assert (A @ A == (A.astype(int) @ A.astype(int))).all()
    assert np.dot(A[0], A[1]) == np.dot(A[0].astype(int), A[1].astype(int))
B = rng.normal(size=(40, 40))
for i in range(5):
    C = B @ B.T
    assert (C == C.T).all()
    C = np.cov(B)
    assert (C == C.T).all()
print("kept")
"""
    assert run_traced(code, tmp_path, "blas") == ["kept"]
    assert run_traced(code, tmp_path, "blas",
                      options=["--fuzzy-blas-limit", "1"]) == ["kept"]


STRUCTURED = """
import numpy as np, scipy.linalg.blas as b
rng = np.random.Generator(np.random.PCG64(1))
import os
n, worst, vary = int(os.environ.get('SIZE', 13)), {}, {}
def operands(t):
    A, B, C = rng.normal(size=(3, n, n))
    x, y = rng.normal(size=(2, n))
    if t in "cz":
        A, B, C, x, y = A + 1j * B, B - 1j * C, C + 1j * A, x + 1j * y, y - 2j * x
    return [np.asfortranarray(v.astype(dict(s="f", d="d", c="F", z="D")[t])) for v in (A, B, C, x, y)]
def symmetric(T, h=False):
    other = T.conj().T if h else T.T
    return T + other - np.diag(np.diag(other)) - (np.diag(1j * np.diag(T).imag) if h else 0)
def check(name, call, expected, part=lambda m: m):
    got = [np.asarray(call()) for i in range(12)]
    while len(got) < 100 and len({g.tobytes() for g in got}) == 1:  # of few additions twelve may agree by chance
        got.append(np.asarray(call()))
    for g in got:
        error = np.abs(part(g) - part(expected)).max() / np.abs(expected).max() / np.finfo(g.dtype).eps
        worst[name] = max(worst.get(name, 0), float(error))
    vary[name] = vary.get(name) or len({g.tobytes() for g in got}) > 1
for t in "sdcz":
    A, B, C, x, y = operands(t)
    f = lambda name: getattr(b, t + name)
    al, be, cx = (0.7 + .2j, .3 - .1j, True) if t in "cz" else (0.7, .3, False)
    wide = dict(s="d", d=np.longdouble, c="D", z=np.clongdouble)[t]  # in which the errors are small
    a_, b_, c_, x_, y_ = (v.astype(wide) for v in (A, B, C, x, y))
    H, outer = lambda v: v.conj() if cx else v, np.outer
    for low in (0, 1):
        part = np.tril if low else np.triu
        S, K = symmetric(part(a_)), symmetric(part(a_), cx)
        for side in (0, 1):
            two = lambda M: al * (b_ @ M if side else M @ b_)
            check(t + "symm", lambda: f("symm")(al, A, B, be, C, side=side, lower=low), two(S) + be * c_)
            if cx:
                check(t + "hemm", lambda: f("hemm")(al, A, B, be, C, side=side, lower=low), two(K) + be * c_)
            for trans, diag in [(i, j) for i in (0, 1, 2) for j in (0, 1)]:
                T = part(a_) - (np.diag(np.diag(a_)) - np.eye(n) if diag else 0)
                T = [T, T.T, T.conj().T][trans]
                how = dict(lower=low, diag=diag)
                check(t + "trmm", lambda: f("trmm")(al, A, B, side=side, trans_a=trans, **how), two(T))
                check(t + "trmv", lambda: f("trmv")(A, x, trans=trans, **how), T @ x_)
        for trans in (0, 1):
            P, Q = (a_.T, b_.T) if trans else (a_, b_)
            check(t + "syr2k", lambda: f("syr2k")(al, A, B, be, C, trans=trans, lower=low),
                  al * (P @ Q.T + Q @ P.T) + be * c_, part)
            if cx:
                P, Q = (P.conj(), Q.conj()) if trans else (P, Q)
                E = al * (P @ Q.conj().T)
                check(t + "her2k", lambda: f("her2k")(al, A, B, .3, C, trans=2 * trans, lower=low),
                      E + E.conj().T + .3 * (c_ - np.diag(1j * np.diag(c_).imag)), part)
        E, D = al * outer(x_, H(y_)), a_ - (np.diag(1j * np.diag(a_).imag) if cx else 0)
        one, two = ("her", "her2") if cx else ("syr", "syr2")
        check(t + "symv", lambda: f("hemv" if cx else "symv")(al, A, x, be, y, lower=low), al * (K @ x_) + be * y_)
        check(t + one, lambda: f(one)(.7, x, lower=low, a=A), D + .7 * outer(x_, H(x_)), part)
        check(t + two, lambda: f(two)(al, x, y, lower=low, a=A), D + E + H(E).T, part)
    name, real = dict(s="s", d="d", c="sc", z="dz")[t], "f" if t in "sc" else "d"
    big = 2.0 ** (100 if t in "sc" else 1000)  # whose square is not a number of the format
    length = np.array([np.sqrt((np.abs(x_) ** 2).sum())])
    for scale in (1, big, 1 / big):
        v = x * x.dtype.type(scale)
        check(t + "nrm2", lambda: np.array([getattr(b, name + "nrm2")(v)]).astype(real) / np.dtype(real).type(scale), length)
    check(t + "asum", lambda: np.array([getattr(b, name + "asum")(x)]).astype(real),
          np.array([np.abs(x_.real).sum() + np.abs(x_.imag).sum()]))
print(len(worst), {k: v for k, v in worst.items() if v > 16}, sorted(k for k in vary if not vary[k]))
A, B = np.asfortranarray(rng.integers(-99, 99, size=(2, 40, 40)).astype(float))
L, S = np.tril(A), np.tril(A) + np.tril(A, -1).T
for i in range(5):  # exact in any order
    assert (b.dtrmm(1, A, B, lower=1) == L @ B).all() and (b.dsymm(1, A, B, lower=1) == S @ B).all()
    assert (b.dsymv(1, A, B[0], lower=1) == S @ B[0]).all() and (b.dtrmv(A, B[0], lower=1) == L @ B[0]).all()
    assert (np.tril(b.dsyr2k(1, A, B, lower=1)) == np.tril(A @ B.T + B @ A.T)).all()
    assert b.dasum(A[0]) == abs(A[0]).sum() and b.dnrm2([3., 4.]) == 5
print(b.dnrm2([np.inf, 1]), b.dnrm2([np.nan, 1]), b.dnrm2([0., 0]), b.dnrm2([5e-324, 0]), b.dasum([np.inf, 1]))
nan = np.asfortranarray([[np.nan]])
print(b.dtrmm(0., nan, [[1.]]), b.dtrsm(0., nan, [[1.]]))
"""
EDGES = ["inf nan 0.0 5e-324 inf", "[[0.]] [[0.]]"]


def test_symmetric_and_triangular_products_and_norms_are_right_and_vary(tmp_path):
    # Each result within 16 units of the largest one of arithmetic of more digits.
    assert run_traced(STRUCTURED, tmp_path, "blas") == ["40 {} []", *EDGES]


@pytest.mark.parametrize("size", ["13", "75"])
def test_they_are_right_and_vary_above_the_limit_too(tmp_path, size):
    # 75: sums long enough for the library's gemm off the diagonal of a triangle
    assert run_traced(STRUCTURED, tmp_path, "blas", options=["--fuzzy-blas-limit", "1"],
                      environment={"SIZE": size}) == ["40 {} []", *EDGES]


BITS = """
import hashlib
import numpy as np
rng, h = np.random.RandomState(1), hashlib.sha1()
for n in (7, 33, 60):
    A, B = rng.standard_normal((2, n, n))
    S, Z = np.round(A * 2) / 2, A + 1j * B  # halves, with many zeros
    S[S < 0.6] = 0
    for x, y in ((A, B), (A, A.T.copy()), (S, S), (S, B), (np.eye(n), A), (A * 1e200, B * 1e-190), (Z, Z),
                 (A.astype("f"), B.astype("f")), (np.cumsum(A, axis=1) - A, B * np.exp2(np.round(A * 20)))):
        for i in range(3):
            h.update((x @ y).tobytes())
    h.update(np.linalg.solve(A, B).tobytes() + np.array([A[0] @ B[0], A.ravel() @ B.ravel()]).tobytes())
print(h.hexdigest())
"""


def test_every_set_of_instructions_gives_the_same_bits(tmp_path):
    found = {run_traced(BITS, tmp_path, "blas", environment={"PYTRACER_FUZZY_KERNELS": kernels})[0]
             for kernels in ("baseline", "avx2", "avx512")}
    assert len(found) == 1


SPREADS = """
import numpy as np, scipy.linalg.blas as b
rng = np.random.Generator(np.random.PCG64(1))
n = 150
A, B, C = (np.asfortranarray(v) for v in rng.normal(size=(3, n, n)))
T = np.asfortranarray(np.tril(A) / n + np.eye(n))
Z, Y, X = (np.asfortranarray(v + 1j * v[::-1]) for v in (A, B, C))
ways = {
    "gemm": lambda: b.dgemm(.7, A, B), "symm": lambda: b.dsymm(.7, A, B, .3, C),
    "symm, right": lambda: b.dsymm(.7, A, B, .3, C, side=1, lower=1), "hemm": lambda: b.zhemm(.7 + .2j, Z, Y, .3, X),
    "syrk": lambda: np.tril(b.dsyrk(.7, A, lower=1)), "syr2k": lambda: np.tril(b.dsyr2k(.7, A, B, .3, C, lower=1)),
    "her2k": lambda: np.triu(b.zher2k(.7 + .2j, Z, Y, trans=2)), "trmm": lambda: b.dtrmm(.7, A, B, lower=1),
    "trmm, right": lambda: b.dtrmm(.7, A, B, side=1, trans_a=1), "ztrmm": lambda: b.ztrmm(.7j, Z, Y, trans_a=2),
    "trsm": lambda: b.dtrsm(.7, T, B, lower=1), "ssymm": lambda: b.ssymm(.7, A.astype("f"), B.astype("f")),
    "strmm": lambda: b.strmm(.7, A.astype("f"), B.astype("f")),
}
for name, way in ways.items():
    values = np.array([way() for i in range(12)]).astype("D")
    deviations = values - values.mean(axis=0)
    print(name, float(np.sqrt((abs(deviations) ** 2).mean())), sep=":")
"""


def test_noise_above_the_limit_is_as_large_as_that_of_our_kernels(tmp_path):
    spread = [dict(line.split(":") for line in run_traced(SPREADS, tmp_path, "blas", options=o))
              for o in ([], ["--fuzzy-blas-limit", "1"])]
    ratios = {k: float(spread[1][k]) / float(spread[0][k]) for k in spread[0]}
    assert len(ratios) == 13 and all(0.6 < r < 1.6 for r in ratios.values()), ratios


def test_the_routine_says_which_way_it_went(tmp_path):
    code = "import numpy as np, scipy.linalg.blas as b\n" \
        "A, B = np.random.normal(size=(2, 80, 80))\n" \
        "for f in (b.dsymm, b.dtrmm, b.dsyr2k, b.dtrsm): f(.7, A, B)\n" \
        "one = np.ones((80, 80)); [f(1., one, one) for f in (b.dsymm, b.dsyr2k)]\n"
    script = tmp_path / "ways.py"
    script.write_text(code)
    done = subprocess.run([TRACE, "--python", PYTHON, "--no-trace", "--quiet", "--fuzzy=blas", "--seed", "1",
                           "--fuzzy-blas-limit", "1", "--coverage", "--command", str(script)],
                          capture_output=True, text=True, check=True)
    for name, ways in (("dsymm", "model 1, exact 1"), ("dtrmm", "model 1"), ("dsyr2k", "model 1, exact 1"),
                       ("dtrsm", "model 1")):
        assert re.search(rf"\b{name}_?\b.*{ways}", done.stderr), done.stderr


def test_dot_product_with_cancellation_shows_that_it_has_no_digits(tmp_path):
    code = """
import numpy as np
rng = np.random.Generator(np.random.PCG64(3))
x = rng.normal(size=1000)
y = rng.normal(size=1000)
x = np.concatenate([x, -x])
y = np.concatenate([y, y])
values = np.array([np.dot(x, y) for i in range(20)])
print(np.abs(values).max() > 0, abs(values.mean()) < 2 * values.std())
"""
    assert run_traced(code, tmp_path, "blas") == ["True True"]


HILBERT = """
import numpy as np
from math import log2
for n in range(3, 12):
    A = 1.0 / (np.arange(n)[:, None] + np.arange(n) + 1)
    b = A.sum(axis=1)
    def moved(v):  # as data of full precision are: within an ulp
        return v * (1 + np.random.uniform(-1, 1, size=v.shape) * 2.0 ** -52)
    x = np.array([np.linalg.solve(moved(A), moved(b)) for i in range(30)])
    digits = -np.log2(x.std(axis=0) / abs(x.mean(axis=0)))
    print(n, round(float(53 - digits.min() - log2(np.linalg.cond(A))), 1))
"""


@pytest.mark.parametrize("lapack", ["auto", "backward"])
def test_hilbert_solve_loses_the_condition_number(tmp_path, lapack):
    code = "import numpy as np\nnp.random.seed(1)\n" + HILBERT
    for line in run_traced(code, tmp_path, "blas", options=["--fuzzy-lapack", lapack]):
        assert abs(float(line.split()[1])) <= 3, line


WILKINSON = """
import numpy as np
n = 50
A = np.eye(n) - np.tril(np.ones((n, n)), -1)
A[:, -1] = 1
b = A @ np.linspace(0.3, 0.7, n)
x = np.array([np.linalg.solve(A, b) for i in range(20)])
print(float(-np.log2(np.linalg.norm(x.std(axis=0)) / np.linalg.norm(x.mean(axis=0)))))
"""


def wilkinson(tmp_path, **more):
    (line,) = run_traced(WILKINSON, tmp_path, "blas", **more)
    return float(line)


def test_wilkinsons_matrix_is_unstable_inside_lapack_and_backward_noise_is_blind(tmp_path):
    # The elimination doubles an element in each step: 2^49 of growth.
    assert wilkinson(tmp_path) < 15
    # Its condition number is 22: operands moved by an ulp do not show it.
    assert wilkinson(tmp_path, options=["--fuzzy-lapack", "backward"]) > 45


@pytest.mark.skipif(not os.path.exists(REFERENCE.split(":")[0]), reason="no reference LAPACK")
def test_reference_lapack_is_reached_through_its_own_calls(tmp_path):
    code = """
import numpy as np
rng = np.random.Generator(np.random.PCG64(1))
A = rng.normal(size=(60, 60))
print(len({np.linalg.qr(A)[1].tobytes() for i in range(5)}))
"""
    lines = run_traced(code, tmp_path, "blas", environment={"LD_LIBRARY_PATH": REFERENCE})
    assert lines == ["5"]
    assert wilkinson(tmp_path, environment={"LD_LIBRARY_PATH": REFERENCE}) < 15


def metadata(tmp_path, *options):
    script = tmp_path / "once.py"
    script.write_text("import numpy as np\nA = np.linspace(.1, 1, 1600).reshape(40, 40)\n"
                      "A @ A[::-1].copy(); np.linalg.svd(A)\n")
    trace = tmp_path / "once.trace"
    subprocess.run([TRACE, "--python", PYTHON, "--output", str(trace), *options,
                    "--command", str(script)], check=True, cwd=tmp_path)
    return trace.read_bytes()


def test_header_says_which_ways_were_gone(tmp_path):
    inside = metadata(tmp_path, "--fuzzy=blas", "--seed", "1")
    assert re.search(rb"fuzzy\.ways.{0,40}sr,(inside|backward)", inside, re.S)
    assert re.search(rb"coverage\.routine\.\w*gemm\w*\.sr.{0,24}1 calls, 64000 operations", inside, re.S)
    assert re.search(rb"coverage\.routine\.\w*gesdd\w*\.(inside|backward)", inside)
    (tmp_path / "once.trace").unlink()
    limited = metadata(tmp_path, "--fuzzy=blas", "--seed", "1", "--fuzzy-blas-limit", "9")
    assert re.search(rb"fuzzy\.ways.{0,40}(sr,)?model,(inside|backward)", limited, re.S)
    (tmp_path / "once.trace").unlink()
    assert b"fuzzy.ways" not in metadata(tmp_path)


def test_pause_of_the_scope_leaves_blas_alone(tmp_path):
    code = VARIES + "\ndef quiet():\n    return len({(A @ B).tobytes() for i in range(9)})\n" \
        "print(quiet())\n"
    lines = run_traced(code, tmp_path, "blas", options=["--fuzzy-except", "__main__.quiet"])
    assert lines == ["31 []", "1"]


def test_threads_have_noise_of_their_own(tmp_path):
    code = """
import threading
import numpy as np
A = np.linspace(.1, 1, 900).reshape(30, 30)
B = A[::-1].copy()
seen = []
def work():
    for i in range(20):
        seen.append((A @ B).tobytes())
threads = [threading.Thread(target=work) for i in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(len(seen), len(set(seen)) > 70)
"""
    assert run_traced(code, tmp_path, "blas") == ["80 True"]


@pytest.fixture(scope="module")
def wheels():
    """A Python whose numpy and scipy bring an OpenBLAS of their own, with mangled names; it
    stays in the build folder."""
    folder = Path(os.environ["PYTRACER_TESTS_BIN"]) / "wheels"
    with open(folder.with_suffix(".lock"), "w") as lock:  # tests of two files want it at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            subprocess.run([PYTHON, "-m", "venv", "--clear", folder], check=True)
            done = subprocess.run([folder / "bin/python", "-m", "pip", "install", "-q", "numpy", "scipy"],
                                  capture_output=True, text=True)
            if done.returncode:
                pytest.skip("no packages from the registry: " + done.stderr[-300:])
            (folder / "ready").touch()
    return str(folder / "bin/python")


def test_wheels_with_mangled_names_are_reached(tmp_path, wheels):
    assert run_traced(VARIES, tmp_path, "blas", python=wheels) == ["31 []"]
    assert wilkinson(tmp_path, python=wheels) < 15
    for limit in ([], ["--fuzzy-blas-limit", "1"]):
        assert run_traced(STRUCTURED, tmp_path, "blas", python=wheels, options=limit) == ["40 {} []", *EDGES]
    assert run_traced(BLOCKS, tmp_path, "blas", python=wheels, options=["--fuzzy-blas-limit", "100000"]) == ["right"]
