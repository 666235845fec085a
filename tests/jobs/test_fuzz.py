"""pytracer fuzz: a program under the stochastic arithmetic alone."""

import re

import pytest

from conftest import one_line

SUM = "print(sum([.001] * 1000))"
# Each of these has some three likely values: two runs that agree in all are one run.
SUMS = "print(*(sum([.001 * i] * 1000) / i for i in range(1, 80)))"


def seed_of(done):
    found = re.fullmatch(r"pytracer: stochastic arithmetic sr \(\S+\), seed (\d+)\n", done.stderr)
    assert found, done.stderr
    return found[1]


def test_the_last_digits_differ_each_time_and_nothing_is_left_behind(pytracer, tmp_path):
    runs = [pytracer("fuzz", "-c", SUMS) for i in range(12)]
    assert all(r.returncode == 0 for r in runs)
    assert len({r.stdout for r in runs}) == 12
    assert all(abs(float(v) - 1) < 1e-12 for r in runs for v in r.stdout.split())
    assert len({seed_of(r) for r in runs}) == 12
    assert list(tmp_path.iterdir()) == []


def test_the_seed_that_is_told_repeats_a_run(pytracer):
    program = "import numpy as np; x = np.random.default_rng(1).random(9999); " + \
        "print((x * x).sum(), np.exp(x).std()); " + SUMS
    first = pytracer("fuzz", "-c", program)
    again = pytracer("fuzz", "--seed", seed_of(first), "-c", program)
    assert (again.stdout, again.stderr) == (first.stdout, first.stderr)
    from_environment = pytracer("fuzz", "-c", program, env={"PYTRACER_SEED": seed_of(first)})
    assert from_environment.stdout == first.stdout
    # an option wins over the environment
    other = pytracer("fuzz", "--seed", "4", "-c", program, env={"PYTRACER_SEED": seed_of(first)})
    assert seed_of(other) == "4" and other.stdout != first.stdout


def test_each_thread_has_random_numbers_of_its_own(pytracer):
    program = """
import threading
def work(out):
    out.append([sum([.1 * i] * 999) for i in range(20)])
results = []
for i in range(2):  # one after the other, so that the order is known
    thread = threading.Thread(target=work, args=(results,))
    thread.start()
    thread.join()
print(results[0] != results[1], results)
"""
    first, again = (pytracer("fuzz", "--seed", "3", "-c", program).stdout for i in range(2))
    assert first.startswith("True") and first == again


def test_a_script_its_arguments_and_its_exit_status(pytracer, script):
    script("import sys; print(sys.argv[1:]); sys.exit(7)")
    for words in (["x.py"], ["--", "x.py"], ["--quiet", "--", "x.py"]):
        done = pytracer("fuzz", *words, "--seed", "a b", "-c", "--")
        assert done.returncode == 7
        assert done.stdout == "['--seed', 'a b', '-c', '--']\n"
        assert (done.stderr == "") == ("--quiet" in words)


def test_a_module(pytracer, tmp_path):
    (tmp_path / "mod.py").write_text("import sys; print(__name__, sys.argv[1:])")
    assert pytracer("fuzz", "-m", "mod", "x").stdout == "__main__ ['x']\n"


def test_scope_mode_layers_and_precision(pytracer, script):
    script("def f(): return sum([.1] * 1000)\ndef g(): return sum([.1] * 1000)\n"
           "print(*(len({h() for i in range(30)}) > 1 for h in (f, g)))")
    assert pytracer("fuzz", "x.py").stdout == "True True\n"
    assert pytracer("fuzz", "--fuzzy-only", "x.f", "x.py").stdout == "True False\n"
    assert pytracer("fuzz", "--fuzzy-except=x.f", "x.py").stdout == "False True\n"
    assert pytracer("fuzz", "--fuzzy=numpy", "x.py").stdout == "False False\n"
    done = pytracer("fuzz", "--mode", "rr", "--precision-binary64", "20", "--seed", "1",
                    "-c", SUM)
    assert 1e-9 < abs(float(done.stdout) - 1) < 1e-2


@pytest.mark.parametrize("words, told", [
    ([], ["no program"]),
    (["--outptu", "x", "x.py"], ["--outptu"]),
    (["--report", "on", "x.py"], ["--report"]),
    (["--seed", "x", "-c", "1"], ["--seed", "whole number"]),
    (["--fuzzy=nump", "-c", "1"], ["nump"]),
    (["--fuzzy-only", "a b c", "-c", "1"], ["--fuzzy-only", "a b c"]),
    (["missing.py"], ["missing.py"]),
])
def test_wrong_command_lines(pytracer, words, told):
    done = pytracer("fuzz", "--quiet", *words)
    assert done.returncode == 2
    one_line(done, *told)
