"""tiles/: least and greatest elements of the tiles of large values, against numpy."""

import h5py
import numpy as np
import pytest
from traces import Run, parse, write_runs

NONE = np.iinfo(np.uint64).max
FIELDS = ("mean", "std", "sig")


def tile_sides(rows, columns):
    if rows < 64:
        h = 1 << (rows - 1).bit_length()
        return h, 4096 // h
    if columns < 64:
        w = 1 << (columns - 1).bit_length()
        return 4096 // w, w
    return 64, 64


def expected_tiles(planes):
    """Of an array (planes × slices, rows, columns), by the words of SCHEMA.md."""
    h, w = tile_sides(*planes.shape[-2:])
    low, high = [], []
    for picture in planes.reshape(-1, *planes.shape[-2:]):
        for r in range(0, picture.shape[0], h):
            for c in range(0, picture.shape[1], w):
                tile = picture[r:r + h, c:c + w]
                finite = tile[~np.isnan(tile)]
                low.append(finite.min() if finite.size else np.nan)
                high.append(finite.max() if finite.size else np.nan)
    return np.array(low), np.array(high)


def runs_of(arrays_of, n_runs=2):
    """Each run makes one call for each of its arrays."""
    runs = []
    for i in range(n_runs):
        run = Run(i + 1)
        for name, array in arrays_of(i).items():
            run.call(name, {"x": 2.0}, {"Ret": array})
        runs.append(run)
    return runs


def rows_by_function(f):
    names = [n.decode() for n in f["functions/name"][:]]
    rows = np.flatnonzero(f["values/phase"][:] == 1)
    return {names[f["values/function"][r]]: r for r in rows}


def check(f, row, shape, planes):
    first = int(f["values/first_tile"][row])
    start, n = int(f["values/first_element"][row]), int(f["values/n_stored"][row])
    assert first != NONE
    for field in FIELDS:
        elements = f["elements/" + field][start:start + n].reshape(planes, -1, *shape[-2:])
        low, high = expected_tiles(elements.reshape(-1, *shape[-2:]))
        np.testing.assert_array_equal(f[f"tiles/{field}_min"][first:first + len(low)], low)
        np.testing.assert_array_equal(f[f"tiles/{field}_max"][first:first + len(low)], high)
    return first, len(low)


def noisy(shape, run, dtype=np.float32):
    rng = np.random.default_rng(7)
    base = 1 + rng.random(shape)
    if np.dtype(dtype).kind == "c":
        base = base + 1j * rng.random(shape)
    noise = np.random.default_rng(run).standard_normal(shape) * 2.0**-14
    return (base * (1 + noise)).astype(dtype)


def two_shapes(run):
    tall = noisy((1100, 1000), run)
    tall[:64, 64:128] = np.nan  # a tile of nothing else
    tall[100, 100] = np.nan
    return {"tall": tall, "wide": tall.reshape(50, 22000), "small": tall[:9, :9]}


@pytest.mark.parametrize("ranks, options", [(0, []), (3, ["--batch-size", "70000"])])
def test_a_large_array_has_tiles_in_each_shape_that_is_seen(tmp_path, ranks, options):
    write_runs(tmp_path / "t", runs_of(two_shapes))
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", *options, ranks=ranks,
          threads=2)
    with h5py.File(tmp_path / "r.h5") as f:
        rows = rows_by_function(f)
        assert f.attrs["minor"] >= 1
        assert f["values/first_element"][rows["tall"]] == f["values/first_element"][rows["wide"]]
        tall = check(f, rows["tall"], (1100, 1000), 1)
        wide = check(f, rows["wide"], (50, 22000), 1)
        assert tall[1] == 18 * 16 and wide[1] == -(-22000 // 64)
        assert {tall[0], wide[0]} == {0, min(tall[1], wide[1])} or sum(tall) == wide[0]
        assert len(f["tiles/sig_min"]) == tall[1] + wide[1]
        assert f["values/first_tile"][rows["small"]] == NONE
        assert np.isnan(f["tiles/mean_min"][tall[0] + 1])


def test_planes_and_slices_and_vectors_have_tiles(tmp_path):
    shapes = {"complex": (70, 16000), "vector": (1 << 20 | 5,), "volume": (3, 5, 80000),
              "narrow": (180000, 6), "crumbs": (50000, 4, 6)}

    def arrays(run):
        return {name: noisy(shape, run, np.complex64 if name == "complex" else np.float32)
                for name, shape in shapes.items()}

    write_runs(tmp_path / "t", runs_of(arrays))
    for ranks in (0, 2):
        parse("--directory", tmp_path / "t", "--output", tmp_path / f"r{ranks}.h5", ranks=ranks)
    with h5py.File(tmp_path / "r0.h5") as f, h5py.File(tmp_path / "r2.h5") as g:
        rows = rows_by_function(f)
        for name, shape in shapes.items():
            if name == "crumbs":  # its slices are smaller than a tile
                assert f["values/first_tile"][rows[name]] == NONE
            else:
                check(f, rows[name], (1, 1) + shape, 2 if name == "complex" else 1)
        for column in f["tiles"]:
            np.testing.assert_array_equal(f["tiles/" + column][:], g["tiles/" + column][:])
