"""The layer `python` through pytracer-trace: float and complex arithmetic, sum, math; and
what it must leave alone."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

TRACE = os.path.join(os.environ["PYTRACER_BIN"], "pytracer-trace")
PYTHON = os.environ.get("PYTRACER_TRACED_PYTHON", sys.executable)


def run(code, tmp_path, layers="python", seed=1):
    """The lines that `code` prints under these layers; None: plain Python."""
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(code))
    command = [PYTHON, str(script)]
    if layers is not None:
        command = [TRACE, "--python", PYTHON, "--report", "only", "--fuzzy=" + layers,
                   "--seed", str(seed), "--command", str(script)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTRACER_")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True,
                          text=True, timeout=120)
    if "layer python is not available" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_sum_of_thousandths_takes_several_values_with_fifty_digits(tmp_path):
    code = """
    import math
    values = [sum([.001] * 1000) for i in range(30)]
    import sys  # 3.12 compensates
    print(len(set(values)) >= (3 if sys.version_info < (3, 12) else 2))
    mean = math.fsum(values) / 30
    deviation = math.fsum((v - mean) ** 2 for v in values) ** 0.5 / 30 ** 0.5
    print(45 < -math.log2(deviation / mean) < 54)
    """
    assert run(code, tmp_path) == ["True", "True"]


def documented():
    """The functions of math that MODES.md says are perturbed."""
    text = (Path(os.environ["PYTRACER_SOURCE"]) / "trace/fuzzy/MODES.md").read_text()
    names = re.search(r"`math\.\{([^}]+)\}`", text)[1].split()
    assert len(names) > 20
    return names


WAYS = """
def loop():
    s = 0.1
    for i in range(100):
        s = (s + 0.7) * 1.1 - s / 3
    return s

def power(x):
    return x ** 0.3

def third(x):
    x /= 3
    return x

import math
ways = {
    "loop": loop,
    "power": lambda: power(3.0),
    "in place": lambda: third(1.0),
    "integer operand": lambda: third(7),
    "complex": lambda: (1.1 + loop() * 0) * (0.3 + 0.7j),
    "complex quotient": lambda: complex(1.1, 2.3) / complex(third(1.0), 0.7),
    "complex sum": lambda: complex(1.1, 2.3) + complex(1e-17, 0.7),
    "complex power": lambda: complex(1.1, 2.3) ** 0.3,
    "complex abs": lambda: abs(complex(1.1, 2.3)),
    "sum of a generator": lambda: sum(x * 0.1 for x in range(50)),
    "sum of an iterator": lambda: sum(iter([0.1] * 50)),
    "sum of complex numbers": lambda: sum([complex(0.1, 0.3)] * 50),
    "sum of floats and integers": lambda: sum([0.3333333333333333, 3] * 50),
    "math.pow": lambda: math.pow(3.7, 0.3),
    "atan2": lambda: math.atan2(1.0, 3.0),
    "hypot": lambda: math.hypot(1.0, 1.5),
    "hypot of three": lambda: math.hypot(1.0, 1.5, 0.3),
    "log": lambda: math.log(3.0),
    "log to a base": lambda: math.log(3.0, 7),
    "erf": lambda: math.erf(0.3),
    "gamma": lambda: math.gamma(4.5),
    "lgamma": lambda: math.lgamma(4.5),
    "cbrt": lambda: math.cbrt(3.0),
    "exp2": lambda: math.exp2(0.3),
    "sum": lambda: sum([0.1] * 50),
    "sum of a tuple from a start": lambda: sum((0.1,) * 50, 0.3),
    "sqrt": lambda: math.sqrt(2.0),
    "exp": lambda: math.exp(1.5),
    "sin": lambda: math.sin(1.5),
    "fma": lambda: getattr(math, "fma", lambda x, y, z: x * y + z)(1.1, 1.3, 0.7),
}
for name in NAMES:
    if name not in ("pow", "atan2", "hypot") and hasattr(math, name):  # exp2, cbrt: from 3.11 on
        ways["math." + name] = lambda f=getattr(math, name), x=1.7 if name == "acosh" else 0.3: f(x)
"""
WAYS = WAYS.replace("NAMES", repr(documented()))


def test_every_way_into_an_operation_varies(tmp_path):
    code = WAYS + """
for name, way in ways.items():
    if len({way() for i in range(60)}) < 2:
        print(name)
"""
    assert run(code, tmp_path) == []


def test_same_seed_repeats_every_bit(tmp_path):
    code = WAYS + """
for name, way in ways.items():
    print(name, repr(way()), repr(way()))
"""
    one, again, other = (run(code, tmp_path, seed=s) for s in (4, 4, 5))
    assert one == again and one != other


def test_each_layer_varies_what_only_it_can(tmp_path):
    code = """
    import numpy as np
    def loop():
        s = 0.0
        for i in range(1000):
            s += 0.1
        return s
    print(len({loop() for i in range(20)}) > 1,
          len({float(np.sum(np.full(1000, 0.1))) for i in range(20)}) > 1)
    """
    assert run(code, tmp_path, layers="python") == ["True False"]
    assert run(code, tmp_path, layers="numpy") == ["False True"]
    assert run(code, tmp_path, layers="all") == ["True True"]


LEFT_ALONE = """
import json, struct, math, pickle
third = struct.unpack("d", struct.pack("d", 1 / 3 if False else 0.3333333333333333))[0]
# compiling, from the first pass over this file on
print(0.1 + 0.2, 0.1 * 3, 1 / 3, 2 ** 0.5, -0.1 - 0.7)
for i in range(50):
    assert compile("0.1 + 0.2", "x", "eval").co_consts[0] == 0.30000000000000004
    assert eval("0.1 * 3") == 0.30000000000000004
    # parsing and printing
    assert float("0.1") == 0.1 and float("1e-7") == 1e-7
    assert float(repr(third)) == third and "%.3f" % third == "0.333"
    assert json.loads(json.dumps([third, 0.1])) == [third, 0.1]
    assert pickle.loads(pickle.dumps(third)) == third
    # exact results
    assert 0.5 + 0.25 == 0.75 and i * 0.5 * 2 == i and 2.0 ** i == 1 << i
    assert math.sqrt(i * i) == i and math.exp(0 * i) == 1 and math.cos(0.0) == 1
    assert sum([0.5] * i) == i / 2 and sum(range(i)) == i * (i - 1) // 2
    assert math.pow(2.0, i) == 1 << i and math.hypot(3.0 * i, 4.0 * i) == 5 * i
    assert math.hypot(i, 0, 0) == i and math.log(8.0, 2) == 3
    assert math.gamma(5) == 24 and math.exp2(i) == 2 ** i and math.cbrt(8.0) == 2 and math.erf(0) == 0
    assert (1 + 2j) * (3 - 4j) == 11 + 2j and (4 + 2j) / 2 == 2 + 1j and (1 + 2j) ** 2 == -3 + 4j
    assert abs(3 + 4j) == 5 and sum([1 + 2j, 3]) == 4 + 2j and sum(x / 2 for x in range(i)) == i * (i - 1) / 4
    assert abs(-third) == third and -(-third) == third and round(2.5) == 2
    assert 7.5 // 2 == 3 and 7.5 % 2 == 1.5 and math.floor(2.7) == 2
# types, errors and what is not ours
from decimal import Decimal
from fractions import Fraction
class Own(float):
    def __add__(self, other):
        return "own"
print(Own(1) + 1.0, type(1.5 + True), 1.5 + Fraction(1, 2), Decimal("0.1") + 1)
print(sum(x for x in [1, 2]), sum(iter([True, 0.5])), sum([0.5, 1j]), sum([1j, 0.5, 2]), sum([Decimal(1), 0]),
      sum([0.5, Fraction(1, 4)]), sum([[1]], []), sum((x for x in [1 << 70, 0.5])), math.log2(10 ** 400) > 1,
      sum([Own(1), 2.0]), sum({1: 0, 2: 0}), math.log(10 ** 400) > 1, sum(range(5)))
print(sum([]), sum([1, 2]), sum([Fraction(1, 3), 1]), sum([1.5], start=1), sum([[1], [2]], []),
      sum(x for x in [0.5, 0.25]), sum([True, 0.5]), sum((1 << 70, 0.0)))
import operator
for bad in (lambda: 1.5 / 0, lambda: 1.5 + "a", lambda: 1e308 ** 2, lambda: sum(["a"]),
            lambda: sum([1.5, "a"]), lambda: sum(1), lambda: sum([1.5], 1, 2), lambda: math.sqrt(-1),
            lambda: math.log2(0), lambda: math.exp(1e9), lambda: sum([0.5], begin=1), lambda: sum(),
            lambda: 1.5 + (1 << 2000), lambda: (1 << 2000) / (1 << 1999), lambda: (10 ** 400) / 3, lambda: sum([1.5, 1 << 2000]), lambda: sum(1 / x for x in [1, 0]), lambda: sum(x for x in ["a"]),
            lambda: sum([1.5], ""), lambda: sum(["a"], ""), lambda: math.pow(-1.0, 0.5), lambda: math.log(0.0), lambda: math.hypot("a"),
            lambda: 1j / 0, lambda: abs(complex(1e308, 1e308)), lambda: math.gamma(-1), lambda: math.log(2, 1), lambda: math.pow(1.0),
            lambda: sum([0.5, 1j, "a"]), lambda: 0j ** -1, lambda: 0.0 ** -1):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
print(float("inf") + 1.0, float("nan") * 2.0, 1e308 * 10.0, -0.0 + -0.0, 5e-324 / 2 in (0.0, 5e-324))
text = ""
for i in range(10000):
    text += "x"
print(len(text))
"""


def test_compiling_parsing_printing_and_exact_results_are_left_alone(tmp_path):
    assert run(LEFT_ALONE, tmp_path) == run(LEFT_ALONE, tmp_path, layers=None)


def test_random_numbers_are_those_of_plain_python_unless_they_are_asked_for(tmp_path):
    code = """
    import random
    class Own(random.Random):
        def twice(self):
            return self.gauss(0, 1) * 1.1
    def drawn(r):
        r.seed(5)
        return [f() for i in range(40) for f in (
            lambda: r.gauss(0, 1), lambda: r.uniform(.1, .7), lambda: r.expovariate(.7), lambda: r.normalvariate(.1, .3),
            lambda: r.gammavariate(.3, 1.1), lambda: r.betavariate(.3, .7), lambda: r.lognormvariate(*(.1, .3)),
            lambda: r.triangular(.1, .7, .3), lambda: r.vonmisesvariate(.1, 3.3), lambda: r.choices("abc", [.1, .7, .3]))]
    print(drawn(random), drawn(random.Random()), drawn(Own()))
    """
    plain = run(code, tmp_path, layers=None)
    assert run(code, tmp_path) == plain

    def alone(*options):  # without a trace nothing looks at calls
        return subprocess.run([TRACE, "--python", PYTHON, "--no-trace", "--quiet", "--fuzzy=python", "--seed", "1", *options,
                               "--command", str(tmp_path / "program.py")],
                              cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    assert alone() == plain != alone("--fuzzy-only", "random")
    own = "import random\nclass Own(random.Random):\n    def twice(self): return (self.seed(1) or self.random()) * 1.1\nprint(len({Own().twice() for i in range(60)}))"
    assert run(own, tmp_path) == ["2"]  # its own arithmetic


def test_modules_are_compiled_with_plain_constants(tmp_path):
    (tmp_path / "constants.py").write_text("X = 0.1 + 0.2\nY = 10 / 3 * 0.7\n")
    code = "import constants\nprint(constants.X, constants.Y)\n"
    plain = run(code, tmp_path, layers=None)
    for seed in range(1, 6):
        assert run(code, tmp_path, seed=seed) == plain


def test_operands_that_somebody_holds_keep_their_values(tmp_path):
    code = """
    class Box:
        pass
    box, kept = Box(), [0.1, 0.7]
    box.x = 0.3
    def argument(x):
        y = x * 1.1 + x
        return x, y
    def in_place(x):
        y = x
        x += 0.2
        x *= 1.3
        x -= 0.1
        x /= 0.7
        return y
    def held(x):
        results = []
        for i in range(50):
            x = x + 0.1
            results.append(x)
            box.x + x; kept[0] * x; x / kept[1]
        return len(set(map(id, results))) == 50 and sorted(results) == results
    def suspended():
        x = 0.1 + (yield) * 0.1
        yield x
    for i in range(200):
        assert argument(0.1)[0] == 0.1 and in_place(0.3) == 0.3 and held(0.1)
        first = suspended(); next(first)
        assert abs(first.send(0.5) - 0.15) < 1e-15
    assert (box.x, kept) == (0.3, [0.1, 0.7])
    assert 1.1 in argument.__code__.co_consts and 0.2 in in_place.__code__.co_consts
    print("kept")
    """
    assert run(code, tmp_path) == ["kept"]


def test_mullers_recurrence_loses_its_digits_and_ends_on_the_wrong_limit(tmp_path):
    code = """
    def muller(n):
        before, x = 11 / 2, 61 / 11
        for k in range(2, n + 1):
            before, x = x, 111 - (1130 - 3000 / before) / x
        return x
    middle = [muller(16) for i in range(10)]
    end = [muller(40) for i in range(10)]
    print(max(middle) - min(middle) > 1)
    print(max(abs(x - 100) for x in end) < 1e-9)
    """
    assert run(code, tmp_path) == ["True", "True"]


def test_threads_are_perturbed_too(tmp_path):
    code = """
    import threading
    seen = []
    def work():
        s = 0.0
        for i in range(2000):
            s += 0.1
        seen.append(s)
    threads = [threading.Thread(target=work) for i in range(4)]
    for t in threads: t.start()
    for t in threads: t.join()
    print(len(set(seen)) > 1)
    """
    assert run(code, tmp_path) == ["True"]


def test_coverage_names_what_of_numpy_is_left_alone(tmp_path):
    done = subprocess.run(
        [TRACE, "--python", PYTHON, "--report", "only", "--fuzzy=numpy", "--seed", "1", "--coverage",
         "--command", "-c", "import numpy as np; np.ones(3) / 3"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "left as they are in numpy: einsum, fft," in done.stderr, done.stderr
