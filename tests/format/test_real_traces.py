"""What the tracer writes obeys every rule of the format, and is what the program saw."""

import re

from real import info, start, traces, verified

WORK = """
import numpy as np

def work(seed):
    rng = np.random.default_rng(seed)
    for _ in range(60):
        a = rng.normal(size=(15, 15))
        np.linalg.solve(a, a[0])
        np.sum(a)
"""


def finish(program):
    out, errors = program.communicate(timeout=120)
    assert program.returncode == 0, errors
    return out


def test_values_in_the_dump_are_those_the_program_saw(tmp_path):
    out = finish(start(tmp_path, """
import numpy as np
a = np.array([[4.0, 1.0], [2.0, 3.0]]) / 7
b = np.array([1.0, 2.0]) / 3
x = np.linalg.solve(a, b)
print(*(f"{v:.17g}" for v in [*a.ravel(), *b, *x]))
"""))
    (trace,) = traces(tmp_path)
    verified(trace)
    numbers = out.split()
    dump = info(trace, "--dump").stdout
    call = re.search(r"^( *)#(\d+) numpy\.linalg\.solve .*\n((?:.*\n)*?)"
                     r"\1#\2 returned.*\n(.*)\n", dump, re.M)
    assert call, dump
    assert f"a: float64 (2, 2) [{', '.join(numbers[:4])}]" in call[3]
    assert f"b: float64 (2,) [{', '.join(numbers[4:6])}]" in call[3]
    assert f"Ret: float64 (2,) [{', '.join(numbers[6:])}]" in call[4]


def test_threads_leave_a_sound_trace(tmp_path):
    finish(start(tmp_path, WORK + """
from threading import Thread
threads = [Thread(target=work, args=(k,)) for k in range(4)]
for t in threads: t.start()
work(9)
for t in threads: t.join()
"""))
    (trace,) = traces(tmp_path)
    assert re.search(r"sound; \d+ calls \(0 not ended\)", verified(trace))
    assert "(unordered)" in info(trace, "--dump").stdout


def test_forks_in_the_middle_of_threads_leave_sound_traces(tmp_path):
    finish(start(tmp_path, WORK + """
import os
from threading import Thread
threads = [Thread(target=work, args=(k,)) for k in range(2)]
for t in threads: t.start()
children = []
for k in range(3):
    child = os.fork()
    if child == 0:
        work(20 + k)
        os._exit(0)
    children.append(child)
for t in threads: t.join()
for child in children: os.waitpid(child, 0)
"""))
    found = traces(tmp_path)
    assert len(found) == 4
    for trace in found:
        assert trace.suffix == ".trace"
        assert ": sound; " in verified(trace)


def test_what_is_raised_is_recorded(tmp_path):
    finish(start(tmp_path, """
import numpy as np
for _ in range(3):
    try:
        np.linalg.solve(np.zeros((2, 2)), np.zeros(2))
    except np.linalg.LinAlgError:
        pass
"""))
    (trace,) = traces(tmp_path)
    verified(trace)
    assert info(trace, "--dump").stdout.count("solve") >= 3
    assert "raised LinAlgError" in info(trace, "--dump").stdout
