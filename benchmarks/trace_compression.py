# benchmark: packed traces (io.compression): what they cost the program and the aggregation, and what they save
"""Traces programs and aggregates traces, packed and not, and prints one Markdown table.

    trace_compression.py [--scale S] [--repeat N] [NAME ...]

A program runs under stochastic rounding (numpy, python) as in `pytracer run`, untraced, traced, and
traced with --compression lz4, in turns; its time is from start to end, with the seal of the trace. A
plain write leaves the bytes of the trace that is not packed on the same disk. An aggregation is
of made-up runs on one rank with one thread, from a warm cache, so that it shows what unpacking
costs where reading is free; beside its time the bytes that it read. Medians of N; CPU are processor
seconds. --scale shortens what is made up.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from forty import ENVIRONMENT, PROGRAMS
from trace_overhead import TRACE, write_seconds

BUILD = Path(os.environ.get("PYTRACER_BUILD", Path(__file__).parent.parent / "build/release"))
HOWS = ("none", "lz4")
TRACED = ("classifier_comparison", "global_optimization", "orthogonal_matching_pursuit", "root_finding_krylov")
# Of the size of the first work of aggregate.py, quartered.
RUNS = {"arrays, 5 runs": dict(runs=5, calls=500, elements=10000, scalars=5000),
        "scalars, 5 runs": dict(runs=5, calls=0, elements=0, scalars=250000)}


def timed(command, folder):
    """(seconds, processor seconds, what it printed)"""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    elapsed, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.decode(errors='replace')}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return elapsed, cpu, done.stdout.decode(errors="replace")


def medians(samples):
    return [statistics.median(s[i] for s in samples) for i in range(2)]


def trace_row(program, repeat, folder):
    plain = [TRACE, "--python", sys.executable, "--no-trace", "--quiet"]
    traced = [TRACE, "--python", sys.executable, "--output", folder / "trace", "--compression"]
    rest = ["--fuzzy=numpy,python", "--seed", "1", "--command", program]
    samples, size = {how: [] for how in ("untraced", *HOWS)}, {}
    for _ in range(repeat):
        samples["untraced"].append(timed([*plain, *rest], folder))
        for how in HOWS:
            samples[how].append(timed([*traced, how, *rest], folder))
            size[how] = (folder / "trace").stat().st_size
            (folder / "trace").unlink()
    untraced = medians(samples["untraced"])
    row(f"trace {program.stem}, {untraced[0]:.2f} s untraced", {how: medians(samples[how]) for how in HOWS}, size,
        write_seconds(size["none"], folder))


def aggregate_row(label, work, repeat, folder):
    samples, read = {how: [] for how in HOWS}, {}
    for how in HOWS:
        subprocess.run([BUILD / "benchmarks" / "make_traces", folder / how, f"packed={int(how == 'lz4')}"]
                       + [f"{k}={v}" for k, v in work.items()], check=True)
    for _ in range(repeat):
        for how in HOWS:
            samples[how].append(timed([BUILD / "bin" / "pytracer-parse", "--directory", folder / how, "--output",
                                       folder / "result.h5", "--force", "--threads", "1", "--traffic"], folder))
            rows = re.findall(r"^\| [A-Z][^|]*\| \d+ \| \d+ \| (\d+) \|", samples[how][-1][2], re.M)
            read[how] = sum(map(int, rows))
    row(f"aggregate {label}", {how: medians(samples[how]) for how in HOWS}, read,
        write_seconds((folder / "result.h5").stat().st_size, folder))


def row(label, spent, size, write):
    none, lz4 = spent["none"], spent["lz4"]
    print(f"| {label} | {none[0]:.2f} s, {none[1]:.2f} CPU s | {size['none'] / 1e6:.1f} MB "
          f"| {lz4[0]:.2f} s, {lz4[1]:.2f} CPU s | {size['lz4'] / 1e6:.1f} MB "
          f"| {size['none'] / size['lz4']:.2f}× | {lz4[0] / none[0]:.2f}, {lz4[1] / none[1]:.2f} | {write:.2f} s |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("names", nargs="*", help="parts of the names of the works")
    options = parser.parse_args()

    def chosen(name):
        return not options.names or any(part in name for part in options.names)

    print("| work | not packed | bytes | lz4 | bytes | bytes, ratio | time and CPU, ratio | plain write |")
    print("|---|---|---|---|---|---|---|---|")
    for program in PROGRAMS:
        if program.stem in TRACED and chosen("trace " + program.stem):
            with tempfile.TemporaryDirectory(dir=".") as name:
                trace_row(program, options.repeat, Path(name).resolve())
    for label, work in RUNS.items():
        if chosen("aggregate " + label):
            shrunk = {k: max(1, int(v * options.scale)) if k in ("calls", "scalars") and v else v for k, v in work.items()}
            with tempfile.TemporaryDirectory(dir=".") as name:
                aggregate_row(label, shrunk, options.repeat, Path(name).resolve())


if __name__ == "__main__":
    main()
