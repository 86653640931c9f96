"""A target's settings files are written in the format that their names tell."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from probe.errors import UserError
from probe.targets.file_formats import read_value, written_value
from probe.targets.settings_keys import parsed_setting
from probe.wire.agent_folders import files_folder, write_files

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_back_in_every_format(value: dict[str, Any]) -> None:
    assert tomllib.loads(written_value("a.toml", value)) == value
    for name in ("a.toml", "a.json", "a.yaml"):
        assert read_value(name, written_value(name, value)) == value


@given(st.text(max_size=30))
def test_any_text_is_a_setting_or_a_mistake_of_the_user(text: str) -> None:
    try:
        found = parsed_setting(text)
    except UserError:
        return
    assert text.startswith(f"{found.file}:{found.key}=")
    assert found.steps


def test_placeholders_are_filled_before_a_file_is_written(tmp_path: Path) -> None:
    files = {"a.toml": {"url": "{model.url}/v1", "key": "{key}"}, "b.yaml": {"url": "{model.url}"}, "c": "{model.url}"}
    kept = write_files(tmp_path, files, {"model.url": "http://127.0.0.1:1"}, {"key": 'a"b'})
    written = {name: (files_folder(tmp_path) / name).read_text() for name in files}
    assert tomllib.loads(written["a.toml"]) == {"url": "http://127.0.0.1:1/v1", "key": 'a"b'}
    assert yaml.safe_load(written["b.yaml"]) == {"url": "http://127.0.0.1:1"}
    assert written["c"] == "http://127.0.0.1:1"
    assert tomllib.loads(kept["a.toml"])["key"] == "{key}"


@pytest.mark.parametrize("value", [{"a": None}, {"a": [None]}, [1]])
def test_toml_has_no_null_and_no_list_at_its_top(value: Any) -> None:
    with pytest.raises(ValueError, match="TOML has"):
        written_value("a.toml", value)
