"""The search finds what a run says: joined, decoded, each text once, with a path that leads back to it."""

from __future__ import annotations

import gc
import json
import re
import weakref
from pathlib import Path
from typing import Any

import pytest

from probe.ask.known_run import KnownRun
from probe.ask.search import Hit, Query, search
from probe.record.exchange import Exchange
from tests.analysis.runs import TOOL, ask, said
from tests.ask.asking import RECORDS, got, known, known_of
from tests.replay.replays import SSE, post


def hits(run: KnownRun, pattern: str, most: int | None = None, **wanted: Any) -> list[Hit]:
    return search(run, Query(re.compile(pattern, re.IGNORECASE), **wanted), most)[0]


@pytest.mark.parametrize("name", RECORDS)
def test_each_path_of_a_hit_leads_to_a_text_with_the_match(name: str) -> None:
    """Every text of every record is a hit: each API, streamed, whole and broken."""
    run = known(RECORDS[name])
    for hit in hits(run, r"\w"):
        value = got(run, hit.path)
        word = re.search(r"\w+", hit.text.removeprefix("…"))
        assert word
        # Of definitions and settings, the names of members are texts too.
        names = hit.path if hit.role in ("definition", "setting") else ""
        assert word[0] in json.dumps(value, ensure_ascii=False) + names


def streamed(text: str, at: float = 1.0) -> Exchange:
    """Make an answer whose text comes one character at a time."""
    item = {"id": "m", "type": "message", "role": "assistant", "content": []}
    part = {"item_id": "m", "output_index": 0, "content_index": 0}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "r", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **part, "part": {"type": "output_text", "text": ""}},
        *({"type": "response.output_text.delta", **part, "delta": letter} for letter in text),
    ]
    stream = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)
    return post(at, stream, request={"model": "m", "input": [said("go")]}, headers=SSE)


def test_a_word_is_found_though_the_stream_has_it_letter_by_letter(tmp_path: Path) -> None:
    run = known_of(tmp_path, streamed("the needle lies here"))
    assert b"needle" not in (tmp_path / "traffic.jsonl").read_bytes()
    (hit,) = hits(run, "needle")
    assert (hit.run, hit.turn, hit.role, hit.path) == ("some/run", 1, "assistant", "turn.1.block.2/text")
    assert got(run, hit.path) == "the needle lies here"


DECODED = {
    "an escaped letter": ("caf\u00e9", "café"),
    "a line end": ("one\ntwo", r"^two$|one\ntwo"),
    "a quote": ('say "yes"', 'say "yes"'),
    "JSON in a text": ('{"path": "a\\nb"}', r"a\nb"),
    "a number in JSON": ('{"size": 73402197}', "73402197"),
}


@pytest.mark.parametrize(("text", "pattern"), DECODED.values(), ids=DECODED)
def test_what_is_escaped_on_the_wire_is_decoded(tmp_path: Path, text: str, pattern: str) -> None:
    found, _ = search(known_of(tmp_path, ask(1.0, said(text))), Query(re.compile(pattern, re.M)), None)
    assert len(found) == 1


def call(number: int, arguments: Any, output: str, name: str = "shell") -> list[dict[str, Any]]:
    return [
        {"type": "function_call", "name": name, "call_id": f"c{number}", "arguments": json.dumps(arguments)},
        {"type": "function_call_output", "call_id": f"c{number}", "output": output},
    ]


def conversation() -> list[Exchange]:
    """Make three turns, of which each sends all before it again."""
    first, second = call(1, {"cmd": "cat needle.txt"}, "a needle"), call(2, {"cmd": "ls"}, "hay", "list")
    start = [said("Find the needle"), said("needle rules", "developer")]
    tool = {**TOOL, "description": "Looks for a needle."}
    done = {**said("", "assistant"), "content": [{"type": "output_text", "text": "There is the needle."}]}
    found = [
        ask(1.0, *start, answer=first[:1]),
        ask(2.0, *start, *first, answer=second[:1]),
        ask(3.0, *start, *first, *second, answer=[done]),
        ask(4.0, *start, *first, *second, done, said("Thanks")),
    ]
    for one in found:
        one.request.body.update(tools=[tool], instructions="You know what a needle is.")
    return found


def test_each_text_is_found_once_where_it_was_said_or_sent_first(tmp_path: Path) -> None:
    found = [(one.turn, one.role, one.tool) for one in hits(known_of(tmp_path, *conversation()), "needle")]
    assert sorted(found, key=str) == [
        (1, "assistant", "shell"),
        (1, "definition", "shell"),
        (1, "system", None),
        (1, "system", None),
        (1, "user", None),
        (2, "tool", "shell"),
        (3, "assistant", None),
    ]


FILTERS: dict[str, tuple[dict[str, Any], int]] = {
    "a role": ({"role": "system"}, 2),
    "calls": ({"role": "assistant", "tool": "shell"}, 1),
    "results of a tool": ({"role": "tool"}, 1),
    "all of a tool": ({"tool": "shell"}, 3),
    "another tool": ({"tool": "list"}, 0),
    "since": ({"since": 2.0}, 2),
    "until": ({"until": 2.0}, 5),
    "between": ({"since": 1.5, "until": 2.5}, 1),
}


@pytest.mark.parametrize(("wanted", "count"), FILTERS.values(), ids=FILTERS)
def test_a_search_can_be_narrowed(tmp_path: Path, wanted: dict[str, Any], count: int) -> None:
    assert len(hits(known_of(tmp_path, *conversation()), "needle", **wanted)) == count


def test_no_more_is_kept_than_is_wanted(tmp_path: Path) -> None:
    assert len(hits(known_of(tmp_path, *conversation()), "needle", most=3)) == 3


def test_what_calls_no_model_is_searched_too(tmp_path: Path) -> None:
    line = {
        "timestamp": 1.0,
        "request": {"method": "POST", "url": "https://x.example/telemetry", "body": {"event": ["needle"]}},
        "error": "the needle broke",
    }
    (tmp_path / "traffic.jsonl").write_text(json.dumps(line) + "\n")
    run = known(tmp_path / "traffic.jsonl")
    found = [(one.turn, one.role, one.path) for one in hits(run, "needle")]
    assert found == [(None, "other", "exchange.1.request.body/event/0"), (None, "error", "exchange.1/error")]
    assert got(run, "exchange.1/error") == "the needle broke"


def test_a_hit_counts_matches_and_shows_one_line_around_the_first(tmp_path: Path) -> None:
    text = "x" * 500 + "\n\x1b[31mneedle\u202e\n" + "y" * 500 + " needle"
    (hit,) = hits(known_of(tmp_path, ask(1.0, said(text))), "needle")
    assert hit.matches == 2
    assert hit.text.startswith("…x")
    assert hit.text.endswith("y…")
    assert "needle" in hit.text
    assert hit.text.isprintable()
    assert len(hit.text) < 200


def test_a_run_is_let_go_at_once_when_it_was_searched(tmp_path: Path) -> None:
    """A hundred runs take no more memory than one."""
    run = known_of(tmp_path, *conversation())
    assert hits(run, "needle")
    gone = weakref.ref(run)
    gc.disable()
    try:
        del run
        assert gone() is None
    finally:
        gc.enable()
