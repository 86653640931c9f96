"""Redact a text while it arrives: what may still become part of a secret is held back."""

from __future__ import annotations

import re

from probe.addon.redaction.patterns import LONGEST
from probe.addon.redaction.redactor import Redactor

_CONTEXT = 1024
"""Bytes before what is held back that are searched again: a name, a command or a header may show what follows."""
_QUOTE = re.compile(rb"[\"'`]")
_NEW_LINE = re.compile(rb"(?<!\\)(?:\\\\)*\\n")
_WIDE = re.compile(rb"(?:[\xe3-\xed][\x80-\xbf]{2}|\xef[\xbc-\xbe][\x80-\xbf])+")
"""Chinese, Japanese and Korean, which have no spaces between words."""
_KEY_BEGIN, _KEY_END = b"-----BEGIN ", re.compile(rb"-----END [A-Z0-9 ]{1,40}-----")


class GrowingText:
    """A text as it is inside a JSON string; all that was returned is a beginning of the redacted whole."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = b""
        self._done = 0
        """How much of it was returned."""

    def add(self, text: bytes) -> bytes:
        """Add the next piece; return what can be shown now, redacted."""
        data = self._held = self._held + text
        if self._redactor.keep:
            self._held = b""
            return data
        border = self._border(data)
        if border <= self._done:
            return b""
        spans = self._redactor.found(data)
        for start, end, _ in spans:
            if start < border < end:
                border = max(start, self._done)
        out, position = [], self._done
        for start, end, mark in spans:
            if position < end and start < border:
                out += [data[position:start], mark]
                position = end
        out.append(data[position:border])
        # What ends here may go on: all of it is searched again.
        keep = min([border - _CONTEXT, *(start for start, end, _ in spans if end >= border)])
        keep = max(0, keep, border - LONGEST)
        self._held, self._done = data[keep:], border - keep
        return b"".join(out)

    def _border(self, data: bytes) -> int:
        """Return a place that no secret crosses which is not complete yet.

        No secret but a private key holds a space; in quotes it may hold a line's end.
        """
        border = data.rfind(b" ") + 1
        if not _QUOTE.search(data, border):
            ends = [match.end() for match in _NEW_LINE.finditer(data, border)]
            border = ends[-1] if ends else border
            wide = _WIDE.match(data, border)
            border = wide.end() if wide else border
        key = data.rfind(_KEY_BEGIN)
        if key >= 0 and not _KEY_END.search(data, key) and len(data) - key < LONGEST:
            border = min(border, key)
        return min(border, self._redactor.unfinished(data))
