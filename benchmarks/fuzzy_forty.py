# benchmark: what perturbing the forty programs costs, without tracing and with it
"""Runs each program of tests/workloads plain, perturbed (layers numpy and python), and perturbed
and traced, in turns; medians, and the geometric means of the ratios. Start-up counts.

    fuzzy_forty.py [--repeat N] [--layers LIST] [NAME ...]

Goals: 1.5 without tracing, 2 with it. A program that ends differently under the perturbation
(an optimisation that no longer converges, say) is listed as such.
"""

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from forty import ENVIRONMENT, PROGRAMS
from trace_overhead import TRACE


def run(command, folder):
    """(seconds, exit status)"""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin, done.returncode


def measure(program, layers, repeat):
    """Medians of the seconds (plain, perturbed, perturbed and traced), and the statuses."""
    trace = [TRACE, "--python", sys.executable, "--fuzzy=" + layers, "--seed", "1"]
    commands = ([sys.executable, program], [*trace, "--report", "only", "--command", program],
                [*trace, "--command", program])
    runs = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            runs.append([run(command, folder) for command in commands])
    seconds = [statistics.median(r[i][0] for r in runs) for i in range(3)]
    return seconds, [max(r[i][1] for r in runs) for i in range(3)]


def geometric(ratios):
    return math.exp(statistics.fmean(map(math.log, ratios)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--layers", default="numpy,python")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    chosen = [p for p in PROGRAMS if not options.names or p.stem in options.names]
    perturbed, traced = [], []
    print("| program | plain | perturbed | ratio | and traced | ratio |\n|---|---:|---:|---:|---:|---:|")
    for program in map(Path, chosen):
        (plain, fuzzy, both), statuses = measure(program, options.layers, options.repeat)
        if statuses[0] != 0:
            sys.exit(f"{program} does not run with {sys.executable}: status {statuses[0]}")
        perturbed.append(fuzzy / plain)
        traced.append(both / plain)
        note = "" if statuses == [0, 0, 0] else f" (status {statuses[1]}, {statuses[2]})"
        print(f"| {program.stem}{note} | {plain:.2f} s | {fuzzy:.2f} s | {fuzzy / plain:.2f} | "
              f"{both:.2f} s | {both / plain:.2f} |", flush=True)
    print(f"| geometric mean of {len(perturbed)}; goals 1.5, 2 | | | {geometric(perturbed):.2f} | | "
          f"{geometric(traced):.2f} |")


if __name__ == "__main__":
    main()
