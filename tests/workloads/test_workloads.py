"""The forty programs, plain and traced: the same output, the same end, a sound trace."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(os.environ["PYTRACER_BIN"])
HERE = Path(__file__).parent
PROGRAMS = sorted(HERE.glob("s*/*.py"))
FEW = {"fft_1d", "spline_1d", "minimize_bfgs", "root_finding_krylov", "pca_iris",
       "bayesian_ridge", "segmentation_toy", "digits_classification"}
if "PYTRACER_ALL_WORKLOADS" not in os.environ:
    PROGRAMS = [p for p in PROGRAMS if p.stem in FEW]

ENVIRONMENT = {**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1",
               "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def run(command, folder):
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True,
                          timeout=240)


@pytest.mark.parametrize("ufuncs", [False, True], ids=["functions", "ufuncs"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_a_traced_program_does_what_it_does_untraced(program, ufuncs, tmp_path):
    (tmp_path / "config.json").write_text(
        '{"modules_to_load": ["numpy", "scipy", "sklearn"], "numpy": {"ufunc": %s}}'
        % str(ufuncs).lower())
    trace = tmp_path / "out.trace"
    plain = run([sys.executable, program], tmp_path)
    traced = run([BIN / "pytracer-trace", "--python", sys.executable, "--config",
                  tmp_path / "config.json", "--output", trace, "--command", program], tmp_path)
    assert (traced.returncode, traced.stdout, traced.stderr) == \
        (plain.returncode, plain.stdout, plain.stderr)
    info = run([BIN / "pytracer", "info", trace], tmp_path)
    assert info.returncode == 0, info.stderr
    assert "damage" not in info.stdout.lower()
