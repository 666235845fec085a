"""io.cache.stage: the trace is written on the node's own storage and copied once, whatever
becomes of either place."""

import shutil
import signal
import subprocess

import pytest
from both import BIN, TRACE, PYTHON, configure, run, start, traced, traces

WORK = """
import os, sys
def f(x): return x
for i in range(40): f([float(i * 1000 + k) for k in range(500)])
print(sorted(os.listdir('stage')), [(n[-11:], os.stat(os.path.join(d, n)).st_size) for d, _, ns in os.walk('.__pytracercache__') for n in ns])
"""


def staged(tmp_path, program, **keys):
    (tmp_path / "script.py").write_text(program)
    configuration = configure(tmp_path, modules_to_load=["__main__"], io={"cache": {"stage": str(tmp_path / "stage")}})
    return traced(["script.py"], tmp_path, ["--config", configuration], **keys)


def verified(trace):
    code, out, err = run([BIN / "pytracer", "info", "--verify", trace], trace.parent)
    assert code == 0, err
    return out


def test_the_trace_is_written_in_the_stage_and_copied_when_it_is_sealed(tmp_path):
    code, out, err = staged(tmp_path, WORK)
    assert (code, err) == (0, "")
    assert out.count(".trace.part") == 2 and "('.trace.part', 4096)" in out
    trace, = traces(tmp_path, sealed=False)
    assert trace.suffix == ".trace" and "40 calls (0 not ended)" in verified(trace)
    assert list((tmp_path / "stage").iterdir()) == []
    assert (tmp_path / ".__pytracercache__" / "sources").exists()


def test_sigterm_brings_the_trace_home(tmp_path):
    (tmp_path / "script.py").write_text(
        "import time\ndef f(): return 1\nf()\nprint('ready', flush=True)\ntime.sleep(60)\n")
    configuration = configure(tmp_path, modules_to_load=["__main__"], io={"cache": {"stage": str(tmp_path / "stage")}})
    program = start([TRACE, "--python", PYTHON, "--config", configuration, "script.py"], tmp_path)
    assert program.stdout.readline() == "ready\n"
    program.send_signal(signal.SIGTERM)
    program.communicate(timeout=60)
    assert program.returncode == -signal.SIGTERM
    trace, = traces(tmp_path, sealed=False)
    assert trace.suffix == ".trace" and "1 calls" in verified(trace)
    assert list((tmp_path / "stage").iterdir()) == []


def test_a_place_that_has_vanished_leaves_the_trace_in_the_stage(tmp_path):
    code, out, err = staged(tmp_path, WORK + "import shutil; shutil.rmtree('.__pytracercache__/traces')\n")
    assert code == 0 and err.count("\n") == 1 and "not in its place" in err and "the whole trace is" in err
    trace, = (tmp_path / "stage").iterdir()
    assert trace.suffix == ".trace" and str(trace) in err and "40 calls (0 not ended)" in verified(trace)


def test_a_stage_that_is_full_gives_way_to_the_place(tmp_path):
    (tmp_path / "stage").mkdir()
    if not shutil.which("mount") or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", tmp_path / "stage"], capture_output=True).returncode:
        pytest.skip("no small file system can be made here")
    try:
        code, out, err = staged(tmp_path, WORK.replace("range(40)", "range(400)"))
        assert list((tmp_path / "stage").iterdir()) == []
    finally:
        subprocess.run(["umount", tmp_path / "stage"], check=True)
    assert (code, err) == (0, "")
    trace, = traces(tmp_path, sealed=False)
    assert trace.suffix == ".trace" and trace.stat().st_size > 300_000
    assert "400 calls (0 not ended)" in verified(trace)


def test_a_stage_that_cannot_be_written_is_said_before_the_program_starts(tmp_path):
    (tmp_path / "stage").write_text("a file")
    code, out, err = staged(tmp_path, WORK)
    assert code == 1 and out == "" and "stage" in err and err.count("\n") == 1
    assert traces(tmp_path, sealed=False) == []


def test_children_stage_their_traces_too(tmp_path):
    code, out, err = staged(tmp_path, """
import os
def f(x): return x
f(1)
if os.fork() == 0:
    f(2); os._exit(0)
os.wait()
""")
    assert (code, err) == (0, "")
    found = traces(tmp_path, sealed=False)
    assert len(found) == 2 and all(t.suffix == ".trace" and ": sound; 1 calls" in verified(t) for t in found)
    assert list((tmp_path / "stage").iterdir()) == []
