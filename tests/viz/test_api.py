"""The API's answers against the numbers in the HDF5 file."""
import gzip
import json
import math
import shutil

import h5py
import numpy as np
import pytest

from viewer import FLOAT_DIVISIONS, Viewer, division, make_result, with_events


class Columns(dict):
    """All columns in memory, by their path in the file."""

    def __init__(self, path):
        with h5py.File(path) as file:
            self.attrs = dict(file.attrs)
            file.visititems(lambda name, item: self.__setitem__(name, item[:])
                            if isinstance(item, h5py.Dataset) and "elements/" not in name else None)
            if len(file["elements/mean"]) < 10 ** 7:
                for name in ["mean", "std", "sig"]:
                    self["elements/" + name] = file["elements/" + name][:]


@pytest.fixture(scope="module")
def h5(result):
    return Columns(result)


def number(value):
    return {None: math.nan, "Infinity": math.inf, "-Infinity": -math.inf}.get(value, value)


def same(answer, column):
    given = np.array([number(v) for v in answer], dtype=column.dtype)
    np.testing.assert_array_equal(given, column)


def names(h5):
    return [n.decode() for n in h5["functions/name"]]


def series_rows(h5, function, name, phase):
    a = int(h5["functions/first_value"][function])
    n = int(h5["functions/n_values"][function])
    wanted = [x.decode() for x in h5["names/name"]].index(name)
    rows = np.arange(a, a + n)
    keep = (h5["values/name"][a:a + n] == wanted) & (h5["values/phase"][a:a + n] == phase)
    return rows[keep]


def test_overview_repeats_the_attributes_and_sizes(viewer, h5):
    o = viewer.get("overview")
    assert o["n_runs"] == h5.attrs["n_runs"] == 10
    assert o["confidence"] == h5.attrs["confidence"]
    assert o["method"] == "cnh" and o["has_digits"] is True
    assert o["reference_run"] is None and o["runs_needed"] == h5.attrs["runs_needed"] == 9
    assert o["counts"]["calls"] == len(h5["calls/key"])
    assert o["counts"]["elements"] == len(h5["elements/mean"])
    # D(10) of binary64 by the formula of the statistics, delta from its reference table
    assert o["shown_digits"]["binary64"] == pytest.approx(52 + math.log2(10 / 3) - 1.83921, abs=1e-4)


def test_the_reference_and_divisions_by_nothing_are_named(folder):
    path = with_events(make_result(folder / "events.h5", "--reference"))
    with h5py.File(path, "r+") as file:
        expected = division(file)
        del file.attrs["runs_needed"]  # of an older file
    with Viewer("--filename", path) as viewer:
        overview = viewer.get("overview")
        assert overview["n_runs"] == 10 and overview["reference_run"] == 10
        assert overview["runs_needed"] == 0
        assert viewer.get("runs")["columns"]["flags"][10] == 8
        assert viewer.get("divisions") == {"divisions": [expected], "floats": FLOAT_DIVISIONS}


def test_what_a_run_says_of_itself_may_be_long(result, tmp_path):
    path = shutil.copy(result, tmp_path / "long.h5")
    with h5py.File(path, "r+") as file:
        text = file["meta/run_info"][:].tobytes()
        del file["meta/run_info"]
        file["meta/run_info"] = np.frombuffer(text + b"a=" + b"x" * 2_000_000, np.uint8)
        file["runs/info_first"][0], file["runs/info_bytes"][0] = len(text), 2_000_002
    with Viewer("--filename", path) as viewer:
        assert viewer.get("runs")["info"][0] == "a=" + "x" * (2**20 - 2)


def test_functions_are_the_columns_of_the_file(viewer, h5):
    columns = viewer.get("functions")["columns"]
    for name in ["line", "kind", "n_calls", "digits_in", "digits_out", "lost", "self_lost",
                 "self_lost_max", "rank", "flags"]:
        same(columns[name], h5[f"functions/{name}"][:])
    assert columns["name"] == names(h5)
    assert [int(k, 16) for k in columns["key"]] == list(h5["functions/key"][:])


def test_small_timeline_has_every_value(viewer, h5):
    solve = names(h5).index("solve")
    answer = viewer.get(f"timeline?functions={solve}&metric=sig_norm")
    assert {(s["name"], s["phase"]) for s in answer["series"]} == {("a", 0), ("b", 0), ("return", 1)}
    for s in answer["series"]:
        rows = series_rows(h5, solve, s["name"], s["phase"])
        assert not s["reduced"] and s["points"]["row"] == list(rows)
        same(s["points"]["value"], h5["values/sig_norm"][rows])
        calls = h5["values/call"][rows]
        assert s["points"]["call"] == list(calls)
        assert s["points"]["time"] == list(h5["calls/time"][:][calls])
        assert s["points"]["call_flags"] == list(h5["calls/flags"][:][calls])


@pytest.mark.parametrize("metric", ["sig_min", "sig_median", "mean", "std", "min", "max", "n_nan"])
def test_each_metric_is_its_column(viewer, h5, metric):
    score = names(h5).index("score")
    for s in viewer.get(f"timeline?functions={score}&metric={metric}")["series"]:
        rows = series_rows(h5, score, s["name"], s["phase"])
        same(s["points"]["value"], h5[f"values/{metric}"][rows])


def test_reduced_timeline_keeps_first_last_least_greatest_and_flagged(folder):
    path = make_result(folder / "long.h5", "--calls", "40000", "--elements", "1")
    bins = 40
    h5 = Columns(path)
    with Viewer("--filename", path) as viewer:
        score = names(h5).index("score")
        for s in viewer.get(f"timeline?functions={score}&bins={bins}")["series"]:
            rows = series_rows(h5, score, s["name"], s["phase"])
            calls = [int(t) for t in h5["calls/time"][h5["values/call"][rows]]]
            values, flags = h5["values/sig_norm"][:][rows], h5["values/flags"][:][rows]
            first, last = 0, max(calls)
            assert s["reduced"] and len(s["points"]["row"]) <= 5 * bins
            kept = set(s["points"]["row"])
            bin_of = np.array([int((t - first) * bins // (last - first + 1)) for t in calls])
            for b in range(bins):
                here = np.flatnonzero(bin_of == b)
                if len(here) == 0:
                    continue
                must = {here[0], here[-1], here[np.nanargmin(values[here])],
                        here[np.nanargmax(values[here])]}
                must |= set(here[(flags[here] & 0x2c8) != 0][:1])
                assert {rows[i] for i in must} <= kept
            same(s["points"]["value"], h5["values/sig_norm"][:][s["points"]["row"]])


def test_a_span_of_time_is_cut_out(viewer, h5):
    solve = names(h5).index("solve")
    answer = viewer.get(f"timeline?functions={solve}&from=300&to=600")
    for s in answer["series"]:
        rows = series_rows(h5, solve, s["name"], s["phase"])
        times = h5["calls/time"][:][h5["values/call"][:][rows]]
        inside = rows[(times >= 300) & (times <= 600)]
        assert s["points"]["row"] == list(inside)
        assert s["n"] == len(rows) and s["n_inside"] == len(inside)


def test_timelines_of_processes_stay_apart(folder):
    path = make_result(folder / "ranks.h5", "--processes", "3", "--calls", "400")
    h5 = Columns(path)
    with Viewer("--filename", path) as viewer:
        assert viewer.get("overview")["roles"] == ["rank 0", "rank 1", "rank 2"]
        series = viewer.get(f"timeline?functions={names(h5).index('matmul')}")["series"]
        assert sorted({s["process"] for s in series}) == [0, 1, 2]
        for s in series:
            calls = np.array(s["points"]["call"])
            assert set(h5["calls/process"][:][calls]) == {s["process"]}


def grid(viewer, row, query=""):
    status, headers, body = viewer.request(f"/api/v1/values/{row}/grid?{query}")
    assert status == 200, body
    rows, columns, planes = map(int, headers["X-Pytracer-Grid"].split(","))
    return np.frombuffer(body, "<f8").reshape(planes, rows, columns)


@pytest.mark.parametrize("field", ["mean", "std", "sig"])
def test_grid_is_the_elements(viewer, h5, field):
    row = int(series_rows(h5, names(h5).index("fit_qr"), "X", 0)[5])
    first, n = int(h5["values/first_element"][row]), int(h5["values/n_stored"][row])
    expected = h5[f"elements/{field}"][first:first + n].reshape(24, 16)
    np.testing.assert_array_equal(grid(viewer, row, f"field={field}")[0], expected)
    np.testing.assert_array_equal(grid(viewer, row, f"field={field}&r0=3&r1=9&c0=2&c1=16")[0],
                                  expected[3:9, 2:16])


def test_reduced_grid_keeps_least_and_greatest(viewer, h5):
    row = int(series_rows(h5, names(h5).index("fit_qr"), "X", 0)[5])
    first = int(h5["values/first_element"][row])
    full = h5["elements/sig"][first:first + 384].reshape(24, 16)
    low, high = grid(viewer, row, "field=sig&h=5&w=7")
    cuts = lambda n, k: [n * i // k for i in range(k + 1)]
    for i, (r0, r1) in enumerate(zip(cuts(24, 5), cuts(24, 5)[1:])):
        for j, (c0, c1) in enumerate(zip(cuts(16, 7), cuts(16, 7)[1:])):
            assert low[i, j] == full[r0:r1, c0:c1].min()
            assert high[i, j] == full[r0:r1, c0:c1].max()


def test_nan_elements_are_passed_over_unless_alone(result, tmp_path):
    path = shutil.copy(result, tmp_path / "nan.h5")
    columns = Columns(path)
    row = int(series_rows(columns, names(columns).index("fit_qr"), "X", 0)[5])
    first = int(columns["values/first_element"][row])
    with h5py.File(path, "r+") as file:
        block = file["elements/mean"][first:first + 384].reshape(24, 16)
        block[:6, :8] = np.nan
        block[10, 10] = np.nan
        file["elements/mean"][first:first + 384] = block.ravel()
    with Viewer("--filename", path) as viewer:
        low, high = grid(viewer, row, "field=mean&h=4&w=2")
        assert np.isnan(low[0, 0]) and np.isnan(high[0, 0])
        assert low[1, 1] == np.nanmin(block[6:12, 8:]) and high[1, 1] == np.nanmax(block[6:12, 8:])
        np.testing.assert_array_equal(grid(viewer, row, "field=mean")[0], block)


def test_complex_parts_and_slices_of_three_dimensions(viewer, h5):
    row = int(series_rows(h5, names(h5).index("spectrum"), "return", 1)[0])
    first = int(h5["values/first_element"][row])
    elements = h5["elements/mean"][first:first + 48]
    np.testing.assert_array_equal(grid(viewer, row, "field=mean&part=1")[0].ravel(), elements[24:])
    row = int(series_rows(h5, names(h5).index("smooth"), "volume", 0)[0])
    value = viewer.get(f"values/{row}")
    assert value["shape"] == [4, 24, 16]
    assert value["picture"] == {"rows": 24, "columns": 16, "slices": 4, "parts": 1, "tiles": False, "positions": False}
    first = int(h5["values/first_element"][row])
    volume = h5["elements/mean"][first:first + 4 * 384].reshape(4, 24, 16)
    np.testing.assert_array_equal(grid(viewer, row, "field=mean&slice=2")[0], volume[2])


def test_elements_are_given_as_stored(viewer, h5):
    row = int(series_rows(h5, names(h5).index("svd"), "return[1]", 1)[3])
    first = int(h5["values/first_element"][row])
    status, headers, body = viewer.request(f"/api/v1/values/{row}/elements?first=2&count=0")
    assert (status, body) == (200, b"")
    status, headers, body = viewer.request(f"/api/v1/values/{row}/elements?field=std&first=2&count=5")
    assert status == 200 and headers["X-Pytracer-Total"] == "16"
    np.testing.assert_array_equal(np.frombuffer(body, "<f8"), h5["elements/std"][first + 2:first + 7])


def test_a_call_names_its_path_and_values(viewer, h5):
    call = int(np.flatnonzero(h5["calls/function"][:] == names(h5).index("solve"))[0])
    answer = viewer.get(f"calls/{call}")
    assert [f["name"] for f in answer["path"]] == ["<module>", "main", "fit_normal_equations"]
    assert answer["path"][-1]["line"] == 16
    rows = h5["refs/value"][int(h5["calls/first_ref"][call]):][:int(h5["calls/n_refs"][call])]
    assert [v["row"] for v in answer["values"]] == list(rows)
    assert answer["self_lost"] == h5["calls/self_lost"][call]


def test_nested_calls_have_their_depth_and_span(viewer, h5):
    answer = viewer.get("gantt?bins=4000")
    bars = answer["bars"]
    assert answer["n_calls"] == len(h5["calls/key"]) and bars["call"] == list(range(answer["n_calls"]))
    parent = h5["calls/parent"]
    for i, depth in zip(bars["call"], bars["depth"]):
        assert depth == (0 if parent[i] < 0 else bars["depth"][parent[i]] + 1)
    assert bars["start"] == list(h5["calls/time"]) and bars["end"] == list(h5["calls/end_time"])
    assert set(bars["merged"]) == {1}


def test_nested_calls_in_a_window_keep_what_encloses_them(viewer, h5):
    whole = viewer.get("gantt?bins=4000")["bars"]
    part = viewer.get("gantt?bins=4000&from=501&to=512")["bars"]
    inside = [i for i in whole["call"] if h5["calls/time"][i] <= 512 and h5["calls/end_time"][i] >= 501]
    assert part["call"] == inside and 0 in inside
    assert part["depth"] == [whole["depth"][i] for i in inside]
    wall = viewer.get("gantt?bins=4000&clock=wall")
    same([s for s in wall["bars"]["start"]], h5["calls/start_ns"] - h5["calls/start_ns"][0])


def test_short_calls_are_merged_and_none_is_lost(viewer, h5):
    bars = viewer.get("gantt?bins=20")["bars"]
    assert sum(bars["merged"]) == len(h5["calls/key"]) and len(bars["call"]) < 100
    flagged = 0
    for flags in bars["flags"]:
        flagged |= flags
    assert flagged == int(np.bitwise_or.reduce(h5["calls/flags"]))


def test_labels_sources_runs_and_divergences(viewer, h5):
    row = int(series_rows(h5, names(h5).index("LinearRegression.fit"), "self", 0)[0])
    assert viewer.get(f"values/{row}")["label"] == "LinearRegression()"
    viewer.get(f"values/{row}/grid", expect=404)
    source = viewer.get("sources/0")
    assert source["text"].encode() == h5["sources/text"][:].tobytes()
    runs = viewer.get("runs")
    assert runs["n"] == 10 and "blas.kernel=Zen\n" in runs["info"][3]
    assert [int(s, 16) for s in runs["columns"]["seed"]] == list(h5["runs/seed"][:])
    divergences = viewer.get("divergences")
    assert divergences["n"] == 2 and divergences["places"][0]["name"] == "LinearRegression.fit"


def test_one_run_has_means_and_no_digits(folder):
    path = make_result(folder / "one.h5", "--one-run", "--calls", "60")
    with Viewer("--filename", path) as viewer:
        overview = viewer.get("overview")
        assert overview["has_digits"] is False and overview["shown_digits"]["binary64"] is None
        series = viewer.get("timeline?functions=0")["series"]
        assert all(v is None for s in series for v in s["points"]["value"])
        series = viewer.get("timeline?functions=0&metric=mean")["series"]
        assert all(isinstance(v, float) for s in series for v in s["points"]["value"])


@pytest.mark.parametrize("path, status", [
    ("timeline?functions=999", 404), ("timeline?functions=1,x", 400),
    ("timeline?functions=-1", 400), ("timeline?functions=1&bins=0", 400),
    ("timeline?functions=1&bins=99999", 400), ("timeline?functions=1&metric=mood", 400),
    ("timeline?functions=1&from=9&to=3", 400), ("timeline?functions=1&from=1e3", 400),
    ("timeline?functions=" + ",".join(["1"] * 65), 413),
    ("values/999999", 404), ("values/x", 404), ("values/-1", 404),
    ("values/99999999999999999999999", 404), ("values/3/grid?field=hue", 400),
    ("values/3/grid?r0=5&r1=5", 400), ("values/3/grid?r1=25", 400),
    ("values/3/grid?h=2000&w=2000", 413), ("values/3/grid?h=9999999", 400),
    ("values/3/grid?part=1", 400), ("values/3/grid?slice=1", 400),
    ("values/3/elements?first=385", 400), ("values/3/elements?count=385", 400),
    ("calls/999999", 404), ("gantt?process=1", 400), ("gantt?clock=sun", 400), ("gantt?from=5&to=4", 400), ("sources/7", 404), ("sources/0/../../etc/passwd", 404),
    ("overview?r=/etc/passwd", 404), ("overview?r=../small.h5", 404), ("", 404),
    ("Overview", 404),
])
def test_what_cannot_be_answered_says_why(viewer, path, status):
    answer = viewer.get(path, expect=status)
    assert answer["error"]["message"]


def test_answers_are_compressed_tagged_and_revalidated(viewer):
    status, headers, body = viewer.request("/api/v1/functions", headers={"Accept-Encoding": "gzip"})
    assert status == 200 and headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(body)) == viewer.get("functions")
    tag = headers["ETag"]
    status, headers, body = viewer.request("/api/v1/functions", headers={"If-None-Match": tag})
    assert status == 304 and body == b"" and headers["ETag"] == tag
    status, headers, _ = viewer.request("/api/v1/functions", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in headers
    assert viewer.request("/api/v1/edges")[1]["ETag"] != tag


def test_head_is_get_without_the_body(viewer):
    for path in ["/", "/app.js", "/api/v1/functions", "/healthz"]:
        status, headers, body = viewer.request(path, "HEAD")
        length = len(viewer.request(path)[2])
        assert status == 200 and body == b"" and int(headers["Content-Length"]) == length


def test_a_folder_lists_results_and_new_ones_appear(tmp_path):
    make_result(tmp_path / "a.h5", "--calls", "40")
    (tmp_path / "notes.txt").write_text("not a result")
    with Viewer("--directory", tmp_path) as viewer:
        assert [r["id"] for r in viewer.get("results")["results"]] == ["a.h5"]
        make_result(tmp_path / "b.h5", "--calls", "60", "--runs", "5")
        assert [r["id"] for r in viewer.get("results")["results"]] == ["a.h5", "b.h5"]
        assert viewer.get("overview?r=b.h5")["n_runs"] == 5
        assert viewer.get("overview")["n_runs"] == 10


def test_two_results_are_told_apart(tmp_path):
    for name, runs in [("x", "3"), ("y", "5")]:
        (tmp_path / name).mkdir()
        make_result(tmp_path / name / "stats.h5", "--calls", "40", "--runs", runs)
    with Viewer("--filename", tmp_path / "x/stats.h5", "--filename", tmp_path / "y/stats.h5") as viewer:
        ids = [r["id"] for r in viewer.get("results")["results"]]
        assert ids == ["stats.h5", "stats.h5~2"]
        assert [viewer.get(f"overview?r={i}")["n_runs"] for i in ids] == [3, 5]


def test_a_large_value_is_pictured_from_its_tiles(tmp_path):
    path = make_result(tmp_path / "big.h5", "--calls", "20", "--big", "1500")
    with h5py.File(path) as file:
        [row] = np.flatnonzero(file["values/first_tile"][:] != 2**64 - 1)
        first = int(file["values/first_element"][row])
        full = file["elements/sig"][first:first + 1500**2].reshape(1500, 1500)

    def ask(viewer, query):
        status, headers, body = viewer.request(f"/api/v1/values/{row}/grid?field=sig&{query}")
        assert status == 200, body
        rows, columns, planes = map(int, headers["X-Pytracer-Grid"].split(","))
        low, high = np.frombuffer(body, "<f8").reshape(planes, rows, columns)
        step = list(map(int, headers["X-Pytracer-Step"].split(",")))
        r0, r1, c0, c1 = map(int, headers["X-Pytracer-Region"].split(","))
        for i in range(rows):
            for j in range(columns):
                cell = full[r0 + i * step[0]:min(r1, r0 + (i + 1) * step[0]),
                            c0 + j * step[1]:min(c1, c0 + (j + 1) * step[1])]
                assert low[i, j] == cell.min() and high[i, j] == cell.max()
        return (rows, columns), step, (r0, r1, c0, c1)

    with Viewer("--filename", path) as viewer:
        assert viewer.get(f"values/{row}")["picture"]["tiles"] is True
        assert ask(viewer, "tiles=1&h=500&w=500") == ((24, 24), [64, 64], (0, 1500, 0, 1500))
        assert ask(viewer, "tiles=1&h=5&w=24") == ((5, 24), [320, 64], (0, 1500, 0, 1500))
        assert ask(viewer, "tiles=1&r0=100&r1=130&c0=640&c1=1300&h=9&w=4") == (
            (2, 4), [64, 192], (64, 192, 640, 1408))
        viewer.get("values/1/grid?tiles=1", expect=404)
        viewer.get(f"values/{row}/grid?tiles=2", expect=400)


def test_a_result_of_the_first_version_is_read(result, tmp_path):
    path = shutil.copy(result, tmp_path / "old.h5")
    with h5py.File(path, "r+") as file:
        del file["values/first_tile"], file["tiles"], file["values/first_position"]
        del file["positions"], file["elements_ext"], file["merge"], file["traces"], file["contributing"]
        file.attrs["minor"] = np.uint32(0)
    with Viewer("--filename", path) as viewer:
        assert viewer.get("overview")["minor"] == 0
        assert viewer.get("values/3")["picture"]["tiles"] is False


def test_points_name_their_call_sites(viewer, h5):
    solve = names(h5).index("solve")
    sites = viewer.get("sites")["columns"]
    assert sites["name"] == [n.decode() for n in h5["sites/name"]]
    assert sites["line"] == list(h5["sites/line"])
    for s in viewer.get(f"timeline?functions={solve}&sites=1&bins=5")["series"]:
        assert s["points"]["site"] == list(h5["calls/site"][s["points"]["call"]])
    assert "site" not in viewer.get(f"timeline?functions={solve}")["series"][0]["points"]
    viewer.get(f"timeline?functions={solve}&sites=2", expect=400)


def test_contributing_digits_are_significant_ones_and_a_constant(viewer, h5, folder):
    """CNH's two deltas differ by log2(Phi^-1((p+1)/2)) against that of the contributing
    probability q, log2(q - 1/2) + log2(2 sqrt(2 pi))."""
    p, q = float(h5.attrs["probability"]), float(h5.attrs["contributing_probability"])
    from statistics import NormalDist
    shift = math.log2(NormalDist().inv_cdf((p + 1) / 2)) - (
        math.log2(q - 0.5) + math.log2(2 * math.sqrt(2 * math.pi)))
    assert viewer.get("overview")["contributing_shift"] == pytest.approx(shift, abs=1e-9)
    for name, most in [("solve", 53), ("PCA.fit", 24)]:
        for s in viewer.get(f"timeline?functions={names(h5).index(name)}&metric=contributing")["series"]:
            rows = s["points"]["row"]
            flat = (h5["values/flags"][rows] & 1) != 0
            sig = h5["values/sig_norm"][rows]
            expected = np.where(flat, sig, np.minimum(sig + shift, most))
            np.testing.assert_allclose([number(v) for v in s["points"]["value"]], expected, atol=1e-9)
    path = shutil.copy(folder / "small.h5", folder / "general.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["method"] = np.bytes_("general")
    with Viewer("--filename", path) as other:
        assert other.get("overview")["contributing_shift"] is None
        other.get("timeline?functions=3&metric=contributing", expect=404)


def test_norms_are_those_of_numpy(viewer, h5):
    for name, argument, phase in [("fit_qr", "X", 0), ("spectrum", "return", 1), ("score", "return", 1)]:
        row = int(series_rows(h5, names(h5).index(name), argument, phase)[2])
        first, n = int(h5["values/first_element"][row]), int(h5["values/n_stored"][row])
        answer = viewer.get(f"values/{row}/norms")
        for field in ["mean", "std"]:
            x = h5["elements/" + field][first:first + n]
            if name == "spectrum":
                x = np.abs(x[:n // 2] + 1j * x[n // 2:])
            assert answer[field]["two"] == pytest.approx(np.linalg.norm(x), rel=1e-14)
            assert answer[field]["max"] == pytest.approx(np.abs(x).max(), rel=1e-15)
            assert answer[field]["left_out"] == 0


def test_norms_pass_over_nan_and_do_not_overflow(result, h5, tmp_path):
    path = shutil.copy(result, tmp_path / "huge.h5")
    row = int(series_rows(h5, names(h5).index("fit_qr"), "X", 0)[2])
    with h5py.File(path, "r+") as file:
        first, n = int(file["values/first_element"][row]), int(file["values/n_stored"][row])
        file["elements/mean"][first:first + n] = 3e300
        file["elements/mean"][first:first + 2] = [np.nan, np.inf]
        file["elements/std"][first:first + n] = 1e-300
    with Viewer("--filename", path) as viewer:
        answer = viewer.get(f"values/{row}/norms")
    assert answer["mean"]["two"] == pytest.approx(3e300 * math.sqrt(n - 2)) and answer["mean"]["left_out"] == 2
    assert answer["std"]["two"] == pytest.approx(1e-300 * math.sqrt(n))


def test_a_sample_tells_its_positions(result, h5, tmp_path):
    path = shutil.copy(result, tmp_path / "sample.h5")
    row = int(series_rows(h5, names(h5).index("fit_qr"), "X", 0)[2])
    with h5py.File(path, "r+") as file:
        n = int(file["values/n_stored"][row])
        del file["positions/element"]
        file["positions/element"] = np.arange(n, dtype=np.uint64) * 7
        file["values/first_position"][row] = 0
        file["values/n_elements"][row] = 7 * n
        at = int(file["values/shape_first"][row])
        file["dims/size"][at] = 7 * file["dims/size"][at]
    with Viewer("--filename", path) as viewer:
        assert viewer.get(f"values/{row}")["picture"]["positions"] is True
        status, _, body = viewer.request(f"/api/v1/values/{row}/positions")
        np.testing.assert_array_equal(np.frombuffer(body, "<u8"), np.arange(n) * 7)
        viewer.get(f"values/{row + 1}/positions", expect=404)
