# benchmark: what tracing costs: ratio of the traced to the untraced run
"""Runs small programs with and without pytracer-trace and prints one Markdown table.

    trace_overhead.py [--scale S] [--repeat N] [NAME ...]

The time of a work is from after its imports to the end of its process, the least of N in
turns; so the closing of the trace counts, the start-up stands in rows of its own. Beside
each ratio: the bytes of the trace, and the time in which a plain pwrite leaves as many
bytes on the same disk. --scale shortens all loops.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

TRACE = Path(os.environ.get("PYTRACER_BIN", Path(__file__).parent.parent / "build/release/bin")) / "pytracer-trace"
NUMPY = {"modules_to_load": ["numpy"], "numpy": {"ufunc": True}}

# name: (configuration, imports, body; N is the number of repetitions, N)
WORKS = {
    "20,000 × np.sum of 100 doubles": (
        NUMPY, "import numpy as np; x = np.random.default_rng(1).normal(size=100)",
        "for _ in range(N): np.sum(x)", 20_000),
    "100 × np.sum of 2,000,000 doubles": (
        NUMPY, "import numpy as np; x = np.random.default_rng(1).normal(size=2_000_000)",
        "for _ in range(N): np.sum(x)", 100),
    "the same 100 with max_elements 1000": (
        {**NUMPY, "io": {"max_elements": 1000}}, "import numpy as np; x = np.random.default_rng(1).normal(size=2_000_000)",
        "for _ in range(N): np.sum(x)", 100),
    "the same 100 with all summaries": (
        {**NUMPY, "io": {"max_elements": 1000, "summaries": "all"}},
        "import numpy as np; x = np.random.default_rng(1).normal(size=2_000_000)",
        "for _ in range(N): np.sum(x)", 100),
    "200,000 × (x = x*a + b), 100 doubles": (
        NUMPY, "import numpy as np; x, a, b = np.random.default_rng(1).normal(size=(3, 100)); a /= 10",
        "for _ in range(N): x = x*a + b", 200_000),
    "fib(27), not traced": (
        {"modules_to_load": ["numpy"]},
        "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)",
        "for _ in range(N): fib(27)", 2),
    "100,000 traced Python calls, two floats": (
        {"modules_to_load": ["__main__"]}, "def f(x, y): return x * y",
        "for i in range(N): f(1.5, 2.5 + i)", 100_000),
    "1,000,000 of them: the memory stays": (
        {"modules_to_load": ["__main__"]}, "def f(x, y): return x * y",
        "for i in range(N): f(1.5, 2.5 + i)", 1_000_000),
    "40 × np.sqrt of 1,000,000 new doubles": (
        NUMPY, "import numpy as np; x = np.random.default_rng(1).normal(size=1_000_000)**2",
        "for i in range(N): x[0] = i; np.sqrt(x)", 40),
    "a transposed array of 96 MB is passed": (
        {"modules_to_load": ["__main__"]},
        "import numpy as np; x = np.random.default_rng(1).normal(size=(4000, 3000)).T\ndef f(x): pass",
        "for _ in range(N): f(x)", 1),
    "20 × LinearRegression.fit, 500×20": (
        {"modules_to_load": ["numpy", "scipy", "sklearn"]},
        "import numpy as np; from sklearn.linear_model import LinearRegression as L\n"
        "X = np.random.default_rng(1).normal(size=(500, 20)); y = X.sum(axis=1)",
        "for _ in range(N): L().fit(X, y)", 20),
}
STARTS = {
    "start-up, empty program": ({"modules_to_load": []}, "pass"),
    "start-up, numpy + scipy + sklearn": (
        {"modules_to_load": ["numpy", "scipy", "sklearn"]},
        "import numpy, scipy.linalg, scipy.optimize, sklearn.linear_model, sklearn.decomposition"),
}


def run(command, folder):
    """Seconds from the mark of the program (or its start), and largest resident MiB."""
    shutil.rmtree(folder / ".__pytracercache__", ignore_errors=True)
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    mark = folder / "mark"
    mark.write_text(str(time.monotonic()))
    pid = os.posix_spawnp(command[0], command, environment)
    _, status, usage = os.wait4(pid, 0)
    end = time.monotonic()
    if status != 0:
        raise SystemExit(f"{command} ended with status {status}")
    return end - float(mark.read_text()), usage.ru_maxrss / 1024


def both(configuration, code, repeat, folder):
    """((seconds, MiB) plain, (seconds, MiB) traced, bytes of the trace)."""
    (folder / "script.py").write_text(code)
    (folder / "configuration.json").write_text(json.dumps(configuration))
    plain = [sys.executable, "script.py"]
    traced = [str(TRACE), "--python", sys.executable, "--config", "configuration.json", "script.py"]
    pairs = [(run(plain, folder), run(traced, folder)) for _ in range(repeat)]
    size = sum(trace.stat().st_size for trace in (folder / ".__pytracercache__" / "traces").iterdir())
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs), size


def write_seconds(size, folder):
    """The time of leaving as many bytes on the disk by plain pwrite."""
    block, path = os.urandom(4 << 20), folder / "plain"
    begin = time.perf_counter()
    with open(path, "wb", buffering=0) as file:
        for at in range(0, size, len(block)):
            os.pwrite(file.fileno(), block[:size - at], at)
        os.fsync(file.fileno())
    seconds = time.perf_counter() - begin
    path.unlink()
    return seconds


def row(label, work, scale, repeat, folder):
    configuration, imports, body, n = work
    code = f"{imports}\nN = {max(1, int(n * scale))}\nimport time; open('mark', 'w').write(str(time.monotonic()))\n{body}\n"
    plain, traced, size = both(configuration, code, repeat, folder)
    print(f"| {label} | {plain[0]:.3f} s | {traced[0]:.3f} s | {traced[0] / plain[0]:.2f}× | {size / 1e6:.1f} MB "
          f"| {write_seconds(size, folder):.3f} s | {traced[1] - plain[1]:+.0f} MiB |", flush=True)


def start_row(label, configuration, code, repeat, folder):
    plain, traced, size = both(configuration, code, repeat, folder)
    print(f"| {label} | {plain[0]:.3f} s | {traced[0]:.3f} s | {traced[0] - plain[0]:+.3f} s | {size / 1e6:.1f} MB "
          f"| {write_seconds(size, folder):.3f} s | {traced[1] - plain[1]:+.0f} MiB |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("names", nargs="*", help="parts of the names of the works")
    options = parser.parse_args()
    def chosen(label):
        return not options.names or any(part in label for part in options.names)

    print("| work | untraced | traced | ratio | trace | plain write | memory |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=".") as name:
        here, folder = os.getcwd(), Path(name).resolve()
        os.chdir(folder)
        for label, (configuration, code) in STARTS.items():
            if chosen(label):
                start_row(label, configuration, code, options.repeat, folder)
        for label, work in WORKS.items():
            if chosen(label):
                row(label, work, options.scale, options.repeat, folder)
        os.chdir(here)


if __name__ == "__main__":
    main()
