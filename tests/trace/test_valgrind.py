"""The tracer under valgrind, which stands in for Verrou: the same machinery, without the
perturbation."""

import re
import shutil
import subprocess

import pytest

from both import PYTHON, TRACE, environment, header, plain, traces

PROGRAM = """\
import numpy as np
def work(n):
    return np.sqrt(np.arange(1.0, n)).sum() * 0.1 + sum([0.1] * 10)
print(repr(float(work(500))), __name__)
"""


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_a_traced_program_is_the_same_under_valgrind(tmp_path):
    (tmp_path / "x.py").write_text(PROGRAM)
    (tmp_path / "c.json").write_text('{"modules_to_load": ["__main__", "numpy"], "numpy": {"ufunc": true}}')
    expected = plain(["x.py"], tmp_path)
    done = subprocess.run(
        ["valgrind", "-q", "--tool=none", "--trace-children=yes", TRACE, "--python", PYTHON,
         "--config", "c.json", "--command", "x.py"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=900)
    assert (done.returncode, done.stdout) == expected[:2], done.stderr
    (trace,) = traces(tmp_path)
    assert header(trace)["major"] == 1


REPEATED = """\
import sys
import numpy as np
x, a, b = np.ones((3, 100))
def work(x, keys): return x * a + b
for i in range(int(sys.argv[1])): x = work(x, {'i': i}); np.sum(x)
"""


def allocations(folder, calls):
    """{(who, what): times} of the tracer's calls of the allocator, but for those of the reader, which looks at
    the trace when the program has ended."""
    (folder / "x.py").write_text(REPEATED)
    (folder / "c.json").write_text('{"modules_to_load": ["__main__", "numpy"], "numpy": {"ufunc": true}}')
    told = folder / str(calls)
    told.mkdir()
    done = subprocess.run(
        ["valgrind", "-q", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={told}/%p", TRACE, "--python", PYTHON, "--config", "c.json",
         "--command", "x.py", str(calls)], cwd=folder, env=environment(), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    largest = max(told.iterdir(), key=lambda file: file.stat().st_size)  # beside what the launcher did
    tree = subprocess.run(["callgrind_annotate", "--tree=caller", "--inclusive=yes", "--threshold=100", largest],
                          capture_output=True, text=True, check=True)
    found = {}
    for block in tree.stdout.split("\n\n"):
        asked = re.search(r"\*  \S*:(malloc|calloc|realloc|mmap) \[\S*libc", block)
        for who, times in re.findall(r"<\s+\S*:(\S+) \(([\d,]+)x\) \[\S*pytracer-tracer", block) if asked else ():
            found[who, asked[1]] = int(times.replace(",", ""))
    return {key: times for key, times in found.items() if not key[0].startswith("pt_reader_")}


@pytest.mark.skipif(not shutil.which("callgrind_annotate"), reason="callgrind is not installed")
def test_calls_of_functions_met_before_allocate_nothing(tmp_path):
    few, many = allocations(tmp_path, 500), allocations(tmp_path, 1500)
    assert len(few) > 5 and few == many
