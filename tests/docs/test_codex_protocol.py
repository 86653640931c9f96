"""The protocol document says of the recordings only what they show.

Its references are code spans, `[SAMPLE:LINE PATH CLAIM and PATH CLAIM …]`; the document explains their form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from probe.places import PROJECT
from probe.renderers.events import split_stream

SAMPLES = PROJECT / "data" / "codex"
DOCUMENT = (PROJECT / "docs" / "protocols" / "codex.md").read_text(encoding="utf-8")
WITHOUT_FINDINGS = ("How to read this", "What the recordings cannot show")
"""Sections that may say things which no record shows."""

_SPAN = re.compile(r"`\[((?:[^`\s]+):(?:\d+|manifest)\b[^`]*)\]`")
_CLAIM = re.compile(
    r"(?P<place>[\w-]+:(?:\d+|manifest)(?: (?!absent$)[^\s=]+(?: → [^\s=]+)*)?)"
    r"(?: (?P<claim>=|same as|differs from|begins with|ends with|matches) (?P<other>.+)| (?P<absent>absent))?"
)
_SHORT = {
    r"(?<![\w.])event\[": "response.body → [",
    r"(?<![\w.])message\[(\d+(?:\.\.\d+)?)\]": r"websocket.messages[\1].content → ",
}
_STEP = re.compile(
    r"(?P<inside> → )|\.?(?P<name>[\w-]+)|\[(?P<index>\d+)\]|\[(?P<many>\*|\d+\.\.\d+)\]|(?P<names>\{\})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands at a place in a recording."""

    values: list[Any]
    many: bool = False
    """The place names several values: `[*]` or `[2..5]`."""

    @property
    def value(self) -> Any:
        """Return the value, or the list of them where the place names several."""
        return self.values if self.many else self.values[0]

    def each(self, step: Callable[[Any], Any]) -> Found:
        """Take one step from every value."""
        return Found(values=[step(value) for value in self.values], many=self.many)

    def is_all(self, expected: Any) -> bool:
        """Check whether these are the expected values; one expected value must be that of all."""
        if self.many and not isinstance(expected, list):
            return all(value == expected for value in self.values)
        return bool(self.value == expected)


@cache
def recording(sample: str, line: str) -> Any:
    """Read one line of a sample's traffic, or its manifest."""
    if line == "manifest":
        return json.loads((SAMPLES / sample / "manifest.json").read_text(encoding="utf-8"))
    lines = (SAMPLES / sample / "traffic.jsonl").read_text(encoding="utf-8").splitlines()
    return json.loads(dict(enumerate(lines, 1))[int(line)])


def look_up(place: str) -> Found:
    """Return what stands at `SAMPLE:LINE PATH`, or raise LookupError."""
    record, _, path = at_length(place).partition(" ")
    sample, _, line = record.partition(":")
    found = Found(values=[recording(sample, line)])
    for step in steps(path):
        found = take(found, step)
    return found


def at_length(place: str) -> str:
    """Write the short forms of a path out."""
    for short, full in _SHORT.items():
        place = re.sub(short, full, place)
    return place


def steps(path: str) -> Iterator[re.Match[str]]:
    """Take a path apart."""
    place = 0
    while place < len(path):
        step = _STEP.match(path, place)
        assert step, f"no path: {path!r} from {path[place:]!r}"
        yield step
        place = step.end()


def take(found: Found, step: re.Match[str]) -> Found:
    """Follow one step of a path."""
    if step["name"]:
        return found.each(lambda value: field(value, step["name"]))
    if step["index"]:
        return found.each(lambda value: element(value, int(step["index"])))
    if step["names"]:
        return found.each(sorted)
    if step["inside"]:
        return found.each(inside)
    assert not found.many, "a path names several values only once"
    return Found(values=several(found.value, step["many"]), many=True)


def field(value: Any, name: str) -> Any:
    """Return a field of an object."""
    if not isinstance(value, dict):
        raise LookupError(name)
    return value[name]


def element(value: Any, index: int) -> Any:
    """Return an element of a list."""
    if not isinstance(value, list):
        raise LookupError(index)
    return value[index]


def several(value: Any, which: str) -> list[Any]:
    """Return all elements of a list (`*`), or those from one index to another (`2..5`)."""
    first, _, last = ("0", "", str(len(value) - 1)) if which == "*" else which.partition("..")
    chosen = [element(value, index) for index in range(int(first), int(last) + 1)]
    if not chosen:
        raise LookupError(which)
    return chosen


def inside(text: str) -> Any:
    """Read the JSON in a text, or the data of all events in a stream."""
    if text.startswith("event:"):
        return [json.loads(data) for data in split_stream(text).texts]
    return json.loads(text)


def holds(reference: str) -> bool:
    """Check whether what a reference claims is so; LookupError where its place does not exist."""
    claim = _CLAIM.fullmatch(reference)
    assert claim, f"not a reference: {reference!r}"
    if claim["absent"]:
        return is_absent(claim["place"])
    found = look_up(claim["place"])
    match claim["claim"]:
        case None:
            return True
        case "=":
            return found.is_all(json.loads(claim["other"]))
        case "matches":
            return all(re.search(claim["other"], str(value)) for value in found.values)
        case relation:
            return is_related(found, relation, look_up(full_place(claim["other"], claim["place"])).value)


def is_related(found: Found, relation: str, other: Any) -> bool:
    """Check whether what was found stands to another value as is said."""
    match relation:
        case "same as":
            return found.is_all(other)
        case "differs from":
            return not any(value == other for value in [*found.values, found.value])
        case "begins with":
            return all(value.startswith(other) for value in found.values)
        case _:
            return all(value.endswith(other) for value in found.values)


def full_place(other: str, place: str) -> str:
    """Complete a place that names no record: it is in the same one."""
    named = re.match(r"[\w-]+:(?:\d+|manifest)(?: |$)", other)
    return other if named else f"{place.partition(' ')[0]} {other}"


def is_absent(place: str) -> bool:
    """Check whether only the last step of a place leads nowhere."""
    record, _, path = at_length(place).partition(" ")
    if path:
        *_, last = steps(path)
        look_up(f"{record} {path[: last.start()]}")
    try:
        look_up(place)
    except LookupError:
        return True
    return False


def claims() -> Iterator[str]:
    """Yield every claim of the document, each with its record."""
    for span in _SPAN.findall(DOCUMENT):
        first, *more = re.sub(r"\n\s*", " ", span).split(" and ")
        yield first
        yield from (full_place(claim, first) for claim in more)


REFERENCES = list(dict.fromkeys(claims()))


@pytest.mark.parametrize("reference", REFERENCES)
def test_the_record_shows_what_the_document_says(reference: str) -> None:
    assert holds(reference)


def findings() -> Iterator[str]:
    """Yield each paragraph, list item and table row of the sections that tell what the records show."""
    for section in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]:
        title, _, text = section.partition("\n")
        if title in WITHOUT_FINDINGS:
            continue
        text = re.sub(r"^#+ .*$", "", text, flags=re.MULTILINE)
        text = re.sub(r"^\|.*\|\n\|[-|]+\|$", "", text, flags=re.MULTILINE)
        for statement in re.split(r"\n\s*\n|\n(?=\||- |\d+\. )", text):
            if statement.strip() and not statement.rstrip().endswith(":"):
                yield statement.strip()


@pytest.mark.parametrize("statement", list(findings()), ids=lambda statement: statement[:50])
def test_every_finding_names_the_record_that_shows_it(statement: str) -> None:
    assert _SPAN.search(statement)


@pytest.mark.parametrize("sample", ["tool-loop", "tool-loop-websocket"])
def test_each_recording_is_referred_to(sample: str) -> None:
    assert [reference for reference in REFERENCES if reference.startswith(f"{sample}:")]


def test_no_reference_is_overlooked_for_its_form() -> None:
    assert re.findall(r"\[[\w-]+:(?:\d|manifest)", _SPAN.sub("", DOCUMENT)) == []


CHANGING = {
    "a UUID": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}",
    "an id or a hash": r"\b(?=\w*\d)\w*[0-9a-f]{16}",
    "a port": r"\d\.\d\.\d\.\d:\d|localhost:\d",
    "a time in seconds or milliseconds": r"\b1[6-9]\d{8}",
    "a redaction's tag": r"REDACTED:[0-9a-f]{8}",
    "a path of a machine": r"/(?:tmp|home|Users|work)/",
}


@pytest.mark.parametrize("changing", CHANGING.values(), ids=CHANGING.keys())
def test_nothing_is_stated_that_changes_with_the_next_recording(changing: str) -> None:
    assert re.findall(changing, DOCUMENT) == []


WRONG = {
    "another value": 'tool-loop:1 request.method = "GET"',
    "another value among several": 'tool-loop:2 request.body.input[*].type = "message"',
    "another list": "tool-loop:1 request.body.include = []",
    "other names": 'tool-loop:1 request.body.reasoning{} = ["effort"]',
    "another value elsewhere": "tool-loop:1 request.method same as response.status_code",
    "the same value elsewhere": "tool-loop:1 request.method differs from tool-loop:2 request.method",
    "another beginning": "tool-loop:1 request.url begins with request.method",
    "another end": "tool-loop:1 request.url ends with request.method",
    "another pattern": "tool-loop:1 request.url matches ^https",
    "absent and there": "tool-loop:1 request.body absent",
    "a record that is there": "tool-loop:1 absent",
}


@pytest.mark.parametrize("reference", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_claim_is_found_out(reference: str) -> None:
    assert not holds(reference)


NOWHERE = {
    "a field": "tool-loop:1 request.body.thread",
    "a field of a text": "tool-loop:1 request.method.length",
    "an element": "tool-loop:1 request.body.tools[99]",
    "an element of a range": "tool-loop:1 request.body.tools[0..99].type",
    "no element at all": "tool-loop-websocket:1 message[0].input[*]",
    "JSON in a text": "tool-loop-websocket:1 request.headers.x-codex-turn-metadata → thread",
    "an event": "tool-loop:1 event[99].type",
    "a record": "tool-loop:9 request.method",
    "absent below what is absent itself": "tool-loop:1 request.thread.id absent",
}


@pytest.mark.parametrize("reference", NOWHERE.values(), ids=NOWHERE.keys())
def test_a_place_that_does_not_exist_is_found_out(reference: str) -> None:
    with pytest.raises(LookupError):
        holds(reference)
