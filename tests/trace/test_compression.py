"""io.compression: the trace of a program is the same, bit for bit, and smaller; FORMAT.md says
enough to read it with another program's LZ4."""

import ctypes
import ctypes.util
import pickle
import signal
import struct
import subprocess

import numpy as np
import pytest
from both import BIN, PYTHON, TRACE, configure, environment, run, start, traces

PROGRAM = """
import numpy as np
def f(x): return x * 3
def g(x, y=0, text="words"): return np.float32(x) + y
x = np.sin(np.arange(60000) * 1e-3)
for i in range(30):
    f(x + i * 1e-9)
    g(x[i * 100:i * 100 + 90], y=1j)
    f(float(i)); f(i); f(np.arange(i, dtype="i2")); f(np.longdouble(i))
f(np.zeros(3_000_000))
f(np.random.default_rng(1).standard_normal(200000))
print(float(x.sum()))
"""


def trace_of(folder, how):
    """(trace, stdout) of the program under stochastic rounding with one seed."""
    (folder / "script.py").write_text(PROGRAM)
    configuration = configure(folder, modules_to_load=["__main__"])
    trace = folder / f"{how}.trace"
    code, out, err = run([TRACE, "--python", PYTHON, "--config", configuration, "--compression", how,
                          "--fuzzy=numpy,python", "--seed", "5", "--output", trace, "--command", "script.py"], folder)
    assert (code, err) == (0, "")
    return trace, out


def pytracer(*arguments):
    return subprocess.run([BIN / "pytracer", *arguments], capture_output=True, text=True, timeout=120,
                          env=environment())


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("both")
    return trace_of(folder, "none"), trace_of(folder, "lz4")


def test_the_traces_are_the_same_bit_for_bit_and_the_packed_one_is_smaller(both):
    (plain, plain_out), (packed, packed_out) = both
    assert plain_out == packed_out
    assert packed.stat().st_size < 0.75 * plain.stat().st_size
    done = pytracer("diff", plain, packed)
    assert done.returncode == 0 and "the same bit for bit" in done.stdout
    assert pytracer("info", packed, "--verify").returncode == 0
    for trace in plain, packed:
        dump = pytracer("info", trace, "--dump").stdout
        assert dump.count("__main__.f") > 100


def test_info_says_what_packing_saved(both):
    (plain, _), (packed, _) = both
    assert "Compression" not in pytracer("info", plain).stdout
    line, = (l for l in pytracer("info", packed).stdout.splitlines() if l.startswith("Compression"))
    assert "lz4" in line and "times smaller" in line
    assert float(line.split("(")[1].split()[0]) > 1.3


def blocks(path):
    """(stream, ordinal, body) of each block but the index, by FORMAT.md alone."""
    name = ctypes.util.find_library("lz4")
    if not name:
        pytest.skip("no liblz4 here")
    unpack = ctypes.CDLL(name).LZ4_decompress_safe
    data = path.read_bytes()
    assert struct.unpack_from("<HH", data, 8) == (1, 2)
    at = 4096
    while data[at:at + 4] == b"PTBK":
        stream, codec, ordinal, stored, raw = struct.unpack_from("<HHQ16xQQ", data, at + 4)
        body = data[at + 80:at + 80 + stored]
        at += (80 + stored + 7) // 8 * 8
        if codec == 1:
            body = unpacked(body, raw, unpack)
        assert len(body) == raw
        if stream <= 5:
            yield stream, ordinal, codec, body


def unpacked(body, raw, unpack):
    n = (raw + 65535) // 65536
    chunks, at = [], 16 * n
    for k in range(n):
        stored, method, width = struct.unpack_from("<IBB", body, 16 * k)
        chunk, length = body[at:at + stored], min(65536, raw - 65536 * k)
        at += stored
        if method == 1:
            out = ctypes.create_string_buffer(length)
            assert unpack(chunk, out, len(chunk), length) == length
            whole = length // width * width
            sorted_ = np.frombuffer(out.raw[:whole], "u1").reshape(width, -1)
            chunk = sorted_.T.tobytes() + out.raw[whole:]
        chunks.append(chunk)
    assert at == len(body)
    return b"".join(chunks)


def test_the_format_is_as_documented(both):
    """The stream of payloads holds neither times nor names: it is the same in both."""
    (plain, _), (packed, _) = both
    contents = [{}, {}]
    for i, trace in enumerate((plain, packed)):
        for stream, _, codec, body in blocks(trace):
            contents[i][stream] = contents[i].get(stream, b"") + body
            assert codec == 0 or i == 1
    assert {codec for stream, _, codec, _ in blocks(packed) if stream == 5} == {0, 1}
    assert payloads(plain) == payloads(packed)
    assert len(contents[0][4]) == len(contents[1][4])  # values: references may differ


def payloads(trace):
    """The contents of a trace, put together of their extents."""
    found, whole = [], b""
    for stream, _, _, body in blocks(trace):
        at = 0
        while stream == 5 and at < len(body):
            _, _, length, content, offset, extent = struct.unpack_from("<HHI16xQQQ", body, at)
            assert offset == len(whole)
            whole += body[at + 48:at + 48 + extent]
            at += length
            if len(whole) == content:
                found.append(whole)
                whole = b""
    return found


def test_what_is_left_by_sigkill_is_sound(tmp_path):
    (tmp_path / "script.py").write_text(
        "import time\nimport numpy as np\ndef f(x): return x + 1\n"
        "for i in range(300): f(np.arange(20000.) * i)\n"
        "print('ready', flush=True)\nwhile True: f(np.ones(1000))\n")
    configuration = configure(tmp_path, modules_to_load=["__main__"], io={"compression": "lz4"})
    program = start([TRACE, "--python", PYTHON, "--config", configuration, "script.py"], tmp_path)
    assert program.stdout.readline() == "ready\n"
    part, = traces(tmp_path, sealed=False)
    assert part.suffix == ".part"
    while calls_in(part) < 200:  # what is new is handed over in the end, at the latest
        assert program.poll() is None
    program.send_signal(signal.SIGKILL)
    program.communicate(timeout=60)
    assert calls_in(part) >= 200
    assert "Compression  lz4" in pytracer("info", part).stdout


def calls_in(part):
    done = pytracer("info", part, "--verify")
    assert done.returncode == 0 and ": sound, but not sealed; " in done.stdout, done.stderr
    return int(done.stdout.split("not sealed; ")[1].split()[0])


def test_children_and_the_stage_pack_too(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "script.py").write_text(
        "import os\nimport numpy as np\ndef f(x): return x + 1\n"
        "for i in range(9): f(np.arange(30000.) + i)\n"
        "if os.fork() == 0:\n    f(np.arange(30000.)); os._exit(0)\nos.wait()\n")
    configuration = configure(folder, modules_to_load=["__main__"],
                              io={"compression": "lz4", "cache": {"stage": str(tmp_path / "stage")}})
    code, out, err = run([TRACE, "--python", PYTHON, "--config", configuration, "script.py"], folder)
    assert (code, err) == (0, "")
    found = traces(folder)
    assert len(found) == 2 and list((tmp_path / "stage").iterdir()) == []
    for trace in found:
        assert "Compression  lz4" in pytracer("info", trace).stdout
        assert pytracer("info", trace, "--verify").returncode == 0


def test_the_bound_is_on_bytes_as_they_are_stored(tmp_path):
    program = """
import numpy as np
def f(x): return None
rng = np.random.default_rng(1)
for i in range(120): f(rng.standard_normal(50000, dtype="f4").astype("f8"))
"""
    recorded = {}
    for how in ("none", "lz4"):
        trace, _ = bounded(tmp_path / how, how, program)
        assert trace.stat().st_size <= 6_000_000
        told = pytracer("info", trace, "--verify").stdout
        recorded[how] = int(told.split(" payloads")[0].split()[-1])  # one for each array
    assert recorded["lz4"] > 1.3 * recorded["none"] > 0


def bounded(folder, how, program):
    folder.mkdir()
    (folder / "script.py").write_text(program)
    configuration = configure(folder, modules_to_load=["__main__"],
                              io={"compression": how, "max_bytes": 6_000_000})
    code, out, err = run([TRACE, "--python", PYTHON, "--config", configuration, "script.py"], folder)
    assert code == 0 and "io.max_bytes was reached" in err
    return traces(folder)[0], out


def test_pickles_are_made_of_packed_traces(tmp_path):
    made = {}
    (tmp_path / "script.py").write_text(
        "import numpy as np\ndef f(x, y): return x * 3\nfor i in range(99): f(i / 7, np.arange(9000.) + i)\n")
    for how in ("none", "lz4"):
        configuration = configure(tmp_path, modules_to_load=["__main__"], io={"type": "pickle", "compression": how})
        code, out, err = run([TRACE, "--python", PYTHON, "--config", configuration, "script.py"], tmp_path)
        assert (code, err) == (0, "")
        file, = (tmp_path / ".__pytracercache__" / "traces").iterdir()
        made[how] = records(file)
        file.unlink()
    assert len(made["lz4"]) == 198 and made["none"] == made["lz4"]


def records(file):
    """The records of a pickle without what differs between two runs, arrays as bytes."""
    found = []
    with open(file, "rb") as stream:
        while stream.peek(1):
            record = pickle.load(stream)
            args = {k: v.tobytes() if hasattr(v, "tobytes") else v for k, v in record["args"].items()}
            found.append((record["time"], record["module"], record["function"], record["label"], args))
    return found


def test_another_word_is_refused_before_the_program_starts(tmp_path):
    (tmp_path / "script.py").write_text("print('started')\n")
    code, out, err = run([TRACE, "--python", PYTHON, "--compression", "zstd", "script.py"], tmp_path)
    assert code == 2 and out == "" and "--compression" in err and "'none' or 'lz4'" in err
    configuration = configure(tmp_path, io={"compression": "zip"})
    code, out, err = run([TRACE, "--python", PYTHON, "--config", configuration, "script.py"], tmp_path)
    assert code != 0 and out == "" and "io.compression" in err
