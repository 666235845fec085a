"""Every kind of Python function is one call with its arguments, result and place."""

import pytest
from traced import run_plain, run_traced, trace_of


def test_arguments_go_by_their_parameters_names(tmp_path):
    call = trace_of(tmp_path, "def f(a, /, b, *rest, c=3, d, **more): return a + b\nf(1, 2, 7, 8, d=4.5, e=6)\n").one("__main__.f")
    assert {n: v.number for n, v in call.inputs.items()} == {
        "a": 1, "b": 2, "c": 3, "d": 4.5, "rest.0": 7, "rest.1": 8, "more.e": 6}
    assert {n: v.number for n, v in call.outputs.items()} == {"Ret": 3}
    assert (call.kind, call.line, call.site["line"], call.site["name"]) == (1, 1, 2, "<module>")
    assert call.file == call.site["file"] == str(tmp_path / "script.py")


def test_arguments_that_are_captured_by_closures_are_seen(tmp_path):
    call = trace_of(tmp_path, "def f(a, b):\n    return (lambda: a + b)()\nf(1, 2)\n").one("__main__.f")
    assert {n: v.number for n, v in call.inputs.items()} == {"a": 1, "b": 2}
    assert call.callees[0].function == "f.<locals>.<lambda>"


@pytest.mark.parametrize("definition, use, name", [
    ("class A:\n    def m(self, x): return x", "A().m(5)", "A.m"),
    ("class A:\n    @classmethod\n    def m(cls, x): return x", "A.m(5)", "A.m"),
    ("class A:\n    @staticmethod\n    def m(x): return x", "A.m(5)", "A.m"),
    ("class A:\n    def __call__(self, x): return x", "A()(5)", "A.__call__"),
    ("class A:\n    def __add__(self, x): return x", "A() + 5", "A.__add__"),
    ("class A:\n    def __init__(self, x): pass", "A(5)", "A.__init__"),
    ("class A:\n    class B:\n        def m(self, x): return x", "A.B().m(5)", "A.B.m"),
    ("m = lambda x: x", "m(5)", "<lambda>"),
    ("def make():\n    def inner(x): return x\n    return inner", "make()(5)", "make.<locals>.inner"),
    ("from functools import partial\ndef m(y, x): return x", "partial(m, 0)(5)", "m"),
    ("def m(x): return x", "list(map(m, [5]))", "m"),
    ("def m(x): return -x", "sorted([5], key=m)", "m"),
])
def test_callable_kinds_are_recorded(definition, use, name, tmp_path):
    call = trace_of(tmp_path, f"{definition}\n{use}\n").one("__main__." + name)
    assert call.inputs["x"].number == 5


def test_results_are_taken_apart(tmp_path):
    calls = trace_of(tmp_path, """
import collections
P = collections.namedtuple('P', 'u v')
def t(): return 1, (2.5, 3)
def d(): return {'k': 4, 'l': [5]}
def n(): return None
def p(): return P(6, 7)
t(); d(); n(); p()
""")
    flat = {c.function: {n: v.label or v.number for n, v in c.outputs.items()} for c in calls if c.function in "tdnp"}
    assert flat == {"t": {"Ret.0": 1, "Ret.1.0": 2.5, "Ret.1.1": 3}, "d": {"Ret.k": 4, "Ret.l.0": 5},
                    "n": {"Ret": ("NoneType", "None")}, "p": {"Ret.u": 6, "Ret.v": 7}}


def test_attributes_that_a_method_sets_are_outputs(tmp_path):
    call = trace_of(tmp_path, """
class Model:
    def __init__(self): self.alpha = 0.5; self.kept = [1.0]
    def fit(self, x):
        self.coef_ = 2 * x
        self.alpha += 1
        return self
Model().fit(3.0)
""").one("__main__.Model.fit")
    assert call.inputs["self.alpha"].number == 0.5 and call.inputs["self.kept.0"].number == 1
    assert {n: v.number for n, v in call.outputs.items() if n != "Ret"} == {"self.coef_": 6, "self.alpha": 1.5}
    assert call.outputs["Ret"].label == ("Model", "")


def test_arguments_changed_in_place_are_outputs(tmp_path):
    call = trace_of(tmp_path, """
import numpy as np
def f(x, y, z, *rest, **more):
    x[1] = 7
    x = None
    z.append(3)
    rest[0][:] = 5
    more['q'][0] = 9
f(np.zeros(3), np.ones(2), [1], np.zeros(1), np.zeros(1), q=np.zeros(1))
""").one("__main__.f")
    changed = {n: (v.array.tolist() if v.array is not None else v.label) for n, v in call.outputs.items()}
    assert changed == {"x": [0, 7, 0], "z.1": 3, "rest.0": [5], "more.q": [9], "Ret": ("NoneType", "None")}
    assert call.inputs["x"].array.tolist() == [0, 0, 0]


def test_exceptions_are_named_and_pass_through(tmp_path):
    program = """
def low(): return [][1]
def middle(): low()
def high():
    try: middle()
    except IndexError: return 'caught'
print(high())
class Own(Exception): pass
def last(): raise Own('text')
last()
"""
    plain = run_plain(tmp_path, program)
    done, calls = run_traced(tmp_path, program)
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert {c.function: c.exception for c in calls} == {
        "low": "IndexError", "middle": "IndexError", "high": None, "last": "Own"}


def test_generators_and_coroutines_are_one_call_each(tmp_path):
    calls = trace_of(tmp_path, """
import asyncio
def square(x): return x * x
def numbers(n):
    for i in range(n): yield square(i)
async def later(n):
    await asyncio.sleep(0)
    return square(n)
async def many(n):
    for i in range(n): yield i
async def main():
    return await later(3), [i async for i in many(2)]
assert sum(numbers(4)) == 14
assert asyncio.run(main()) == (9, [0, 1])
""")
    assert [c.function for c in calls] == ["numbers"] + ["square"] * 4 + ["main", "later", "square", "many"] or \
        [c.function for c in calls] == ["numbers"] + ["square"] * 4 + ["main", "later", "many", "square"]
    assert calls.one("__main__.numbers").outputs["Ret"].label[0] == "generator"
    assert calls.one("__main__.later").outputs["Ret"].label[0] == "coroutine"
    assert all(c.parent == 0 and c.site["name"] == "numbers" for c in calls.of("__main__.square")[:4])


def test_recursion_nests_and_keeps_its_limit(tmp_path):
    program = """
import sys
def down(n): return 0 if n == 0 else 1 + down(n - 1)
print(down(50))
try: down(10**6)
except RecursionError as e: print(e)
depth = 0
def count():
    global depth
    depth += 1
    count()
try: count()
except RecursionError: print(depth)
sys.setrecursionlimit(20000)
print(down(15000))
"""
    plain = run_plain(tmp_path, program)
    done, calls = run_traced(tmp_path, program)
    assert (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, plain.stderr)
    chain = calls[:51]
    assert [c.parent for c in chain] == [0] + [c.time for c in chain[:50]]
    assert [c.outputs["Ret"].number for c in chain] == list(range(50, -1, -1))
    assert max(c.inputs["n"].number for c in calls if c.exception is None) == 15000


def test_decorated_functions_go_by_their_own_names(tmp_path):
    (tmp_path / "tools.py").write_text("""
import functools
def loud(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs): return f(*args, **kwargs)
    return wrapper
""")
    calls = trace_of(tmp_path, """
from tools import loud
@loud
def f(x): return x + 1
@loud
def g(y): return f(y)
print(g(2))
""", modules=["__main__", "tools"])
    assert [(c.full, list(c.inputs)) for c in calls if c.module == "__main__"] == [
        ("__main__.g", ["y"]), ("__main__.f", ["x"])]
    assert [c.site["line"] for c in calls if c.module == "__main__"] == [7, 6]


def test_call_paths_lead_from_the_outermost_place(tmp_path):
    (tmp_path / "quiet.py").write_text("def through(f):\n    return f()\n")
    calls = trace_of(tmp_path, """
import quiet
def leaf(): return 1
def branch(): return quiet.through(leaf)
def root():
    branch()
    return branch()
root()
""", io={"backtrace": True})
    paths = [[(p["name"], p["line"]) for p in reversed(c.path)] for c in calls.of("__main__.leaf")]
    assert paths == [
        [("<module>", 8), ("root", line), ("branch", 4), ("through", 2)] for line in (6, 7)]


def test_calls_are_timed_from_their_start_to_their_end(tmp_path):
    calls = trace_of(tmp_path, "import time\ndef g(): time.sleep(0.02)\ndef f(): g(); g()\nf()\n")
    f, first, second = calls
    assert 0 < f.ns <= first.ns and first.end_ns <= second.ns and second.end_ns <= f.end_ns
    assert all(c.end_ns - c.ns >= 20_000_000 for c in (first, second))


def test_functions_are_known_by_the_package_that_exports_them(tmp_path):
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("from ._inner import solve, Model\n")
    (package / "_inner.py").write_text(
        "def helper(x): return x\ndef solve(x): return helper(x)\nclass Model:\n    def fit(self): return solve(1)\n")
    calls = trace_of(tmp_path, "import pack\npack.Model().fit()\n", modules=["pack"])
    assert calls.names() == ["pack.Model.fit", "pack.solve", "pack._inner.helper"]


def test_lists_select_modules_classes_and_functions(tmp_path):
    program = """
class A:
    def m(self): pass
    def n(self): pass
def f(): pass
def g(): pass
A().m(); A().n(); f(); g()
"""
    (tmp_path / "in").write_text("script A\n__main__ f*\n")
    (tmp_path / "out").write_text("# not this one\n* A.n\n")
    calls = trace_of(tmp_path, program, modules=["script"], include_file="in", exclude_file="out")
    assert calls.names() == ["__main__.A.m", "__main__.f"]


def test_calls_of_an_import_are_not_recorded(tmp_path):
    (tmp_path / "slow.py").write_text("def prepare(): return 1\nTABLE = prepare()\ndef use(): return TABLE\n")
    calls = trace_of(tmp_path, "def f():\n    import slow\n    return slow.use()\nf()\n", modules=["__main__", "slow"])
    assert calls.names() == ["__main__.f", "slow.use"]


def test_threads_are_told_apart(tmp_path):
    calls = trace_of(tmp_path, """
from concurrent.futures import ThreadPoolExecutor
import threading
barrier = threading.Barrier(3)
def inner(x): return x * 2
def work(x):
    barrier.wait()
    return inner(x)
inner(9)
with ThreadPoolExecutor(3) as pool: print(list(pool.map(work, range(3))))
""")
    assert calls[0].thread == 0 and calls[0].flags == 0
    work = calls.of("__main__.work")
    assert sorted(c.thread for c in work) == [1, 2, 3] and all(c.flags & 2 for c in work)
    assert sorted((c.inputs["x"].number, c.callees[0].outputs["Ret"].number) for c in work) == [(0, 0), (1, 2), (2, 4)]
    assert all(c.callees[0].thread == c.thread for c in work)


def test_what_runs_when_the_program_ends_is_cut(tmp_path):
    done, calls = run_traced(tmp_path, "import os\ndef f():\n    g()\ndef g():\n    os._exit(0)\nf()\n")
    assert done.returncode == 0
    assert [(c.function, c.flags & 4) for c in calls] == [("f", 4), ("g", 4)]
    assert calls[1].end < calls[0].end


def test_joblibs_threads_are_told_apart(tmp_path):
    calls = trace_of(tmp_path, """
import threading
from joblib import Parallel, delayed
barrier = threading.Barrier(2)
def inner(x): return x * 2
def work(x):
    barrier.wait()
    return inner(x)
print(Parallel(n_jobs=2, backend="threading")(delayed(work)(i) for i in range(4)))
""")
    work = calls.of("__main__.work")
    assert sorted(c.inputs["x"].number for c in work) == [0, 1, 2, 3] and len({c.thread for c in work}) == 2
    assert all(c.flags & 2 and c.callees[0].thread == c.thread and c.callees[0].outputs["Ret"].number == 2 * c.inputs["x"].number
               for c in work)


def test_daemon_threads_under_way_at_the_end_are_cut(tmp_path):
    program = """
import threading, time
started = threading.Event()
def inner():
    started.set()
    while True: time.sleep(0.001)
def work(): inner()
threading.Thread(target=work, daemon=True).start()
started.wait()
print('end')
"""
    plain = run_plain(tmp_path, program)
    done, calls = run_traced(tmp_path, program)
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr) == (0, "end\n", "")
    assert [(c.function, c.flags & 4) for c in calls] == [("work", 4), ("inner", 4)]


def test_recursion_fifty_thousand_deep_comes_back(tmp_path):
    program = """
import sys
sys.setrecursionlimit(60000)
def down(n): return 0 if n == 0 else 1 + down(n - 1)
print(down(50000))
"""
    done, calls = run_traced(tmp_path, program, io={"backtrace": False})
    assert (done.returncode, done.stdout, done.stderr) == (0, "50000\n", "")
    assert len(calls) == 50001 and calls[-1].parent == calls[-2].time and calls[0].outputs["Ret"].number == 50000


def test_reloaded_modules_are_traced_as_they_are_then(tmp_path):
    (tmp_path / "changing.py").write_text("def f(x): return x + 1\n")
    calls = trace_of(tmp_path, """
import importlib, sys
sys.dont_write_bytecode = True
import changing
old = changing.f
changing.f(1)
open('changing.py', 'w').write('# another line\\ndef f(x, y=2): return x + y\\n')
importlib.invalidate_caches()
importlib.reload(changing)
changing.f(1); old(5)
import math, _json, numpy.linalg
importlib.reload(numpy.linalg)
numpy.linalg.det(numpy.eye(2))
""", modules=["changing", "numpy.linalg"])
    assert [(c.line, sorted(c.inputs), c.outputs["Ret"].number) for c in calls.of("changing.f")] == [
        (1, ["x"], 2), (2, ["x", "y"], 3), (1, ["x"], 6)]
    assert len(calls.of("numpy.linalg.det")) == 1


def test_programs_cannot_tell(tmp_path):
    program = """
import dis, gc, inspect, pickle, sys, traceback, types
def f(a, b=2, *c, d: int = 4, **e) -> float:
    "Documentation."
    return a + b
class A:
    def m(self): return self
    @property
    def p(self): return f(1)
a = A()
f(1); a.m(); a.p
for thing in (f, A, A.m, a.m, len, [].append):
    print(type(thing).__name__, thing is thing, thing == thing, hash(thing) == hash(thing), isinstance(thing, (types.FunctionType, type)))
print(pickle.dumps(f), pickle.loads(pickle.dumps(A.m)) is A.m, inspect.signature(f), inspect.getsource(f))
print(f.__code__.co_flags, f.__code__.co_code.hex()[:40], f.__defaults__, f.__closure__, f.__module__, f.__dict__, sys.getrefcount(f))
print(sys.gettrace(), sys.getprofile(), sys._getframe().f_code.co_name, len(inspect.stack()), [k for k in sys.modules if 'tracer' in k])
def g(): return [frame.function for frame in inspect.stack()], sys._getframe(1).f_lineno
print(g(), gc.isenabled(), sys.getrecursionlimit(), sys.flags, sys.argv, sys.getswitchinterval())
def h(): raise KeyError('text')
try: h()
except KeyError: print(traceback.format_exc())
dis.dis(A.m)
import threading; print(threading.current_thread() is threading.main_thread(), threading.active_count())
"""
    plain = run_plain(tmp_path, program)
    done, calls = run_traced(tmp_path, program)
    assert plain.returncode == 0, plain.stderr
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert {"f", "A.m", "A.p", "g", "h"} <= {c.function for c in calls}
