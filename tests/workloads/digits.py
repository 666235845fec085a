"""The digits of the forty programs' results beside those that the paper of the Python tool
Pytracer gives (paper.csv), as the table DIGITS.md.

    digits.py [--runs N] [--only NAME,…] [--keep FOLDER] TABLE

needs PYTRACER_BIN, the folder of the programs. Exit status 1: not all were aggregated.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).parent
BIN = Path(os.environ["PYTRACER_BIN"])
CONFIG = {"modules_to_load": ["numpy", "scipy", "sklearn", "printed"]}
HEAD = """# The digits of the forty programs

What `digits.py` measured: {runs} runs of each program under stochastic rounding (`pytracer
run`, all layers, seed 1), numpy, scipy and scikit-learn traced. *Ours*: significant bits of
the numbers that the program prints, normwise, 0.95/0.95 by CNH, least and median over the
printed values ({most:.1f} is what {runs} runs can show of a float64). *Paper*: bits of the result
that the original tool published for the example of that name (5 runs, Monte Carlo arithmetic,
2021). Aggregated: **{done} of {all}**; published: 32 of 40.
Explanations were read off the program's own output, or come of experiments ([WHY.md](WHY.md)).

| program | calls | in all runs | ours: least | median | paper: bits | paper: aggregated | why they differ |
|---|---|---|---|---|---|---|---|
"""


def explanations():
    """program: sentence, of explained.csv."""
    with open(HERE / "explained.csv", newline="") as file:
        return {row["program"]: row["why"] for row in csv.DictReader(file)}


def experiment(program, folder, runs):
    (folder / "config.json").write_text(json.dumps(CONFIG))
    command = [BIN / "pytracer", "run", "-n", str(runs), "--seed", "1", "--no-reference",
               "--timeout", "30m", "--experiment", folder / "experiment", "--config",
               folder / "config.json", "--python", sys.executable, "--",
               HERE / "results.py", HERE / f"{program}.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True,
                          env=os.environ | {"PYTHONWARNINGS": "ignore"})


def measure(path, runs):
    """Calls, their share that all runs made, digits of each printed float."""
    with h5py.File(path) as f:
        assert f.attrs["n_runs"] == runs, f"{f.attrs['n_runs']} runs of {runs}"
        functions = [n.decode() for n in f["functions/name"][:]]
        i = functions.index("result")
        a, n = int(f["functions/first_value"][i]), int(f["functions/n_values"][i])
        floats = np.array([t[1:2] in b"fc" and t != b"" for t in f["values/dtype"][a:a + n]])
        digits = f["values/sig_norm"][a:a + n][floats]
        calls = f["calls/n_runs"][:]
        return calls.size, float(np.mean(calls == runs)), np.where(np.isnan(digits), 0, digits)


def row(paper, folder, runs, why):
    program = paper["program"]
    begin = time.monotonic()
    done = experiment(program, folder, runs)
    results = list((folder / "experiment/stats").glob("*.h5"))
    print(f"{program}: {time.monotonic() - begin:.0f} s, status {done.returncode}", file=sys.stderr)
    if done.returncode or len(results) != 1:
        print(done.stdout[-500:], done.stderr[-2000:], file=sys.stderr)
        return False, f"| {program} | | | | | {paper['bits']} | {paper['aggregated']} | **not aggregated** |"
    calls, whole, digits = measure(results[0], runs)
    least, median = (f"{digits.min():.1f}", f"{np.median(digits):.1f}") if digits.size else ("–", "–")
    print(f"    {calls} calls, {whole:.3f} in all runs, digits {np.round(digits, 1).tolist()[:40]}",
          file=sys.stderr)
    return True, (f"| {program} | {calls} | {100 * whole:.1f} % | {least} | {median} | {paper['bits']} | "
                  f"{paper['aggregated']} | {why.get(program, '')} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("table")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep")
    options = parser.parse_args()
    with open(HERE / "paper.csv", newline="") as file:
        papers = [p for p in csv.DictReader(file)
                  if not options.only or Path(p["program"]).stem in options.only.split(",")]
    rows, n_done = [], 0
    for paper in papers:
        with tempfile.TemporaryDirectory(dir=options.keep) as folder:
            done, text = row(paper, Path(folder), options.runs, explanations())
        rows.append(text)
        n_done += done
    head = HEAD.format(runs=options.runs, most={5: 50.8, 10: 51.9, 20: 52.7}.get(options.runs, 51.9),
                       done=n_done, all=len(papers))
    Path(options.table).write_text(head + "\n".join(rows) + "\n")
    return n_done != len(papers)


if __name__ == "__main__":
    sys.exit(main())
