"""Find the structure of payloads: every key path, its types, and how often it occurs."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from probe.analysis.sizes import is_event_stream
from probe.record.exchange import Exchange, Message, Payload
from probe.renderers.bodies import parsed, parsed_event
from probe.renderers.sse import SseParser

MAX_PATHS = 5000
"""Distinct key paths that are told apart for each side; keys may be data, and then there is no end to them."""
MAX_DEPTH = 40
BODY = "(body)"
"""Name of a whole body that is no stream."""

_WORD = re.compile(r"[\w$@-]{1,100}")
_TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPath:
    """One place in the payloads of one side."""

    path: str
    """`[]` stands for the items of an array, `sse[TYPE]` and `ws[TYPE]` for an event or message."""
    types: tuple[tuple[str, int], ...]
    """JSON type and how often."""
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The key paths of one side, the most frequent first."""

    paths: tuple[KeyPath, ...]
    not_counted: int
    """Values at paths beyond `MAX_PATHS` or below `MAX_DEPTH`."""


class _Node:
    """One place; a tree of them costs no string per value, which makes walking twice as fast."""

    __slots__ = ("children", "types")

    def __init__(self) -> None:
        self.children: dict[str | None, _Node] = {}
        # None stands for the items of an array, since any string may be a key.
        self.types: dict[type, int] = {}


class StructureBuilder:
    """Takes the payloads of one side one by one and keeps only paths and counts."""

    def __init__(self, max_paths: int = MAX_PATHS) -> None:
        self._roots = _Node()
        self._room = max_paths
        self._not_counted = 0

    def add_payload(self, payload: Payload) -> None:
        """Count a body: JSON, the events of a stream, or text."""
        if is_event_stream(payload) and isinstance(payload.body, str):
            for event in SseParser().read(payload.body):
                self._add_typed("sse", event.type, parsed_event(event.data or ""))
        elif payload.body is not None and payload.body != "":
            self._walk(self._roots, BODY, parsed(payload.body), 0)

    def add_message(self, message: Message) -> None:
        """Count a WebSocket message."""
        value = parsed_event(message.content) if message.type == "text" else message.content
        self._add_typed("ws", message.type, value)

    def structure(self) -> Structure:
        """Give the paths so far."""
        paths = sorted(_all_paths(self._roots), key=lambda path: (-path.count, path.path))
        return Structure(paths=tuple(paths), not_counted=self._not_counted)

    def _add_typed(self, transport: str, name: str, value: Any) -> None:
        """Count an event under its own type, which is in its data, or in the stream only."""
        kind = value.get("type") if isinstance(value, dict) else None
        shown = kind if isinstance(kind, str) else name
        self._walk(self._roots, f"{transport}[{shown[:100]}]", value, 0)

    def _walk(self, parent: _Node, key: str | None, value: Any, depth: int) -> None:
        node = parent.children.get(key)
        if node is None:
            if self._room <= 0 or depth > MAX_DEPTH:
                self._not_counted += 1
                return
            self._room -= 1
            node = parent.children[key] = _Node()
        kind = type(value)
        node.types[kind] = node.types.get(kind, 0) + 1
        if kind is dict:
            for name, inner in value.items():
                self._walk(node, name, inner, depth + 1)
        elif kind is list:
            for inner in value:
                self._walk(node, None, inner, depth + 1)


class ExchangeStructure:
    """The structure of requests and that of responses."""

    def __init__(self) -> None:
        self.requests = StructureBuilder()
        self.responses = StructureBuilder()

    def add(self, exchange: Exchange) -> None:
        """Count both bodies of an exchange, and the messages of its WebSocket."""
        self.requests.add_payload(exchange.request)
        if exchange.response:
            self.responses.add_payload(exchange.response)
        for message in exchange.websocket.messages if exchange.websocket else ():
            (self.requests if message.direction == "client" else self.responses).add_message(message)


def _all_paths(roots: _Node) -> Iterator[KeyPath]:
    for name, root in roots.children.items():
        yield _told(str(name), root)
        # The keys of a body stand for themselves: `model`, not `(body).model`.
        yield from _key_paths(root, "" if name == BODY else str(name))


def _key_paths(node: _Node, path: str) -> Iterator[KeyPath]:
    for key, child in node.children.items():
        here = _joined(path, key)
        yield _told(here, child)
        yield from _key_paths(child, here)


def _told(path: str, node: _Node) -> KeyPath:
    types = Counter({_TYPES[kind]: count for kind, count in node.types.items()})
    ranked = tuple(sorted(types.items(), key=lambda pair: (-pair[1], pair[0])))
    return KeyPath(path=path, types=ranked, count=types.total())


def _joined(path: str, key: str | None) -> str:
    """Put a key behind a path; one that is no plain word is quoted."""
    if key is None:
        return f"{path}[]"
    if not _WORD.fullmatch(key):
        return f"{path}[{json.dumps(key[:100], ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key
