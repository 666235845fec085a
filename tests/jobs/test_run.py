"""pytracer run: experiments with good, failing and hanging runs."""

import json
import re
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import NUMERICAL, PYTRACER, environment, one_line

M64 = (1 << 64) - 1


def splitmix64(state):
    z = (state + 0x9E3779B97F4A7C15) & M64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


def record(folder):
    return json.loads((Path(folder) / "experiment.json").read_text())


def states(folder):
    return [run["state"] for run in record(folder)["runs"]]


@pytest.fixture
def run(pytracer):
    def call(*args, parse=False, **kwargs):
        return pytracer("run", "--python", sys.executable, *([] if parse else ["--no-parse"]),
                        *args, **kwargs)
    return call


def test_each_run_has_its_trace_its_log_and_its_seed(run, script, tmp_path):
    script(NUMERICAL)
    done = run("-n", "3", "--seed", "42", "--experiment", "e", "--", "x.py")
    assert done.returncode == 0, done.stderr
    e = tmp_path / "e"
    assert states(e) == ["done"] * 3
    assert [int(r["seed"]) for r in record(e)["runs"]] == [splitmix64(42 + i) for i in (1, 2, 3)]
    assert len(list((e / "traces").glob("*.trace"))) == 3
    assert not list((e / "work").iterdir()) and not list((e / "failed").iterdir())
    outputs = {(e / f"logs/run-{i:04}.out").read_text() for i in (1, 2, 3)}
    assert len(outputs) > 1, "the runs did not differ"
    import numpy
    versions = record(e)["versions"]
    assert versions["numpy.version"] == numpy.__version__ and versions["tracer.version"]
    assert versions["python.version"] == sys.version.split()[0]
    assert done.stderr.count(": done in ") == 4
    assert "reference run: done in" in done.stderr


def test_one_seed_gives_the_same_experiment_twice(run, script, tmp_path):
    script(NUMERICAL)
    for name in ("a", "b"):
        assert run("-n", "2", "--seed", "7", "--experiment", name, "x.py").returncode == 0
    for i in (1, 2):
        first, second = (tmp_path / n / f"logs/run-{i:04}.out" for n in ("a", "b"))
        assert first.read_text() == second.read_text()


def test_one_run_is_under_ieee_arithmetic_and_digits_are_counted_against_it(run, script, tmp_path):
    script(NUMERICAL)
    config = tmp_path / "c.json"
    config.write_text('{"modules_to_load": ["numpy"], "numpy": {"ufunc": true}}')
    done = run("-n", "4", "--seed", "3", "--config", config, "--experiment", "e", "x.py", parse=True)
    assert done.returncode == 0, done.stderr
    e = tmp_path / "e"
    plain = subprocess.run([sys.executable, "x.py"], cwd=tmp_path, capture_output=True, text=True)
    assert (e / "logs/reference.out").read_text() == plain.stdout
    assert record(e)["reference"]["state"] == "done" and record(e)["control"] is None
    assert len(list((e / "reference").glob("*.trace"))) == 1
    assert len(list((e / "traces").glob("*.trace"))) == 4
    assert "against the run under IEEE arithmetic" in done.stdout
    import h5py
    with h5py.File(e / "stats" / record(e)["result"]) as f:
        assert list(f["runs/run_id"][:]) == [1, 2, 3, 4, 0]
        assert list(f["runs/flags"][:] & 8) == [0, 0, 0, 0, 8]


def test_without_a_reference_digits_are_counted_against_the_mean(run, script, tmp_path):
    script(NUMERICAL)
    for name, option in (("e", "--no-reference"), ("f", "--no-fuzzy")):
        done = run("-n", "2", option, "--experiment", name, "x.py", parse=True)
        assert done.returncode == 0, done.stderr
        assert record(tmp_path / name)["reference"] is None
        assert "reference run" not in done.stderr and "against the mean" in done.stdout
        assert not list((tmp_path / name / "reference").iterdir())


def test_a_reference_that_fails_is_said_and_done_without(run, script, tmp_path):
    script("import os\nimport numpy as np\nprint(np.sum(np.arange(9.0) / 3))\n"
           "if os.environ['PYTRACER_RUN'] == '0': raise SystemExit(5)")
    done = run("-n", "2", "--experiment", "e", "x.py", parse=True)
    assert done.returncode == 0, done.stderr
    assert "reference run: failed" in done.stderr and "there is no reference" in done.stderr
    assert "against the mean" in done.stdout
    assert record(tmp_path / "e")["reference"]["exit_status"] == 5
    assert (tmp_path / "e/failed/reference").is_dir()


def test_a_control_run_repeats_run_1_bit_for_bit(run, script, tmp_path):
    script(NUMERICAL)
    done = run("-n", "2", "--control", "--seed", "3", "--experiment", "e", "x.py")
    assert done.returncode == 0, done.stderr
    e = tmp_path / "e"
    assert "control: run 1 repeated is the same bit for bit" in done.stderr
    assert record(e)["control"]["seed"] == record(e)["runs"][0]["seed"]
    assert len(list((e / "traces").iterdir())) == 2 and len(list((e / "control").iterdir())) == 1
    assert (e / "logs/control.out").read_text() == (e / "logs/run-0001.out").read_text()


@pytest.mark.parametrize("noise, words", [
    ("np.linalg.norm([1.0, time.time()])", ["numpy.linalg.norm", "the input x.1 differs"]),
    ("[np.linalg.norm([1.0]) for _ in range(int(time.time_ns()) % 7919 + 1)]", ["they part", "norm"]),
])
def test_noise_that_is_not_rounding_is_found_by_the_control_run(run, script, tmp_path, noise, words):
    script("import time\nimport numpy as np\n" + noise)
    done = run("-n", "1", "--control", "--experiment", "e", "x.py")
    assert done.returncode == 3, done.stderr
    for word in ["run 1 and its repetition with the same seed differ", "not rounding", *words]:
        assert word in done.stderr


def test_without_fuzzy_the_runs_are_plain_python(run, script, tmp_path):
    script(NUMERICAL)
    assert run("-n", "2", "--no-fuzzy", "--experiment", "e", "x.py").returncode == 0
    plain = subprocess.run([sys.executable, tmp_path / "x.py"], capture_output=True, text=True)
    for i in (1, 2):
        assert (tmp_path / f"e/logs/run-{i:04}.out").read_text() == plain.stdout


def test_what_is_not_rounding_is_fixed(run, script, tmp_path):
    script("import os\nprint([os.environ.get(k) for k in ('OMP_NUM_THREADS',"
           "'OPENBLAS_NUM_THREADS', 'PYTHONHASHSEED', 'PYTRACER_RUN')])\nprint(hash('x'))")
    done = run("-n", "2", "--threads", "3", "--experiment", "e", "x.py",
               env={"OMP_NUM_THREADS": "17", "PYTHONHASHSEED": "5"})
    assert done.returncode == 0
    first, second = ((tmp_path / f"e/logs/run-{i:04}.out").read_text().splitlines()
                     for i in (1, 2))
    assert first[0] == "['3', '3', '0', '1']" and second[0] == "['3', '3', '0', '2']"
    assert first[1] == second[1]


def test_failing_runs_are_named_and_kept_out(run, script, tmp_path):
    script("import os\nimport numpy as np\nnp.linalg.norm([1.0, 2.0])\n"
           "if os.environ['PYTRACER_RUN'] == '2': raise ValueError('the second one')\n"
           "if os.environ['PYTRACER_RUN'] == '3': os.kill(os.getpid(), 9)\n")
    done = run("-n", "4", "--experiment", "e", "x.py")
    assert done.returncode == 0
    e = tmp_path / "e"
    assert states(e) == ["done", "failed", "failed", "done"]
    assert len(list((e / "traces").iterdir())) == 2
    assert list((e / "failed/run-0002").iterdir()) and (e / "failed/run-0003").is_dir()
    assert "run 2 of 4: failed" in done.stderr
    assert "ValueError: the second one" in done.stderr and "run-0002.err" in done.stderr
    assert "Killed" in done.stderr
    assert "2 of 4 runs failed and are kept out" in done.stderr
    assert [r["signal"] for r in record(e)["runs"]] == [0, 0, 9, 0]


def test_failed_runs_can_be_repeated_with_their_own_seeds(run, pytracer, script, tmp_path):
    script("import os, sys, pathlib\nimport numpy as np\nprint(np.linalg.norm(np.array([0.1, 0.2]) * 3))\n"
           "if os.environ['PYTRACER_RUN'] == '2' and not pathlib.Path('good').exists(): sys.exit(3)\n")
    assert run("-n", "3", "--experiment", "e", "x.py").returncode == 0
    e = tmp_path / "e"
    seeds = [r["seed"] for r in record(e)["runs"]]
    assert record(e)["runs"][1]["exit_status"] == 3
    first = {p.name: p.read_bytes() for p in (e / "traces").iterdir()}
    (tmp_path / "good").touch()
    done = pytracer("run", "--no-parse", "--resume", "e")
    assert done.returncode == 0, done.stderr
    assert states(e) == ["done"] * 3
    assert [r["seed"] for r in record(e)["runs"]] == seeds
    second = {p.name: p.read_bytes() for p in (e / "traces").iterdir()}
    assert first.items() <= second.items() and len(second) == 3


def test_a_hanging_run_is_stopped_and_kept_out(run, script, tmp_path):
    script("import os, time\nimport numpy as np\nnp.linalg.norm([1.0, 2.0])\n"
           "if os.environ['PYTRACER_RUN'] == '1':\n    time.sleep(1000)\n")
    started = time.monotonic()
    done = run("-n", "2", "--timeout", "3s", "--experiment", "e", "x.py")
    assert done.returncode == 0
    assert time.monotonic() - started < 60
    assert states(tmp_path / "e") == ["timed out", "done"]
    assert "run 1 of 2: stopped after" in done.stderr and "--timeout" in done.stderr


def test_no_usable_run_is_a_failure(run, script, tmp_path):
    script("raise SystemExit(4)")
    done = run("-n", "2", "--experiment", "e", "x.py", parse=True)
    assert done.returncode == 1
    assert "no run succeeded" in done.stderr and "run-0001.err" in done.stderr


@pytest.mark.parametrize("options", [[], ["--no-reference"]])
def test_a_program_that_always_fails_is_not_run_to_the_end(run, script, tmp_path, options):
    script("raise SystemExit(4)")
    done = run("-n", "100", "-j", "2", *options, "--experiment", "e", "x.py")
    assert done.returncode == 1 and "no more are started" in done.stderr
    assert ("without perturbation" in done.stderr) == (not options)
    assert len(list((tmp_path / "e/logs").glob("run-*.err"))) <= 5
    assert states(tmp_path / "e").count("waiting") >= 95


def test_a_program_that_fails_now_and_then_is_run_to_the_end(run, script, tmp_path):
    script("import os\nif int(os.environ['PYTRACER_RUN']) in (1, 2, 3, 4): raise SystemExit(4)")
    done = run("-n", "6", "-j", "1", "--experiment", "e", "x.py")
    assert done.returncode == 0, done.stderr
    assert states(tmp_path / "e") == ["failed"] * 4 + ["done"] * 2


def test_options_of_the_arithmetic_and_targets_are_kept(run, script, tmp_path):
    script("import numpy as np\ndef f(x): return x.sum()\n"
           "def g(x): return x.sum()\nx = np.arange(9.0) / 7\nprint(f(x), g(x))")
    done = run("-n", "2", "--fuzzy-only", "f", "--fuzzy-except", "x.py:9", "--cancellation", "7",
               "--fuzzy-blas-limit", "1000", "--fuzzy-lapack", "backward", "--mode", "ud",
               "--target", "numpy.sum", "--target", "scipy.linalg", "--compression", "lz4", "--experiment", "e", "x.py")
    assert done.returncode == 0, done.stderr
    kept = json.loads((tmp_path / "e/config.json").read_text())
    assert {k: kept["fuzzy"][k] for k in ("only", "except", "cancellation", "blas_limit", "lapack", "mode")} == {
        "only": ["f"], "except": ["x.py:9"], "cancellation": 7, "blas_limit": 1000,
        "lapack": "backward", "mode": "ud"}
    assert kept["modules_to_load"] == ["numpy", "scipy"]
    assert kept["io"]["compression"] == "lz4"
    assert "scipy.linalg *" in (tmp_path / "e" / kept["include_file"]).read_text()


def test_more_runs_can_be_added(run, pytracer, script, tmp_path):
    script(NUMERICAL)
    assert run("-n", "2", "--seed", "5", "--experiment", "e", "x.py").returncode == 0
    assert pytracer("run", "--no-parse", "--resume", "e", "-n", "4").returncode == 0
    assert states(tmp_path / "e") == ["done"] * 4
    assert [int(r["seed"]) for r in record(tmp_path / "e")["runs"]] == \
        [splitmix64(5 + i) for i in range(1, 5)]


def test_an_interrupted_experiment_is_continued(pytracer, script, tmp_path):
    script("import os, time, pathlib\nimport numpy as np\nnp.linalg.norm([1.0, 2.0])\n"
           "if os.environ['PYTRACER_RUN'] not in '01' and not pathlib.Path('go').exists():\n"
           "    pathlib.Path('hangs').touch()\n    time.sleep(1000)\n")
    e = tmp_path / "e"
    job = subprocess.Popen([PYTRACER, "run", "--no-parse", "-n", "3", "-j", "1", "--python",
                            sys.executable, "--experiment", "e", "x.py"], cwd=tmp_path,
                           env=environment(), stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if (tmp_path / "hangs").exists():
            break
        time.sleep(0.1)
    children = subprocess.run(["pgrep", "-P", str(job.pid)], capture_output=True, text=True)
    job.send_signal(signal.SIGINT)
    words = job.communicate(timeout=60)[1]
    assert job.returncode == 130
    assert "stopped with 1 of 3 runs done" in words and "--resume" in words
    for pid in map(int, children.stdout.split()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert states(e) == ["done", "waiting", "waiting"]
    (tmp_path / "go").touch()
    moved = e.rename(tmp_path / "moved")
    done = pytracer("run", "--no-parse", "--resume", moved)
    assert done.returncode == 0, done.stderr
    assert states(moved) == ["done"] * 3
    assert len(list((moved / "traces").glob("*.trace"))) == 3


def test_two_processes_do_not_work_in_one_experiment(run, pytracer, script, tmp_path):
    script(NUMERICAL)
    assert run("-n", "1", "--experiment", "e", "x.py").returncode == 0
    import fcntl
    fd = os.open(tmp_path / "e", os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    one_line(pytracer("run", "--resume", "e"), "another pytracer run")
    os.close(fd)


def test_an_experiment_needs_a_folder_of_its_own(run, script, tmp_path):
    script(NUMERICAL)
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("precious")
    one_line(run("-n", "1", "--experiment", "full", "x.py"), "full", "not empty")
    assert [p.name for p in full.iterdir()] == ["mine"]
    assert run("-n", "1", "--experiment", "e", "x.py").returncode == 0
    before = (tmp_path / "e/experiment.json").read_bytes()
    one_line(run("-n", "1", "--experiment", "e", "x.py"), "--resume")
    assert (tmp_path / "e/experiment.json").read_bytes() == before


def test_without_a_name_the_folder_tells_script_and_date(run, script, tmp_path):
    script(NUMERICAL, "my prog.v2.py")
    assert run("-n", "1", "my prog.v2.py").returncode == 0
    (folder,) = (tmp_path / "pytracer-experiments").iterdir()
    assert folder.name.startswith("my_prog-20")


def test_names_with_blanks_and_newlines_work(run, script, tmp_path):
    script("import sys\nimport numpy as np\nnp.linalg.norm([1.0, 2.0])\nprint(sys.argv)", "a b\nc.py")
    done = run("-n", "1", "--experiment", "e f\ng", "--", "a b\nc.py", "x\ny", "--help")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "e f\ng/logs/run-0001.out").read_text() == \
        repr(["a b\nc.py", "x\ny", "--help"]) + "\n"
    assert states(tmp_path / "e f\ng") == ["done"]


def test_a_module_is_a_program_too(run, script, tmp_path):
    script("import numpy as np\nnp.linalg.norm([1.0, 2.0])\nprint(__name__)", "mod.py")
    assert run("-n", "1", "--experiment", "e", "--", "-m", "mod").returncode == 0
    assert (tmp_path / "e/logs/run-0001.out").read_text() == "__main__\n"


def test_the_configuration_is_kept_and_used(run, script, tmp_path):
    script(NUMERICAL)
    (tmp_path / "ex.txt").write_text("numpy.linalg* *\n")
    (tmp_path / "c.json").write_text(json.dumps(
        {"modules_to_load": "numpy", "exclude_file": "ex.txt", "io": {"trace": "one.trace"}}))
    assert run("-n", "2", "--config", "c.json", "--experiment", "e", "x.py").returncode == 0
    kept = json.loads((tmp_path / "e/config.json").read_text())
    assert kept["modules_to_load"] == ["numpy"]
    assert (tmp_path / "e" / kept["exclude_file"]).read_text() == "numpy.linalg* *\n"
    assert kept["fuzzy"]["layers"] == "all"
    assert len(list((tmp_path / "e/traces").iterdir())) == 2


@pytest.mark.parametrize("args, words", [
    ([], ["no program"]),
    (["none.py"], ["none.py", "No such file"]),
    (["-n", "0", "x.py"], ["--runs", "'0'"]),
    (["-n", "ten", "x.py"], ["--runs", "'ten'"]),
    (["-j", "-1", "x.py"], ["--jobs"]),
    (["--timeout", "soon", "x.py"], ["--timeout"]),
    (["--no-fuzzy", "--mode", "sr", "x.py"], ["--no-fuzzy"]),
    (["--resume", "none"], ["none"]),
    (["--resume", "e", "x.py"], ["--resume"]),
    (["--sed", "1", "x.py"], ["'--seed'"]),
    (["--mode", "average", "x.py"], ["--mode", "'average'", "'sr'"]),
    (["--fuzzy=numpy,nunpy", "x.py"], ["--fuzzy", "'nunpy'", "'numpy'"]),
    (["--fuzzy-lapack", "forward", "x.py"], ["--fuzzy-lapack", "'backward'"]),
    (["--compression", "zip", "x.py"], ["--compression", "'none' or 'lz4'"]),
    (["--fuzzy-only", ":3", "x.py"], ["--fuzzy-only", '":3"']),
    (["--target", "a..b", "x.py"], ["--target", "a..b"]),
    (["--no-fuzzy", "--fuzzy-only", "f", "x.py"], ["--no-fuzzy"]),
    (["--resume", "e", "--fuzzy-except", "f"], ["--resume"]),
])
def test_a_wrong_call_is_one_line_and_makes_nothing(pytracer, script, tmp_path, args, words):
    script("pass")
    one_line(pytracer("run", *args), "pytracer run:", *words)
    assert [p.name for p in tmp_path.iterdir()] == ["x.py"]


def test_a_damaged_record_is_refused(pytracer, tmp_path):
    (tmp_path / "e").mkdir()
    for text in ("", "{", "{}", '{"format": "pytracer-experiment", "version": 2}',
                 '{"format": "pytracer-experiment", "version": 1, "runs": 3}'):
        (tmp_path / "e/experiment.json").write_text(text)
        one_line(pytracer("run", "--resume", "e"), "experiment.json")
        assert (tmp_path / "e/experiment.json").read_text() == text


@pytest.mark.parametrize("with_mpi", [True, False])
def test_runs_end_in_a_ranking(run, script, tmp_path, with_mpi):
    script("import numpy as np\n"
           "for _ in range(3):\n"
           "    total = np.sum(np.arange(1.0, 20000.0) / 3.0, keepdims=True)\n"
           "    print(np.subtract(total, 66663333.0))\n")
    (tmp_path / "c.json").write_text('{"modules_to_load": ["numpy"], "numpy": {"ufunc": true}}')
    path = environment()["PATH"] if with_mpi else str(Path(sys.executable).parent / "nothing")
    done = run("-n", "5", "--seed", "1", "--ranks", "2", "--config", "c.json", "--experiment", "e", "x.py",
               parse=True, env={"PATH": path})
    assert done.returncode == 0, done.stderr
    (result,) = (tmp_path / "e/stats").glob("stats.*.h5")
    assert ", seed 1; experiment: " in done.stderr
    assert "rank  self-lost" in done.stdout and "subtract" in done.stdout
    assert "INFO" not in done.stderr and "INFO" in (tmp_path / "e/logs/parse.err").read_text()
    assert f"result:     {result}" in done.stdout
    assert f"pytracer visualize --filename {result}" in done.stdout
    assert record(tmp_path / "e")["result"] == result.name


def test_mullers_recurrence_divides_by_a_value_without_digits(pytracer, script, tmp_path):
    script("""import numpy as np
u, v = np.array([2.0]), np.array([-4.0])
for k in range(3, 31):
    u, v = v, 111.0 - np.divide(1130.0, v) + np.divide(3000.0, v * u)
""")
    (tmp_path / "c.json").write_text('{"modules_to_load": ["numpy"], "numpy": {"ufunc": true}}')
    done = pytracer("run", "-n", "10", "--seed", "1", "--fuzzy=numpy", "--config", "c.json", "--experiment", "e", "x.py")
    assert done.returncode == 0
    found = re.search(r"numpy\.(?:true_)?divide: (\d+) of (\d+) calls, first its call (\d+)  \S+x\.py:4", done.stdout)
    assert found, done.stdout
    empty, calls, first = map(int, found.groups())
    k = 3 + (first - 1) // 2  # two divisions in each step
    assert calls == 56 and 14 <= k <= 19 and 1 <= empty < 20


def test_mullers_recurrence_of_pythons_floats_divides_by_a_value_without_digits(pytracer, script, tmp_path):
    script("""def muller(n, start=-4.0):
    u, v = 2.0, start
    for k in range(3, n):
        u, v = v, 111.0 - 1130.0 / v + 3000.0 / (v * u)

muller(31)
muller(31, -4 + 0j)
""")
    (tmp_path / "c.json").write_text('{"modules_to_load": [], "fuzzy": {"layers": "python"}}')
    done = pytracer("run", "-n", "10", "--seed", "1", "--config", "c.json", "--experiment", "e", "x.py")
    assert done.returncode == 0, done.stderr
    found = re.findall(r"__main__\.(\S+): (\d+) of (\d+) divisions, first its division (\d+)  \S+x\.py:(\d+)\n",
                       done.stdout.split("Divisions by values without a significant digit")[1])
    assert [(name, looked, line) for name, _, looked, _, line in found] == [("muller", "56", "4")] * 2, done.stdout
    for _, empty, _, first, _ in found:  # of real and of complex numbers; two divisions in each step
        assert 1 <= int(empty) < 20 and 14 <= 3 + (int(first) - 1) % 28 <= 19


def test_divisions_in_other_threads_are_compared_whichever_thread_was_first(pytracer, script, tmp_path):
    script("""import threading
from concurrent.futures import ThreadPoolExecutor
def muller(n):
    u, v = 2.0, -4.0
    for k in range(3, n):
        u, v = v, 111.0 - 1130.0 / v + 3000.0 / (v * u)

def firm(x):  # more divisors than are kept, all with digits
    return sum(1.0 / (x * 1.1 + i / 7) for i in range(600))

for i in range(3):
    threading.Thread(target=muller, args=(31,)).start()
with ThreadPoolExecutor(4) as pool:
    list(pool.map(firm, [1e-3 * 10 ** i for i in range(8)]))
""")
    (tmp_path / "c.json").write_text('{"modules_to_load": [], "fuzzy": {"layers": "python"}}')
    done = pytracer("run", "-n", "10", "--seed", "1", "--config", "c.json", "--experiment", "e", "x.py")
    assert done.returncode == 0, done.stderr
    told = done.stdout.split("Divisions by values without a significant digit")[1].split("\n\n")[1]
    found = re.findall(r"__main__\.muller: (\d+) of 84 divisions, in threads  \S+x\.py:6\n", told + "\n")
    assert len(found) == 2 and all(1 <= int(empty) < 30 for empty in found), told
    assert told.count("\n") == 1  # nothing else
