"""Find which turn each turn goes on from: the one whose whole input its own begins with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import msgspec

from probe.renderers.turn import Input

MOVING = frozenset({"cache_control"})
"""Fields that stand at another item in the next call, though that one is the same."""
SYSTEM = ("system", "developer")
"""Roles of messages that are nobody's words in the conversation."""
_REMINDER = "<system-reminder>"
"""How claude-code and qwen-code begin such a part."""
_START = b"\0" * 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a turn's input says of its place among the others."""

    before: int | None
    """Number of the turn that it goes on from; None where there is none."""
    known: bool = True
    """False where its input is not known, or empty."""
    repeated: bool = False
    """True when it asks the very same again."""


class Chains:
    """Takes turns one by one; keeps a hash of each one's input, never the input."""

    def __init__(self) -> None:
        self._ends: dict[tuple[bytes, bool], int] = {}
        # By identity, for one exchange: its inputs share what stands before them. Hashed by content they would be read
        # again and again; they are held so that no other takes the identity of one that is gone.
        self._known: dict[int, bytes] = {}
        self._held: list[Input] = []

    def forget(self) -> None:
        """Let go of the inputs of one exchange; to be called before the next one."""
        self._known, self._held = {}, []

    def add(self, number: int, given: Input | None, *, tools: bool) -> Link:
        """Give what a turn goes on from.

        One that is offered no tools may go on from one that was, never the other way: many a request beside the work
        asks something about the same text before the work begins with it.
        """
        if given is None or not len(given):
            return Link(before=None, known=False)
        shared, hashes = self._hashes(given)
        whole = hashes[-1] if hashes else self._known[id(given)]
        before = self._find(hashes, shared, tools=tools)
        repeated = before is not None and self._ends.get((whole, tools)) == before
        if before is None and not tools:
            # A shorter input only: what is asked about the same text is no continuation of the answer to it.
            before = self._find(hashes[:-1], shared, tools=True)
        self._ends[whole, tools] = number
        reminders = _reminders(given)
        if 0 < reminders < len(hashes):
            self._ends[hashes[-1 - reminders], tools] = number
        return Link(before=before, repeated=repeated)

    def _hashes(self, given: Input) -> tuple[Input | None, list[bytes]]:
        """Give what was hashed before, and the hash behind each item after that, oldest first."""
        new: list[Input] = []
        link: Input | None = given
        while link is not None and id(link) not in self._known:
            new.append(link)
            link = link.before
        value = self._known[id(link)] if link is not None else _START
        hashes: list[bytes] = []
        for one in reversed(new):
            for item in one.own:
                value = hashlib.blake2b(value + _canonical(item), digest_size=16).digest()
                hashes.append(value)
            self._known[id(one)] = value
            self._held.append(one)
        return link, hashes

    def _find(self, hashes: list[bytes], shared: Input | None, *, tools: bool) -> int | None:
        """Find the turn with the longest input that ends at one of these places."""
        for value in reversed(hashes):
            if (value, tools) in self._ends:
                return self._ends[value, tools]
        while shared is not None:
            if (self._known[id(shared)], tools) in self._ends:
                return self._ends[self._known[id(shared)], tools]
            shared = shared.before
        return None


def _reminders(given: Input) -> int:
    """Count the system's messages at the end: an agent may put its rules there, and again behind what comes next."""
    rules = takewhile(lambda item: isinstance(item, dict) and item.get("role") in SYSTEM, reversed(given.own))
    return sum(1 for _ in rules)


def _canonical(item: Any) -> bytes:
    """Give an item's JSON, the same however it was spelled, without what moves from call to call."""
    content = item.get("content") if isinstance(item, dict) else None
    if isinstance(content, str):
        # A text is short for one part of text.
        item = {**item, "content": [{"type": "text", "text": content}]}
    elif isinstance(content, list) and any(map(_is_reminder, content)):
        item = {**item, "content": [part for part in content if not _is_reminder(part)]}
    text = _encoded(item)
    return _encoded(_settled(item)) if any(f'"{name}"'.encode() in text for name in MOVING) else text


def _is_reminder(part: Any) -> bool:
    """Tell whether a part is what an agent adds to the user's words: with the next prompt it may stand elsewhere."""
    text = part.get("text") if isinstance(part, dict) else None
    return isinstance(text, str) and text.startswith(_REMINDER)


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        # A lone surrogate, which only the escaped form can hold.
        return json.dumps(value, sort_keys=True).encode()


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _settled(inner) for name, inner in value.items() if name not in MOVING}
    return [_settled(inner) for inner in value] if isinstance(value, list) else value
