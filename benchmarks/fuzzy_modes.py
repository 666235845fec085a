# benchmark: what the modes of the stochastic arithmetic cost: ratios to the unperturbed operation
"""Times float64 operations on arrays of 10^4 (in the second-level cache), plain and in each
mode, each in one process under pytracer-trace without a trace; one Markdown table of ratios.

    fuzzy_modes.py [--repeat N]

The least time of N. The last rows: without AVX2, and with 40 of 53 bits.
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
a, b = random.random(10000) + 0.5, random.random(10000) + 0.5
out, z = np.empty_like(a), a + 1j * b
works = {
    "add": lambda: np.add(a, b, out=out),
    "multiply": lambda: np.multiply(a, b, out=out),
    "divide": lambda: np.divide(a, b, out=out),
    "sqrt": lambda: np.sqrt(a, out=out),
    "exp": lambda: np.exp(a, out=out),
    "sum": lambda: np.add.reduce(a),
    "complex multiply": lambda: z * z,
}
result = {}
for name, work in works.items():
    work()
    result[name] = min(timeit.repeat(work, number=30, repeat=int(sys.argv[1]))) / 30
json.dump(result, sys.stdout)
"""


def times(options, repeat, environment={}):
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "work.py"
        program.write_text(PROGRAM)
        done = subprocess.run(
            [TRACE, "--python", sys.executable, "--report", "only", *options, "--command",
             program, str(repeat)], cwd=folder, stdout=subprocess.PIPE, check=True,
            env={**os.environ, **environment})
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15)
    repeat = parser.parse_args().repeat
    on = ["--fuzzy=numpy", "--seed", "1"]
    plain = times([], repeat)
    rows = {mode: times([*on, "--mode", mode], repeat)
            for mode in ("sr", "ud", "rr", "pb", "mca", "sr-det", "ud-det")}
    rows["sr, 40 bits"] = times([*on, "--precision-binary64", "40"], repeat)
    rows["sr, baseline"] = times(on, repeat, {"PYTRACER_FUZZY_KERNELS": "baseline"})
    print("| mode |", " | ".join(plain), "|")
    print("|---|" + "---:|" * len(plain))
    print("| plain, µs |", " | ".join(f"{t * 1e6:.1f}" for t in plain.values()), "|")
    for mode, row in rows.items():
        print(f"| {mode} |", " | ".join(f"{row[name] / plain[name]:.2f}" for name in plain), "|")


if __name__ == "__main__":
    main()
