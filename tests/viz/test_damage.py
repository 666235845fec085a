"""Files that are not results, or no longer: one clear line, never a crash."""
import os
import random
import shutil
import subprocess

import h5py
import numpy as np
import pytest

from viewer import BIN, PROGRAM, Viewer, fails


def test_no_such_file(tmp_path):
    words, status = fails("--filename", tmp_path / "none.h5")
    assert "no such result" in words and "none.h5" in words


def test_without_anything_to_show_it_says_what_to_do(tmp_path):
    words, _ = fails(cwd=tmp_path)
    assert ".__pytracercache__/stats" in words and "--filename" in words
    (tmp_path / ".__pytracercache__/stats").mkdir(parents=True)
    words, _ = fails(cwd=tmp_path)
    assert "pytracer parse" in words


def test_the_cache_that_the_configuration_names_is_shown(result, tmp_path, monkeypatch):
    (tmp_path / "elsewhere/stats").mkdir(parents=True)
    shutil.copy(result, tmp_path / "elsewhere/stats/stats.1.h5")
    config = tmp_path / "pytracer.json"
    config.write_text('{"io": {"cache": {"root": "%s"}}}' % (tmp_path / "elsewhere"))
    monkeypatch.setenv("PYTRACER_CONFIG", str(config))
    with Viewer(cwd=tmp_path) as viewer:
        assert viewer.get("overview")["id"] == "stats.1.h5"
    config.write_text('{"oi": {}}')
    words, _ = fails(cwd=tmp_path)
    assert "oi" in words


@pytest.mark.parametrize("content, expected", [
    (b"", "not an HDF5 file"), (b"hello", "not an HDF5 file"), (b"\x89PTRACE\n" + bytes(4096), "parse"),
    (b"\x89HDF\r\n\x1a\n", "HDF5 cannot read it"), (b"\x89HDF\r\n\x1a\n" + bytes(5000), "HDF5 cannot read it"),
])
def test_other_files_are_told_apart(tmp_path, content, expected):
    path = tmp_path / "file.h5"
    path.write_bytes(content)
    words, _ = fails("--filename", path)
    assert expected in words and str(path) in words


def test_a_folder_and_a_pipe_are_not_files(tmp_path):
    words, _ = fails("--filename", tmp_path)
    assert "folder" in words
    os.mkfifo(tmp_path / "pipe.h5")
    words, _ = fails("--filename", tmp_path / "pipe.h5")
    assert "not a file" in words


def test_an_hdf5_file_of_another_kind(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.arange(5)
    words, _ = fails("--filename", tmp_path / "other.h5")
    assert "not a pytracer result" in words


@pytest.fixture
def copy(result, tmp_path):
    return shutil.copy(result, tmp_path / "copy.h5")


def test_another_version_is_refused_by_its_number(copy):
    with h5py.File(copy, "r+") as file:
        file.attrs["major"] = np.uint32(2)
    words, _ = fails("--filename", copy)
    assert "of format 2." in words and "1.x" in words


def test_a_newer_minor_version_is_read(copy):
    with h5py.File(copy, "r+") as file:
        file.attrs["minor"] = np.uint32(7)
        file["values/something_new"] = np.zeros(3)
    with Viewer("--filename", copy) as viewer:
        assert viewer.get("overview")["minor"] == 7


@pytest.mark.parametrize("change, expected", [
    (lambda f: f.__delitem__("values/sig_norm"), "values/sig_norm is missing"),
    (lambda f: f.__delitem__("edges"), "edges/caller is missing"),
    (lambda f: f.attrs.__delitem__("confidence"), "confidence"),
    (lambda f: f.attrs.__setitem__("n_runs", "many"), "n_runs"),
    (lambda f: replace(f, "calls/time", np.zeros(7, np.uint64)), "rows where"),
    (lambda f: replace(f, "calls/time", f["calls/time"][:].astype("f8")), "documented type"),
    (lambda f: replace(f, "functions/line", f["functions/line"][:].astype("u8")), "documented type"),
    (lambda f: replace(f, "functions/name", np.array(["a"], dtype=h5py.string_dtype())), "documented type"),
    (lambda f: replace(f, "values/mean", np.zeros((2, 2))), "documented type"),
    (lambda f: replace_group(f), "values/mean"),
])
def test_columns_must_be_as_documented(copy, change, expected):
    with h5py.File(copy, "r+") as file:
        change(file)
    words, _ = fails("--filename", copy)
    assert expected in words


def external_link(file, other):
    del file["sources/text"]
    file["sources/text"] = h5py.ExternalLink(other, "sources/text")


def external_group(file, other):
    del file["sources"]
    file["sources"] = h5py.ExternalLink(other, "sources")


def soft_link(file, other):
    file["elsewhere"] = h5py.ExternalLink(other, "/")
    del file["sources/text"]
    file["sources/text"] = h5py.SoftLink("/elsewhere/sources/text")


def external_storage(file, other):
    n = len(file["sources/text"])
    del file["sources/text"]
    file["sources"].create_dataset("text", (n,), np.uint8, external=[(other, 0, n)])


def virtual(file, other):
    n = len(file["sources/text"])
    layout = h5py.VirtualLayout((n,), np.uint8)
    layout[:] = h5py.VirtualSource(other, "sources/text", (n,))
    del file["sources/text"]
    file["sources"].create_virtual_dataset("text", layout)


@pytest.mark.parametrize("change", [external_link, external_group, soft_link, external_storage, virtual])
def test_nothing_but_the_file_itself_is_read(result, copy, change):
    """A result that names another file as its own: neither shown nor written into a report."""
    with h5py.File(copy, "r+") as file:
        change(file, str(result))
    with h5py.File(copy) as file:
        assert len(file["sources/text"]) > 0  # HDF5 itself would follow
    words, _ = fails("--filename", copy)
    assert "sources/" in words and "one file only" in words
    done = subprocess.run([BIN / "pytracer-report", copy], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and done.stdout == "" and "one file only" in done.stderr


def replace(file, name, data):
    del file[name]
    file[name] = data


def replace_group(file):
    del file["values/mean"]
    file.create_group("values/mean")


def test_compressed_and_big_endian_columns_are_read_too(copy):
    with h5py.File(copy, "r+") as file:
        expected = file["values/sig_norm"][:]
        times = file["calls/time"][:]
        del file["values/sig_norm"], file["calls/time"]
        file.create_dataset("values/sig_norm", data=expected, chunks=(100,), compression="gzip")
        file.create_dataset("calls/time", data=times.astype(">u8"))
    with h5py.File(copy) as file, Viewer("--filename", copy) as viewer:
        for s in viewer.get("timeline?functions=3")["series"]:
            rows = s["points"]["row"]
            assert s["points"]["value"] == list(expected[rows])
            assert s["points"]["time"] == list(times[file["values/call"][:][rows]])


@pytest.mark.parametrize("column, path", [
    ("functions/first_value", "timeline?functions=3"), ("values/call", "timeline?functions=3"),
    ("values/shape_first", "values/5"), ("values/first_element", "values/5/grid"),
    ("values/n_stored", "values/5/grid"), ("calls/first_ref", "calls/5"),
    ("refs/value", "calls/5"), ("sources/first", "sources/0"), ("sources/bytes", "sources/0"),
    ("runs/info_first", "runs"), ("values/name", "values/5"),
])
def test_references_that_point_outside_are_reported(copy, column, path):
    with h5py.File(copy, "r+") as file:
        data = file[column][:]
        data[:] = np.iinfo(data.dtype).max - 3
        file[column][:] = data
    with Viewer("--filename", copy) as viewer:
        status, _, body = viewer.request("/api/v1/" + path)
        assert status in (413, 500) and b"error" in body
        assert viewer.get("overview")["n_runs"] == 10


def test_call_paths_that_run_in_circles_end(copy):
    with h5py.File(copy, "r+") as file:
        file["paths/parent"][:] = 1
    with Viewer("--filename", copy) as viewer:
        assert len(viewer.get("calls/5")["path"]) <= 512


def test_calls_whose_parents_run_in_circles_end(copy):
    with h5py.File(copy, "r+") as file:
        n = len(file["calls/parent"])
        file["calls/parent"][:] = (np.arange(n) + 1) % n
    with Viewer("--filename", copy) as viewer:
        assert max(viewer.get("gantt")["bars"]["depth"]) < 200


def test_truncated_files_get_a_message(result, tmp_path):
    whole = result.read_bytes()
    for part in [0.001, 0.1, 0.5, 0.9, 0.999]:
        path = tmp_path / "cut.h5"
        path.write_bytes(whole[:int(len(whole) * part)])
        words, _ = fails("--filename", path)
        assert str(path) in words


def test_a_file_cut_while_it_is_shown_gives_errors_not_a_crash(copy):
    with Viewer("--filename", copy) as viewer:
        os.truncate(copy, 5000)
        status, _, body = viewer.request("/api/v1/timeline?functions=3")
        assert status == 500 and b"cut while in use" in body
        assert viewer.request("/healthz")[0] == 200


def test_flipped_bytes_in_the_metadata_never_crash(result, tmp_path):
    """HDF5 reads the metadata; whatever it makes of it, the end is orderly."""
    whole = bytearray(result.read_bytes())
    rng = random.Random(7)
    for trial in range(40):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(0, 9000)] = rng.randrange(256)
        path = tmp_path / "flipped.h5"
        path.write_bytes(data)
        done = subprocess.Popen([PROGRAM, "--filename", path, "--port", "0", "--no-token"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = done.stdout.readline()
        done.terminate()
        done.communicate(timeout=20)
        assert done.returncode in (0, 1), (trial, done.returncode, line)
        assert done.returncode == 0 or not line


def test_a_damaged_file_in_a_folder_does_not_hide_the_others(result, tmp_path):
    shutil.copy(result, tmp_path / "good.h5")
    (tmp_path / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with Viewer("--directory", tmp_path) as viewer:
        assert viewer.get("overview")["id"] == "good.h5"
        assert "HDF5 cannot read it" in viewer.get("overview?r=bad.h5", expect=500)["error"]["message"]
