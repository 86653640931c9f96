"""Finding a secret that a model says piece by piece: each event of a stream holds a part of it, and none the whole.

APIs send text as a sequence of JSON strings under one key (`delta`, `text`, `content`, …), so the values of each key
are read one after the other, whatever the API.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate
from typing import Any

from probe.wire.addon import shapes
from probe.wire.addon.redactor import Edit, Redactor

# Runs of plain characters at a time: one by one, each would cost the matcher 170 bytes. Half of a stream's strings are
# kinds, ids and padding, in which nobody speaks.
_PAIR = re.compile(
    rb'"(?!(?:type|id|item_id|object|obfuscation)")([A-Za-z_]{1,40}+)"\s*+:\s*+"([^"\\]*+(?:\\.[^"\\]*+)*+)"',
)
_LONGEST_MESSAGE = 8 << 20
"""A larger message is no piece of what a model says."""
_TAIL = 256
"""Most tokens are shorter."""
_LONG_TOKENS = (b"eyJ", b"ya29.")
_KEY_BEGIN, _KEY_END = b"-----BEGIN ", b"-----END "
_PREFIX = 40
"""What may belong to a token before that."""


class SpokenTails:
    """Watches a conversation's messages for a secret across their borders, keeping only the end of each key's text."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._tails: dict[tuple[bool, bytes], bytes] = {}

    def saw_secret(self, content: bytes, *, from_client: bool) -> bool:
        """Check whether a message, as it crossed, goes on with a secret that the messages before it began."""
        if self._redactor.keep or len(content) > _LONGEST_MESSAGE:
            return False
        texts: list[tuple[bytes, int]] = []
        for name, value in _PAIR.findall(content):
            key = (from_client, name)
            before = self._tails.get(key, b"")
            text = before + value
            # The message alone was searched; a model's name or a state is said again and again.
            if before and not (len(value) >= 16 and before.endswith(value)):
                texts.append((text, len(before)))
            self._tails[key] = self._end(text)
        if not texts or not self._redactor.holds_secret(b"\n".join([text for text, _ in texts])):
            return False
        return any(self._goes_on(text, border) for text, border in texts)

    def _goes_on(self, text: bytes, border: int) -> bool:
        """Check whether a text shows a secret that begins before the border and was not whole there."""
        before = {(start, end) for start, end, _ in self._redactor.found(text[:border])}
        spans = ((start, end) for start, end, _ in self._redactor.found(text))
        return any(span[0] < border and span not in before for span in spans)

    def _end(self, text: bytes) -> bytes:
        """Give the end of a text, in which a secret may have begun."""
        longest = max(_TAIL, self._redactor.longest)
        begin = len(text) - longest
        if begin <= 0:
            return text
        word = text.rfind(b" ") + 1
        places = [text.find(token, word) for token in _LONG_TOKENS]
        key = text.rfind(_KEY_BEGIN)
        if key >= 0 and text.find(_KEY_END, key) < 0:
            places.append(key)
        begin = min([begin, *(place - _PREFIX for place in places if place >= 0)])
        return text[max(0, begin, len(text) - max(shapes.LONGEST, longest)) :]


def spoken_edits(data: bytes, redactor: Redactor) -> list[Edit]:
    """Give the places of `data` that together spell a secret: the first becomes its mark, the others nothing."""
    if redactor.keep or not _speaks_of_secret(data, redactor):
        return []
    values: defaultdict[bytes, list[tuple[int, int]]] = defaultdict(list)
    for match in _PAIR.finditer(data):
        values[match[1]].append(match.span(2))
    edits = [edit for spans in values.values() for edit in _edits(data, spans, redactor)]
    return sorted(edits, key=lambda edit: edit.start)


def _speaks_of_secret(data: bytes, redactor: Redactor) -> bool:
    """Tell, for little, whether what stands under any key is a secret when it is put together."""
    texts: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for name, value in _PAIR.findall(data):
        texts[name].append(value)
    # No string of JSON holds a line's end, so no text goes on in the next.
    return redactor.holds_secret(b"\n".join(b"".join(values) for values in texts.values() if len(values) > 1))


def _edits(data: bytes, spans: list[tuple[int, int]], redactor: Redactor) -> list[Edit]:
    """Find secrets in one key's text and cut them out of the values that it is made of."""
    text = b"".join(data[start:end] for start, end in spans)
    begins = list(accumulate((end - start for start, end in spans), initial=0))
    edits = []
    for found_start, found_end, mark in redactor.found(text):
        new, index = mark, bisect_right(begins, found_start) - 1
        while index < len(spans) and begins[index] < found_end:
            left, right = max(found_start, begins[index]), min(found_end, begins[index + 1])
            if left < right:
                edits.append(Edit(spans[index][0] + left - begins[index], right - left, new))
                new = b""
            index += 1
    return edits


def applied(data: bytes, edits: list[Edit]) -> bytes:
    """Give `data` with its edits made."""
    out, position = [], 0
    for edit in edits:
        out += [data[position : edit.start], edit.new]
        position = edit.start + edit.length
    return b"".join([*out, data[position:]])


def redact_conversation(messages: list[dict[str, Any]], redactor: Redactor) -> None:
    """Replace the secrets in the text messages of a WebSocket; they may be spread over several of them."""
    for direction in ("client", "server"):
        spoken = [one for one in messages if one["direction"] == direction and one["type"] == "text"]
        contents = [one["content"].encode() for one in spoken]
        edits = spoken_edits(b"".join(contents), redactor)
        begin = 0
        for message, content in zip(spoken, contents, strict=True):
            end = begin + len(content)
            own = [Edit(edit.start - begin, edit.length, edit.new) for edit in edits if begin <= edit.start < end]
            alone: list[Edit] = []
            # What is spread goes first: a message that was redacted alone would hide where the rest begins.
            stored = b"".join(redactor.chunks([applied(content, own)], alone))
            if own or alone:
                message["content"] = stored.decode()
                message["redactions"] = len(own) + len(alone)
                message["stored_sha256"] = hashlib.sha256(stored).hexdigest()
            begin = end
