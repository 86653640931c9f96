"""Fixed text and slots of a prompt are told apart, and add up to all of it."""

from __future__ import annotations

import json
from pathlib import Path

from probe.report.summarize import summary_of
from probe.slots.anatomy import SlotUse, anatomy_of
from probe.slots.environment import Environment
from probe.slots.slots import Slots
from tests.report.reports import exchange, record, report

SLOTS = Slots(Environment(folders={"cwd": "/home/me/repo"}, started=1795277348.0))


def test_slots_are_counted_with_their_bytes_and_an_example() -> None:
    value = [{"text": "In /home/me/repo on 2026-11-21: see /home/me/repo/a"}, "2026-11-21"]
    assert anatomy_of(value, SLOTS) == (
        SlotUse(slot="cwd", count=2, size=26, example="/home/me/repo"),
        SlotUse(slot="date", count=2, size=20, example="2026-11-21"),
    )
    assert anatomy_of({"text": "always the same"}, SLOTS) == ()


def test_report_and_summary_have_the_anatomy_of_the_prompt(tmp_path: Path) -> None:
    system = "You work in /home/me/repo. Today is 2026-11-21."
    body = {
        "model": "gpt-5.2",
        "instructions": system,
        "tools": [{"type": "function", "name": "ls", "parameters": {"type": "object"}}],
        "input": [{"role": "user", "content": "Hi"}],
    }
    answer = {"object": "response", "status": "completed", "output": [], "usage": {"input_tokens": 1000}}
    line = exchange(1795277348.0, "/v1/responses")
    line["request"]["body"], line["response"]["body"] = body, answer
    text, found = report(record(tmp_path, line), slots=SLOTS)
    part, tools = summary_of(found).prompt
    assert (part.part, part.turn, part.bytes) == ("instructions", 1, len(json.dumps(system)))
    assert [(one.slot, one.count, one.bytes, one.example) for one in part.slots] == [
        ("cwd", 1, 13, "/home/me/repo"),
        ("date", 1, 10, "2026-11-21"),
    ]
    assert part.fixed_bytes == part.bytes - 23
    assert (tools.part, tools.slots, tools.fixed_bytes) == ("tools", [], tools.bytes)
    assert part.tokens
    assert abs(part.tokens / 1000 - part.share) < 0.01
    row = next(row for row in text.splitlines() if row.startswith("| instructions |"))
    assert "`cwd` (`/home/me/repo`), `date` (`2026-11-21`)" in row
    assert f"| {100 * part.fixed_bytes / part.bytes:.1f}% |" in row


def test_slots_of_a_result_beside_tools_are_no_part_of_the_tools(tmp_path: Path) -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "/home/me/repo/a " * 50}
    found = {"type": "tool_reference", "tool_name": "look into /home/me/repo"}
    body = {"model": "claude-x", "messages": [{"role": "user", "content": [result, found]}]}
    line = exchange(1795277348.0, "/v1/messages")
    line["request"]["body"], line["response"]["body"] = body, {"type": "message", "content": []}
    _, made = report(record(tmp_path, line), slots=SLOTS)
    (tools,) = summary_of(made).prompt
    assert (tools.part, [(one.slot, one.count) for one in tools.slots]) == ("tools", [("cwd", 1)])
    assert 0 < tools.fixed_bytes < tools.bytes
