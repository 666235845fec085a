"""However a program ends, its trace is sealed, and says how it ended."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from both import PYTHON, TRACE, configure, environment, header, metadata, plain, run, start, traced, traces


def script(folder, text):
    (folder / "script.py").write_text(text)
    return "script.py"


def only_trace(folder):
    found = traces(folder, sealed=False)
    assert [p.suffix for p in found] == [".trace"]
    return found[0]


@pytest.mark.parametrize("code, status", [
    ("pass", 0),
    ("import sys; sys.exit(3)", 3),
    ("import sys; sys.exit('text')", 1),
    ("1/0", 1),
    ("x =", 1),
    ("import os; os._exit(6)", 6),
    ("import os; os._exit(-1)", 255),
    ("import atexit, os; atexit.register(os._exit, 8)", 8),
    ("import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", 0),
    ("import threading, os; threading.Thread(target=os._exit, args=(4,)).start(); __import__('time').sleep(60)", 4),
    ("import ctypes; ctypes.PyDLL(None).exit(5)", 5),
    ("import ctypes; ctypes.CDLL(None).exit(5)", 5),
])
def test_exit_status_is_recorded(code, status, tmp_path):
    configuration = configure(tmp_path)
    done = traced(["-c", code], tmp_path, ["--config", configuration])
    assert done == plain(["-c", code], tmp_path) and done[0] == status
    told = metadata(only_trace(tmp_path))
    assert told["exit_status"] == str(status) and "signal" not in told
    assert int(told["duration_ns"]) > 0


def wait_for(process, line):
    assert process.stdout.readline().strip() == line


LOOP = """
import time, sys
print('ready', flush=True)
try:
    while True:
        {body}
finally:
    print('finally')
"""


@pytest.mark.parametrize("body", ["pass", "time.sleep(30)", "sum(range(10**6))"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_seals_the_trace_and_ends_the_process_by_itself(number, body, tmp_path):
    name = script(tmp_path, LOOP.format(body=body))
    ends = []
    for command in ([PYTHON, name], [TRACE, "--python", PYTHON, "--config", configure(tmp_path), name]):
        process = start(command, tmp_path)
        wait_for(process, "ready")
        time.sleep(0.05)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        ends.append((process.returncode, out, len(err.splitlines()) > 0))
    assert ends[0] == ends[1] and ends[1][0] == -number
    assert metadata(only_trace(tmp_path))["signal"] == str(int(number))


def test_sigterm_in_a_long_c_call_that_keeps_the_lock_still_ends_the_process(tmp_path):
    name = script(tmp_path, "print('ready', flush=True)\nimport re\nre.match('(a+)+b', 'a' * 40)\n")
    process = start([TRACE, "--python", PYTHON, "--config", configure(tmp_path), name], tmp_path)
    wait_for(process, "ready")
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM
    assert len(traces(tmp_path, sealed=False)) == 1


def test_sigterm_that_was_ignored_from_the_start_stays_ignored(tmp_path):
    name = script(tmp_path, "import os, signal\nprint(signal.getsignal(15))\nos.kill(os.getpid(), 15)\nprint('alive')\n")
    command = f"trap '' TERM; exec {TRACE} --python {PYTHON} {name}"
    assert run(["sh", "-c", command], tmp_path) == (0, "1\nalive\n", "")


def state_of(pid):
    """The letter that ps shows; X where there is no such process any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "X"


def test_sigterm_to_a_process_group_ends_it_with_its_children(tmp_path):
    name = script(tmp_path, """
import multiprocessing as mp, os, time
def child(ready):
    ready.put(os.getpid())
    time.sleep(60)
if __name__ == '__main__':
    os.setpgrp()
    ready = mp.SimpleQueue()
    children = [mp.get_context('fork').Process(target=child, args=(ready,)) for _ in range(3)]
    [c.start() for c in children]
    print('ready', *[ready.get() for c in children], flush=True)
    time.sleep(60)
""")
    process = start([TRACE, "--python", PYTHON, "--config", configure(tmp_path), name], tmp_path)
    children = [int(word) for word in process.stdout.readline().split()[1:]]
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM
    while any(state_of(child) not in "XZ" for child in children):
        time.sleep(0.02)  # the test's own limit of time ends this
    assert [metadata(trace)["signal"] for trace in traces(tmp_path)] == ["15"] * 4


def test_killed_program_leaves_a_readable_unsealed_trace(tmp_path):
    name = script(tmp_path, "def f(x):\n    return x\nfor i in range(100): f(i)\nprint('ready', flush=True)\nimport time; time.sleep(60)\n")
    process = start([TRACE, "--python", PYTHON, "--config", configure(tmp_path), name], tmp_path)
    wait_for(process, "ready")
    process.kill()
    process.communicate(timeout=30)
    found = traces(tmp_path, sealed=False)
    assert [p.name.endswith(".trace.part") for p in found] == [True]
    assert header(found[0])["program"] == name


def test_header_and_metadata_describe_the_run(tmp_path):
    name = script(tmp_path, "import numpy\nprint(numpy.dot([1.], [2.]))\n")
    env = environment(PYTRACER_EXPERIMENT="exp-1", PYTRACER_RUN=4, PYTRACER_SEED=99, OMP_NUM_THREADS=1,
                      SLURM_JOB_ID=12, SLURM_ARRAY_JOB_ID=11, SLURM_ARRAY_TASK_ID=7)
    assert run([TRACE, "--python", PYTHON, name, "x y"], tmp_path, env=env)[0] == 0
    trace = only_trace(tmp_path)
    head, told = header(trace), metadata(trace)
    assert trace.name.split(".")[1] == "11_7" and trace.name.split(".")[2] == str(head["pid"])
    assert (head["experiment"], head["run_id"], head["seed"], head["flags"]) == ("exp-1", 4, 99, 3)
    assert (head["role_kind"], head["program"], head["directory"]) == (0, name, str(tmp_path))
    assert told["argv"].split("\0") == [PYTHON, name, "x y"]
    assert told["python.executable"] == PYTHON and told["hash_seed"] == "0" and told["threads.omp"] == "1"
    assert (told["slurm.job"], told["slurm.task"], told["exit_status"]) == ("11", "7", "0")
    assert "blas" in told["blas.library"] and told["numpy.version"].count(".") == 2
    assert told["cpu.model"] and told["modules"].split("\0") == ["numpy", "scipy", "sklearn"]


def test_run_comes_from_the_array_task_where_nothing_else_names_it(tmp_path):
    run([TRACE, "--python", PYTHON, "-c", "pass"], tmp_path, env=environment(SLURM_ARRAY_TASK_ID=7))
    head = header(only_trace(tmp_path))
    assert (head["run_id"], head["flags"]) == (7, 1)


@pytest.mark.parametrize("variables", [
    {"OMPI_COMM_WORLD_RANK": 3, "PMIX_NAMESPACE": "job"}, {"PMI_RANK": 3, "PMI_JOBID": "job"}, {"PMIX_RANK": 3, "PMIX_NAMESPACE": "x"}])
def test_ranks_of_an_mpi_job_have_roles_of_one_run(variables, tmp_path):
    seen = set()
    for rank in (0, 3):
        changed = {k: rank if k.endswith("RANK") else v for k, v in variables.items()}
        run([TRACE, "--python", PYTHON, "-c", "pass"], tmp_path, env=environment(**changed))
    for trace in traces(tmp_path):
        head = header(trace)
        assert trace.stem.endswith(f".r{head['role_rank']}") and head["role_kind"] == 1
        seen.add((head["role_rank"], head["run_id"]))
    assert sorted(rank for rank, _ in seen) == [0, 3] and len({run_id for _, run_id in seen}) == 1


def test_sources_are_kept_under_their_hash(tmp_path):
    (tmp_path / "used.py").write_text("def f(x):\n    return x + 1\n")
    name = script(tmp_path, "import used\nused.f(1.5)\n")
    configuration = configure(tmp_path, modules_to_load=["used"])
    for _ in range(2):
        assert traced([name], tmp_path, ["--config", configuration]) == (0, "", "")
    kept = list((tmp_path / ".__pytracercache__" / "sources").iterdir())
    told = metadata(traces(tmp_path)[0])
    sources = {k: v for k, v in told.items() if k.startswith("source.")}
    assert sources[f"source.{tmp_path / 'used.py'}"] in [p.name for p in kept]
    assert len(kept) == len(set(sources.values()))
    assert (tmp_path / "used.py").read_text() in [p.read_text() for p in kept]


def test_output_names_the_trace(tmp_path):
    done = run([TRACE, "--python", PYTHON, "--output", "made/here.trace", "-c", "import os; os.chdir('/')"], tmp_path)
    assert done == (0, "", "") and (tmp_path / "made" / "here.trace").exists()


def test_two_traces_of_the_same_second_get_different_names(tmp_path):
    for _ in range(3):
        assert traced(["-c", "pass"], tmp_path)[0] == 0
    assert len(traces(tmp_path)) == 3


def test_traces_of_the_same_second_and_process_number_on_two_nodes_are_kept_apart(tmp_path):
    """Each in a process namespace of its own, where it is process 1, and a shared folder."""
    node = ["unshare", "--pid", "--fork", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"']
    if subprocess.run([*node, "node-a", "true"], capture_output=True).returncode:
        pytest.skip("no namespaces without root here")
    started = [subprocess.Popen([*node, f"node-{where}", TRACE, "--python", PYTHON, "--command", "-c", "print(1)"], cwd=tmp_path,
                                env=environment(), stdout=subprocess.PIPE) for where in "abab"]
    assert [process.communicate()[0] for process in started] == [b"1\n"] * 4
    found = traces(tmp_path)
    assert sorted(path.name.split(".", 1)[1] for path in found) == ["node-a.1.trace"] * 2 + ["node-b.1.trace"] * 2
    assert [header(path)["pid"] for path in found] == [1] * 4


def role(path):
    head = header(path)
    return head["role_kind"], head["role_path"]


def test_forked_children_have_traces_of_their_own(tmp_path):
    name = script(tmp_path, """
import os, sys
def f(x):
    return x
def spawn(depth):
    pid = os.fork()
    if pid == 0:
        f(1.0)
        if depth:
            spawn(depth - 1)
        os._exit(20 + depth)
    os.waitpid(pid, 0)
spawn(1)
spawn(0)
f(2.0)
if os.fork() == 0:
    f(3.0)
    sys.exit(9)
os.wait()
""")
    env = environment(PYTRACER_RUN=5, PYTRACER_EXPERIMENT="e")
    assert run([TRACE, "--python", PYTHON, "--config", configure(tmp_path), name], tmp_path, env=env) == (0, "", "")
    found = {role(path): path for path in traces(tmp_path)}
    assert traces(tmp_path, sealed=False) == traces(tmp_path)
    assert sorted(found) == [(0, ""), (2, "0"), (2, "0.0"), (2, "1"), (2, "2")]
    status = {path: metadata(found[2, path])["exit_status"] for path in ("0", "0.0", "1", "2")}
    assert status == {"0": "21", "0.0": "20", "1": "20", "2": "9"}
    assert all((header(p)["run_id"], header(p)["experiment"]) == (5, "e") for p in found.values())
    assert all(header(p)["pid"] == int(p.stem.split(".")[2]) for p in found.values())


def test_forked_children_are_left_out_where_the_configuration_says_so(tmp_path):
    name = script(tmp_path, "import os\nif os.fork() == 0:\n    os._exit(0)\nos.wait()\n")
    configuration = configure(tmp_path, io={"fork": False})
    assert traced([name], tmp_path, ["--config", configuration]) == (0, "", "")
    assert role(only_trace(tmp_path)) == (0, "")


def test_workers_of_a_pool_seal_their_traces_when_they_are_terminated(tmp_path):
    name = script(tmp_path, """
import multiprocessing as mp
def f(x):
    return x * 2.0
if __name__ == '__main__':
    with mp.get_context('fork').Pool(2) as pool:
        print(pool.map(f, range(50))[-1])
""")
    configuration = configure(tmp_path, modules_to_load=["__main__"])
    assert traced([name], tmp_path, ["--config", configuration, "--output", "out/x.trace"]) == (0, "98.0\n", "")
    assert [p.name for p in sorted((tmp_path / "out").iterdir())] == ["x.f0.trace", "x.f1.trace", "x.trace"]


def test_processes_that_are_started_leave_no_trace(tmp_path):
    name = script(tmp_path, "import subprocess as s\n"
                  "s.run(['true'], preexec_fn=lambda: None); s.run('true', shell=True); s.run(['true'], start_new_session=True)\n")
    assert traced([name], tmp_path, ["--config", configure(tmp_path)]) == (0, "", "")
    assert len(traces(tmp_path, sealed=False)) == 1


@pytest.mark.parametrize("call", [
    "os.execv('/bin/echo', ['echo', 'hi'])", "os.execvp('echo', ['echo', 'hi'])",
    "os.execve('/bin/sh', ['sh', '-c', 'echo hi'], {})", "os.execlp('echo', 'echo', 'hi')"])
def test_trace_is_sealed_before_another_program_takes_over(call, tmp_path):
    assert traced(["-c", f"import os; {call}"], tmp_path, ["--config", configure(tmp_path)]) == (0, "hi\n", "")
    assert "exit_status" not in metadata(only_trace(tmp_path))


def test_exec_that_fails_does_not_end_the_tracing(tmp_path):
    code = "import os\ntry:\n    os.execv('/no/such', ['x'])\nexcept OSError as e:\n    print(e.errno)\n"
    assert traced(["-c", code], tmp_path, ["--config", configure(tmp_path)]) == (0, "2\n", "")
    assert metadata(only_trace(tmp_path))["exit_status"] == "0"


def test_process_bears_the_name_of_the_interpreter(tmp_path):
    code = "print(open('/proc/self/comm').read())"
    assert traced(["-c", code], tmp_path) == plain(["-c", code], tmp_path)


def test_program_that_closes_every_descriptor_keeps_its_files_and_its_trace(tmp_path):
    name = script(tmp_path, """
import os
def f(x):
    return x
f(1.0)
os.closerange(3, os.sysconf('SC_OPEN_MAX') if os.sysconf('SC_OPEN_MAX') < 10**5 else 10**5)
files = [open(f'own{i}', 'w') for i in range(20)]
for i in range(20000):
    f([float(i + j) for j in range(20)])
for file in files:
    file.write('precious')
""")
    assert traced([name], tmp_path, ["--config", configure(tmp_path)]) == (0, "", "")
    assert {(tmp_path / f"own{i}").read_text() for i in range(20)} == {"precious"}
    assert metadata(only_trace(tmp_path))["exit_status"] == "0"
    assert only_trace(tmp_path).stat().st_size > 10**6


def test_no_child_is_born_after_sigterm(tmp_path):
    name = script(tmp_path, """
import os, time
os.setpgrp()
print('ready', flush=True)
for i in range(200):
    if os.fork() == 0:
        time.sleep(60)
time.sleep(60)
""")
    configuration = configure(tmp_path, io={"fork": False})
    for delay in (0.0, 0.003, 0.01, 0.03):
        process = start([TRACE, "--python", PYTHON, "--config", configuration, name], tmp_path)
        wait_for(process, "ready")
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == -signal.SIGTERM
        while any(state_of(pid) not in "XZ" for pid in members_of(process.pid)):
            time.sleep(0.02)  # the test's own limit of time ends this


def members_of(group):
    """The processes of a process group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rsplit(")", 1)[1].split()[2]) == group:
                found.append(int(path.parent.name))
        except OSError:
            pass  # it has ended meanwhile
    return found
