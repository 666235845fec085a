"""pytracer config: what is in force, a file to start from, a schema."""

import json
import os
import re
from pathlib import Path

import pytest

from conftest import one_line

SOURCE = Path(os.environ["PYTRACER_SOURCE"])


def in_force(done):
    assert done.returncode == 0, done.stderr
    return {m[1]: (m[2], m[3]) for m in
            re.finditer(r"^(\S+) = (.*)  \((.*)\)$", done.stdout, re.M)}


def test_without_a_file_all_is_built_in(pytracer):
    values = in_force(pytracer("config"))
    rows = (SOURCE / "config/CONFIGURATION.md").read_text().count("\n| `")
    assert len(values) == rows > 30
    assert {origin for _, origin in values.values()} == {"built-in"}
    assert values["modules_to_load"][0] == '["numpy","scipy","sklearn"]'
    assert values["io.max_elements"][0] == "16777216"


def test_each_value_tells_where_it_comes_from(pytracer, tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"module_to_load": "mine", "numpy": {"ufunc": true}, "exclude_file": ""}')
    values = in_force(pytracer("config", env={"PYTRACER_CONFIG": path, "PYTRACER_CACHE": "/c"}))
    assert values["modules_to_load"] == ('["mine"]', str(path))
    assert values["numpy.ufunc"] == ("true", str(path))
    assert values["exclude_file"] == ("0 patterns", str(path))
    assert values["io.cache.root"] == ('"/c"', "PYTRACER_CACHE")
    assert values["numpy.scalar"] == ("false", "built-in")
    assert in_force(pytracer("config", "show", "--config", path))["numpy.ufunc"][0] == "true"


def test_a_file_to_start_from_is_accepted_and_never_overwritten(pytracer, tmp_path):
    assert pytracer("config", "init").returncode == 0
    path = tmp_path / "pytracer.json"
    values = in_force(pytracer("config", "--config", path))
    assert values["modules_to_load"] == ('["numpy","scipy","sklearn"]', str(path))
    path.write_text("precious")
    one_line(pytracer("config", "init"), "pytracer.json", "already")
    assert path.read_text() == "precious"
    assert pytracer("config", "init", "a b.json").returncode == 0
    assert json.loads((tmp_path / "a b.json").read_text())["io"]["type"] == "native"


def test_json_is_a_configuration_again(pytracer, tmp_path):
    (tmp_path / "c.json").write_text(
        '{"fuzzy": {"seed": "18446744073709551615"}, "io": {"max_items": 7}}')
    text = pytracer("config", "--json", "--config", "c.json").stdout
    (tmp_path / "d.json").write_text(text)
    assert pytracer("config", "--json", "--config", "d.json").stdout == text
    assert json.loads(text)["fuzzy"]["seed"] == "18446744073709551615"


def test_the_schema_has_the_keys_and_their_types(pytracer):
    schema = json.loads(pytracer("config", "schema").stdout)
    default = json.loads(pytracer("config", "--json").stdout)

    def compare(schema, value, path):
        assert schema["additionalProperties"] is False
        synonyms = {"module_to_load", "module_to_exclude", "exlude_file"} if not path else set()
        assert set(schema["properties"]) - synonyms == set(value), path
        for name, item in schema["properties"].items():
            if name in synonyms:
                continue
            if path + [name] == ["environment"]:  # its names are the user's
                assert item["additionalProperties"]["type"] == ["string", "null"]
                continue
            if isinstance(value[name], dict):
                compare(item, value[name], path + [name])
                continue
            if "enum" in item:
                assert value[name] in item["enum"]
                continue
            names = {list: "array", str: "string", bool: "boolean", int: "integer", type(None): "null"}
            types = item["type"] if isinstance(item["type"], list) else [item["type"]]
            assert names[type(value[name])] in types, path + [name]
            assert item["description"]

    compare(schema, default, [])


@pytest.mark.parametrize("args, words", [
    (["shows"], ["'shows'"]), (["show", "x"], ["'x'"]), (["init", "no/such/x.json"], ["no/such"]),
    (["--config", "none.json"], ["none.json"]),
])
def test_a_wrong_call_is_one_line(pytracer, args, words):
    one_line(pytracer("config", *args), "pytracer config:", *words)
