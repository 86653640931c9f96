"""What an agent's own session file says it did, the same for every agent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from probe.record.canonical_json import canonical_json
from probe.renderers.blocks import Usage

_LONGEST_LINE = 64 << 20
"""Bytes of a line that are read; no agent writes as many."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something is in a session file."""

    file: Path
    line: int
    """From 1; in a database, the number of the row that was read."""

    def __str__(self) -> str:
        return f"{self.file.name} line {self.line}"


@dataclass(frozen=True, kw_only=True)
class ToolUse:
    """A tool call of the model."""

    name: str
    arguments: Any
    """Parsed where they are JSON, else the text."""
    call_id: str | None


@dataclass(kw_only=True)
class ModelCall:
    """One answer of the model: what it said and called, and what it cost."""

    place: Place
    """Where its first piece is."""
    time: float | None
    response_id: str | None = None
    texts: list[str] = field(default_factory=list)
    tools: list[ToolUse] = field(default_factory=list)
    usage: Usage | None = None


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What was sent to the model: a prompt, or the result of a tool."""

    place: Place
    time: float | None
    text: str
    call_id: str | None = None
    """Of a tool's result; None for a prompt."""


@dataclass(kw_only=True)
class UnknownKind:
    """Entries of a kind that the reader does not know."""

    first: Place
    count: int = 0


@dataclass(kw_only=True)
class Session:
    """The content of one session file."""

    file: Path
    id: str | None = None
    folder: str | None = None
    """Where the agent worked."""
    version: str | None = None
    """Of the agent."""
    calls: list[ModelCall] = field(default_factory=list)
    prompts: list[Sent] = field(default_factory=list)
    results: list[Sent] = field(default_factory=list)
    unknown: dict[str, UnknownKind] = field(default_factory=dict)
    """By their type."""

    def add_unknown(self, kind: str, line: int) -> None:
        """Count an entry that the reader does not know."""
        place = Place(file=self.file, line=line)
        self.unknown.setdefault(kind[:100], UnknownKind(first=place)).count += 1

    def add_sent(self, line: int, time: float | None, text: str, call_id: str | None = None) -> None:
        """Add a prompt, or with an id the result of that call."""
        one = Sent(place=Place(file=self.file, line=line), time=time, text=text, call_id=call_id)
        (self.prompts if call_id is None else self.results).append(one)

    def new_call(self, line: int, time: float | None, response_id: str | None = None) -> ModelCall:
        """Add an answer of the model."""
        call = ModelCall(place=Place(file=self.file, line=line), time=time, response_id=response_id)
        self.calls.append(call)
        return call


def json_lines(session: Session) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a file with their lines; a line that is none is counted as unknown."""
    with session.file.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
            if line.isspace():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            if isinstance(value, dict):
                yield number, value
            else:
                session.add_unknown("line that is no JSON object", number)


def seconds(time: Any) -> float | None:
    """Return a time in epoch seconds: of ISO 8601, or of milliseconds."""
    if isinstance(time, str):
        try:
            return datetime.fromisoformat(time).timestamp()
        except ValueError:
            return None
    return time / 1000 if isinstance(time, int | float) else None


def parsed(arguments: Any) -> Any:
    """Return a call's arguments, parsed where they are JSON as text."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments


def number(values: Any, *names: str) -> int | None:
    """Return the sum of some counts; None where there is none of them."""
    found = [values[name] for name in names if isinstance(values.get(name), int)]
    return sum(found) if found else None


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def word(value: Any) -> str | None:
    """Return a text; None for anything else."""
    return value if isinstance(value, str) else None


def texts_in(value: Any) -> list[str]:
    """Return what a content says as text: itself, or the texts of its parts."""
    if isinstance(value, str):
        return [value]
    return [text for part in objects(value) if isinstance(text := part.get("text"), str)]


def text_of(value: Any) -> str:
    """Return what a content says as one text."""
    return "\n".join(texts_in(value))


def result_text(parts: Sequence[Any]) -> str:
    """Return the parts of a tool's result as one text, in which JSON is the same however it was written."""
    return "\n".join(map(_result_part, parts))


def _result_part(part: Any) -> str:
    value = parsed(part)
    # A number or a word may be JSON by chance.
    as_text = isinstance(part, str) and not isinstance(value, dict | list)
    return str(part) if as_text else canonical_json(value).decode()
