"""Find secrets that a model streams piece by piece: each event holds a part, and none the whole.

The pieces of each stream of content are joined and searched; see `content_streams`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from itertools import accumulate
from typing import Any

from probe.addon.redaction import patterns as shapes
from probe.addon.redaction.content_streams import Key, Piece, content_streams, texts_by_name
from probe.addon.redaction.edits import Edit, applied
from probe.addon.redaction.redactor import Redactor

_LONGEST_MESSAGE = 8 << 20
"""A larger message is not a piece of a model's output."""
_TAIL = 256
"""Most tokens are shorter."""
_MOST_STREAMS = 64
"""Texts of one conversation that may be under way at once."""
_LONG_TOKENS = (b"eyJ", b"ya29.")
_KEY_BEGIN, _KEY_END = b"-----BEGIN ", b"-----END "
_PREFIX = 40
"""Bytes before these that may belong to the token."""


class StreamTails:
    """Checks a conversation's messages for secrets across their borders, keeping only the end of each text."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._tails: dict[tuple[bool, Key], bytes] = {}

    def saw_secret(self, content: bytes, *, from_client: bool) -> bool:
        """Check whether a message continues a secret that began in earlier messages."""
        if self._redactor.keep or len(content) > _LONGEST_MESSAGE:
            return False
        texts: list[tuple[bytes, int]] = []
        for stream, pieces in content_streams(content).items():
            key, value = (from_client, stream), b"".join([piece.text for piece in pieces])
            before = self._tails.pop(key, b"")
            text = before + value
            # The message alone was searched; a model's name or a state is repeated in every message.
            if before and not (len(value) >= 16 and before.endswith(value)):
                texts.append((text, len(before)))
            self._tails[key] = self._end(text)
        while len(self._tails) > _MOST_STREAMS:
            del self._tails[next(iter(self._tails))]
        if not texts or not self._redactor.holds_secret(b"\n".join([text for text, _ in texts])):
            return False
        return any(self._continues_secret(text, border) for text, border in texts)

    def _continues_secret(self, text: bytes, border: int) -> bool:
        """Check whether a text holds a secret that begins before the border and was not complete there."""
        before = {(start, end) for start, end, _ in self._redactor.found(text[:border])}
        spans = ((start, end) for start, end, _ in self._redactor.found(text))
        return any(span[0] < border and span not in before for span in spans)

    def _end(self, text: bytes) -> bytes:
        """Return the end of a text, where a secret may have begun."""
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


def joined_texts(data: bytes) -> bytes:
    """Return the text of each stream of content in the events of `data`, in a line of its own."""
    texts = texts_by_name(data)
    if texts is None:
        spread = (pieces for pieces in content_streams(data).values() if _is_spread(pieces))
        texts = [b"".join([piece.text for piece in pieces]) for pieces in spread]
    return b"\n".join(texts)


def edits_across_events(data: bytes, redactor: Redactor) -> list[Edit]:
    """Return edits of pieces that together hold a secret: the first becomes its mark, the others empty."""
    if redactor.keep:
        return []
    texts = texts_by_name(data)
    if texts is not None and not redactor.holds_secret(b"\n".join(texts)):
        return []
    streams = content_streams(data)
    if not _hold_secret(streams, redactor):
        return []
    edits = [edit for pieces in streams.values() for edit in _edits(pieces, redactor)]
    return sorted(edits, key=lambda edit: edit.start)


def _hold_secret(streams: dict[Key, list[Piece]], redactor: Redactor) -> bool:
    """Check quickly whether the joined pieces of any stream hold a secret."""
    texts = (b"".join([piece.text for piece in pieces]) for pieces in streams.values() if _is_spread(pieces))
    # No JSON string holds a line break, so no text continues in the next line.
    return redactor.holds_secret(b"\n".join(texts))


def _is_spread(pieces: list[Piece]) -> bool:
    """Check whether a search of the data alone would miss their text, as it does when it is written as numbers."""
    return len(pieces) > 1 or pieces[0].numbers


def _edits(pieces: list[Piece], redactor: Redactor) -> list[Edit]:
    """Return edits of one stream's pieces that remove the secrets from its text."""
    text = b"".join([piece.text for piece in pieces])
    begins = list(accumulate((len(piece.text) for piece in pieces), initial=0))
    edits: dict[int, list[Edit]] = {}
    for found_start, found_end, mark in redactor.found(text) if _is_spread(pieces) else ():
        new, index = mark, bisect_right(begins, found_start) - 1
        while index < len(pieces) and begins[index] < found_end:
            left, right = max(found_start, begins[index]), min(found_end, begins[index + 1])
            if left < right:
                edits.setdefault(index, []).append(Edit(left - begins[index], right - left, new))
                new = b""
            index += 1
    return [edit for index, own in edits.items() for edit in pieces[index].edits(own)]


def redact_conversation(messages: list[dict[str, Any]], redactor: Redactor) -> None:
    """Replace the secrets in a WebSocket's text messages; a secret may be spread over several."""
    for direction in ("client", "server"):
        texts = [one for one in messages if one["direction"] == direction and one["type"] == "text"]
        contents = [one["content"].encode() for one in texts]
        edits = edits_across_events(b"\n".join(contents), redactor)
        begin = 0
        for message, content in zip(texts, contents, strict=True):
            end = begin + len(content)
            own = [Edit(edit.start - begin, edit.length, edit.new) for edit in edits if begin <= edit.start <= end]
            alone: list[Edit] = []
            # Spread secrets come first: a message redacted alone would hide where the rest begins.
            stored = b"".join(redactor.chunks([applied(content, own)], alone))
            if own or alone:
                message["content"] = stored.decode()
                message["redactions"] = len(own) + len(alone)
                message["stored_sha256"] = hashlib.sha256(stored).hexdigest()
            begin = end + 1
