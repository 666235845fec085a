"""The layer `libm`: results of the mathematical functions that compiled code calls."""

import os
import re
from pathlib import Path

from traced import run_traced

CALLS = """
import ctypes
library = ctypes.CDLL(LIBRARY)
def function(name, *types):
    f = getattr(library, name)
    f.restype = types[0]
    f.argtypes = types
    return f
d, f = ctypes.c_double, ctypes.c_float
"""


def documented():
    """The functions that MODES.md says are perturbed."""
    text = (Path(os.environ["PYTRACER_SOURCE"]) / "trace/fuzzy/MODES.md").read_text()
    names = re.search(r"perturbed in the layer `libm`\n\n`([^`]+)`", text)[1].split()
    assert len(names) > 30
    return names


def test_every_function_varies_under_libm_and_under_no_other_layer(tmp_path):
    code = CALLS + """
still = []
for name in NAMES + ["sqrt", "fma"]:
    n = {"pow": 2, "atan2": 2, "hypot": 2, "fma": 3}.get(name, 1)
    arguments = ([1.7] if name == "acosh" else [0.3, 1.7, 0.7])[:n]
    for suffix, kind in (("", d), ("f", f)):
        if name == "sincos" and suffix: continue
        call = function("call_" + name + suffix, *[kind] * (n + 1))
        call.argtypes = [kind] * n
        if len({call(*arguments) for i in range(60)}) < 2: still.append(name + suffix)
print(len(still), still)
""".replace("NAMES", repr(documented()))
    assert run_traced(code, tmp_path, "libm") == ["0 []"]
    everything = 2 * (len(documented()) + 2) - 1  # no sincosf
    assert run_traced(code, tmp_path, "python,numpy")[0].startswith("%d " % everything)


def test_result_is_kept_three_times_in_four_and_else_a_neighbour(tmp_path):
    code = CALLS + """
import math
from collections import Counter
exp = function("call_exp", d)
with_python = math.exp(1.7)
seen = Counter(exp(1.7) for i in range(40000))
below, above = math.nextafter(with_python, 0), math.nextafter(with_python, 9)
print(sorted(seen) == [below, with_python, above])
# six standard deviations
print(abs(seen[with_python] - 30000) < 6 * 87, abs(seen[below] - 5000) < 6 * 66,
      abs(seen[above] - 5000) < 6 * 66)
"""
    assert run_traced(code, tmp_path, "libm") == ["True", "True True True"]


def test_exact_results_limits_errno_and_exceptions_are_the_librarys(tmp_path):
    code = CALLS + """
import math
exp, log10, cbrt, tgamma, tanh = (function("call_" + n, d) for n in
                                  "exp log10 cbrt tgamma tanh".split())
power = function("call_pow", d, d)
power.argtypes = [d, d]
for i in range(100):
    assert exp(0.0) == 1 and log10(1000.0) == 3 and cbrt(8.0) == 2 and tgamma(5.0) == 24
    assert power(3.0, 4.0) == 81 and tanh(50.0) == 1 and exp(math.inf) == math.inf
    assert math.isnan(exp(math.nan)) and exp(-math.inf) == 0
after = library.after_log
after.argtypes = [d]
print([after(x) for x in (2.0, 0.0, -1.0)])
"""
    assert run_traced(code, tmp_path, "libm") == run_traced(code, tmp_path, None)


def test_virtual_precision_puts_results_on_its_grid(tmp_path):
    code = CALLS + """
exp = function("call_exp", d)
values = {exp(1.7) for i in range(200)}
print(sorted(values))
"""
    lines = run_traced(code, tmp_path, "libm", options=["--precision-binary64", "8"])
    assert lines == ["[5.46875, 5.5]"]  # around 5.4739, steps of 2^-5


def test_same_seed_repeats_and_another_does_not(tmp_path):
    code = CALLS + """
exp = function("call_exp", d)
print([exp(1.7 + i / 7).hex() for i in range(50)])
"""
    one, again, other = (run_traced(code, tmp_path, "libm", seed=s) for s in (3, 3, 4))
    assert one == again and one != other


def test_special_functions_vary_and_random_numbers_do_not(tmp_path):
    code = """
import random
import numpy as np, scipy.special
print(len({float(scipy.special.jv(0.3, 1.7)) for i in range(60)}) > 1)
generator = np.random.default_rng(5)
old = np.random.RandomState(5)
random.seed(5)
drawn = [generator.normal(size=300), generator.gamma(0.3, size=300), old.normal(size=300),
         old.gamma(0.3, size=300)]
print([x.tobytes().hex() for x in drawn], [random.gauss(0, 1) for i in range(20)])
"""
    varied, drawn = run_traced(code, tmp_path, "libm")
    assert varied == "True"
    assert run_traced(code, tmp_path, None) == ["False", drawn]
    assert run_traced(code, tmp_path, "all") == ["True", drawn]


def test_compiling_parsing_and_printing_are_left_alone(tmp_path):
    code = """
import json
print(2.0 ** 0.3, 10 ** -7.5, eval("2.0 ** 0.7"), float("1.7e-5"), "%.17g" % 0.1)
for i in range(50):
    assert compile("2.0 ** 0.3", "x", "eval").co_consts[0] == 2.0 ** 0.3
    assert float("0.1") == 0.1 and json.loads("[1.1e-5]") == [1.1e-5]
import numpy as np
print(np.array([0.1, 1e300, 3e-7]), np.float32("0.3"), np.array(["0.7"]).astype(float))
"""
    assert run_traced(code, tmp_path, "libm") == run_traced(code, tmp_path, None)
