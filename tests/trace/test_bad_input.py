"""Bad input: one line that says what to do, a status other than 0, nothing begun."""

import os
import subprocess
import sys

import pytest
from both import BIN, PYTHON, TRACE, configure, environment, run, traced, traces


def refused(done, *words, status=1):
    code, out, err = done
    assert code == status and out == ""
    assert err.startswith("pytracer-trace: ") and err.count("\n") == 1
    assert all(word in err for word in words), err


def test_no_such_script(tmp_path):
    refused(traced(["nowhere.py"], tmp_path), "nowhere.py", "No such file", status=2)
    assert not (tmp_path / ".__pytracercache__").exists()


@pytest.mark.parametrize("options, words", [
    ([], ["--command"]),
    (["--command"], ["--command"]),
    (["--nonsense", "x.py"], ["--nonsense", "--help"]),
    (["--report", "maybe", "x.py"], ["on, off or only", "maybe"]),
    (["--report"], ["--report"]),
    (["--seed", "-1", "x.py"], ["--seed", "-1"]),
    (["--seed", "99999999999999999999", "x.py"], ["--seed"]),
    (["--precision-binary64", "54", "x.py"], ["--precision-binary64", "53"]),
    (["--dry-run=yes", "x.py"], ["--dry-run"]),
], ids=lambda value: " ".join(value))
def test_wrong_command_line(options, words, tmp_path):
    refused(run([TRACE, *options], tmp_path), *words, status=2)


def test_configured_module_that_does_not_exist(tmp_path):
    configuration = configure(tmp_path, modules_to_load=["numpy", "nunpy.linalg"])
    refused(traced(["-c", "print(1)"], tmp_path, ["--config", configuration]), "nunpy", "python_modules_path", configuration)
    assert traces(tmp_path, sealed=False) == []


def test_configured_modules_beside_the_program_and_in_other_folders_are_found(tmp_path):
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"mine_{folder}.py").write_text("")
    (tmp_path / "here" / "script.py").write_text("import mine_here, sys\nprint(sys.path_importer_cache.get('there'))\n")
    configuration = configure(tmp_path, modules_to_load=["mine_here", "mine_there"], python_modules_path=["there"])
    assert traced(["here/script.py"], tmp_path, ["--config", configuration]) == (0, "None\n", "")


def test_configuration_that_cannot_be_read(tmp_path):
    refused(traced(["-c", "1"], tmp_path, ["--config", "none.json"]), "none.json", status=2)
    (tmp_path / "bad.json").write_text('{"modules_to_laod": []}')
    refused(traced(["-c", "1"], tmp_path, ["--config", "bad.json"]), "modules_to_laod", "modules_to_load")
    refused(traced(["-c", "1"], tmp_path, env=environment(PYTRACER_CONFIG="bad.json")), "modules_to_laod")


def test_interpreters_that_cannot_be_traced(tmp_path):
    fake = tmp_path / "fake"
    def make(text):
        fake.write_text("#!/bin/sh\n" + text)
        fake.chmod(0o755)
    refused(run([TRACE, "--python", "./missing", "-c", "1"], tmp_path), "./missing")
    make("exit 3")
    refused(run([TRACE, "--python", "./fake", "-c", "1"], tmp_path), "./fake")
    make("echo pypy; echo 3.10; echo 3.10.1; echo gil; echo /pypy; echo /pypy")
    refused(run([TRACE, "--python", "./fake", "-c", "1"], tmp_path), "pypy 3.10.1", "CPython")
    make("echo cpython; echo 3.13; echo 3.13.0; echo free; echo /python3.13t; echo /python3.13t")
    refused(run([TRACE, "--python", "./fake", "-c", "1"], tmp_path), "free-threaded", "3.13.0")
    make("echo cpython; echo 3.10; echo 3.10.4; echo gil; echo /python3.10; echo /python3.10")
    refused(run([TRACE, "--python", "./fake", "-c", "1"], tmp_path), "3.10.4", "3.11")
    make("echo nonsense")
    refused(run([TRACE, "--python", "./fake", "-c", "1"], tmp_path), "./fake")


def test_missing_tracer_says_what_to_build(tmp_path):
    (tmp_path / "bin").mkdir()
    os.link(TRACE, tmp_path / "bin" / "pytracer-trace") if os.stat(TRACE).st_dev == os.stat(tmp_path).st_dev else \
        subprocess.run(["cp", TRACE, tmp_path / "bin" / "pytracer-trace"], check=True)
    refused(run([tmp_path / "bin" / "pytracer-trace", "--python", PYTHON, "-c", "1"], tmp_path),
            "pytracer-tracer-3", "-DPython3_EXECUTABLE=")


@pytest.mark.parametrize("place", ["/proc/nowhere", "{tmp}/file", "{tmp}/file/below"])
def test_cache_that_cannot_be_written(place, tmp_path):
    (tmp_path / "file").write_text("")
    configuration = configure(tmp_path, io={"cache": {"root": place.format(tmp=tmp_path)}})
    refused(traced(["-c", "print(1)"], tmp_path, ["--config", configuration]), place.format(tmp=tmp_path))


def test_trace_that_is_there_already_is_kept(tmp_path):
    (tmp_path / "old.trace").write_text("precious")
    refused(traced(["-c", "print(1)"], tmp_path, ["--output", "old.trace"]), "old.trace")
    assert (tmp_path / "old.trace").read_text() == "precious"


def test_log_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    configuration = configure(tmp_path, logger={"output": str(tmp_path / "file" / "log")})
    refused(traced(["-c", "print(1)"], tmp_path, ["--config", configuration]), "file")


def test_environment_that_is_not_a_number(tmp_path):
    refused(traced(["-c", "1"], tmp_path, env=environment(PYTRACER_RUN="two")), "PYTRACER_RUN=two", status=2)


def test_tracer_is_not_started_by_hand(tmp_path):
    for tracer in (BIN.parent / "libexec" / "pytracer").glob(f"pytracer-tracer-{sys.version_info[0]}.{sys.version_info[1]}.so"):
        refused(run([PYTHON, "x.py"], tmp_path, env=environment(LD_PRELOAD=tracer)), "pytracer-trace", status=2)


def test_dry_run_says_what_would_be_traced_and_runs_nothing(tmp_path):
    configuration = configure(tmp_path, modules_to_load=["alpha", "beta"], numpy={"ufunc": True})
    (tmp_path / "script.py").write_text("print('executed')\n")
    code, out, err = traced(["script.py"], tmp_path, ["--dry-run", "--config", configuration])
    assert code == 0 and err == "" and "executed" not in out
    told = dict(line.split(None, 1) for line in out.splitlines())
    assert told["program"] == "script script.py" and told["modules"] == "alpha beta" and told["ufuncs"] == "yes"
    assert told["interpreter"].startswith(PYTHON) and told["trace"].startswith(str(tmp_path))
    assert not (tmp_path / ".__pytracercache__").exists()
