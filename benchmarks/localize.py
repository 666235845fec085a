# benchmark: runs of the program that localize takes, beside plain ddmin
"""How many runs of the program `pytracer localize` takes to find planted culprits, beside
plain ddmin (the same search by --ddmin; and with all runs of every trial, as ddmin does
without an early end).

    localize.py [FUNCTIONS ...]
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BINARY = Path(os.environ.get("PYTRACER_BIN", Path(__file__).parent.parent / "build/release/bin"))
RUNS = 10
CASES = {"one": ["cancel"], "two": ["cancel", "cancel_too"], "together": ["left", "right"]}


def program(n, case):
    """n functions that do no harm, the planted ones among them, spread evenly."""
    planted = {
        "cancel": "    big = x * 1e8 + 0.1\n    return big - x * 1e8\n",
        "cancel_too": "    far = x * 1e7 + 0.3\n    return far - x * 1e7\n",
        "left": "    return x * 0.1\n", "right": "    return x * 0.1\n"}
    text, calls = [], []
    step = n // (len(CASES[case]) + 1)
    names = list(CASES[case])
    for i in range(n):
        if i and i % step == 0 and names:
            name = names.pop(0)
            text.append(f"def {name}(x):\n{planted[name]}")
            calls.append(f"{name}(3.0)" if case == "together" else f"{name}(x)")
        text.append(f"def plain_{i}(x):\n    return (x * 1.1 + {i}.3) / 3.7\n")
    total = " + ".join(f"plain_{i}(x)" for i in range(n))
    if case == "together":
        text.append("def joint(a, b):\n    return (a - 0.30000000000000004) * (b - 0.30000000000000004) * 1e33\n")
        extra = f"joint({', '.join(calls)})"
    else:
        extra = " + ".join(calls)
    text.append(f"def program():\n    total = 0.0\n    for i in range(1, 8):\n        x = float(i)\n"
                f"        total = total + {total}\n        total = total + {extra}\n    return total\n")
    return "\n".join(text) + "\nprint(repr(program()))\n"


def measure(n, case, options):
    """(found all, trials, runs)"""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x.py").write_text(program(n, case))
        done = subprocess.run(
            [BINARY / "pytracer", "localize", "-n", str(RUNS), "--folder", "f", "--fuzzy=python",
             "--no-insight", "--functions-only", *options, "--", "x.py"],
            cwd=folder, capture_output=True, text=True, check=True)
        found = set(re.findall(r"^      __main__\.(\S+)  ", done.stdout, re.M))
        effort = re.search(r"^(\d+) runs of the program; (\d+) trials", done.stdout, re.M)
        return found == set(CASES[case]), int(effort[2]), int(effort[1])


def main():
    print("| functions | culprits | found | trials | runs | ddmin: trials | runs | runs without an early end |")
    print("|---|---|---|---|---|---|---|---|")
    for n in map(int, sys.argv[1:] or ["8", "32", "128"]):
        for case in CASES:
            found, trials, runs = measure(n, case, [])
            found_plain, plain_trials, plain_runs = measure(n, case, ["--ddmin"])
            print(f"| {n} | {case} | {'yes' if found and found_plain else 'NO'} | {trials} | {runs} | "
                  f"{plain_trials} | {plain_runs} | {plain_trials * RUNS + 3} |", flush=True)


if __name__ == "__main__":
    main()
