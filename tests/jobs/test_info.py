"""pytracer info: the listing and single files."""

import json
import os
import re
import time

import pytest

from conftest import NUMERICAL, one_line

FIELDS = ["Date", "Name", "Path", "Size", "Args", "ReportName", "ReportPath",
          "PytracerLogName", "PytracerLogPath"]


def paragraphs(text, heading):
    part = text.split(f"========== {heading} ==========\n\n")[1].split("==========")[0]
    return [dict(line.strip().split(":\t") for line in paragraph.splitlines())
            for paragraph in part.strip("\n").split("\n\n") if paragraph.strip()]


@pytest.fixture
def traced(pytracer, script):
    path = script(NUMERICAL, "my program.py")
    assert pytracer("trace", "--command", path, "a b").returncode == 0
    return path


def test_a_trace_is_listed_in_the_originals_form(pytracer, traced, tmp_path):
    done = pytracer("info")
    assert done.returncode == 0 and done.stderr == ""
    (entry,) = paragraphs(done.stdout, "Traces")
    assert list(entry) == FIELDS
    (trace,) = (tmp_path / ".__pytracercache__/traces").iterdir()
    assert entry["Name"] == trace.name
    assert entry["Path"] == str(trace)
    assert re.fullmatch(r"\d+\.\d(B|KB|MB)", entry["Size"])
    assert entry["Args"].endswith("my program.py' 'a b'")
    assert entry["ReportName"] == entry["PytracerLogPath"] == "None"
    written = time.mktime(time.strptime(entry["Date"], "%a %b %d %H:%M:%S %Y"))
    assert abs(written - time.time()) < 100
    assert paragraphs(done.stdout, "Aggregation") == []
    assert re.search(r"^           Date:\t", done.stdout, re.M)


def test_flags_choose_the_part(pytracer, traced):
    assert "Aggregation" not in pytracer("info", "--trace").stdout
    assert "Traces" not in pytracer("info", "--aggregation").stdout
    both = pytracer("info", "--trace", "--aggregation").stdout
    assert both == pytracer("info").stdout


@pytest.mark.parametrize("folder", [".__pytracercache__", ".__pytracercache__/traces"])
def test_the_directory_is_the_cache_or_a_folder_in_it(pytracer, traced, tmp_path, folder):
    listing = pytracer("info", cwd=tmp_path).stdout
    assert pytracer("info", "--directory", folder).stdout == listing


def test_reports_and_logs_are_named(pytracer, script, tmp_path):
    script(NUMERICAL)
    (tmp_path / "c.json").write_text('{"logger": {"output": "my.log", "level": "info"}}')
    env = {"PYTRACER_CONFIG": "c.json"}
    assert pytracer("trace", "--report", "on", "--command", "x.py", env=env).returncode == 0
    (entry,) = paragraphs(pytracer("info").stdout, "Traces")
    for field, name in (("Report", "report."), ("PytracerLog", "my.log.")):
        assert entry[field + "Name"].startswith(name)
        assert os.path.exists(entry[field + "Path"])
        assert entry[field + "Path"].endswith("/" + entry[field + "Name"])


def test_an_empty_cache_lists_nothing(pytracer):
    done = pytracer("info")
    assert done.returncode == 0
    assert done.stdout == "========== Traces ==========\n\n========== Aggregation ==========\n\n"


def test_entries_are_in_order_of_date(pytracer, script, tmp_path):
    script(NUMERICAL)
    for _ in range(3):
        assert pytracer("trace", "--command", "x.py").returncode == 0
    entries = json.loads(pytracer("info", "--json").stdout)["traces"]
    assert len(entries) == 3
    dates = [int(e["created_ns"]) for e in entries]
    assert dates == sorted(dates)


def test_damaged_and_unfinished_files_are_told_apart(pytracer, traced, tmp_path):
    folder = tmp_path / ".__pytracercache__/traces"
    (whole,) = folder.iterdir()
    data = whole.read_bytes()
    (folder / "cut.trace").write_bytes(data[:100])
    (folder / "nothing.trace").write_bytes(b"")
    (folder / "killed.trace.part").write_bytes(data[:-32])
    (folder / "stats.h5").write_bytes(b"not HDF5")
    done = pytracer("info", "--json", "--directory", folder)
    assert done.returncode == 0
    listing = json.loads(done.stdout)
    states = {e["name"]: e["state"] for e in listing["traces"] + listing["results"]}
    assert states == {whole.name: "whole", "cut.trace": "damaged", "nothing.trace": "damaged",
                      "killed.trace.part": "unfinished", "stats.h5": "damaged"}
    assert all(e["problem"] for e in listing["traces"] if e["state"] == "damaged")
    text = pytracer("info", "--directory", folder).stdout
    assert text.count("State:\tdamaged: ") == 3
    assert text.count("State:\tunfinished") == 1


def test_ten_thousand_traces_are_listed(pytracer, traced, tmp_path):
    folder = tmp_path / "many/traces"
    folder.mkdir(parents=True)
    (whole,) = (tmp_path / ".__pytracercache__/traces").iterdir()
    for i in range(10000):
        os.link(whole, folder / f"261123043000.node1.{i + 1}.trace")
    entries = json.loads(pytracer("info", "--json", "--directory", "many").stdout)["traces"]
    assert len({e["name"] for e in entries}) == 10000
    assert {e["state"] for e in entries} == {"whole"}


def test_one_trace_is_described(pytracer, traced, tmp_path):
    (trace,) = (tmp_path / ".__pytracercache__/traces").iterdir()
    done = pytracer("info", trace)
    assert done.returncode == 0
    assert "my program.py" in done.stdout


def test_a_trace_is_verified(pytracer, traced, tmp_path):
    (trace,) = (tmp_path / ".__pytracercache__/traces").iterdir()
    assert json.loads(pytracer("info", trace, "--json").stdout)["traces"][0]["bytes"] == trace.stat().st_size
    done = pytracer("info", trace, "--verify")
    assert done.returncode == 0 and done.stderr == ""
    assert ": sound; " in done.stdout
    trace.write_bytes(trace.read_bytes()[:-40])
    one_line(pytracer("info", trace, "--verify"), "pytracer info:", "end of the trace")


@pytest.mark.parametrize("args, words", [
    (["none.trace"], ["none.trace", "No such file"]),
    (["--directory", "none"], ["none"]),
    (["x.py"], ["x.py"]),
    (["--dump"], ["--dump"]),
    (["--verify"], ["--verify"]),
    (["x.py", "--verify", "--dump"], ["--verify"]),
    (["x.py", "--trace"], ["--trace"]),
    (["x.py", "y.py"], ["y.py"]),
])
def test_a_wrong_call_is_one_line(pytracer, script, args, words):
    script("pass  # not a trace, and longer than eight bytes")
    one_line(pytracer("info", *args), "pytracer info:", *words)
