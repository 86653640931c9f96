"""Finding a secret that a model says piece by piece: each event of a stream holds a part of it, and none the whole.

The pieces of each stream of content are read one after the other; see `content_streams`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from itertools import accumulate
from typing import Any

from probe.addon.redaction import patterns as shapes
from probe.addon.redaction.content_streams import Key, Piece, content_streams, texts_by_name
from probe.addon.redaction.redactor import Edit, Redactor, applied

_LONGEST_MESSAGE = 8 << 20
"""A larger message is no piece of what a model says."""
_TAIL = 256
"""Most tokens are shorter."""
_MOST_STREAMS = 64
"""So many texts of a conversation may be under way at once."""
_LONG_TOKENS = (b"eyJ", b"ya29.")
_KEY_BEGIN, _KEY_END = b"-----BEGIN ", b"-----END "
_PREFIX = 40
"""What may belong to a token before that."""


class SpokenTails:
    """Watches a conversation's messages for a secret across their borders, keeping only the end of each text."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._tails: dict[tuple[bool, Key], bytes] = {}

    def saw_secret(self, content: bytes, *, from_client: bool) -> bool:
        """Check whether a message, as it crossed, goes on with a secret that the messages before it began."""
        if self._redactor.keep or len(content) > _LONGEST_MESSAGE:
            return False
        texts: list[tuple[bytes, int]] = []
        for stream, pieces in content_streams(content).items():
            key, value = (from_client, stream), b"".join([piece.text for piece in pieces])
            before = self._tails.pop(key, b"")
            text = before + value
            # The message alone was searched; a model's name or a state is said again and again.
            if before and not (len(value) >= 16 and before.endswith(value)):
                texts.append((text, len(before)))
            self._tails[key] = self._end(text)
        while len(self._tails) > _MOST_STREAMS:
            del self._tails[next(iter(self._tails))]
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


def joined_texts(data: bytes) -> bytes:
    """Return the text of each stream of content in the events of `data`, in a line of its own."""
    texts = texts_by_name(data)
    if texts is None:
        spread = (pieces for pieces in content_streams(data).values() if _is_spread(pieces))
        texts = [b"".join([piece.text for piece in pieces]) for pieces in spread]
    return b"\n".join(texts)


def spoken_edits(data: bytes, redactor: Redactor) -> list[Edit]:
    """Give the places of `data` that together spell a secret: the first becomes its mark, the others nothing."""
    if redactor.keep:
        return []
    texts = texts_by_name(data)
    if texts is not None and not redactor.holds_secret(b"\n".join(texts)):
        return []
    streams = content_streams(data)
    if not _speaks_of_secret(streams, redactor):
        return []
    edits = [edit for pieces in streams.values() for edit in _edits(pieces, redactor)]
    return sorted(edits, key=lambda edit: edit.start)


def _speaks_of_secret(streams: dict[Key, list[Piece]], redactor: Redactor) -> bool:
    """Check, for little, whether what is in any stream is a secret when it is put together."""
    texts = (b"".join([piece.text for piece in pieces]) for pieces in streams.values() if _is_spread(pieces))
    # No string of JSON holds a line's end, so no text goes on in the next.
    return redactor.holds_secret(b"\n".join(texts))


def _is_spread(pieces: list[Piece]) -> bool:
    """Check whether a search of the data would not find what they say; numbers are found nowhere else."""
    return len(pieces) > 1 or pieces[0].numbers


def _edits(pieces: list[Piece], redactor: Redactor) -> list[Edit]:
    """Find secrets in one stream's text and cut them out of the pieces that it is made of."""
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
    """Replace the secrets in the text messages of a WebSocket; they may be spread over several of them."""
    for direction in ("client", "server"):
        spoken = [one for one in messages if one["direction"] == direction and one["type"] == "text"]
        contents = [one["content"].encode() for one in spoken]
        edits = spoken_edits(b"\n".join(contents), redactor)
        begin = 0
        for message, content in zip(spoken, contents, strict=True):
            end = begin + len(content)
            own = [Edit(edit.start - begin, edit.length, edit.new) for edit in edits if begin <= edit.start <= end]
            alone: list[Edit] = []
            # What is spread goes first: a message that was redacted alone would hide where the rest begins.
            stored = b"".join(redactor.chunks([applied(content, own)], alone))
            if own or alone:
                message["content"] = stored.decode()
                message["redactions"] = len(own) + len(alone)
                message["stored_sha256"] = hashlib.sha256(stored).hexdigest()
            begin = end + 1
