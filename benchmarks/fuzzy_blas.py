# benchmark: the layers blas, libm and rounding against the libraries that they stand in front of
"""Our kernels against the reference BLAS (one thread), the model against the BLAS that numpy
has, libm call by call; each pair measured in turn, the least of several."""

import os
import subprocess
import tempfile

TRACE = os.path.join(os.environ.get("PYTRACER_BIN", "build/release/bin"), "pytracer-trace")
PYTHON = os.environ.get("PYTRACER_TRACED_PYTHON", "/usr/bin/python3")
REFERENCE = "/usr/lib/x86_64-linux-gnu/blas"

GEMM = """
import sys, time
import numpy as np
n, kind, repeat = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
rng = np.random.RandomState(1)
A, B = rng.standard_normal((2, n, n)).astype(kind)
A @ B
times = []
for i in range(repeat):
    t = time.perf_counter()
    A @ B
    times.append(time.perf_counter() - t)
print(min(times))
"""

LIBM = """
import sys, time
import numpy as np, scipy.special as s
x = np.linspace(1, 2, 200000)
times = []
for i in range(15):
    t = time.perf_counter()
    s.expit(x)
    times.append(time.perf_counter() - t)
print(min(times) / len(x))
"""

CALLS = """
import sys, time
import numpy as np, scipy.integrate
x = np.arange(8.)
work = {"dot": lambda: np.dot(x, x), "fft": lambda: np.fft.fft(big),
        "quad": lambda: scipy.integrate.quad(lambda v: v, 0, 1)}[sys.argv[1]]
big = np.linspace(0, 1, 65536)
times = []
for i in range(15):
    t = time.process_time()
    for k in range(int(sys.argv[2])):
        work()
    times.append(time.process_time() - t)
print(min(times) / int(sys.argv[2]))
"""


def measure(code, arguments, fuzzy=(), environment=None):
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(code)
        script.flush()
        command = [TRACE, "--python", PYTHON, "--no-trace", "--quiet", "--seed", "1",
                   *(fuzzy or ["--fuzzy=off"]), "--command", script.name, *arguments]
        if not fuzzy:
            command = [PYTHON, script.name, *arguments]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "OPENBLAS_NUM_THREADS": "1",
                                   **(environment or {})})
    return float(done.stdout)


def pair(work, code, arguments, fuzzy, peer, environment=None):
    """The least of three, alternating."""
    ours, theirs = [], []
    for _ in range(3):
        ours.append(measure(code, arguments, fuzzy))
        theirs.append(measure(code, arguments, (), environment))
    unit = 1e9 if min(ours) < 1e-5 else 1e3
    name = "ns" if unit == 1e9 else "ms"
    print("| %s | %.3g %s | %.3g %s (%s) | %.2f |" % (
        work, min(ours) * unit, name, min(theirs) * unit, name, peer,
        min(ours) / min(theirs)), flush=True)


print("| work | ours | peer | ratio |\n|---|---|---|---|")
for kind in ("float64", "float32"):
    for n in (50, 200, 400):
        pair("gemm %d × %d, %s, sr" % (n, n, kind), GEMM, [str(n), kind, "12"],
             ["--fuzzy=blas"], "reference BLAS", {"LD_LIBRARY_PATH": REFERENCE})
for kind in ("float64", "float32"):
    pair("gemm 1200 × 1200, %s, model" % kind, GEMM, ["1200", kind, "6"],
         ["--fuzzy=blas"], "OpenBLAS")
pair("exp in scipy.special.expit, a call", LIBM, [], ["--fuzzy=libm"], "plain")
for name, text, repeat in (("dot", "dot of 8 numbers, a call", "2000"),
                           ("fft", "fft of 65536 numbers", "3"),
                           ("quad", "quad with 21 calls of a Python function", "200")):
    pair(text + ", rounding", CALLS, [name, repeat], ["--fuzzy=rounding"], "plain")
