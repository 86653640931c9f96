"""A file of another tool is known by its content, also where only a record of agent-probe's own is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from probe.analyze import main as analyze
from probe.compare.__main__ import main as compare
from probe.errors import UserError
from probe.imports.detection import import_hint
from tests.ask.asking import RECORDS

OTHERS = {
    "a HAR": (json.dumps({"log": {"version": "1.2", "entries": []}}, indent=2), "it is a HAR: "),
    "flows": ("5:hello,", "it is a file of mitmproxy's flows: "),
    "claude-trace": (json.dumps({"request": {"timestamp": 1.0, "url": "x"}}), "it is a file of claude-trace: "),
    "claude-tap": (json.dumps({"request": {"path": "/v1/messages"}}), "it is a file of claude-tap: "),
}
READERS: dict[str, Callable[[Path], int]] = {
    "analyze": lambda file: analyze(["--input", str(file)]),
    "compare": lambda file: compare(["codex/tool-loop", str(file)]),
}


@pytest.mark.parametrize(("text", "hint"), OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_file_that_must_be_imported_first_is_refused_with_the_command(
    reader: Callable[[Path], int], text: str, hint: str, tmp_path: Path
) -> None:
    file = tmp_path / "a file"
    file.write_text(text)
    with pytest.raises(UserError, match="no line of it is an exchange") as raised:
        reader(file)
    assert raised.value.hint == f"{hint}invoke import '{file}'"


def test_no_other_file_is_taken_for_one(tmp_path: Path) -> None:
    assert import_hint(RECORDS["codex/tool-loop"]) is None
    assert import_hint(tmp_path) is None
