# benchmark: what tracing the forty programs costs, beside a plain write of the same bytes
"""Runs each program of tests/workloads untraced and traced and prints one Markdown table.

    forty.py [--repeat N] [--modules A,B,…] [--ufuncs] [NAME ...]

Default configuration: every value of every function of numpy, scipy and sklearn, whole. The
two runs of a program follow one another, N times in turns, and the medians of both are
taken: the start-up counts. The ratio of processor times stands beside that of the times: on a
machine that others use it is the steadier one. Beside them stands the time in which a plain pwrite leaves the
bytes of the trace on the same disk. A program is above the goal if its ratio exceeds 2.5 and
it takes longer than 1.2 plain writes.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from trace_overhead import TRACE, write_seconds

PROGRAMS = sorted((Path(__file__).parent.parent / "tests" / "workloads").glob("s*/*.py"))
ENVIRONMENT = {**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
               "PYTHONWARNINGS": "ignore"}
EACH, WRITE, MEAN = 2.5, 1.2, 1.25  # the goals: for each program, and for the geometric mean


def seconds(command, folder):
    """(seconds, seconds of processor time)"""
    shutil.rmtree(folder / ".__pytracercache__", ignore_errors=True)
    before, begin = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    elapsed, after = time.perf_counter() - begin, os.times()
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.decode(errors='replace')}")
    return elapsed, sum(after[2:4]) - sum(before[2:4])


def trace_bytes(folder):
    return sum(trace.stat().st_size for trace in (folder / ".__pytracercache__" / "traces").iterdir())


def measure(program, repeat, configuration, folder):
    """(seconds untraced, seconds traced, ratio of processor times, bytes, seconds of a plain write): medians."""
    plain = [sys.executable, program]
    traced = [TRACE, "--python", sys.executable, "--config", configuration, "--command", program]
    seconds(plain, folder)  # the file cache is warm for both
    pairs = [(seconds(plain, folder), seconds(traced, folder)) for _ in range(repeat)]
    size = trace_bytes(folder)
    write = statistics.median(write_seconds(size, folder) for _ in range(repeat))
    plain, traced, plain_cpu, traced_cpu = (statistics.median(pair[which][i] for pair in pairs)
                                            for i in (0, 1) for which in (0, 1))
    return plain, traced, traced_cpu / plain_cpu, size, write


def is_above(plain, traced, write):
    return traced > max(EACH * plain, WRITE * write)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--modules", default="numpy,scipy,sklearn")
    parser.add_argument("--ufuncs", action="store_true", help="trace numpy's ufuncs too")
    parser.add_argument("names", nargs="*", help="parts of the names of the programs")
    options = parser.parse_args()
    programs = [p for p in PROGRAMS if not options.names or any(name in p.stem for name in options.names)]
    ratios = {}
    print("| program | untraced | traced | ratio | processor time | trace | plain write | |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        configuration = folder / "configuration.json"
        configuration.write_text(json.dumps({"modules_to_load": options.modules.split(","),
                                             "numpy": {"ufunc": options.ufuncs}}))
        for program in programs:
            plain, traced, cpu, size, write = measure(program.resolve(), options.repeat, configuration, folder)
            above = is_above(plain, traced, write)
            ratios[program.stem] = (traced / plain, cpu, above)
            print(f"| {program.stem} | {plain:.2f} s | {traced:.2f} s | {traced / plain:.2f}× | {cpu:.2f}× | {size / 1e6:.1f} MB "
                  f"| {write:.3f} s | {'above the goal' if above else ''} |", flush=True)
    mean, cpu = (math.exp(statistics.fmean(math.log(row[i]) for row in ratios.values())) for i in (0, 1))
    worst = max(ratios, key=lambda stem: ratios[stem][0])
    n_above = sum(row[2] for row in ratios.values())
    print(f"| geometric mean of {len(ratios)} (goal {MEAN}×) | | | {mean:.2f}× | {cpu:.2f}× | | | {n_above} above the goal |")
    print(f"| the worst: {worst} | | | {ratios[worst][0]:.2f}× | {ratios[worst][1]:.2f}× | | | |")


if __name__ == "__main__":
    main()
