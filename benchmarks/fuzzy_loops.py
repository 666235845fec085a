# benchmark: what stochastic rounding costs: ratio to the unperturbed operation
"""Times numpy's operations and Python's own, plain and under --fuzzy, each in one process
under pytracer-trace without a trace, and prints one Markdown table.

    fuzzy_loops.py [--repeat N]

L1: three arrays of 1000 elements; memory: arrays of 10^6. The two processes work in turns:
the times (of the processor) are the least of N, the ratio is the median of those of the N
pairs, which a machine with neighbours disturbs less. "Pass" is a plain pass over the same memory:
numpy's bitwise operations on the same bits, which compute next to nothing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TRACE = Path(os.environ.get("PYTRACER_BIN", Path(__file__).parent.parent / "build/release/bin")) / "pytracer-trace"

PROGRAM = r"""
import json, sys, time, timeit
import numpy as np
random = np.random.default_rng(1)
works, passes = {}, {}
for dtype in ("float64", "float32"):
    for n, where in ((1000, "in L1"), (1000000, "10^6")):
        a, b = (random.random(n).astype(dtype) + half for half in (np.dtype(dtype).type(0.5),) * 2)
        out = np.empty_like(a)
        for name in ("add", "multiply", "divide", "sqrt", "exp"):
            args = (a,) if name in ("sqrt", "exp") else (a, b)
            works[f"{name}, {dtype} {where}"] = lambda f=getattr(np, name), args=args, out=out: f(*args, out=out)
            bits = [x.view(f"i{x.itemsize}") for x in (*args, out)]
            passes[f"{name}, {dtype} {where}"] = lambda f=(np.bitwise_or, np.invert)[len(args) == 1], bits=bits: f(*bits)
        works[f"sum, {dtype} {where}"] = lambda a=a: np.add.reduce(a)
        passes[f"sum, {dtype} {where}"] = lambda a=a.view(f"i{a.itemsize}"): np.bitwise_or.reduce(a)
rows = random.random((1000, 1000))
works["cumsum, float64 10^6"] = lambda a=random.random(1000000): np.add.accumulate(a)
works["sum of columns, 1000 × 1000"] = lambda: rows.sum(axis=0)
passes["sum of columns, 1000 × 1000"] = lambda: np.bitwise_or.reduce(rows.view("i8"), axis=0)
works["sum of 3 columns, 10^5 rows"] = lambda r=random.random((100000, 3)): r.sum(axis=1)
works["multiply by zeros, 10^6"] = lambda z=np.zeros(1000000), a=random.random(1000000): z * a
works["numpy.float64 scalars"] = lambda x=np.float64(1.1), y=np.float64(0.3): (x + y) * y
def loop():
    s = 0.0
    for i in range(1000):
        s = s + 1.000001 * 0.5 * s - 0.25
works["Python loop, 1000 × 3 operations"] = loop
works["sum of a list of 1000 floats"] = lambda x=[0.1] * 1000: sum(x)
print(json.dumps([list(works), list(passes)]), flush=True)
for line in sys.stdin:
    name, number, passing = json.loads(line)
    print(timeit.timeit((passes if passing else works)[name], timer=time.process_time, number=number) / number, flush=True)
"""


class Process:
    """Runs what it is asked for and says how long once took."""

    def __init__(self, program, *options):
        self.process = subprocess.Popen(
            [TRACE, "--python", sys.executable, "--report", "only", *options, "--command", program],
            cwd=program.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.works, self.passes = json.loads(self.process.stdout.readline())

    def seconds(self, name, number, passing=False):
        print(json.dumps([name, number, passing]), file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def measure(plain, fuzzy, name, repeat):
    """(least time plain, least time perturbed, median ratio, least time of a pass or None)"""
    number = 1
    while plain.seconds(name, number) * number < 0.002:
        number *= 2
    fuzzy.seconds(name, number)
    pairs = [(plain.seconds(name, number), fuzzy.seconds(name, number)) for _ in range(repeat)]
    return (min(p for p, _ in pairs), min(f for _, f in pairs),
            statistics.median(f / p for p, f in pairs),
            min(plain.seconds(name, number, True) for _ in range(repeat)) if name in plain.passes else None)


def time(seconds):
    return f"{seconds * 1e9:.0f} ns" if seconds < 1e-5 else f"{seconds * 1e6:.0f} µs"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15)
    repeat = parser.parse_args().repeat
    print("| operation | stochastic rounding | plain | ratio | pass |")
    print("|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "work.py"
        program.write_text(PROGRAM)
        with Process(program) as plain, Process(program, "--fuzzy=numpy,python", "--seed", "1") as fuzzy:
            for name in plain.works:
                least_plain, least, ratio, bare = measure(plain, fuzzy, name, repeat)
                print(f"| {name} | {time(least)} | {time(least_plain)} | {ratio:.2f} | {time(bare) if bare else '–'} |", flush=True)


if __name__ == "__main__":
    main()
