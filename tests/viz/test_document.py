"""API.md and the server say the same."""
import re

import pytest

from viewer import SOURCE

DOCUMENT = (SOURCE / "viz/API.md").read_text()
SCHEMA = (SOURCE / "aggregate/schema/SCHEMA.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCUMENT.splitlines() if line.startswith("| `")]
WORDS = set(re.findall(r"`([^`]+)`", DOCUMENT)) | set(re.findall(r"`([^`]+)`", SCHEMA))
NAMES = {name for text in WORDS for name in re.findall(r"\w+", text)}


def sources():
    return "".join(path.read_text() for path in sorted((SOURCE / "viz").glob("*.c")))


def test_every_address_is_documented_and_there():
    documented = {name for row in ROWS for name in re.findall(r"`([^`]+)`", row[0])}
    routes = set(re.findall(r'\{API "([^"]+)"', (SOURCE / "viz/router.c").read_text()))
    assert {name.replace("/N", "/#") for name in documented} == routes


def test_every_parameter_is_documented_and_read():
    documented = {name for row in ROWS for name in re.findall(r"`(\w+)`(?! *,? *`?wall)", row[1])}
    documented -= {"logical", "wall", "mean", "std", "sig"}  # what parameters can be
    text = sources()
    read = set(re.findall(r'pt_(?:query_\w+|request_get)\(\s*&?request,\s*"(\w+)"', text))
    grid = re.search(r"numbers\[\] = \{(.*?)\};", (SOURCE / "viz/api_value.c").read_text(), re.S)
    read |= set(re.findall(r'\{"(\w+)"', grid[1]))
    assert documented == read - {"r"}
    assert "`r=<id>`" in DOCUMENT


def keys_of(answer):
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield key
            yield from keys_of(value)
    elif isinstance(answer, list):
        for value in answer[:3]:
            yield from keys_of(value)


@pytest.mark.parametrize("path", [
    "results", "overview", "functions", "runs", "edges", "sites", "divergences", "divisions",
    "timeline?functions=3&sites=1", "gantt", "values/3", "values/3/norms", "calls/5", "sources",
    "sources/0"])
def test_every_member_of_an_answer_is_documented(viewer, path):
    unknown = set(keys_of(viewer.get(path))) - NAMES
    assert not unknown


def test_every_status_is_documented():
    used = {code for code in re.findall(r"return (\d{3});", (SOURCE / "viz/router.c").read_text())}
    used |= {"401", "403", "405"}
    assert all(code in DOCUMENT for code in used - {"200"})
