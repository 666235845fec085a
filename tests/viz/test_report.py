"""pytracer-report: one file that says what a result says."""
import csv
import html
import io
import math
import re
import subprocess

import h5py
import numpy as np
import pytest

from viewer import BIN, division, make_result, with_events


def report(*options, status=0):
    done = subprocess.run([BIN / "pytracer-report", *map(str, options)], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == status, (done.returncode, done.stderr)
    if status:
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr if status else done.stdout


@pytest.fixture(scope="module")
def functions(result):
    with h5py.File(result) as file:
        group = file["functions"]
        return [{key: group[key][i] for key in group} for i in range(len(group["key"]))]


def bits(value):
    return "–" if math.isnan(value) else f"{value:.1f}"


def test_the_page_ranks_functions_and_needs_nothing_else(result, functions):
    page = report(result)
    ranking = re.search(r"<h2>Functions by digits they lose.*?</section>", page, re.S)[0]
    rows = re.findall(r"<tr><td class=\"n\">(\d+)</td><td><b>(.*?)</b>.*?</td>"
                      r"<td class=\"n\">(\d+)</td>((?:<td class=\"n\">[^<]*</td>){4})", ranking)
    expected = sorted((f for f in functions if f["rank"]), key=lambda f: f["rank"])
    assert [html.unescape(r[1]) for r in rows] == [f["name"].decode() for f in expected]
    for row, f in zip(rows, expected):
        assert int(row[2]) == f["n_calls"]
        assert re.findall(r">([^<]+)<", row[3]) == [
            bits(f[k]) for k in ["digits_in", "digits_out", "lost", "self_lost"]]
    assert "<script" not in page and "<b onmouseover" not in page and "&#60;script&#62;" in page
    assert not re.search(r"(src=|href=|url\()", page) and "default-src 'none'" in page


def test_the_worst_values_are_the_worst_of_each_series(result):
    page = report(result)
    table = re.search(r"Values with the fewest digits.*?</section>", page, re.S)[0]
    shown = [float(d) for d in re.findall(r"<tr><td class=\"n\">(-?[\d.]+)</td>", table)]
    with h5py.File(result) as file:
        v = {k: file[f"values/{k}"][:] for k in ["function", "name", "phase", "sig_norm"]}
    least = {}
    for f, n, p, d in zip(v["function"], v["name"], v["phase"], v["sig_norm"]):
        if not np.isnan(d):
            least[f, n, p] = min(d, least.get((f, n, p), np.inf))
    assert shown == pytest.approx([round(d, 1) for d in sorted(least.values())[:20]], abs=0.051)
    assert shown == sorted(shown)


def test_csv_has_every_function_to_the_last_bit(result, functions):
    rows = list(csv.DictReader(io.StringIO(report(result, "--format", "csv"))))
    assert [r["function"] for r in rows] == [f["name"].decode() for f in functions]
    for row, f in zip(rows, functions):
        for key in ["digits_in", "digits_out", "lost", "self_lost", "self_lost_max"]:
            assert (row[key] == "") if math.isnan(f[key]) else float(row[key]) == f[key]
        assert int(row["rank"]) == f["rank"] and int(row["calls"]) == f["n_calls"]


def test_markdown_is_a_table_and_keeps_names_plain(result, functions):
    text = report(result, "--format", "markdown")
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", text, re.M)
    assert len(rows) == sum(f["rank"] > 0 for f in functions)
    assert "<script" not in text and "&#60;script" in text
    assert "## What was not observed" in text


@pytest.fixture(scope="module")
def referred(folder):
    return with_events(make_result(folder / "referred.h5", "--reference"))


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_what_digits_are_counted_against_is_said(result, referred, form):
    text = report(result, "--format", form)
    assert "digits are counted against the mean of the runs" in text and "biased" not in text
    text = report(referred, "--format", form)
    assert "digits are counted against the run under IEEE arithmetic" in text
    assert "9 runs place the digits within ±1 bit: there are enough." in text
    assert "3 values are biased: rounding moves their mean off the run under IEEE" in text


def test_csv_says_what_digits_are_counted_against(result, referred):
    for path, words in [(result, "the mean of the runs"), (referred, "the run under IEEE arithmetic")]:
        rows = list(csv.DictReader(io.StringIO(report(path, "--format", "csv"))))
        assert {r["digits_against"] for r in rows} == {words}
        biased = [r["function"] for r in rows if "3 values biased" in r["notes"]]
        assert biased == (["solve"] if path == referred else [])


@pytest.mark.parametrize("form, row, order", [
    ("html", r'<tr><td class="n">(\d+)</td><td class="n">(\d+)</td><td>(\S+ \S+:\d+)</td></tr>', [0, 1, 2]),
    ("markdown", r"\| (\S+ \S+:\d+) \| (\d+) \| (\d+) \|", [1, 2, 0])], ids=["html", "markdown"])
def test_cancellations_and_divisions_by_nothing_are_listed(referred, form, row, order):
    text = report(referred, "--format", form).replace("\\_", "_")
    found = re.findall(row, text.split("Cancellations")[1])
    assert [tuple(f[i] for i in order) for f in found] == [
        ("33", "12", "__main__.naive_variance /home/me/regress.py:34"),
        ("12", "2", "__main__.score /home/me/regress.py:54")]
    with h5py.File(referred) as file:
        d = division(file)
    assert (f"numpy.divide: {d['empty']} of {d['calls']} calls, first its call 6, "
            f"{d['file']}:{d['line']}") in text
    assert ("__main__.ratio: 2 of 4 divisions, first its division 3, /home/me/a=b.py:61"
            in text), text
    assert text.count("__main__.ratio") == 1


def test_the_ending_of_the_output_chooses_the_format(result, tmp_path):
    for name, begin in [("a.html", "<!doctype html>"), ("a.md", "# Digits"), ("a.csv", "rank,")]:
        assert report(result, "-o", tmp_path / name) == ""
        assert (tmp_path / name).read_text().startswith(begin)
    report(result, "-o", tmp_path / "a.html")  # again: replaced


def test_one_run_is_said_to_have_no_digits(tmp_path):
    path = make_result(tmp_path / "one.h5", "--one-run", "--calls", "40")
    assert "One run only" in report(path)


@pytest.mark.parametrize("options, words", [
    ([], "name a result"), (["none.h5"], "no such result"), (["a", "b"], "'b'"),
    (["--format", "pdf", "x"], "html, markdown or csv"), (["--nonsense"], "--nonsense"),
])
def test_bad_input_gets_one_line(options, words):
    done = subprocess.run([BIN / "pytracer-report", *options], capture_output=True, text=True, timeout=20)
    assert done.returncode in (1, 2) and words in done.stderr and len(done.stderr.splitlines()) == 1


def test_what_cannot_be_written_leaves_what_was_there(result, tmp_path):
    assert "cannot" in report(result, "-o", tmp_path / "no/such/folder/r.html", status=1)
