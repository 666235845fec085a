import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from viewer import Viewer, make_result  # noqa: E402


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def result(folder):
    """700 calls; names that look like markup."""
    return make_result(folder / "small.h5", "--hostile")


@pytest.fixture(scope="session")
def viewer(result):
    with Viewer("--filename", result) as running:
        yield running
