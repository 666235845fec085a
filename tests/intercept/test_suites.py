"""numpy's own tests behave under the tracer as they do without it."""

import re
import shutil
from pathlib import Path

import numpy
import pytest
from traced import run_plain, run_traced


@pytest.mark.parametrize("name", ["fft/tests/test_pocketfft.py", "core/tests/test_ufunc.py"])
def test_outcomes_are_those_of_plain_python(name, tmp_path):
    source = Path(numpy.__file__).parent / name
    if not source.exists():
        pytest.skip(f"this numpy comes without {name}")
    text = source.read_text()
    (tmp_path / "test_subject.py").write_text(re.sub(r"from \.\._(\w+)", r"from numpy.core._\1", text))
    program = """
import sys, pytest
sys.exit(pytest.main(['-q', '--noconftest', '-rA', '--tb=no', '-p', 'no:cacheprovider', '-W', 'ignore', 'test_subject.py']))
"""
    plain = run_plain(tmp_path, program)
    done, calls = run_traced(tmp_path, program, ["numpy"], numpy={"ufunc": True}, io={"max_elements": 1000})
    outcome = [sorted(re.findall(r"^(?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS).*?(?= - |$)", p.stdout, re.M)) for p in (plain, done)]
    assert len(outcome[0]) > 50 and outcome[0] == outcome[1] and done.returncode == plain.returncode
    assert len(calls) > 100
    shutil.rmtree(tmp_path / ".__pytracercache__")
