# benchmark: counted opens, bytes and messages of each phase of the aggregation, against the model of scaling.md
"""Runs pytracer-parse --traffic on 1 … 64 ranks and prints what it counts beside the model.

    scaling.py [--most RANKS]

The counts do not depend on the machine or its load: 64 ranks may share one core.
"""

import argparse
import math
import os
import subprocess
import tempfile
from pathlib import Path

BUILD = Path(os.environ.get("PYTRACER_BUILD", Path(__file__).parent.parent / "build/release"))
MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none", "--mca", "pml", "ob1",
          "--mca", "btl", "self,vader"]
BLOCK = 1 << 20           # a full block of a trace
BINS = 8 << 16            # bytes of the histogram by which calls are given to ranks
PHASES = ("Found", "Aligned", "Read", "Measured", "Wrote")
COUNTS = ("opens", "read", "collectives", "messages", "sent", "written")


def counted(folder, result, ranks, parse=None):
    """{phase: {count: sum over ranks, "most count": of one}} of one aggregation."""
    done = subprocess.run(
        MPIRUN + ["-n", str(ranks), parse or BUILD / "bin/pytracer-parse", "--directory",
                  folder, "--output", result, "--force", "--threads", "1", "--least-share",
                  "0", "--traffic"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1"))
    rows = [line.strip("| \n").split(" | ") for line in done.stdout.splitlines()
            if line.startswith("| ") and line[2:].split(" ")[0] in PHASES]
    found = {}
    for phase, *numbers in rows:
        numbers = [int(n) for n in numbers]
        found[phase] = dict(zip(COUNTS, numbers[::2]))
        found[phase].update(zip(("most " + c for c in COUNTS), numbers[1::2]))
    return found


def log2(ranks):
    return math.ceil(math.log2(ranks)) if ranks > 1 else 0


class Model:
    """From what 1, 4 and 16 ranks count to any number of ranks; see scaling.md."""

    def __init__(self, one, four, sixteen, files):
        self.one, self.files = one, files
        self.definitions = one["Found"]["read"] / files
        self.trees, self.exchanges, self.records = {}, {}, {}
        for phase in PHASES:
            # most messages of a rank: trees · log₂ ranks + exchanges · (ranks − 1)
            a, b = four[phase]["most messages"], sixteen[phase]["most messages"]
            self.exchanges[phase] = (b - 2 * a) / 9
            self.trees[phase] = (a - 3 * self.exchanges[phase]) / 2
        # bytes of calls that change their rank, and the histogram in a tree
        self.moved = (four["Aligned"]["sent"] - 4 * 2 * BINS) / (1 - 1 / 4)

    def opens(self, ranks):
        return {"Found": self.files, "Aligned": self.files, "Read": self.files * ranks,
                "Measured": 0, "Wrote": 0}

    def read(self, ranks):
        again = (ranks - 1) * self.files
        one = self.one
        return {"Found": one["Found"]["read"], "Aligned": one["Aligned"]["read"],
                "Read": one["Read"]["read"] + again * (self.definitions + BLOCK),
                "Measured": one["Measured"]["read"] + again * BLOCK, "Wrote": 0}

    def messages(self, ranks):
        return {p: self.trees[p] * log2(ranks) + self.exchanges[p] * (ranks - 1)
                for p in PHASES}

    def asked(self, ranks):
        """Messages of one question, with its answer, from every rank to every other."""
        return 9 * log2(ranks) + ranks - 1

    def sent_aligned(self, ranks):
        return self.moved * (1 - 1 / ranks) + ranks * log2(ranks) * BINS


def table(folder, result, most):
    files = len(list(folder.iterdir()))
    seen = {r: counted(folder, result, r) for r in (1, 4, 16)}
    model = Model(seen[1], seen[4], seen[16], files)
    print("| ranks | opens | model | MB read | model | most messages of a rank | model | "
          "MB sent to align | model |\n|---|---|---|---|---|---|---|---|---|")
    ranks = 1
    while ranks <= most:
        now = seen.get(ranks) or counted(folder, result, ranks)
        total = {c: sum(now[p][c] for p in PHASES) for c in now["Found"]}
        print(f"| {ranks} | {total['opens']} | {sum(model.opens(ranks).values())} "
              f"| {total['read'] / 1e6:.0f} | {sum(model.read(ranks).values()) / 1e6:.0f} "
              f"| {total['most messages']} | {sum(model.messages(ranks).values()):.0f} "
              f"| {now['Aligned']['sent'] / 1e6:.1f} | {model.sent_aligned(ranks) / 1e6:.1f} |",
              flush=True)
        ranks *= 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("PYTRACER_BENCH_DIR")) as scratch:
        folder = Path(scratch) / "traces"
        subprocess.run([BUILD / "benchmarks/make_traces", folder, "runs=4", "calls=400",
                        "elements=4000", "scalars=20000"], check=True)
        table(folder, Path(scratch) / "result.h5", options.most)


if __name__ == "__main__":
    main()
