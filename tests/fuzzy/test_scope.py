"""Scopes of the stochastic arithmetic: --fuzzy-only and --fuzzy-except through the whole
tracer. Each program prints how many values each of its ways takes over 40 calls: one where
it is not perturbed."""

import os
import subprocess
import sys
import textwrap

import pytest

TRACE = os.path.join(os.environ["PYTRACER_BIN"], "pytracer-trace")
PYTHON = os.environ.get("PYTRACER_TRACED_PYTHON", sys.executable)

PROGRAM = """
    import json, threading
    import numpy as np

    def inner(x):
        return x * 1.1 + 0.3

    def outer(x):
        for i in range(5):
            x = x * 0.7 + 0.1
            x = inner(x) / 3
        return x

    def arrays(a):
        b = a * 1.7
        c = b / 3.1
        return c

    def raises(x):
        try:
            return inner_raises(x)
        except ValueError:
            return x * 0.7 + 0.1

    def inner_raises(x):
        x * 1.1
        raise ValueError

    def generator(x):
        for i in range(5):
            x = x * 1.1 + 0.3
            yield x

    def consumer(x):
        for y in generator(x):
            x = x * 0.7 + 0.1
        return x

    def collector(x):
        return list(generator(x))[-1]

    class Class:
        def method(self, x):
            return [y * 1.1 + 0.3 for y in [x, 2 * x]][1]

    def in_thread(f, *args):
        result = []
        thread = threading.Thread(target=lambda: result.append(f(*args)))
        thread.start()
        thread.join()
        return result[0]

    def threaded(x):
        return in_thread(inner, x)

    def left_alone(x):
        return x * 0.7 + 0.1

    values = np.arange(1.0, 9.0) / 3
    large = np.arange(1.0, 30000.0)
    ways = {"inner": lambda: inner(0.7), "outer": lambda: outer(0.7),
            "arrays": lambda: arrays(values).tobytes(),
            "large": lambda: arrays(large).tobytes(),
            "raises": lambda: raises(0.7), "consumer": lambda: consumer(0.7),
            "collector": lambda: collector(0.7),
            "method": lambda: Class().method(0.7),
            "threaded": lambda: threaded(0.7), "left_alone": lambda: left_alone(0.7)}
    print(json.dumps({name: len({way() for i in range(40)}) > 1
                      for name, way in ways.items()}))
"""


def line_of(text):
    lines = textwrap.dedent(PROGRAM).splitlines()
    return 1 + next(i for i, line in enumerate(lines) if text in line)


@pytest.fixture
def varying(tmp_path):
    """The names of the ways that vary under these options."""
    (tmp_path / "program.py").write_text(textwrap.dedent(PROGRAM))

    def call(*options, traced=False, layers="numpy,python"):
        how = ["--no-trace", "--quiet"] if not traced else ["--output", str(tmp_path / "x.trace")]
        done = subprocess.run(
            [TRACE, "--python", PYTHON, *how, f"--fuzzy={layers}", "--seed", "5", *options,
             "--command", "program.py"],
            cwd=tmp_path, env={k: v for k, v in os.environ.items() if not k.startswith("PYTRACER_")},
            capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        if traced:
            (tmp_path / "x.trace").unlink()
        import json
        return {name for name, varies in json.loads(done.stdout).items() if varies}

    return call


ALL = {"inner", "outer", "arrays", "large", "raises", "consumer", "collector", "method",
       "threaded", "left_alone"}


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("options, expected", [
    ([], ALL),
    (["--fuzzy-only", "program"], ALL),
    (["--fuzzy-except", "__main__"], set()),
    (["--fuzzy-only", "program.inner"], {"inner", "outer", "threaded"}),
    (["--fuzzy-only", "program.outer"], {"outer"}),
    (["--fuzzy-only", "__main__ outer", "--fuzzy-except", "program.inner"], {"outer"}),
    (["--fuzzy-except", "program.inner"], ALL - {"inner", "threaded"}),
    (["--fuzzy-except", "program.outer", "--fuzzy-except", "program.Class"],
     ALL - {"outer", "method"}),
    (["--fuzzy-only", "program.Class"], {"method"}),
    (["--fuzzy-only", "program.arrays"], {"arrays", "large"}),
    # An exception leaves the scope as a return does.
    (["--fuzzy-only", "program.inner_raises"], set()),
    (["--fuzzy-only", "program.raises", "--fuzzy-except", "program.inner_raises"], {"raises"}),
    # The body of a generator is its function's, whoever makes it go on.
    (["--fuzzy-only", "program.generator"], {"collector"}),
    (["--fuzzy-only", "program.consumer", "--fuzzy-except", "program.generator"], {"consumer"}),
    # A thread begins outside of the function that starts it.
    (["--fuzzy-only", "program.threaded"], set()),
    (["--fuzzy-only", "pro*m *lone"], {"left_alone"}),
], ids=str)
def test_functions(varying, options, expected, traced):
    assert varying(*options, traced=traced) == expected


def test_lines(varying):
    file = f"program.py:{line_of('x = inner(x) / 3')}"
    assert varying("--fuzzy-only", file) == {"outer"}
    assert varying("--fuzzy-only", f"program.py:{line_of('return x * 1.1 + 0.3')}") == {
        "inner", "outer", "threaded"}
    # numpy's loops of large arrays run without the interpreter's lock
    assert varying("--fuzzy-only", f"program.py:{line_of('c = b / 3.1')}") == {"arrays", "large"}
    assert varying("--fuzzy-only", f"program.py:{line_of('return c')}") == set()
    assert varying("--fuzzy-except", f"program.py:{line_of('for i in range(5)')}") == ALL


def test_an_exempted_line_exempts_what_it_calls(varying):
    first = f"program.py:{line_of('x = x * 0.7 + 0.1')}"
    second = f"program.py:{line_of('x = inner(x) / 3')}"
    assert varying("--fuzzy-only", "program.outer", "--fuzzy-except", second) == {"outer"}
    assert varying("--fuzzy-only", "program.outer", "--fuzzy-except", second,
                   "--fuzzy-except", first) == set()


def test_calls_at_a_line(varying):
    line = line_of("x = inner(x) / 3")
    assert varying("--fuzzy-only", f"inner@program.py:{line}") == {"outer"}
    assert varying("--fuzzy-only", f"program.inner@program.py:{line}") == {"outer"}
    assert varying("--fuzzy-only", f"arrays@program.py:{line}") == set()
    assert varying("--fuzzy-only", f"inner@program.py:{line - 1}") == set()
    assert varying("--fuzzy-except", "program.outer", "--fuzzy-only",
                   f"inner@program.py:{line}") == {"outer"}


def test_the_layer_numpy_alone_is_scoped(varying):
    assert varying("--fuzzy-only", "program.arrays", layers="numpy") == {"arrays", "large"}
    assert varying("--fuzzy-only", "program.inner", layers="numpy") == set()


def test_scopes_of_the_configuration(varying, tmp_path):
    (tmp_path / "c.json").write_text(
        '{"modules_to_load": [], "fuzzy": {"only": "program.outer", "except": ["program.inner"]}}')
    assert varying("--config", str(tmp_path / "c.json")) == {"outer"}
    # the command line takes their place
    assert varying("--config", str(tmp_path / "c.json"), "--fuzzy-only", "program.inner") == {
        "inner", "outer", "threaded"}


def test_a_forked_child_keeps_the_scope(tmp_path):
    code = textwrap.dedent("""
        import os
        def inside(x): return x * 1.1 + 0.3
        def outside(x): return x * 1.1 + 0.3
        def both():
            return [len({f(0.7) for i in range(40)}) > 1 for f in (inside, outside)]
        print(both(), flush=True)
        if os.fork() == 0:
            print(both(), flush=True)
            os._exit(0)
        os.wait()
        """)
    for how in (["--no-trace", "--quiet"], []):
        done = subprocess.run([TRACE, "--python", PYTHON, *how, "--seed", "1",
                               "--fuzzy-only", "__main__.inside", "--command", "-c", code],
                              cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert (done.stdout, done.stderr) == ("[True, False]\n" * 2, "")
