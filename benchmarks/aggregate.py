# benchmark: aggregation: traces to result, against reading the traces and writing the result plainly
"""Aggregates made-up traces and prints one Markdown table.

    aggregate.py [--scale S] [--repeat N] [--work NAME]

Each work is done by pytracer-parse as ranks × threads; beside it, in the same minute and
with as many processes: reading the same files (warm cache), and writing a file as large
as the result with fsync, a file of its own for each process; the result is written with
fsync too. CPU: processor seconds of all processes, which a busy machine prolongs less
than the time. The least of N. --scale shrinks the traces; at 1 the first work
is 2000 calls × 10,000 float64 in and out and 20,000 scalar calls in each of 5 runs.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from multiprocessing import Process
from pathlib import Path

BUILD = Path(os.environ.get("PYTRACER_BUILD", Path(__file__).parent.parent / "build/release"))
PARSE = BUILD / "bin" / "pytracer-parse"
MAKE = BUILD / "benchmarks" / "make_traces"
MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none", "--mca", "pml", "ob1",
          "--mca", "btl", "self,vader"]

WORKS = {
    "arrays, 5 runs": dict(runs=5, calls=2000, elements=10000, scalars=20000),
    "arrays, 20 runs": dict(runs=20, calls=2000, elements=10000, scalars=20000),
    "scalars, 10 runs": dict(runs=10, calls=0, elements=0, scalars=1000000),
}
SHAPES = [(1, 1), (1, 2), (2, 1)]


def read_files(files):
    buffer = bytearray(8 << 20)
    for path in files:
        with open(path, "rb", buffering=0) as f:
            while f.readinto(buffer):
                pass


def write_file(path, size):
    block = bytes(8 << 20)
    with open(path, "wb", buffering=0) as f:
        for at in range(0, size, len(block)):
            f.write(block[:min(len(block), size - at)])
        os.fsync(f.fileno())
    os.unlink(path)


class Least:
    """The least time, and the least processor time of the children, of several goes."""

    def __init__(self):
        self.seconds = self.cpu = float("inf")

    def take(self, work):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        result = work()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds = min(self.seconds, time.perf_counter() - start)
        self.cpu = min(self.cpu, after.ru_utime - before.ru_utime
                       + after.ru_stime - before.ru_stime)
        return result


def together(target, arguments):
    jobs = [Process(target=target, args=a) for a in arguments]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()


def aggregate(folder, result, ranks, threads):
    command = (MPIRUN + ["-n", str(ranks)] if ranks > 1 else []) + [
        PARSE, "--directory", folder, "--output", result, "--force", "--quiet",
        "--threads", str(threads)]
    job = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(job.pid, 0)
    if status:
        sys.exit(f"aggregate.py: {PARSE} failed")
    return usage.ru_maxrss / 1024  # of the largest process


def records(size):
    """Of all traces: enter and exit of each call, and its values."""
    return size["runs"] * (size["calls"] * 2 * 2 + size["calls"] * 3 + size["scalars"] * 5)


def measure(name, size, repeat):
    with tempfile.TemporaryDirectory(dir=os.environ.get("PYTRACER_BENCH_DIR")) as scratch:
        folder, result = Path(scratch) / "traces", Path(scratch) / "result.h5"
        subprocess.run([MAKE, folder] + [f"{k}={v}" for k, v in size.items()], check=True)
        files = sorted(folder.iterdir())
        data = sum(f.stat().st_size for f in files)
        read_files(files)
        for ranks, threads in SHAPES:
            ours, read, write = Least(), Least(), Least()
            memory = 0
            for _ in range(repeat):
                memory = max(memory, ours.take(
                    lambda: aggregate(folder, result, ranks, threads)))
                out = result.stat().st_size
                read.take(lambda: together(
                    read_files, [(files[r::ranks],) for r in range(ranks)]))
                write.take(lambda: together(
                    write_file, [(f"{scratch}/plain{r}", out // ranks) for r in range(ranks)]))
            s, plain = ours.seconds, read.seconds + write.seconds
            print(f"| {name}, {data / 1e9:.2f} GB → {out / 1e9:.2f} GB | {ranks} × {threads} "
                  f"| {s:.2f} | {read.seconds:.2f} | {write.seconds:.2f} | {s / plain:.2f} "
                  f"| {ours.cpu:.2f} | {read.cpu + write.cpu:.2f} "
                  f"| {data / s / 1e9:.2f} | {records(size) / s / ranks / 1e6:.2f} "
                  f"| {records(size) / ours.cpu / 1e6:.2f} | {memory:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=0.25)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--work", help="only those that begin so: arrays, scalars, …")
    options = parser.parse_args()
    if not PARSE.exists() or not MAKE.exists():
        sys.exit(f"aggregate.py: {PARSE} and {MAKE} are not both built")
    print("| work | ranks × threads | s | raw read, s | plain write, s | "
          "s / (read + write) | CPU, s | CPU of read + write, s | GB/s | "
          "M records/s per rank | M records per CPU s | MB per rank |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for name, size in WORKS.items():
        if not name.startswith(options.work or ""):
            continue
        shrunk = {k: max(1, int(v * options.scale)) if k in ("calls", "scalars") and v else v
                  for k, v in size.items()}
        measure(name, shrunk, options.repeat)


main()
