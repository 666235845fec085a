# benchmark: experiments: `run` against the ideal time of its runs; `info` on a large cache
"""How much `pytracer run` adds to the runs themselves, and how long `info` takes.

    experiment.py [--runs N] [--traces N]

The ideal time is the sum of the run times that experiment.json records, over the cores.
`info` is run on a folder of small traces, beside a plain read of their first 4 KiB.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUILD = Path(os.environ.get("PYTRACER_BUILD", Path(__file__).parent.parent / "build/release"))
PYTRACER = BUILD / "bin" / "pytracer"
REPEAT = 3

PROGRAM = """\
import time
import numpy as np
rng = np.random.default_rng(1)
end = time.process_time() + 2.0
while time.process_time() < end:
    np.linalg.norm(rng.random(1000))
"""


def run(folder, runs, cores):
    (folder / "x.py").write_text(PROGRAM)
    start = time.perf_counter()
    subprocess.run([PYTRACER, "run", "-n", str(runs), "-j", str(cores), "--no-parse", "--no-reference",
                    "--no-fuzzy", "--python", sys.executable, "--experiment", "e", "x.py"],
                   cwd=folder, check=True, capture_output=True)
    took = time.perf_counter() - start
    record = json.loads((folder / "e/experiment.json").read_text())
    ideal = sum(r["seconds"] for r in record["runs"]) / cores
    shutil.rmtree(folder / "e")
    return took, ideal


def copies(folder, number):
    """One small trace under as many names as there would be runs."""
    (folder / "y.py").write_text("import numpy as np\nnp.linalg.norm([1.0, 2.0])\n")
    subprocess.run([PYTRACER, "trace", "--python", sys.executable, "--output", folder / "one.trace",
                    "--command", "y.py"], cwd=folder, check=True, capture_output=True)
    many = folder / "many"
    many.mkdir()
    content = (folder / "one.trace").read_bytes()
    for i in range(number):
        (many / f"26010101{i // 60 % 60:02}{i % 60:02}.node{i}.{i + 1}.trace").write_bytes(content)
    return many


def info(many):
    start = time.perf_counter()
    done = subprocess.run([PYTRACER, "info", "--trace", "--directory", many], check=True,
                          capture_output=True, text=True)
    took = time.perf_counter() - start
    assert done.stdout.count("Args:") == len(list(many.iterdir()))
    return took


def plain(many):
    start = time.perf_counter()
    for entry in os.scandir(many):
        with open(entry.path, "rb", buffering=0) as f:
            f.read(4096)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--traces", type=int, default=10000)
    given = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="pytracer-bench.") as name:
        folder = Path(name)
        took, ideal = run(folder, given.runs, cores)
        many = copies(folder, given.traces)
        listed = statistics.median(info(many) for _ in range(REPEAT))
        read = statistics.median(plain(many) for _ in range(REPEAT))
    print("| work | s | beside it | s | ratio | goal |")
    print("|---|---|---|---|---|---|")
    print(f"| `run` of {given.runs} programs on {cores} cores | {took:.2f} | sum of run times / cores | "
          f"{ideal:.2f} | {took / ideal:.3f} | 1.05 |")
    print(f"| `info` on {given.traces:,} traces | {listed:.2f} | first 4 KiB of each, in Python | {read:.2f} | "
          f"{listed / read:.2f} | 1 s |")


if __name__ == "__main__":
    main()
