"""Makes a result file (aggregate/schema/SCHEMA.md) of any size, without tracing anything.

    make_result.py OUT.h5 [--calls N] [--runs N] [--rows R --columns C] [--elements N]
                          [--processes P] [--hostile] [--seed S] [--one-run]

The file describes a plausible numerical program: a loop that fits a regression three
ways, a principal component analysis, a variance, a Fourier transform. Digits fall and
recover as they do in practice, one function is clearly the culprit, some values are NaN,
some runs part. With --elements N the element columns are made N long without writing
them (a sparse file), the way to a 100 GB result on a small disk; statistics are then
those of the generator, not of the elements.
"""
import argparse
import math

import h5py
import numpy as np

NONE32 = 0xFFFFFFFF
NONE64 = 0xFFFFFFFFFFFFFFFF
TILED_ABOVE = 1 << 20  # elements
DELTA = {2: 5.96677, 3: 3.62268, 5: 2.49366, 10: 1.83921, 20: 1.51736, 100: 1.18703}
PYTHON, UFUNC, BUILTIN, CYTHON, F2PY = 1, 2, 4, 6, 7

# name, module, file, line, kind, inputs, outputs; a value is
# (name, dtype, shape of (rows, columns), digits at the start, digits lost over the loop)
FUNCTIONS = [
    ("main", "__main__", "regress.py", 61, PYTHON, [], [("return", "<f8", "", 22, 8)]),
    ("fit_normal_equations", "__main__", "regress.py", 12, PYTHON,
     [("X", "<f8", "rc", 49.5, 0), ("y", "<f8", "r", 49, 0)],
     [("return", "<f8", "c", 24, 14)]),
    ("fit_qr", "__main__", "regress.py", 22, PYTHON,
     [("X", "<f8", "rc", 49.5, 0), ("y", "<f8", "r", 49, 0)],
     [("return", "<f8", "c", 44, 4)]),
    ("naive_variance", "__main__", "regress.py", 31, PYTHON,
     [("x", "<f8", "r", 49, 0)], [("return", "<f8", "", 31, 6)]),
    ("spectrum", "__main__", "regress.py", 37, PYTHON,
     [("signal", "<c16", "r", 48, 1)], [("return", "<c16", "r", 43, 5)]),
    ("smooth", "__main__", "regress.py", 44, PYTHON,
     [("volume", "<f8", "4rc", 47, 0), ("passes", "<i8", "", 53, 0)],
     [("return", "<f8", "4rc", 46, 2)]),
    ("matmul", "numpy", "", 0, UFUNC,
     [("x1", "<f8", "rc", 49.5, 0), ("x2", "<f8", "rc", 49.5, 0)],
     [("out", "<f8", "cc", 45, 3)]),
    ("solve", "numpy.linalg", "/usr/lib/python3/dist-packages/numpy/linalg/linalg.py", 313,
     PYTHON, [("a", "<f8", "cc", 45, 3), ("b", "<f8", "c", 45, 2)],
     [("return", "<f8", "c", 24, 14)]),
    ("qr", "numpy.linalg", "/usr/lib/python3/dist-packages/numpy/linalg/linalg.py", 778,
     PYTHON, [("a", "<f8", "rc", 49.5, 0)],
     [("return[0]", "<f8", "rc", 46, 2), ("return[1]", "<f8", "cc", 45, 3)]),
    ("add.reduce", "numpy", "", 0, UFUNC, [("array", "<f8", "rc", 49.5, 0)],
     [("return", "<f8", "c", 48, 1)]),
    ("normal", "numpy.random", "", 0, CYTHON, [("size", "<i8", "", 53, 0)],
     [("return", "<f8", "r", 49, 0)]),
    ("svd", "scipy.linalg", "/usr/lib/python3/dist-packages/scipy/linalg/_decomp_svd.py", 16,
     PYTHON, [("a", "<f8", "rc", 48, 0)],
     [("return[0]", "<f8", "rc", 41, 3), ("return[1]", "<f8", "c", 46, 1),
      ("return[2]", "<f8", "cc", 38, 6)]),
    ("dgelsd", "scipy.linalg.flapack", "", 0, F2PY, [("a", "<f8", "rc", 48, 0)],
     [("x", "<f8", "c", 42, 3)]),
    ("LinearRegression.fit", "sklearn.linear_model._base",
     "/usr/lib/python3/dist-packages/sklearn/linear_model/_base.py", 500, PYTHON,
     [("self", "label", "", 0, 0), ("X", "<f8", "rc", 49.5, 0), ("y", "<f8", "r", 49, 0)],
     [("self.coef_", "<f8", "c", 42, 3), ("self.intercept_", "<f8", "", 41, 4)]),
    ("_preprocess_data", "sklearn.linear_model._base",
     "/usr/lib/python3/dist-packages/sklearn/linear_model/_base.py", 173, PYTHON,
     [("X", "<f8", "rc", 49.5, 0)], [("return", "<f8", "rc", 48, 0)]),
    ("check_array", "sklearn.utils.validation",
     "/usr/lib/python3/dist-packages/sklearn/utils/validation.py", 629, PYTHON,
     [("array", "<f8", "rc", 49.5, 0)], [("return", "<f8", "rc", 49.5, 0)]),
    ("PCA.fit", "sklearn.decomposition._pca",
     "/usr/lib/python3/dist-packages/sklearn/decomposition/_pca.py", 382, PYTHON,
     [("X", "<f4", "rc", 22, 0)], [("self.components_", "<f4", "cc", 14, 6)]),
    ("score", "__main__", "regress.py", 52, PYTHON, [("residual", "<f8", "r", 38, 4)],
     [("return", "<f8", "", 36, 5)]),
]

# (function, parent in the template); one turn of the loop, in the order of entry
TEMPLATE = [("fit_normal_equations", -1), ("matmul", 0), ("solve", 0), ("fit_qr", -1),
            ("qr", 3), ("LinearRegression.fit", -1), ("check_array", 5),
            ("_preprocess_data", 5), ("add.reduce", 7), ("dgelsd", 5),
            ("naive_variance", -1), ("normal", -1), ("PCA.fit", -1), ("svd", 12),
            ("spectrum", -1), ("smooth", -1), ("score", -1)]

SOURCE = '''"""Three ways to a regression, and what each does to the digits."""
import sys

import numpy as np
from scipy import fft, ndimage
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

rng = np.random.default_rng(42)


def fit_normal_equations(X, y):
    """Squares the condition number."""
    gram = X.T @ X
    moment = X.T @ y
    return np.linalg.solve(gram, moment)


# --------------------------------------------------------------------


def fit_qr(X, y):
    """Keeps the condition number as it is."""
    Q, R = np.linalg.qr(X)
    return np.linalg.solve(R, Q.T @ y)


# --------------------------------------------------------------------


def naive_variance(x):
    """The difference of two large numbers."""
    n = len(x)
    return (np.sum(x * x) - np.sum(x) ** 2 / n) / (n - 1)


def spectrum(signal):
    """The transform of a complex signal."""
    window = np.hanning(len(signal))
    return fft.fft(signal * window)


# One pass is enough for most volumes.
def smooth(volume, passes):
    """A mean of neighbours, again and again."""
    for _ in range(passes):
        volume = ndimage.uniform_filter(volume, 3)
    return volume


def score(residual):
    """Mean of squares."""
    return float(np.mean(residual ** 2))


# --------------------------------------------------------------------


def main(turns):
    """Fits, compares, repeats."""
    for turn in range(turns):
        X = collinear(turn)
        y = X @ truth + rng.normal(size=len(X))
        a = fit_normal_equations(X, y)
        b = fit_qr(X, y)
        c = LinearRegression().fit(X, y).coef_
        print(turn, score(y - X @ a), score(y - X @ b))


main(int(sys.argv[1]))
'''


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--calls", type=int, default=700)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--rows", type=int, default=24)
    parser.add_argument("--columns", type=int, default=16)
    parser.add_argument("--big", type=int, default=0, metavar="N",
                        help="the first X of fit_qr is N x N, with real elements")
    parser.add_argument("--elements", type=int, default=0,
                        help="length of the element columns; not written (sparse)")
    parser.add_argument("--hostile", action="store_true", help="names that look like markup")
    parser.add_argument("--one-run", action="store_true", help="one run only: no digits")
    parser.add_argument("--reference", action="store_true",
                        help="a run under IEEE arithmetic; the first results of solve are biased")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def delta(n):
    """CNH's delta at the defaults: tabulated where the reference has it."""
    if n in DELTA:
        return DELTA[n]
    near = sorted(DELTA, key=lambda k: abs(math.log(k / n)))[:2]
    (a, b) = sorted(near)
    t = (math.log(n) - math.log(a)) / (math.log(b) - math.log(a))
    return DELTA[a] + t * (DELTA[b] - DELTA[a])


def shown(p, n):
    return min(p, p - 1 + math.log2(n / math.sqrt(n - 1)) - delta(n))


def shape_of(code, rows, columns):
    sizes = {"r": rows, "c": columns}
    return tuple(sizes.get(letter) or int(letter) for letter in code)


class Table:
    """Columns that are written as one group."""

    def __init__(self, **columns):
        self.columns = columns

    def write(self, file, group):
        target = file.create_group(group)
        for name, data in self.columns.items():
            target.create_dataset(name, data=data)


def text(strings):
    raw = [s.encode() for s in strings]
    width = max([len(b) for b in raw] + [1])
    return np.array(raw, dtype=f"S{width}")


def blob(data):
    return np.frombuffer(data.encode(), dtype=np.uint8)


def digits_of(value, turns, rng):
    """Digits of one value over the loop: a trend, a wave, a little noise."""
    _, dtype, _, start, fall = value
    t = np.linspace(0, 1, turns)
    wave = 0.35 * fall * np.sin(t * 9 + start) + rng.normal(0, 0.25, turns)
    p = {"<f4": 24, "<c8": 24}.get(dtype, 53)
    return np.minimum(start - fall * t ** 1.5 + wave * (fall > 0), p)


class Maker:
    def __init__(self, options):
        self.o = options
        self.runs = 1 if options.one_run else options.runs
        self.rng = np.random.default_rng(options.seed)
        self.turns = max(1, (options.calls // options.processes - 1) // len(TEMPLATE))
        functions = list(FUNCTIONS)
        if options.hostile:
            name, module, *rest = functions[3]
            functions[3] = ('naive<script>document.title="owned"</script>',
                            "<b onmouseover=alert(1)>__main__</b>", *rest)
        self.rename = {f[0]: g[0] for f, g in zip(FUNCTIONS, functions)}
        order = sorted(range(len(functions)),
                       key=lambda i: (functions[i][1], functions[i][0], functions[i][2]))
        self.functions = [functions[i] for i in order]
        self.index = {f[0]: i for i, f in enumerate(self.functions)}
        self.names = sorted({v[0] for f in functions for v in f[5] + f[6]})
        self.make_calls()
        self.make_values()
        self.attribute()

    # ---- calls -----------------------------------------------------------

    def make_calls(self):
        """Per process: the program's call, then the template again and again."""
        n, turns, procs = len(TEMPLATE), self.turns, self.o.processes
        parents = [p for _, p in TEMPLATE]
        enter, leave, clock, stack = [0] * n, [0] * n, 0, []
        for i, parent in enumerate(parents):
            while stack and stack[-1] != parent:
                leave[stack.pop()] = clock
                clock += 1
            enter[i] = clock
            clock += 1
            stack.append(i)
        while stack:
            leave[stack.pop()] = clock
            clock += 1
        self.span, per = clock, 1 + n * turns
        turn = np.repeat(np.arange(turns), n)
        slot = np.tile(np.arange(n), turns)
        one = {
            "function": np.array([self.index[self.rename[TEMPLATE[s][0]]] for s in range(n)])[slot],
            "slot": slot, "turn": turn,
            "time": 1 + turn * clock + np.array(enter)[slot],
            "end_time": 1 + turn * clock + np.array(leave)[slot],
            "parent": np.where(np.array(parents)[slot] < 0, 0,
                               1 + turn * n + np.array(parents)[slot]),
        }
        head = {"function": self.index["main"], "slot": -1, "turn": 0, "time": 0,
                "end_time": 1 + turns * clock, "parent": -1}
        stacked = {}
        for key, data in one.items():
            first = np.concatenate([[head[key]], data])
            copies = [first + (per * p if key == "parent" else 0) for p in range(procs)]
            stacked[key] = np.concatenate(copies).astype(np.int64)
        stacked["parent"][::per] = -1
        self.calls = stacked
        self.process = np.repeat(np.arange(procs), per)
        self.per = per

    # ---- values ----------------------------------------------------------

    def make_values(self):
        calls_of = {}
        order = np.argsort(self.calls["function"], kind="stable")
        sorted_functions = self.calls["function"][order]
        for f in range(len(self.functions)):
            a, b = np.searchsorted(sorted_functions, [f, f + 1])
            calls_of[f] = order[a:b]
        self.parts, self.first_value, self.n_values = [], [], []
        self.element_parts, self.n_stored, rows = [], 0, 0
        self.tile_parts, self.n_tiles = [], 0
        self.dims, self.labels = [], "LinearRegression()"
        for f, function in enumerate(self.functions):
            self.first_value.append(rows)
            slots = [(v, 0) for v in function[5]] + [(v, 1) for v in function[6]]
            slots.sort(key=lambda s: (self.names.index(s[0][0]), s[1]))
            for value, phase in slots:
                rows += self.make_series(f, value, phase, calls_of[f])
            self.n_values.append(rows - self.first_value[-1])
        self.values = {key: np.concatenate([part[key] for part in self.parts])
                       for key in self.parts[0]}

    def make_series(self, f, value, phase, calls):
        name, dtype, code, _, _ = value
        n = len(calls)
        label, integer = dtype == "label", dtype.startswith("<i")
        shape = shape_of(code, self.o.rows, self.o.columns)
        if self.o.big and self.functions[f][0] == "fit_qr" and name == "X" and n:
            self.make_block(f, value, phase, calls[:1], (self.o.big, self.o.big))
            self.make_block(f, value, phase, calls[1:], shape)
        else:
            self.make_block(f, value, phase, calls, shape, label, integer)
        return n

    def make_block(self, f, value, phase, calls, shape, label=False, integer=False):
        name, dtype, _, _, _ = value
        n, size = len(calls), int(np.prod(shape, dtype=np.int64))
        planes = 2 if dtype.startswith("<c") else 1
        p = 24 if dtype == "<f4" else 53
        digits = digits_of(value, max(n, 1), self.rng)[:n]
        nan_row = 3 * n // 4 if self.functions[f][0] == "score" and phase == 1 else -1
        block = {
            "call": calls.astype(np.uint64), "function": np.full(n, f, np.uint32),
            "name": np.full(n, self.names.index(name), np.uint32),
            "phase": np.full(n, phase, np.uint8),
            "kind": np.full(n, 2 if label else 1, np.uint8),
            "dtype": np.full(n, b"" if label else dtype.encode(), "S8"),
            "ndim": np.full(n, len(shape), np.uint8),
            "shape_first": np.full(n, len(self.dims), np.uint64),
            "n_elements": np.full(n, 0 if label else size, np.uint64),
            "n_runs": np.full(n, self.runs, np.uint32),
            "n_nan": np.zeros(n, np.uint64), "n_inf": np.zeros(n, np.uint64),
            "agreement": np.full(n, 1.0 if label or integer else np.nan),
            "label_first": np.zeros(n, np.uint64),
            "label_bytes": np.full(n, len(self.labels) if label else 0, np.uint64),
            "flags": np.zeros(n, np.uint32),
            "first_tile": np.full(n, NONE64, np.uint64),
            "first_position": np.full(n, NONE64, np.uint64),
        }
        self.dims.extend(shape)
        numbers = ["sig_norm", "sig_min", "sig_p05", "sig_median", "mean", "std", "min", "max"]
        for key in numbers:
            block[key] = np.full(n, np.nan)
        block["first_element"] = np.full(n, NONE64, np.uint64)
        block["n_stored"] = np.zeros(n, np.uint64)
        if label or n == 0:
            self.parts.append(block)
            return
        if integer:
            block["flags"] |= np.uint32(1)
            digits = np.full(n, float(p))
        if self.o.elements:
            self.sparse_elements(block, n, size * planes, digits)
        else:
            self.real_elements(block, n, shape, planes, digits, p, integer)
        if 0 <= nan_row < n:
            block["n_nan"][nan_row] = 3
            block["flags"][nan_row] |= np.uint32(8)
            block["sig_norm"][nan_row] = 0.0
        if self.o.reference and self.functions[f][0] == "solve" and phase == 1:
            block["flags"][:3] |= np.uint32(2048)
        if self.runs == 1:
            block["flags"] |= np.uint32(256)
            for key in ["sig_norm", "sig_min", "sig_p05", "sig_median"]:
                block[key][:] = np.nan
        self.parts.append(block)

    def sparse_elements(self, block, n, size, digits):
        block["first_element"] = (np.uint64(self.n_stored) +
                                  np.arange(n, dtype=np.uint64) * np.uint64(size))
        block["n_stored"] = np.full(n, size, np.uint64)
        self.n_stored += n * size
        block["sig_norm"] = digits
        block["sig_min"] = digits - 3.5
        block["sig_p05"] = digits - 2
        block["sig_median"] = digits + 0.4
        block["mean"] = 1 + 0.2 * np.sin(np.arange(n) / 50)
        block["std"] = block["mean"] * 2.0 ** -(digits + delta(max(self.runs, 2)))
        block["min"], block["max"] = block["mean"] - 2, block["mean"] + 2

    def real_elements(self, block, n, shape, planes, digits, p, integer):
        """Element columns whose statistics are the value's."""
        d = delta(max(self.runs, 2))
        grids = np.meshgrid(*[np.linspace(0, 1, s) for s in shape], indexing="ij")
        pattern = sum((np.sin((3 + k) * g * math.pi + k) for k, g in enumerate(grids)),
                      np.zeros(shape)).ravel()
        pattern = np.tile(pattern, planes)
        size = pattern.size
        for i in range(n):
            if integer:
                mean, std = np.full(size, 3.0), np.zeros(size)
                sig = np.full(size, 53.0)
            else:
                mean = pattern * 1.5 + 0.8 + self.rng.normal(0, 0.05, size)
                weak = 4 * np.exp(-((np.linspace(-1, 1, size) - 0.3) ** 2) * 30)
                std = np.abs(mean) * 2.0 ** -(digits[i] + d - 1 + weak
                                             + self.rng.normal(0, 0.6, size))
                std = np.maximum(std, np.abs(mean) * 2.0 ** -(p + d))
                with np.errstate(divide="ignore"):
                    sig = np.minimum(-np.log2(std / np.abs(mean)) - d, p)
                block["sig_norm"][i] = min(
                    -math.log2(np.linalg.norm(std) / np.linalg.norm(mean)) - d, p)
            if integer:
                block["sig_norm"][i] = 53.0
            block["sig_min"][i], block["sig_median"][i] = sig.min(), np.median(sig)
            block["sig_p05"][i] = np.percentile(sig, 5)
            block["mean"][i] = mean.mean()
            block["std"][i] = math.sqrt(np.mean(std ** 2))
            block["min"][i], block["max"][i] = (mean - 2 * std).min(), (mean + 2 * std).max()
            block["first_element"][i] = self.n_stored
            block["n_stored"][i] = size
            self.n_stored += size
            if self.runs == 1:
                std, sig = np.zeros(size), np.full(size, np.nan)
            self.element_parts.append((mean, std, sig))
            if size // planes > TILED_ABOVE:
                block["first_tile"][i] = self.n_tiles
                tiles = [part for x in (mean, std, sig) for part in tiles_of(x.reshape(planes, *shape))]
                self.n_tiles += len(tiles[0])
                self.tile_parts.append(tiles)

    # ---- loss ------------------------------------------------------------

    def attribute(self):
        """Lost and self-lost of each call, and of each function, by their definition."""
        n, v = len(self.calls["function"]), self.values
        top = shown(53, max(self.runs, 2))
        floats = np.isin(v["dtype"], [b"<f8", b"<f4", b"<c16"]) & ~np.isnan(v["sig_norm"])
        clamped = np.clip(v["sig_norm"], 0, top)
        d_in, d_out = np.full(n, np.nan), np.full(n, np.nan)
        for phase, out in [(0, d_in), (1, d_out)]:
            pick = floats & (v["phase"] == phase)
            low = np.full(n, np.inf)
            np.minimum.at(low, v["call"][pick].astype(np.int64), clamped[pick])
            out[:] = np.where(np.isinf(low), np.nan, low)
        child = np.full(n, np.inf)
        has = self.calls["parent"] >= 0
        np.fmin.at(child, self.calls["parent"][has], d_out[has])
        start = np.where(np.isnan(d_in), top, d_in)
        lost = np.maximum(0, start - d_out)
        self_lost = np.maximum(0, np.minimum(start, child) - d_out)
        self.digits_in, self.digits_out = d_in, d_out
        self.lost, self.self_lost = lost, self_lost
        rows = []
        for f in range(len(self.functions)):
            mine = self.calls["function"] == f
            good = mine & ~np.isnan(self_lost)
            source = not np.any(~np.isnan(d_in[mine])) and np.any(~np.isnan(d_out[mine]))
            pick = lambda a: float(np.median(a[good])) if good.any() else np.nan
            rows.append((pick(d_in), pick(d_out), pick(lost), pick(self_lost),
                         float(self_lost[good].max()) if good.any() else np.nan,
                         int(source)))
        self.function_rows = np.array(rows)
        ranked = [f for f in range(len(rows)) if not rows[f][5] and not np.isnan(rows[f][3])]
        ranked.sort(key=lambda f: (-rows[f][3], -rows[f][4]))
        self.rank = np.zeros(len(rows), np.uint32)
        for place, f in enumerate(ranked):
            self.rank[f] = place + 1

    # ---- the file --------------------------------------------------------

    def write(self, path):
        with h5py.File(path, "w", libver=("earliest", "v110")) as file:
            self.write_about(file)
            self.write_runs(file)
            self.write_functions(file)
            self.write_calls(file)
            self.write_elements(file)
            self.write_tiles(file)

    def write_about(self, file):
        a = file.attrs
        a["format"], a["method"], a["error"] = (np.bytes_(s) for s in
                                                ("pytracer-result", "cnh", "relative"))
        a["alignment"], a["generator"] = np.bytes_("callsite"), np.bytes_("make_result 1")
        for key, number in [("major", 1), ("minor", 3), ("n_runs", self.runs), ("ddof", 0),
                            ("has_digits", int(self.runs > 1)), ("runs_needed", 9),
                            ("compat", 0), ("mergeable", 0)]:
            a[key] = np.uint32(number)
        a["created_ns"] = np.int64(1_790_000_000_000_000_000)
        a["probability"], a["contributing_probability"], a["confidence"] = 0.95, 0.51, 0.95

    def write_runs(self, file):
        def divisors(i):  # the first two agree to many bits, the last two to none
            values = np.array([2.5 + i * 2.0 ** -9, -1e-3, (-1.0) ** i, 0.1 * 4.0 ** i])
            return "".join("%06x" % (int(v) >> 40) for v in values.view(np.uint64))

        n, per = self.runs + self.o.reference, len(self.calls["function"])
        infos = [f"cpu.model=AMD EPYC 7763\nblas.library=libopenblasp-r0.3.21.so\n"
                 f"blas.kernel={'Zen' if i != 7 else 'Haswell'}\nthreads.omp=1\nthreads.blas=1\n"
                 f"hash_seed=0\npython.version=3.11.2\nnumpy.version=1.24.2\n"
                 f"modules=__main__ numpy scipy sklearn\nfuzzy.layers=numpy\nfuzzy.mode=sr\n"
                 f"coverage.numpy={52000 + i} perturbed, 12 nearest\n"
                 f"coverage.unreached.scipy.linalg._flapack=3120 instructions, 41 calls\n"
                 f"event.cancellation.__main__.naive_variance /home/me/regress.py:34={i + 3} results, most {30 + i % 4} bits\n"
                 f"event.cancellation.__main__.score /home/me/regress.py:54=2 results, most 12 bits\n"
                 f"event.division.__main__.ratio /home/me/a=b.py:61@14=4 divisions, every 1: {divisors(i)}\n"
                 f"event.division.__main__.ratio /home/me/a=b.py:61@9=400 divisions, every 4: {divisors(0) * 25}\n"
                 f"event.division.__main__.pooled /home/me/a=b.py:70@3 threads=4 divisions, smallest: {divisors(i)}\n"
                 f"event.division.__main__.uneven /home/me/a=b.py:71@3 threads={4 + i} divisions, smallest: {divisors(i)}\n"
                 f"fuzzy.precision.binary64=53\nduration_ns={2315000000 + i}\n"
                 for i in range(n)]
        if self.o.reference:  # it ran without stochastic arithmetic
            infos[-1] = "".join(line + "\n" for line in infos[-1].splitlines()
                                if not line.startswith(("fuzzy.", "coverage.", "event.")))
        starts = np.cumsum([0] + [len(i) for i in infos])
        flags = np.zeros(n, np.uint32)
        flags[0] = 16
        if n > 4:
            flags[4] = 1
        if self.o.reference:
            flags[-1] = 8
        Table(run_id=np.arange(n, dtype=np.uint64),
              seed=np.array([(0x9E3779B97F4A7C15 * (i + 1)) % 2**64 for i in range(n)], np.uint64),
              flags=flags,
              created_ns=np.array([1_790_000_000_000_000_000 - (n - i) * 10**9 for i in range(n)],
                                  np.int64),
              duration_ns=np.array([2_315_000_000 + 17_000_000 * (i * 7 % 5) for i in range(n)],
                                   np.int64),
              calls=np.full(n, per, np.uint64), matched=np.full(n, per - 2, np.uint64),
              unmatched=np.full(n, 2, np.uint64), experiment=text(["regress"] * n),
              host=text([f"node{i % 2 + 1:02d}" for i in range(n)]),
              program=text(["regress.py 40"] * n),
              trace=text([f"2611230930{i:02d}.node{i % 2 + 1:02d}.{4000 + i}.trace"
                          for i in range(n)]),
              info_first=starts[:-1].astype(np.uint64),
              info_bytes=np.array([len(i) for i in infos], np.uint64)).write(file, "runs")
        Table(run=np.arange(n, dtype=np.uint32), process=np.zeros(n, np.uint32),
              path=text([f"/scratch/traces/2611230930{i:02d}.trace" for i in range(n)]),
              bytes=np.full(n, 40_000_000, np.uint64),
              checksum=np.arange(n, dtype=np.uint64) + np.uint64(7)).write(file, "traces")
        roles = ["main"] if self.o.processes == 1 else \
            [f"rank {p}" for p in range(self.o.processes)]
        Table(role=text(roles), n_runs=np.full(len(roles), self.runs, np.uint32),
              n_calls=np.full(len(roles), self.per, np.uint64)).write(file, "processes")
        Table(schema=blob("see aggregate/schema/SCHEMA.md"), config=blob("{}"),
              run_info=blob("".join(infos)), labels=blob(self.labels),
              command=blob("pytracer parse --directory traces")).write(file, "meta")
        names = ["regress.py"]
        Table(path=text(names), first=np.array([0], np.uint64),
              bytes=np.array([len(SOURCE)], np.uint64),
              text=blob(SOURCE)).write(file, "sources")

    def write_functions(self, file):
        fs, rows = self.functions, self.function_rows
        calls = np.bincount(self.calls["function"], minlength=len(fs))
        flags = rows[:, 5].astype(np.uint32)
        flags[self.index["score"]] |= 2
        flags[self.index["_preprocess_data"]] |= 4
        n_partial = np.where(flags & 4, 2, 0).astype(np.uint64)
        Table(key=np.array([hash_of(f) for f in fs], np.uint64),
              module=text([f[1] for f in fs]), name=text([f[0] for f in fs]),
              file=text([f[2] for f in fs]), line=np.array([f[3] for f in fs], np.uint32),
              kind=np.array([f[4] for f in fs], np.uint32), n_calls=calls.astype(np.uint64),
              n_partial=n_partial, first_value=np.array(self.first_value, np.uint64),
              n_values=np.array(self.n_values, np.uint64),
              digits_in=rows[:, 0], digits_out=rows[:, 1], lost=rows[:, 2],
              self_lost=rows[:, 3], self_lost_max=rows[:, 4], rank=self.rank,
              flags=flags).write(file, "functions")
        v = self.values
        order = ["call", "function", "name", "phase", "kind", "dtype", "ndim", "shape_first",
                 "n_elements", "first_element", "n_stored", "n_runs", "sig_norm", "sig_min",
                 "sig_p05", "sig_median", "mean", "std", "min", "max", "n_nan", "n_inf",
                 "agreement", "label_first", "label_bytes", "flags", "first_tile", "first_position"]
        Table(**{key: v[key] for key in order}).write(file, "values")
        Table(name=text(self.names)).write(file, "names")
        Table(size=np.array(self.dims, np.uint64)).write(file, "dims")
        pairs, counts = np.unique(np.stack([
            np.where(self.calls["parent"] < 0, -1,
                     self.calls["function"][self.calls["parent"]]),
            self.calls["function"]]), axis=1, return_counts=True)
        Table(caller=pairs[0].astype(np.int64), callee=pairs[1].astype(np.uint32),
              n_calls=counts.astype(np.uint64)).write(file, "edges")

    def write_calls(self, file):
        c, n = self.calls, len(self.calls["function"])
        lines = np.array([SOURCE.rstrip().count("\n") + 1] + [self.line_of(s) for s in range(len(TEMPLATE))], np.uint32)
        site_names = ["<module>"] + ["main" if p < 0 else self.rename[TEMPLATE[p][0]]
                                     for _, p in TEMPLATE]
        site_files = ["regress.py"] + ["regress.py" if p < 0 else
                                       self.functions[self.index[self.rename[TEMPLATE[p][0]]]][2]
                                       for _, p in TEMPLATE]
        Table(file=text(site_files), name=text(site_names), line=lines,
              instruction=np.arange(len(lines), dtype=np.uint32) * 2).write(file, "sites")
        parents = [NONE32] + [0 if p < 0 else 1 + p for _, p in TEMPLATE]
        Table(parent=np.array(parents, np.uint32),
              site=np.arange(len(lines), dtype=np.uint32)).write(file, "paths")
        flags, n_runs = np.zeros(n, np.uint32), np.full(n, self.runs, np.uint32)
        odd = np.flatnonzero((c["function"] == self.index["_preprocess_data"]))[[1, -2]] \
            if self.turns > 2 else np.array([], int)
        flags[odd] |= 1
        n_runs[odd] = max(1, self.runs - 3)
        nan = (self.values["flags"] & 8) != 0
        flags[self.values["call"][nan].astype(np.int64)] |= 64
        raised = np.flatnonzero(c["function"] == self.index["dgelsd"])[-1:]
        flags[raised] |= 4
        refs = np.argsort(self.values["call"], kind="stable")
        counts = np.bincount(self.values["call"].astype(np.int64), minlength=n)
        start_ns = 1_790_000_000_000_000_000 + c["time"] * 41_000
        Table(key=(np.arange(n, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)),
              function=c["function"].astype(np.uint32),
              site=(c["slot"] + 1).astype(np.uint32), path=(c["slot"] + 1).astype(np.uint32),
              process=self.process.astype(np.uint32), thread=np.zeros(n, np.uint32),
              parent=c["parent"], time=c["time"].astype(np.uint64),
              end_time=c["end_time"].astype(np.uint64), start_ns=start_ns,
              end_ns=1_790_000_000_000_000_000 + c["end_time"] * 41_000,
              n_runs=n_runs, flags=flags, digits_in=self.digits_in,
              digits_out=self.digits_out, lost=self.lost, self_lost=self.self_lost,
              first_ref=(np.cumsum(counts) - counts).astype(np.uint64),
              n_refs=counts.astype(np.uint32)).write(file, "calls")
        Table(value=refs.astype(np.uint64)).write(file, "refs")
        Table(process=self.process[odd].astype(np.uint32), parent=c["parent"][odd],
              time=c["time"][odd].astype(np.uint64), site=(c["slot"][odd] + 1).astype(np.uint32),
              function=c["function"][odd].astype(np.uint32),
              n_runs=n_runs[odd], n_calls=np.full(len(odd), 2, np.uint64)
              ).write(file, "divergences")

    def line_of(self, slot):
        """Where the program's text makes that call."""
        calls = {"fit_normal_equations": "a = fit_", "matmul": "X.T @ X", "solve": "linalg.solve(gram",
                 "fit_qr": "b = fit_qr", "qr": "linalg.qr", "LinearRegression.fit": "c = Linear",
                 "score": "print(", "normal": "rng.normal("}
        wanted = calls.get(TEMPLATE[slot][0], "for turn in")
        return next(i for i, line in enumerate(SOURCE.split("\n"), 1) if wanted in line)

    def write_tiles(self, file):
        names = ["mean_min", "mean_max", "std_min", "std_max", "sig_min", "sig_max"]
        Table(**{name: np.concatenate([tiles[k] for tiles in self.tile_parts] or [np.zeros(0)])
                 for k, name in enumerate(names)}).write(file, "tiles")
        Table(element=np.zeros(0, np.uint64)).write(file, "positions")
        none = {"f": np.zeros(0), "u": np.zeros(0, np.uint32), "i": np.zeros(0, np.int64)}
        Table(min=none["f"], max=none["f"], n=none["u"], n_nan=none["u"], n_inf=none["u"]).write(
            file, "elements_ext")
        Table(digits=none["f"]).write(file, "contributing")
        Table(mean=none["f"], mean_low=none["f"], m2=none["f"], scale=none["i"], min=none["f"],
              max=none["f"], n=none["u"], n_nan=none["u"], n_inf=none["u"]).write(file, "merge")

    def write_elements(self, file):
        group = file.create_group("elements")
        if self.o.elements:
            total = max(self.o.elements, self.n_stored)
            for name in ["mean", "std", "sig"]:
                plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
                plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
                space = h5py.h5s.create_simple((total,))
                h5py.h5d.create(group.id, name.encode(), h5py.h5t.IEEE_F64LE, space, plist)
            return
        for k, name in enumerate(["mean", "std", "sig"]):
            parts = [p[k] for p in self.element_parts]
            group.create_dataset(name, data=np.concatenate(parts) if parts else np.zeros(0))


def tiles_of(planes):
    """Least and greatest of each tile (SCHEMA.md) of an array whose pictures have at least
    64 rows and columns."""
    rows, columns = planes.shape[-2:]
    assert rows >= 64 <= columns
    low, high = [], []
    for picture in planes.reshape(-1, rows, columns):
        for out, fold in [(low, np.fmin), (high, np.fmax)]:
            bands = fold.reduceat(picture, np.arange(0, rows, 64), axis=0)
            out.append(fold.reduceat(bands, np.arange(0, columns, 64), axis=1).ravel())
    return np.concatenate(low), np.concatenate(high)


def hash_of(function):
    key = 1469598103934665603
    for byte in repr(function[:5]).encode():
        key = (key ^ byte) * 1099511628211 % 2**64
    return key


def main():
    options = arguments()
    Maker(options).write(options.out)


if __name__ == "__main__":
    main()
