# benchmark: what stochastic rounding costs: ratio to the unperturbed operation
"""Times numpy's operations and Python's own, plain and under --fuzzy, under pytracer-trace
without a trace, and prints one Markdown table.

    fuzzy_loops.py [--repeat N]

L1: three arrays of 1000 elements, plain in a process of their own; memory: arrays of 10^6,
plain in the same process and on the same arrays (--fuzzy-except), first and second in turns, so
that both meet the same caches. N rounds go through all operations, so that a bad moment of the
machine meets one sample of many. The times (of the processor) are the least of N, the ratio is
the median of those of the N pairs, "of the least" that of the times shown. "Pass" is a plain
pass over the same memory: numpy's bitwise operations on the same bits, which compute next to
nothing.
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
def perturbed(work, number):
    work()  # brings its memory into the caches
    return timeit.timeit(work, timer=time.process_time, number=number) / number
def plain(work, number):
    return perturbed(work, number)
kinds = {"perturbed": (perturbed, works), "plain": (plain, works), "pass": (plain, passes)}
print(json.dumps([list(works), list(passes)]), flush=True)
for line in sys.stdin:
    name, number, kind = json.loads(line)
    time_it, those = kinds[kind]
    print(time_it(those[name], number), flush=True)
"""


class Process:
    """Runs what it is asked for and says how long once took."""

    def __init__(self, program, *options):
        self.process = subprocess.Popen(
            [TRACE, "--python", sys.executable, "--report", "only", *options, "--command", program],
            cwd=program.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.works, self.passes = json.loads(self.process.stdout.readline())

    def seconds(self, name, number, kind):
        print(json.dumps([name, number, kind]), file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Work:
    """The times of one operation: plain, perturbed, and of a pass where there is one."""

    def __init__(self, name, plain, fuzzy):
        self.name, self.plain, self.fuzzy, self.pairs, self.passes = name, plain, fuzzy, [], []
        self.number = 1
        while plain.seconds(name, self.number, "plain") * self.number < 0.002:
            self.number *= 2

    def sample(self, kind):
        process = self.fuzzy if kind == "perturbed" else self.plain
        return process.seconds(self.name, self.number, kind)

    def once(self, turn):
        kinds = ["plain", "perturbed"]
        times = {kind: self.sample(kind) for kind in (kinds if turn else kinds[::-1])}
        self.pairs.append([times[kind] for kind in kinds])
        if self.name in self.plain.passes:
            self.passes.append(self.sample("pass"))

    def row(self):
        plain, perturbed = (min(times) for times in zip(*self.pairs))
        ratio = statistics.median(f / p for p, f in self.pairs)
        return (f"| {self.name} | {time(perturbed)} | {time(plain)} | {ratio:.2f} | {perturbed / plain:.2f} "
                f"| {time(min(self.passes)) if self.passes else '–'} |")


def time(seconds):
    return f"{seconds * 1e9:.0f} ns" if seconds < 1e-5 else f"{seconds * 1e6:.0f} µs"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=25)
    repeat = parser.parse_args().repeat
    print("| operation | stochastic rounding | plain | ratio | of the least | pass |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "work.py"
        program.write_text(PROGRAM)
        options = ["--fuzzy=numpy,python", "--seed", "1"]
        with Process(program) as plain, Process(program, *options) as fuzzy, \
                Process(program, *options, "--fuzzy-except", "__main__.plain") as both:
            works = [Work(name, both, both) if any(size in name for size in ("10^6", "1000 × 1000"))
                     else Work(name, plain, fuzzy) for name in plain.works]
            for turn in range(repeat):
                for work in works:
                    work.once(turn % 2)
            print("\n".join(work.row() for work in works))


if __name__ == "__main__":
    main()
