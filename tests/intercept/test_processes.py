"""Calls around a fork stay with the process that makes them."""

from traced import Trace, run_traced

PROGRAM = """
import os, numpy as np
def f(x): return x + 1
def split():
    f(np.array([1.0]))
    child = os.fork()
    if child == 0:
        f(np.array([2.0]))
        os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(split(), f(3.0))
"""


def test_parent_and_child_record_their_own_calls(tmp_path):
    done, _ = run_traced(tmp_path, PROGRAM, numpy={"ufunc": True})
    assert (done.returncode, done.stdout, done.stderr) == (0, "3 4.0\n", "")
    found = [Trace(path) for path in sorted((tmp_path / ".__pytracercache__" / "traces").glob("*.trace"))]
    told = sorted([[(c.function, c.inputs["x"].array.tolist()) for c in t if c.function == "f"] for t in found], key=len)
    assert told == [[("f", [2.0])], [("f", [1.0]), ("f", 3.0)]]
    parent = max(found, key=len)
    split = parent.one("__main__.split")
    assert split.outputs["Ret"].number == 3 and split.flags == 0
    assert all(c.end is not None for t in found for c in t)
