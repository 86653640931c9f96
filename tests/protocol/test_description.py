"""A description is read back as it was written, has a schema, and is the same for the same recordings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from probe.places import PROJECT
from probe.protocol.describing import described
from probe.protocol.description import Protocol
from probe.protocol.description_schema import description_schema
from probe.protocol.documents import documents
from probe.protocol.markdown import markdown
from probe.protocol.reading import protocol_of
from probe.protocol.values import places
from probe.renderers.loader import AUTO, load_renderer
from probe.report.plain_text import indented
from probe.slots.environment import Environment
from probe.slots.slots import Slots
from tests.conftest import GOLDEN
from tests.protocol.recorded import RECORDS, protocol, statistics_of

SCHEMA = PROJECT / "docs" / "protocol.schema.json"
SHOWN = {
    "openai-responses": "codex/tool-loop",
    "websocket": "codex/tool-loop-websocket",
    "anthropic-messages": "anthropic_messages/streamed-tool-loop",
    "gemini": "gemini_generate_content/streamed-tool-loop",
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_markdown_is_the_golden_one(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "protocol" / f"{name}.md", markdown(protocol(SHOWN[name])))


@pytest.mark.parametrize("case", RECORDS)
def test_a_description_fits_its_form_to_the_last_member(case: str) -> None:
    found = protocol(case)
    assert msgspec.json.decode(indented(found), type=Protocol, strict=True) == found


def test_the_schema_is_current_and_describes_each_field(golden: Callable[[Path, str], None]) -> None:
    schema = description_schema()
    golden(SCHEMA, json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    fields = [(name, *one) for name, found in schema["$defs"].items() for one in found.get("properties", {}).items()]
    assert [(name, field) for name, field, form in fields if not form.get("description")] == []


@pytest.mark.parametrize("case", SHOWN.values())
def test_the_same_record_gives_the_same_bytes(case: str) -> None:
    again = described(statistics_of(RECORDS[case]))
    assert dict(documents(again)) == dict(documents(protocol(case)))


@pytest.mark.parametrize("case", RECORDS)
def test_no_member_is_there_more_often_than_it_could_be(case: str) -> None:
    for endpoint in protocol(case).endpoints:
        bodies = [*endpoint.requests, *(body for response in endpoint.responses for body in response.bodies)]
        grammars = [one for one in (endpoint.messages, *(body.events for body in bodies)) if one]
        values = [body.value for body in bodies if body.value] + [kind.value for one in grammars for kind in one.kinds]
        for place in (place for value in values for place in places(value)):
            assert place.value.count == sum(place.value.types.values())
            assert place.value.count <= place.of
            assert place.required == (place.value.count == place.of)


def test_a_shareable_description_holds_no_long_value_and_no_example() -> None:
    found = described(statistics_of(RECORDS["codex/tool-loop"]), shareable=True)
    texts = [text for text in _texts(msgspec.to_builtins(found)) if len(text) > 40]
    assert [text for text in texts if " " in text and not text.startswith(("POST ", "WS "))] == []
    assert '"examples"' not in indented(found)


def test_the_length_of_a_folders_path_is_no_part_of_a_protocol(tmp_path: Path) -> None:
    exchange = json.loads(RECORDS["codex/tool-loop"].read_text().splitlines()[0])
    found = []
    for folder in ("/w", "/home/somebody/a long/path/to/work"):
        text = f"You work in {folder}, and nowhere else. " * 20
        exchange["request"]["body"] |= {"instructions": text, "short": f"in {folder}"}
        (tmp_path / "traffic.jsonl").write_text(json.dumps(exchange) + "\n")
        slots = Slots(Environment(folders={"cwd": folder}))
        found.append(described(protocol_of(tmp_path / "traffic.jsonl", load_renderer(AUTO), slots)))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["instructions", "prompt", "input"])
def test_a_users_text_that_is_json_is_not_described_inside(name: str, tmp_path: Path) -> None:
    exchange = json.loads(RECORDS["codex/tool-loop"].read_text().splitlines()[0])
    exchange["request"]["body"][name] = '{"of": "the user"}'
    (tmp_path / "traffic.jsonl").write_text(json.dumps(exchange) + "\n")
    (request,) = described(statistics_of(tmp_path / "traffic.jsonl")).endpoints[0].requests
    assert request.value
    assert request.value.members[name].value.inside is None


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
