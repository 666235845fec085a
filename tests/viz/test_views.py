"""The page in Chromium, in more detail than test_browser.py: results with a reference, folders
that are watched, and what views show beyond the first look."""
import json

import h5py

from browsing import run_node, write_expectations
from viewer import FLOAT_DIVISIONS, Viewer, division, make_result, with_events


def test_a_reference_its_biases_events_and_threads_are_shown(folder, tmp_path):
    path = with_events(make_result(folder / "reference.h5", "--reference"))
    with h5py.File(path) as file:
        flags = file["values/flags"][:]
        biased = [int(i) for i in range(len(flags)) if flags[i] & 2048]
        expected = {
            "runs_needed": int(file.attrs["runs_needed"]),
            "cancellations": [["33", "12", "__main__.naive_variance", "regress.py:34"],
                              ["12", "2", "__main__.score", "regress.py:54"]],
            "cancelling_line": 34, "biased": biased,
            "biased_function": int(file["values/function"][biased[0]]),
            "division": division(file), "float_divisions": FLOAT_DIVISIONS, "threads": file["calls/thread"][:].tolist(),
            "source": file["sources/text"][:].tobytes().decode().split("\n")}
    assert len(biased) == 3
    written = tmp_path / "expected.json"
    written.write_text(json.dumps(expected))
    with Viewer("--filename", path) as viewer:
        run_node("reference_test.mjs", viewer.url, written, 120)


def test_a_result_that_appears_in_the_folder_is_shown(tmp_path):
    watched = tmp_path / "watched"
    watched.mkdir()
    make_result(watched / "a.h5", "--calls", "60")
    fresh = make_result(tmp_path / "fresh.h5", "--calls", "60", "--runs", "5")
    with Viewer("--directory", watched) as viewer:
        run_node("folder_test.mjs", viewer.url, "", 120, FRESH=str(fresh), APPEARS=str(watched / "b.h5"))


def test_parts_scales_shapes_and_saved_charts(result, viewer, tmp_path):
    expected = write_expectations(tmp_path, result=result)
    run_node("views_test.mjs", viewer.url, expected, 240)
