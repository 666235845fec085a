"""pytracer localize: programs with planted culprits."""

import re
import signal
import subprocess
import time

import pytest

from conftest import PYTRACER, environment, one_line

# Inputs are whole numbers, so that they do not vary and nothing but the planted functions
# does harm. `left` and `right` do only together: each makes one factor of a product vary
# that is zero else.
PROGRAM = """\
import sys
how = sys.argv[1:]

def scale(x):
    return x * 1.1 / 1.1

def combine(a, b):
    return (a + b) / 3.0

def cancel(x):
    big = x * 1e8 + 0.1
    return big - x * 1e8

def cancel_too(x):
    far = x * 1e7 + 0.3
    return far - x * 1e7

def left(x):
    return x * 0.1

def right(x):
    return x * 0.1

def joint(a, b):
    return (a - 0.30000000000000004) * (b - 0.30000000000000004) * 1e33

def program():
    total = 0.0
    for i in range(1, 20):
        x = float(i)
        total = combine(total, scale(x))
        if "cancel" in how:
            total = total + cancel(x)
        if "cancel_too" in how:
            total = total + cancel_too(x)
        if "together" in how:
            total = total + joint(left(3.0), right(3.0))
    return total

print("total", repr(program()))
"""


def found_in(text):
    """The minimal sets as {functions: lines}, the harmless functions, runs and trials."""
    sets, lines, part = [], [], text.split("The largest set found")
    for line in part[0].split("does harm\n", 1)[-1].splitlines():
        if re.match(r" ?\d+  ", line):
            sets.append([])
            lines.append([])
        elif line.startswith("      __main__."):
            sets[-1].append(line.split()[0].removeprefix("__main__."))
        elif line.strip().startswith("line "):
            lines[-1].append(sorted(int(n) for n in re.findall(r":(\d+)", line)))
    harmless = re.findall(r"^      __main__\.(\S+)$", part[1], re.M)
    effort = re.search(r"^(\d+) runs of the program; (\d+) trials", part[1], re.M)
    return ({frozenset(s): sorted(n) for s, n in zip(sets, lines)}, set(harmless),
            int(effort[1]), int(effort[2]))


def line_of(text):
    return 1 + next(i for i, line in enumerate(PROGRAM.splitlines()) if text in line)


@pytest.fixture
def localize(pytracer, script):
    script(PROGRAM)

    def call(*options, program=("x.py",), **kwargs):
        return pytracer("localize", "-n", "7", "--folder", "f", "--fuzzy=python",
                        *options, "--", *program, **kwargs)

    return call


OTHERS = {"scale", "combine", "program"}


TOGETHER = {frozenset(["left", "right"])}


@pytest.mark.parametrize("how, expected, harmless, method", [
    (["cancel"], {frozenset(["cancel"])}, OTHERS, []),
    (["cancel", "cancel_too"], {frozenset(["cancel"]), frozenset(["cancel_too"])}, OTHERS, []),
    (["together"], TOGETHER, OTHERS | {"joint"}, []),
    (["together", "cancel"], TOGETHER | {frozenset(["cancel"])}, OTHERS | {"joint"}, []),
    (["together", "cancel"], TOGETHER | {frozenset(["cancel"])}, OTHERS | {"joint"}, ["--ddmin"]),
], ids=str)
def test_planted_culprits_are_found(localize, how, expected, harmless, method):
    done = localize("--no-insight", *method, program=["x.py", *how])
    assert (done.returncode, done.stderr) == (0, "")
    sets, rest, runs, trials = found_in(done.stdout)
    assert set(sets) == expected
    # of two that do harm only together, one can be perturbed
    assert harmless <= rest and len(rest - harmless) == ("together" in how)
    assert rest - harmless <= {"left", "right"}
    lines = {"cancel": line_of("big = "), "cancel_too": line_of("far = "),
             "left": line_of("def left") + 1, "right": line_of("def right") + 1}
    for functions in expected:
        assert sets[functions] == [sorted(lines[f] for f in functions)]


def test_conditioning_is_told_from_instability(localize, script):
    script("""\
import math

def stable_but_steep(x):
    return math.exp(x) - 1e-9

def conditioned(x):
    return math.sin(x * 1048576.0)

def unstable(x):
    big = x * 1e8 + 0.1
    return big - x * 1e8

def root(i):
    return (i + 0.3) ** 0.5

total = 0.0
for i in range(1, 12):
    total = total + conditioned(root(i)) + unstable(float(i))
print(total)
""")
    done = localize("--functions-only", "--top", "2")
    assert (done.returncode, done.stderr) == (0, "")
    reasons = dict(re.findall(r"(\S+) +__main__\.(\w+)  /", done.stdout))
    assert {v: k for k, v in reasons.items()} == {"conditioned": "conditioning",
                                                 "unstable": "instability"}


def test_a_program_without_harm(localize):
    done = localize(program=["x.py"])
    assert done.returncode == 0
    assert "nothing to look for" in done.stdout


def test_a_command_compares(localize, tmp_path):
    done = localize("--no-insight", "--functions-only", "--compare",
                    "python3 -c 'import sys; a, b = (float(open(f).read().split()[1]) for f in "
                    "sys.argv[1:]); sys.exit(abs(a - b) > 1e-9)'",
                    program=["x.py", "cancel"])
    assert (done.returncode, done.stderr) == (0, "")
    sets, rest, runs, trials = found_in(done.stdout)
    assert set(sets) == {frozenset(["cancel"])} and rest == OTHERS
    assert "a run differs" in done.stdout


def test_a_functions_output_is_watched(localize):
    done = localize("--no-insight", "--functions-only", "--function", "__main__.cancel_too",
                    program=["x.py", "cancel", "cancel_too"])
    assert (done.returncode, done.stderr) == (0, "")
    sets, rest, runs, trials = found_in(done.stdout)
    assert set(sets) == {frozenset(["cancel_too"])}
    assert rest == OTHERS | {"cancel"}


def test_numbers_by_a_pattern(localize, script):
    # four of them: one alone goes one way of two, in every run in a tenth of all seeds
    script(PROGRAM + "\nprint('other =', cancel_too(3.0) + cancel_too(5.0) + cancel_too(6.0) + cancel_too(7.0), 'end')\n")
    done = localize("--no-insight", "--functions-only", "--number", "other = (.*) end",
                    program=["x.py", "cancel"])
    assert set(found_in(done.stdout)[0]) == {frozenset(["cancel_too"])}


def test_a_stopped_search_goes_on(localize, tmp_path, pytracer):
    whole = localize("--no-insight", program=["x.py", "cancel", "cancel_too"]).stdout
    command = [PYTRACER, "localize", "-n", "7", "--folder", "g", "--fuzzy=python",
               "--no-insight", "--", "x.py", "cancel", "cancel_too"]
    started = subprocess.Popen(command, cwd=tmp_path, env=environment(), text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    trials = tmp_path / "g/trials.tsv"
    while started.poll() is None and not (trials.exists() and trials.read_text().count("\n") >= 3):
        time.sleep(0.01)
    started.send_signal(signal.SIGTERM)
    out, err = started.communicate(timeout=60)
    if started.returncode == 0:
        pytest.skip("it was done before it could be stopped")
    assert started.returncode == 130 and "--resume" in err
    done = pytracer("localize", "--resume", "g")
    assert (done.returncode, done.stderr) == (0, "")
    first, again = found_in(whole), found_in(done.stdout)
    assert first[:2] == again[:2]
    assert again[2] < first[2] and again[3] == first[3]
    # all is known now: only the reference is run
    third = found_in(pytracer("localize", "--resume", "g").stdout)
    assert third[:2] == first[:2] and third[2] == 2


@pytest.mark.parametrize("options, program, status, told", [
    ([], [], 2, ["no program"]),
    ([], ["missing.py"], 2, ["missing.py"]),
    (["--number", "("], ["x.py"], 1, ["--number"]),
    (["--number", "a", "--compare", "cmp"], ["x.py"], 2, ["exclude each other"]),
    (["--min-digits", "x"], ["x.py"], 2, ["--min-digits"]),
    (["--min-digits", "60"], ["x.py"], 2, ["--min-digits"]),
    (["--number", "no such (.*)"], ["x.py"], 1, ["no number that matches"]),
    (["--functon", "a"], ["x.py"], 2, ["--function"]),
    (["--no-insight", "--function", "__main__.nothing"], ["x.py"], 1, ["--function", "nothing"]),
    ([], ["fails.py"], 1, ["fails without any perturbation", "run-1.err"]),
    ([], ["empty.py"], 1, ["no function"]),
])
def test_wrong_command_lines_and_programs(localize, script, options, program, status, told):
    script("print(1); raise SystemExit(3)", "fails.py")
    script("print('1')", "empty.py")
    done = localize(*options, program=program)
    assert done.returncode == status
    one_line(done, *told)


def test_a_program_that_no_longer_runs_is_an_error_and_no_culprit(localize, script, tmp_path):
    """After eight runs something goes that it needs, whatever is perturbed."""
    script("import pathlib\nruns = pathlib.Path('runs')\n"
           "with runs.open('a') as f: f.write('x')\n"
           "if len(runs.read_text()) > 8: raise SystemExit(4)\n" + PROGRAM, "goes.py")
    done = localize("--no-insight", program=["goes.py", "cancel"])
    assert done.returncode == 1, done.stdout
    assert "something else has changed" in done.stderr and "work/plain/run-1.err" in done.stderr
    assert "does harm" not in done.stdout


def test_a_folder_is_not_used_twice(localize, pytracer):
    localize(program=["x.py"])
    one_line(localize(program=["x.py"]), "has been used", "--resume f")
    one_line(pytracer("localize", "--resume", "."), "no folder of pytracer localize")
    one_line(pytracer("localize", "--resume", "none"), "none")


def test_a_program_that_varies_by_itself_is_told(localize, script):
    script(PROGRAM.replace("import sys", "import sys, random") + "\nprint(random.random())\n")
    done = localize("--no-insight", "--functions-only")
    assert "without any perturbation" in done.stderr and done.returncode == 0
