"""The AsyncAPI document of a WebSocket conversation is one, as AsyncAPI's own parser sees it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from probe.protocol.asyncapi import asyncapi
from tests.protocol.recorded import RECORDS, protocol
from tests.support import page_tools

TOOLS = Path(page_tools.__file__).with_name("protocol_tools.json")
CHECK = Path(__file__).with_name("check_asyncapi.mjs")


def _checked(folder: Path, documents: list[Any]) -> subprocess.CompletedProcess[str]:
    """Read documents with the parser."""
    if not shutil.which("npm"):
        assert not os.environ.get("PROBE_REQUIRE_BROWSERS"), "npm is not installed"
        pytest.skip("npm is not installed")
    files = []
    for number, document in enumerate(documents):
        files.append(folder / f"{number}.json")
        files[-1].write_text(json.dumps(document))
    environment = os.environ | {"PROTOCOL_TOOLS": str(page_tools.modules(TOOLS))}
    command = ["node", str(CHECK), *map(str, files)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.browsers
def test_every_document_is_valid(tmp_path: Path) -> None:
    documents = [one for case in RECORDS if (one := asyncapi(protocol(case)))]
    assert len(documents) == 2
    ended = _checked(tmp_path, documents)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.browsers
def test_the_parser_finds_what_is_wrong(tmp_path: Path) -> None:
    document = asyncapi(protocol("codex/tool-loop-websocket"))
    assert document
    document["operations"]["lost"] = {"action": "shout", "channel": {"$ref": "#/channels/none"}}
    assert _checked(tmp_path, [document]).returncode == 1


def test_a_record_without_a_websocket_has_none() -> None:
    assert asyncapi(protocol("codex/tool-loop")) is None
