"""The texts that a model streams, joined from the events of an answer under way, whatever its API."""

from __future__ import annotations

import json
import re

import msgspec

from probe.addon.redaction.content_streams import Key, content_streams
from probe.addon.redaction.redactor import Redactor
from probe.live.growing_text import GrowingText

_NAMES = frozenset(
    {"delta", "text", "content", "thinking", "partial_json", "arguments", "reasoning", "reasoning_content", "refusal",
     "response", "transcript"}
)  # fmt: skip
"""Keys under which APIs stream text; the others hold kinds, ids and signatures."""
_TAIL = 4000
"""Characters of each text that are shown."""
_MOST = 8
"""Texts that are shown."""
_EVENT = re.compile(rb"^(?:data:|[\s]*[{\[])", re.M)


class StreamedText(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one text."""

    name: str
    """Key of the API under which it comes."""
    text: str
    length: int
    """Characters that could be shown so far."""


class _Text:
    def __init__(self, redactor: Redactor) -> None:
        self.growing = GrowingText(redactor)
        self.pieces = 0
        self.tail, self.length = "", 0

    def add(self, data: bytes) -> None:
        shown = self.growing.add(data)
        if shown:
            text = _plain(shown)
            self.length += len(text)
            self.tail = (self.tail + text)[-_TAIL:]


class StreamedTexts:
    """Takes the bytes of a stream of JSON events, as they come."""

    def __init__(self, redactor: Redactor) -> None:
        self.events = 0
        self._redactor = redactor
        self._rest = b""
        self._texts: dict[Key, _Text] = {}

    def add(self, data: bytes) -> None:
        """Add bytes; an incomplete line waits for its end."""
        lines, end, self._rest = (self._rest + data).rpartition(b"\n")
        if end:
            self.add_events(lines)

    def add_events(self, lines: bytes) -> None:
        """Add whole events, a line each."""
        self.events += len(_EVENT.findall(lines))
        for key, pieces in content_streams(lines).items():
            if key[0] in _NAMES:
                text = self._texts.pop(key, None) or _Text(self._redactor)
                self._texts[key] = text  # the newest last
                text.pieces += len(pieces)
                text.add(b"".join([piece.text for piece in pieces]))

    def shown(self) -> list[StreamedText]:
        """Return the texts, those that grew last behind the others; what an API sends whole again is left out."""
        texts = {key: text for key, text in self._texts.items() if text.length}
        deltas = {key: text for key, text in texts.items() if key[0] == "delta"}
        return [
            StreamedText(name=key[0], text=text.tail, length=text.length)
            for key, text in list((deltas or texts).items())[-_MOST:]
        ]


def _plain(escaped: bytes) -> str:
    """Return the text of a part of a JSON string."""
    text = escaped.decode("utf-8", "replace")
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text
