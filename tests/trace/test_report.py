"""The report, the messages, and a trace that cannot be written to its end."""

import csv
import os
import pty
import resource
import subprocess

import pytest
from both import PYTHON, TRACE, configure, environment, metadata, traced, traces

PROGRAM = """
def square(x):
    return x * x
class Box:
    def __init__(self, x):
        self.x = x
    def area(self):
        return square(self.x)
for i in range(5):
    Box(float(i)).area()
print('done')
"""


@pytest.fixture
def program(tmp_path):
    (tmp_path / "script.py").write_text(PROGRAM)
    return tmp_path


def table(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def reports(folder):
    return sorted((folder / ".__pytracercache__" / "report").glob("report.*.csv"))


def options(folder, *more, **keys):
    return ["--config", configure(folder, modules_to_load=["__main__"], **keys), *more]


def test_report_counts_calls_and_bytes_and_ends_with_the_total(program):
    assert traced(["script.py"], program, options(program, "--report", "on")) == (0, "done\n", "")
    rows = table(reports(program)[0])
    assert rows[0] == ["module", "function", "call", "memory"]
    calls = {(module, function): int(n) for module, function, n, _ in rows[1:-1]}
    assert calls[("__main__", "square")] == calls[("__main__", "Box.area")] == calls[("__main__", "Box.__init__")] == 5
    memory = {function: int(bytes_) for _, function, _, bytes_ in rows[1:-1]}
    assert memory["square"] == 5 * 16
    assert rows[-1] == ["Total", "", str(sum(calls.values())), str(sum(memory.values()))]
    trace, = traces(program)
    assert metadata(trace)["report.path"] == str(reports(program)[0])
    assert reports(program)[0].stem == f"report.{trace.stem}"


def test_report_only_leaves_no_trace(program):
    assert traced(["script.py"], program, options(program, "--report", "only"))[0] == 0
    assert traces(program, sealed=False) == [] and len(table(reports(program)[0])) > 3


def test_report_is_off_by_default_and_goes_where_asked(program):
    traced(["script.py"], program, options(program))
    assert reports(program) == []
    traced(["script.py"], program, options(program, "--report=on", "--report-file", "new/mine.csv"))
    assert reports(program) == [] and table(program / "new" / "mine.csv")[-1][0] == "Total"


def on_terminal(folder, *more):
    """(what a terminal shows on standard error, what was written to standard output)"""
    ours, theirs = pty.openpty()
    shown = b""
    try:
        with subprocess.Popen([TRACE, "--python", PYTHON, *options(folder, *more), "script.py"], cwd=folder, env=environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs) as process:
            os.close(theirs)
            while True:
                try:
                    read = os.read(ours, 65536)
                except OSError:  # Linux: the other end is closed
                    read = b""
                if not read:
                    break
                shown += read
            printed = process.stdout.read().decode()
        assert process.returncode == 0
    finally:
        os.close(ours)
    return shown.decode().replace("\r\n", "\n"), printed


@pytest.mark.parametrize("how", ["on", "only"])
def test_report_is_shown_on_a_terminal_in_aligned_columns(program, how):
    shown, printed = on_terminal(program, "--report", how)
    rows = table(reports(program)[0])
    title, *lines, total, last = shown.splitlines()
    assert printed == "done\n" and last == f"report: {reports(program)[0]}"
    assert title.split() == ["module", "function", "calls", "memory"]
    assert total.split() == ["Total", rows[-1][2], rows[-1][3], "B"]
    assert [line.split() for line in lines] == [[*row, "B"] for row in rows[1:-1]]
    for column, at in (("function", title.index("function")), ("module", 0)):  # names to the left
        assert all(line[at] != " " and line[at - 1:at] in ("", " ") for line in lines), column
    end = title.index("calls") + len("calls")  # numbers to the right
    assert all(line[end - 1].isdigit() and line[end] == " " for line in (*lines, total))


def test_long_report_on_a_terminal_is_cut_but_for_its_total(program):
    (program / "script.py").write_text("".join(f"def f{i}(x): return x\nf{i}(1.0)\n" for i in range(60)))
    title, *lines, cut, total, last = on_terminal(program, "--report", "on")[0].splitlines()
    assert len(lines) == 40 and cut.startswith("and 20 functions ") and total.split()[:2] == ["Total", "60"]
    assert total.split()[2:] == ["960", "B"] and len(table(reports(program)[0])) == 62


def test_report_is_shown_only_where_no_file_was_asked_for(program):
    assert on_terminal(program, "--report", "on", "--report-file", "new/mine.csv") == ("", "done\n")
    assert on_terminal(program)[0] == "" and table(program / "new" / "mine.csv")[-1][0] == "Total"


def test_report_is_written_when_the_program_fails(program):
    (program / "script.py").write_text(PROGRAM + "1/0\n")
    assert traced(["script.py"], program, options(program, "--report", "on"))[0] == 1
    assert table(reports(program)[0])[-1][0] == "Total"


def test_messages_go_to_the_configured_log(program):
    logger = {"output": "pytracer.log", "level": "info", "format": "logger"}
    assert traced(["script.py"], program, options(program, logger=logger)) == (0, "done\n", "")
    trace, = traces(program)
    log = program / ".__pytracercache__" / "info" / f"pytracer.log.{trace.stem}"
    assert metadata(trace)["log.path"] == str(log)
    assert "INFO" in log.read_text() and str(trace) in log.read_text()


def test_full_disk_lets_the_program_go_on_and_warns_once(program):
    (program / "script.py").write_text("""
def f(x):
    return [v + 1 for v in x]
for i in range(3000):
    f([float(i + j) for j in range(200)])
print('done')
""")
    # The limit stands for the disk: Python ignores the signal, writes fail.
    done = subprocess.run(
        [TRACE, "--python", PYTHON, *options(program), "script.py"], cwd=program, env=environment(),
        capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert done.stderr.count("\n") == 1 and "WARNING" in done.stderr and "partial" in done.stderr
    assert len(traces(program, sealed=False)) == 1


def test_moved_working_directory_changes_nothing(program):
    (program / "script.py").write_text("import os\nos.chdir('/')\n" + PROGRAM)
    assert traced(["script.py"], program, options(program, "--report", "on"))[0] == 0
    trace, = traces(program)
    assert metadata(trace)["directory"] == str(program) and len(reports(program)) == 1
    assert "source.script.py" in metadata(trace) or f"source.{program}/script.py" in metadata(trace)
    assert not os.path.exists("/.__pytracercache__")
