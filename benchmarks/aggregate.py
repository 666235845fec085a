# benchmark: aggregation: traces to result, against reading the traces and writing the result plainly
"""Aggregates made-up traces and prints two Markdown tables.

    aggregate.py [--scale S] [--repeat N] [--work NAME]

Each work is done by pytracer-parse as ranks × threads; beside it, in the same minute and
with as many processes: reading the same files (warm cache), and writing a file as large
as the result with fsync, a file of its own for each process; the result is written with
fsync too. Neither counts the removal of what was written before. CPU: processor seconds of
all processes, which a busy machine prolongs less than the time. The least of N. --scale
shrinks the traces; at 1 the first work is 2000 calls × 10,000 float64 in and out and 20,000
scalar calls in each of 5 runs.

The second table compares 2 ranks with 1: reading, aligning and measuring, that is the phases
that pytracer-parse logs up to "Measured", on as many cores as there are ranks. The elements go
to a file system in memory; what "Wrote" says and the start of the processes are apart. Beside
it the most that the machine gives: two single ranks at once, each with half of the calls and
nothing to do with the other.
"""

import argparse
import os
import re
import resource
import shutil
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


def command_for(folder, result, ranks, threads):
    return (MPIRUN + ["-n", str(ranks)] if ranks > 1 else []) + [
        PARSE, "--directory", folder, "--output", result, "--threads", str(threads)]


def aggregate(folder, result, ranks, threads):
    job = subprocess.Popen(command_for(folder, result, ranks, threads) + ["--quiet"],
                           stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(job.pid, 0)
    if status:
        sys.exit(f"aggregate.py: {PARSE} failed")
    return usage.ru_maxrss / 1024  # of the largest process


def started(folder, result, ranks, cores):
    """A core for each rank: one rank alone would have its results copied by the core of the other."""
    result.unlink(missing_ok=True)
    return subprocess.Popen(command_for(folder, result, ranks, 1), text=True,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            preexec_fn=lambda: os.sched_setaffinity(0, cores))


def measured_seconds(job):
    """Until the elements are measured, without the start of the processes."""
    log = job.communicate()[1]
    phases = dict(re.findall(r"(Found|Aligned|Read|Measured) .* in ([0-9.]+) s", log))
    if job.returncode or len(phases) != 4:
        sys.exit(f"aggregate.py: the phases are not in the log of {PARSE}: {log}")
    return sum(map(float, phases.values()))


def compare(name, folder, half, repeat):
    """One row: 1 rank, 2 ranks, 2 that share nothing; in turn, the least of each."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    least = [float("inf")] * 3
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as m:
        for _ in range(repeat):
            seconds = [measured_seconds(started(folder, Path(m) / "result.h5", ranks, cores[:ranks]))
                       for ranks in (1, 2)]
            apart = [started(half, Path(m) / f"half{core}.h5", 1, [core]) for core in cores]
            seconds.append(max([measured_seconds(job) for job in apart]))
            least = list(map(min, least, seconds))
    one, two, halves = least
    return f"| {name} | {one:.2f} | {two:.2f} | {one / two:.2f} | 1.8 | {halves:.2f} | {one / halves:.2f} |"


def records(size):
    """Of all traces: enter and exit of each call, and its values."""
    return size["runs"] * (size["calls"] * 2 * 2 + size["calls"] * 3 + size["scalars"] * 5)


def measure(name, size, repeat):
    with tempfile.TemporaryDirectory(dir=os.environ.get("PYTRACER_BENCH_DIR")) as scratch:
        folder, half, result = (Path(scratch) / name for name in ("traces", "half", "result.h5"))
        for place, share in (folder, 1), (half, 2):
            subprocess.run([MAKE, place] + [f"{k}={v // share if k in ('calls', 'scalars') else v}"
                                            for k, v in size.items()], check=True)
        files = sorted(folder.iterdir())
        data = sum(f.stat().st_size for f in files)
        read_files(files)
        row = compare(name, folder, half, repeat)
        shutil.rmtree(half)
        for ranks, threads in SHAPES:
            ours, read, write = Least(), Least(), Least()
            memory = 0
            for _ in range(repeat):
                result.unlink(missing_ok=True)
                memory = max(memory, ours.take(
                    lambda: aggregate(folder, result, ranks, threads)))
                out = result.stat().st_size
                read.take(lambda: together(
                    read_files, [(files[r::ranks],) for r in range(ranks)]))
                write.take(lambda: together(
                    write_file, [(f"{scratch}/plain{r}", out // ranks) for r in range(ranks)]))
                for r in range(ranks):
                    os.unlink(f"{scratch}/plain{r}")
            s, plain = ours.seconds, read.seconds + write.seconds
            print(f"| {name}, {data / 1e9:.2f} GB → {out / 1e9:.2f} GB | {ranks} × {threads} "
                  f"| {s:.2f} | {read.seconds:.2f} | {write.seconds:.2f} | {s / plain:.2f} "
                  f"| {ours.cpu:.2f} | {read.cpu + write.cpu:.2f} "
                  f"| {data / s / 1e9:.2f} | {records(size) / s / ranks / 1e6:.2f} "
                  f"| {records(size) / ours.cpu / 1e6:.2f} | {memory:.0f} |", flush=True)
    return row


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
    rows = []
    for name, size in WORKS.items():
        if not name.startswith(options.work or ""):
            continue
        shrunk = {k: max(1, int(v * options.scale)) if k in ("calls", "scalars") and v else v
                  for k, v in size.items()}
        rows.append(measure(name, shrunk, options.repeat))
    print("\n| read + align + compute, the write apart | 1 rank, s | 2 ranks, s | 1 / 2 | goal | "
          "2 apart, s | 1 / 2 apart |\n|---|---|---|---|---|---|---|\n" + "\n".join(rows))


main()
