# benchmark: what stochastic rounding costs: ratio to the unperturbed operation
"""Times numpy's operations and Python's own, plain and under --fuzzy, each in one process
under pytracer-trace without a trace, and prints one Markdown table.

    fuzzy_loops.py [--repeat N]

L1: three arrays of 1000 elements; memory: arrays of 10^6. The least time of N.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TRACE = Path(os.environ.get("PYTRACER_BIN", Path(__file__).parent.parent / "build/release/bin")) / "pytracer-trace"

PROGRAM = r"""
import json, sys, timeit
import numpy as np
random = np.random.default_rng(1)
works = {}
for dtype in ("float64", "float32"):
    for n, where in ((1000, "in L1"), (1000000, "10^6")):
        a, b = (random.random(n).astype(dtype) + half for half in (np.dtype(dtype).type(0.5),) * 2)
        out = np.empty_like(a)
        for name in ("add", "multiply", "divide", "sqrt", "exp"):
            args = (a,) if name in ("sqrt", "exp") else (a, b)
            works[f"{name}, {dtype} {where}"] = lambda f=getattr(np, name), args=args, out=out: f(*args, out=out)
        works[f"sum, {dtype} {where}"] = lambda a=a: np.add.reduce(a)
rows = random.random((1000, 1000))
works["cumsum, float64 10^6"] = lambda a=random.random(1000000): np.add.accumulate(a)
works["sum of columns, 1000 × 1000"] = lambda: rows.sum(axis=0)
works["sum of 3 columns, 10^5 rows"] = lambda r=random.random((100000, 3)): r.sum(axis=1)
works["multiply by zeros, 10^6"] = lambda z=np.zeros(1000000), a=random.random(1000000): z * a
works["numpy.float64 scalars"] = lambda x=np.float64(1.1), y=np.float64(0.3): (x + y) * y
def loop():
    s = 0.0
    for i in range(1000):
        s = s + 1.000001 * 0.5 * s - 0.25
works["Python loop, 1000 × 3 operations"] = loop
works["sum of a list of 1000 floats"] = lambda x=[0.1] * 1000: sum(x)
result = {}
for name, work in works.items():
    number = 1
    while timeit.timeit(work, number=number) < 0.002:
        number *= 2
    result[name] = min(timeit.repeat(work, number=number, repeat=int(sys.argv[1]))) / number
json.dump(result, sys.stdout)
"""


def times(options, repeat):
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "work.py"
        program.write_text(PROGRAM)
        done = subprocess.run(
            [TRACE, "--python", sys.executable, "--report", "only", *options, "--command",
             program, str(repeat)], cwd=folder, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def time(seconds):
    return f"{seconds * 1e9:.0f} ns" if seconds < 1e-5 else f"{seconds * 1e6:.0f} µs"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15)
    repeat = parser.parse_args().repeat
    plain, fuzzy = times([], repeat), times(["--fuzzy=numpy,python", "--seed", "1"], repeat)
    print("| operation | stochastic rounding | plain | ratio |")
    print("|---|---:|---:|---:|")
    for name in plain:
        print(f"| {name} | {time(fuzzy[name])} | {time(plain[name])} | {fuzzy[name] / plain[name]:.2f} |")


if __name__ == "__main__":
    main()
