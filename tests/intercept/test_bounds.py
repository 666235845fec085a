"""The bounds on what a trace holds: each takes away what it says, and the trace tells."""

import math
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from traced import run_plain, run_traced, trace_of

PYTRACER = Path(os.environ["PYTRACER_BIN"]) / "pytracer"
MASK = 2**64 - 1


def splitmix(state):
    z = (state + 0x9e3779b97f4a7c15) & MASK
    z = ((z ^ z >> 30) * 0xbf58476d1ce4e5b9) & MASK
    z = ((z ^ z >> 27) * 0x94d049bb133111eb) & MASK
    return z ^ z >> 31


def positions(n, m):
    """As FORMAT.md has it."""
    found = []
    for k in range(-(-m // 8)):
        w = min(8, m - 8 * k)
        a, b = 8 * k * n // m, (8 * k + w) * n // m
        start = a + splitmix(n ^ (m << 32) & MASK ^ k * 0xd1b54a32d192ed03 & MASK) % (b - a - w + 1)
        found += range(start, start + w)
    return found


def info(folder, *options):
    trace, = (folder / ".__pytracercache__" / "traces").iterdir()
    done = subprocess.run([PYTRACER, "info", *options, trace], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


LARGE = {
    "plain": "np.random.default_rng(1).standard_normal((50, 40))",
    "transposed": "np.random.default_rng(2).standard_normal((50, 40)).T",
    "strided": "np.random.default_rng(3).standard_normal((9, 90, 9))[::-1, ::2, 1::3]",
    "swapped": "np.arange(3000.0).astype('>f8') ** 2",
    "complex": "np.random.default_rng(4).standard_normal((900, 2)) @ np.array([[1, 2], [3j, 4]])",
    "float32": "np.random.default_rng(5).standard_normal(1001).astype('f4')",
    "float16": "np.linspace(-9, 9, 1003).astype('f2')",
    "longdouble": "np.linspace(1, 2, 1003, dtype='g') / 3",
    "int16": "np.arange(-700, 700, dtype='i2')",
    "uint64": "np.arange(2000, dtype='u8') * 2**50",
    "bool": "np.arange(1234) % 7 == 0",
    "special": "np.r_[np.arange(1500.0), np.nan, np.nan, np.inf, -np.inf, -np.inf, -np.inf]",
    "no finite number": "np.full(1600, np.nan)",
    "huge": "np.full(1600, 1e300)",
    "tiny": "np.full(1600, 3e-300)",
    "just above": "np.arange(999.0)",
}


@pytest.mark.parametrize("most", [998, 100, 13, 3])
def test_large_arrays_keep_the_same_elements_in_every_run_and_a_summary(most, tmp_path):
    listed = "[" + ", ".join(LARGE.values()) + "]"
    calls = trace_of(tmp_path, f"import numpy as np\ndef f(x): pass\nfor x in {listed}: f(x)\n",
                     io={"max_elements": most, "summaries": "all"})
    assert len(calls) == len(LARGE)
    for call, (name, code) in zip(calls, LARGE.items()):
        x, value = eval(code), call.inputs["x"]
        flat = np.ascontiguousarray(x).reshape(-1)
        at = positions(x.size, most)
        assert len(at) == most and sorted(set(at)) == at and at[-1] < x.size, name
        assert value.sampled and value.elements == x.size, name
        kept = flat[at].astype(flat.dtype.newbyteorder("<"))
        if x.dtype.char == "g":
            assert (value.array == kept).all(), name
        else:
            assert value.array.tobytes() == kept.tobytes(), name
        compare_summary(name, value.summary, flat)
    assert f"{len(LARGE)} values sampled (io.max_elements)" in info(tmp_path)
    assert "whole: min" in info(tmp_path, "--dump")


def compare_summary(name, summary, x):
    n_nan, n_positive, n_negative = summary[:3]
    least, largest, total, imaginary, norm = (float.fromhex(text) for text in summary[3:])
    parts = x.view(x.real.dtype).astype("g") if np.iscomplexobj(x) else x.astype("g")
    finite = parts[np.isfinite(parts)]
    assert (n_nan, n_positive, n_negative) == \
        (np.isnan(parts).sum(), (parts == np.inf).sum(), (parts == -np.inf).sum()), name
    if finite.size == 0:
        assert math.isnan(least) and math.isnan(largest) and total == norm == 0, name
        return
    near = {"rel": 1e-13, "abs": 1e-12 * float(abs(finite).max())}
    assert least == float(finite.min()) and largest == float(finite.max()), name
    wanted = x.sum() if np.iscomplexobj(x) else finite.sum()
    assert total == pytest.approx(float(wanted.real), **near), name
    assert imaginary == pytest.approx(float(wanted.imag), **near), name
    assert norm == pytest.approx(float(np.sqrt((finite**2).sum())), rel=1e-13), name


def test_some_summaries_are_those_of_the_calls_that_are_powers_of_four(tmp_path):
    program = "import numpy as np\ndef f(x): pass\nfor i in range(9): f(np.arange(100.0 + i))\n"
    for word, wanted in [("some", [1, 4]), ("none", []), ("all", list(range(1, 10)))]:
        folder = tmp_path / word
        folder.mkdir()
        calls = trace_of(folder, program, io={"max_elements": 50, "summaries": word})
        assert [i for i, call in enumerate(calls, 1) if call.inputs["x"].summary] == wanted


def test_views_that_claim_any_number_of_elements_are_sampled(tmp_path):
    calls = trace_of(tmp_path, """
import numpy as np
def f(x): pass
f(np.broadcast_to(np.arange(4.0), (10**12, 4)))
f(np.lib.stride_tricks.as_strided(np.zeros(1), (2**20, 2**20, 2**19), (0, 0, 0)))
""", io={"max_elements": 64})
    first, second = (call.inputs["x"] for call in calls)
    assert first.sampled and [int(i) for i in first.array] == [p % 4 for p in positions(4 * 10**12, 64)]
    assert first.summary is None and second.sampled and not second.array.any()


def test_a_large_array_changed_in_place_is_told_by_its_sample(tmp_path):
    call = trace_of(tmp_path, """
import numpy as np
def f(x): x *= 2
f(np.ones(5000))
""", io={"max_elements": 500}).one("__main__.f")
    assert call.inputs["x"].array.sum() == 500 and call.outputs["x"].array.sum() == 1000


def test_small_arrays_are_left_out(tmp_path):
    calls = trace_of(tmp_path, """
import numpy as np
def f(x, y): pass
f(np.zeros(9), 2.5); f(np.zeros(10), np.float64(2.5))
""", io={"min_size": 10})
    assert calls[0].inputs["x"].reason == "small" and calls[0].inputs["y"].number == 2.5
    assert calls[1].inputs["x"].array.shape == (10,) and calls[1].inputs["y"].number == 2.5
    assert "1 values too small (io.min_size)" in info(tmp_path)


def test_the_first_calls_of_each_function_are_recorded(tmp_path):
    calls = trace_of(tmp_path, """
def f(i): return g(i)
def g(i): return i
for i in range(20): f(i)
for i in range(20): g(i)
""", io={"max_calls": 5})
    assert [c.inputs["i"].number for c in calls.of("__main__.f")] == list(range(5))
    assert [c.inputs["i"].number for c in calls.of("__main__.g")] == list(range(5))
    assert "50 calls not recorded (io.max_calls)" in info(tmp_path)


def test_a_trace_never_grows_beyond_its_bound(tmp_path):
    program = """
import numpy as np
def f(x): return x + 1
for i in range(99): f(np.random.default_rng(i).standard_normal(25000))
for i in range(100000): f(i)
print('done')
"""
    plain = run_plain(tmp_path, program)
    done, calls = run_traced(tmp_path, program, io={"max_bytes": 6_000_000})
    assert (done.returncode, done.stdout) == (plain.returncode, plain.stdout)
    assert done.stderr.count("\n") == 1 and "io.max_bytes" in done.stderr
    trace, = (tmp_path / ".__pytracercache__" / "traces").iterdir()
    assert 2_000_000 < trace.stat().st_size <= 6_000_000
    told = info(tmp_path)
    assert "io.max_bytes was reached" in told and "values without room (io.max_bytes)" in told
    assert "calls without room (io.max_bytes)" in told
    assert calls[0].inputs["x"].array.shape == (25000,)
    assert any(call.inputs["x"].reason == "full" for call in calls)


def test_changes_in_place_can_be_left_out(tmp_path):
    program = "import numpy as np\ndef f(x): x += 1\nf(np.zeros(3))\n"
    for changes in (True, False):
        folder = tmp_path / str(changes)
        folder.mkdir()
        call = trace_of(folder, program, io={"changes": changes}).one("__main__.f")
        assert ("x" in call.outputs) == changes


def test_depth_members_and_cycles_are_told(tmp_path):
    trace_of(tmp_path, """
def f(x): pass
deep = []
for _ in range(9): deep = [deep]
f(deep)
f(list(range(100)))
loop = []; loop.append(loop)
f(loop)
""", io={"max_depth": 3, "max_items": 50, "changes": False})
    told = info(tmp_path)
    for words in ("1 values too deep (io.max_depth)", "1 containers cut (io.max_items)", "1 cycles not followed"):
        assert words in told
