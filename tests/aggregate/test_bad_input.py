"""What is wrong with traces, results, disks and ranks: one line that names the file, a
non-zero exit where the work cannot be done, and nothing lost."""

import os
import re
import shutil
import signal
import subprocess
import time

import h5py
import pytest
from test_parse import assert_same, contents
from traces import BIN, MPIRUN, PARSE, Run, make_traces, parse, write_runs


@pytest.fixture
def traces(tmp_path):
    folder = tmp_path / "t"
    make_traces(folder, runs=3, calls=4, elements=100, scalars=20)
    return folder


def fails(*arguments, **options):
    done = parse(*arguments, check=False, **options)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr and "MPI_ABORT" not in done.stderr
    return done.stderr


def n_runs(path):
    with h5py.File(path) as f:
        return int(f.attrs["n_runs"])


def test_no_folder_says_what_to_do(tmp_path):
    words = fails("--directory", tmp_path / "no", "--output", tmp_path / "r.h5")
    assert "no folder" in words and "pytracer trace" in words


def test_empty_folder_says_what_to_do(tmp_path):
    (tmp_path / "t").mkdir()
    for ranks in (0, 2):
        words = fails("--directory", tmp_path / "t", "--output", tmp_path / "r.h5",
                      ranks=ranks)
        assert words.count("no traces in") == 1 and "pytracer trace" in words
    assert os.listdir(tmp_path) == ["t"]


def spoil(path, how):
    data = bytearray(path.read_bytes())
    if how == "empty":
        data = b""
    elif how == "foreign":
        data = b"not a trace at all\n" * 500
    elif how == "version":
        data[8] = 9
    elif how == "header":
        data[100] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["empty", "foreign", "version", "header"])
def test_unusable_trace_is_named_and_left_out(tmp_path, traces, how):
    bad = sorted(traces.iterdir())[1]
    spoil(bad, how)
    done = parse("--directory", traces, "--output", tmp_path / "r.h5", ranks=2)
    lines = [line for line in done.stderr.splitlines() if bad.name in line]
    assert len(lines) == 1 and "left out" in lines[0]
    assert n_runs(tmp_path / "r.h5") == 2
    words = fails("--directory", traces, "--output", tmp_path / "s.h5", "--strict")
    assert bad.name in words
    assert not (tmp_path / "s.h5").exists()


def test_no_usable_trace_is_an_error(tmp_path, traces):
    for path in traces.iterdir():
        spoil(path, "foreign")
    words = fails("--directory", traces, "--output", tmp_path / "r.h5")
    assert "none of the 3" in words


def test_truncated_trace_is_used_as_far_as_it_goes(tmp_path, traces):
    bad = sorted(traces.iterdir())[0]
    data = bad.read_bytes()
    for keep in (len(data) * 2 // 3, len(data) - 20, 5000, 4096):
        bad.write_bytes(data[:keep])
        done = parse("--directory", traces, "--output", tmp_path / "r.h5", "--force")
        assert bad.name in done.stderr
        assert 2 <= n_runs(tmp_path / "r.h5") <= 3


def test_flipped_bits_anywhere_never_crash(tmp_path, traces):
    bad = sorted(traces.iterdir())[0]
    data = bad.read_bytes()
    for at in range(0, len(data), len(data) // 25):
        spoiled = bytearray(data)
        spoiled[at] ^= 0x40
        bad.write_bytes(spoiled)
        done = parse("--directory", traces, "--output", tmp_path / "r.h5", "--force",
                     check=False)
        assert done.returncode in (0, 1), (at, done.stderr)
        assert n_runs(tmp_path / "r.h5") >= 2


@pytest.mark.parametrize("n", [3, 3000])
def test_calls_that_claim_the_same_values_get_no_more_than_there_are(tmp_path, n):
    """Each of n calls claims the n values of the first: few are more than their share, of
    many would be n² to walk through, by every program that reads traces."""
    run = Run(1)
    run.call("first", {f"x{i}": float(i) for i in range(n)}, {"Ret": 1.0})
    honest = Run(2)
    honest.lines += run.lines[1:]
    run.add("C")
    for _ in range(n):
        run.call("f")
    write_runs(tmp_path / "t", [run, honest])
    trace = tmp_path / "t" / "0000.trace"
    said = "its calls claim more values than there are"

    def info(*arguments):
        return subprocess.run([os.path.join(BIN, "pytracer"), "info", trace, *arguments],
                              capture_output=True, text=True)
    dump, verify = info("--dump"), info("--verify")
    assert verify.returncode == 1
    assert dump.stdout.count(": float64 ") < 8 * (n + 1) + 64
    assert (said in dump.stderr, dump.returncode) == (n > 3, int(n > 3))
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", ranks=2)
    assert ("damaged parts" in done.stderr) == (n > 3)
    with h5py.File(tmp_path / "r.h5") as f:
        assert len(f["values/call"]) < 8 * (n + 1) + 64


def test_unsealed_trace_is_used_and_said_so(tmp_path):
    runs = []
    for i in range(2):
        run = Run(i + 1)
        run.call("f", {}, {"Ret": 1.0 + i})
        run.enter("g")
        runs.append(run)
    (tmp_path / "t").mkdir()
    runs[0].write(tmp_path / "t" / "0.trace")
    runs[1].write(tmp_path / "t" / "1.trace", unsealed=True)
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    assert "1.trace.part was not sealed" in done.stderr
    with h5py.File(tmp_path / "r.h5") as f:
        assert list(f["runs/flags"][:] & 1) == [0, 1]
        assert list(f["calls/flags"][:] & 32) == [0, 32]


def test_different_programs_are_refused_with_their_names(tmp_path):
    runs = [Run(1, program="a.py"), Run(2, program="b.py")]
    for run in runs:
        run.call("f", {}, {"Ret": 1.0})
    write_runs(tmp_path / "t", runs)
    words = fails("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    assert "a.py" in words and "b.py" in words
    assert not (tmp_path / "r.h5").exists()


def test_of_two_traces_of_one_run_the_newer_is_used(tmp_path):
    runs = []
    for created, result in [(10, 1.0), (30, 3.0), (20, 2.0)]:
        run = Run(7, created=created)
        run.call("f", {}, {"Ret": result})
        runs.append(run)
    other = Run(8)
    other.call("f", {}, {"Ret": 3.0})
    write_runs(tmp_path / "t", runs + [other])
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    assert done.stderr.count("0001.trace, is used") == 2
    with h5py.File(tmp_path / "r.h5") as f:
        assert f.attrs["n_runs"] == 2
        assert f["elements/mean"][0] == 3.0


def test_what_is_not_rounding_is_warned_of(tmp_path):
    runs = []
    for i in range(3):
        run = Run(i + 1, metadata={"cpu.model": f"cpu{i // 2}", "threads.blas": 1})
        run.call("f", {}, {"Ret": 1.0})
        runs.append(run)
    write_runs(tmp_path / "t", runs)
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    [line] = [k for k in done.stderr.splitlines() if "differs between runs" in k]
    assert "CPU model" in line and "cpu0" in line and "cpu1" in line


def noisy(folder, *metadata):
    """A run for each of the dictionaries."""
    runs = []
    for i, more in enumerate(metadata):
        run = Run(i + 1, metadata={"fuzzy.layers": "numpy,blas", "fuzzy.mode": "sr",
                                   "fuzzy.precision.binary64": 53, **more})
        run.call("f", {}, {"Ret": 1.0 + i * 2.0**-40})
        runs.append(run)
    write_runs(folder, runs)


@pytest.mark.parametrize("key, one, other, words", [
    ("fuzzy.layers", "numpy", "numpy,python", "the set of layers"),
    ("fuzzy.mode", "sr", "ud", "--mode"),
    ("fuzzy.precision.binary64", 53, 24, "--precision-binary64"),
    ("fuzzy.precision.binary32", 24, 11, "--precision-binary32"),
    ("fuzzy.lapack", "auto", "backward", "--fuzzy-lapack"),
    ("fuzzy.only", "a", "b", "--fuzzy-only"),
    ("fuzzy.except", "a", "b", "--fuzzy-except"),
    ("fuzzy.ways", "sr,inside", "sr,backward", "BLAS and LAPACK"),
    ("blas.library", "/a/libblas.so", "/b/libopenblas.so", "one installation"),
])
def test_runs_with_different_noise_are_refused(tmp_path, key, one, other, words):
    noisy(tmp_path / "t", {key: one}, {key: one}, {key: other})
    said = fails("--directory", tmp_path / "t", "--output", tmp_path / "r.h5", ranks=2)
    assert words in said and f"({one} in " in said and f", {other} in " in said
    assert "0000.trace" in said and "0002.trace" in said
    assert not (tmp_path / "r.h5").exists()


def test_an_unperturbed_run_is_refused_among_perturbed_ones_and_welcome_as_reference(tmp_path):
    noisy(tmp_path / "t", {}, {})
    plain = Run(3)
    plain.call("f", {}, {"Ret": 1.0})
    write_runs(tmp_path / "p", [plain])
    (trace,) = (tmp_path / "p").iterdir()
    said = fails("--filename", *(tmp_path / "t").iterdir(), trace, "--output", tmp_path / "r.h5")
    assert "--reference" in said and "none in" in said
    parse("--directory", tmp_path / "t", "--reference", trace, "--output", tmp_path / "r.h5")
    assert n_runs(tmp_path / "r.h5") == 2


def test_a_run_that_met_less_of_blas_than_another_is_not_refused(tmp_path):
    noisy(tmp_path / "t", {}, {"fuzzy.ways": "sr", "blas.library": "/a.so"},
          {"fuzzy.ways": "sr,model", "blas.library": "/a.so /b.so"}, {"fuzzy.ways": "model"})
    parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5")
    assert n_runs(tmp_path / "r.h5") == 4


def test_existing_result_is_kept_unless_forced(tmp_path, traces):
    (tmp_path / "r.h5").write_text("precious")
    words = fails("--directory", traces, "--output", tmp_path / "r.h5", ranks=2)
    assert "exists" in words and "--force" in words
    assert (tmp_path / "r.h5").read_text() == "precious"
    parse("--directory", traces, "--output", tmp_path / "r.h5", "--force")
    assert n_runs(tmp_path / "r.h5") == 3
    assert not (tmp_path / "r.h5.tmp").exists()


def test_unwritable_place_is_named(tmp_path, traces):
    words = fails("--directory", traces, "--output", tmp_path / "no" / "r.h5")
    assert "cannot write" in words and "no/r.h5" in words


def test_full_disk_leaves_no_result(tmp_path, traces):
    """In a mount namespace of its own, on a file system of 384 kB; with hints the elements
    are written by all ranks together, else by each by itself."""
    small = tmp_path / "small"
    small.mkdir()
    for scale, hints in ((2, ""), (400, ""), (400, "--hints cb_nodes=2")):
        script = (f"mount -t tmpfs -o size=384k none {small} || exit 77; "
                  f"{' '.join(MPIRUN)} -n 2 {PARSE} --threads 1 --directory {traces} {hints} "
                  f"--output {small}/r.h5; echo status $?; ls {small}")
        for path in traces.iterdir():
            path.unlink()
        make_traces(traces, runs=3, calls=4, elements=100 * scale, scalars=1000)
        apart = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
        done = subprocess.run([*apart, "sh", "-c", script], timeout=60,
                              capture_output=True, text=True)
        if done.returncode == 77 or "unshare failed" in done.stderr:
            pytest.skip("no mount namespaces here: " + done.stderr.strip())
        assert "status 1" in done.stdout
        assert "r.h5.tmp" in done.stderr and "disk full" in done.stderr
        assert done.stdout.split()[-1] == "1", "something is left on the disk"


def test_killed_rank_leaves_no_result_under_the_final_name(tmp_path):
    make_traces(tmp_path / "t", runs=4, calls=100, elements=20000, scalars=10)
    (tmp_path / "r.h5").write_text("precious")
    env = dict(os.environ, OMP_NUM_THREADS="1")
    job = subprocess.Popen(MPIRUN + ["-n", "2", PARSE, "--directory", tmp_path / "t",
                                     "--output", tmp_path / "r.h5", "--force", "--online"],
                           env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.time() + 30
    while time.time() < deadline and not (tmp_path / "r.h5.tmp").exists():
        time.sleep(0.01)
    ranks = subprocess.run(["pgrep", "-P", str(job.pid)], capture_output=True, text=True)
    os.kill(int(ranks.stdout.split()[-1]), signal.SIGKILL)
    assert job.wait(timeout=60) != 0
    job.stdout.close()
    assert (tmp_path / "r.h5").read_text() == "precious"


def test_an_mpirun_that_is_too_busy_to_hear_of_the_end_calls_nothing_failed(tmp_path, traces):
    """PMIx waits for mpirun's answer for two seconds. Without Open MPI's barrier in MPI_Finalize, which
    mpirun answers too, the ranks come as far as that while it is stopped."""
    result = tmp_path / "r.h5"
    job = subprocess.Popen(MPIRUN + ["--mca", "async_mpi_finalize", "1", "-n", "2", PARSE, "--directory", traces,
                                     "--output", result, "--threads", "1", "--quiet"],
                           stderr=subprocess.PIPE, text=True)
    while not result.exists() and job.poll() is None:
        time.sleep(0.001)
    job.send_signal(signal.SIGSTOP)
    time.sleep(3.5)
    job.send_signal(signal.SIGCONT)
    words = job.communicate()[1]
    assert job.returncode == 0, words


def test_trace_that_is_still_written_is_used_as_far_as_it_is(tmp_path, traces):
    """Its file grows while it is read, and is not sealed."""
    growing = traces / "zz.trace.part"
    other = tmp_path / "other"
    make_traces(other, runs=4, calls=4, elements=100, scalars=2000)
    whole = sorted(other.iterdir())[3].read_bytes()
    half = len(whole) // 2
    script = (f"head -c {half} {sorted(other.iterdir())[3]} > {growing}; "
              f"(for i in $(seq 200); do tail -c +{half + 1} {sorted(other.iterdir())[3]} | "
              f"head -c 1000 >> {growing}; sleep 0.01; done) & "
              f"{PARSE} --threads 1 --directory {traces} --output {tmp_path}/r.h5; "
              "code=$?; kill $!; exit $code")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "zz.trace.part was not sealed" in done.stderr or "zz.trace.part: " in done.stderr
    assert n_runs(tmp_path / "r.h5") == 4


@pytest.mark.parametrize("ranks", [0, 2])
def test_trace_that_vanishes_while_it_is_read_is_an_error_that_names_it(tmp_path, ranks):
    """So many that they are opened anew in each phase: taken away after the first."""
    make_traces(tmp_path / "t", runs=100, calls=2, elements=20000, scalars=300)
    command = (MPIRUN + ["-n", str(ranks)] if ranks else []) + [
        PARSE, "--threads", "1", "--directory", tmp_path / "t", "--output", tmp_path / "r.h5",
        "--online"]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in job.stderr:
        if "Found 100 traces" in line:
            break
    for path in sorted((tmp_path / "t").iterdir())[50:]:
        path.unlink()
    rest = job.stderr.read()
    job.stdout.read()
    assert job.wait(timeout=60) != 0
    assert "there is no such file" in rest and ".trace" in rest
    assert "MPI_ABORT" not in rest
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t"]


def test_hints_reach_the_file_and_wrong_ones_are_named(tmp_path, traces):
    parse("--directory", traces, "--output", tmp_path / "1.h5")
    parse("--directory", traces, "--output", tmp_path / "2.h5", "--hints",
          "striping_factor=4,striping_unit=1048576,cb_buffer_size=65536", ranks=2)
    assert_same(contents(tmp_path / "1.h5"), contents(tmp_path / "2.h5"))
    words = fails("--directory", traces, "--output", tmp_path / "3.h5", "--hints", "striping")
    assert "--hints striping" in words and "key=value" in words
    assert not (tmp_path / "3.h5").exists() and not (tmp_path / "3.h5.tmp").exists()


def test_a_batch_log_has_one_line_for_each_phase_and_quiet_none(tmp_path, traces):
    done = parse("--directory", traces, "--output", tmp_path / "r.h5", ranks=2)
    for word in ("2 ranks of 1 thread", "Found 3 traces", "Aligned", "Read", "Measured",
                 "Wrote"):
        assert sum(word in line for line in done.stderr.splitlines()) == 1, word
    done = parse("--directory", traces, "--output", tmp_path / "r.h5", "--force", "--quiet")
    assert done.stderr == ""


def test_a_terminal_shows_rate_and_time_left(tmp_path):
    make_traces(tmp_path / "t", runs=6, calls=200, elements=20000, scalars=0)
    shown, ours = os.openpty()
    job = subprocess.Popen([PARSE, "--threads", "1", "--directory", tmp_path / "t", "--output",
                            tmp_path / "r.h5", "--online"], stderr=ours,
                           stdout=subprocess.DEVNULL)
    os.close(ours)
    text = b""
    try:
        while more := os.read(shown, 4096):
            text += more
    except OSError:  # the other end is closed
        pass
    assert job.wait(timeout=60) == 0
    assert re.search(rb"Measuring +\d+ %, [0-9.]+ GB/s of each run, \d+ s left", text), text


@pytest.mark.parametrize("arguments, words", [
    (["--batch-size", "none"], "--batch-size none"),
    (["--batch-size", "0"], "--batch-size 0"),
    (["--method", "magic"], "magic"),
    (["--probability", "1.5"], "probability"),
    (["--ddof", "2"], "--ddof 2"),
    (["--format", "text"], "native"),
    (["--nonsense"], "--nonsense"),
    (["--threads"], "--threads needs a value"),
])
def test_bad_option_is_named(tmp_path, traces, arguments, words):
    said = fails("--directory", traces, "--output", tmp_path / "r.h5", *arguments)
    assert len(said.strip().splitlines()) == 1 and words in said


def test_traces_of_the_cache_are_the_default(tmp_path, traces):
    cache = tmp_path / ".__pytracercache__"
    cache.mkdir()
    shutil.move(str(traces), cache / "traces")
    parse(cwd=tmp_path)
    [result] = (cache / "stats").iterdir()
    assert result.name.startswith("stats.") and result.suffix == ".h5"
    assert n_runs(result) == 3


def test_trace_that_vanishes_is_an_error_that_names_it(tmp_path, traces):
    gone = traces / "gone.trace"
    gone.symlink_to(tmp_path / "nowhere")
    done = parse("--directory", traces, "--output", tmp_path / "r.h5")
    assert "gone.trace" in done.stderr and "left out" in done.stderr


def test_missing_file_given_by_name_is_an_error_with_strict(tmp_path, traces):
    files = sorted(traces.iterdir())
    words = fails("--filename", files[0], tmp_path / "nothing.trace", "--output",
                  tmp_path / "r.h5", "--strict")
    assert "nothing.trace" in words
