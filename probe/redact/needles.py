"""Known values in every spelling that a text may have: in JSON, in JSON inside JSON, in a URL, in names of folders, in
base64. Case does not matter, but for base64."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from probe.redact.personal_patterns import is_begin

_PLAIN = re.compile(rb"[a-z0-9_.~-]{2,}")
_SHORTEST_BASE64 = 6
"""The base64 of a shorter value may occur by chance."""
_LONG = 8
"""From this length on, a value is replaced inside of longer words too."""


def _once(text: str) -> str:
    return json.dumps(text)[1:-1]


_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    _once,
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: _once(_once(text)),
    lambda text: _once(_once(_once(text))),
    lambda text: text.replace("/", "\\/"),
    lambda text: quote(text, safe="", errors="surrogateescape"),
    lambda text: quote(text, errors="surrogateescape"),
    lambda text: quote_plus(text, errors="surrogateescape"),
)
_OF_FOLDERS: tuple[Callable[[str], str], ...] = (
    lambda text: text.replace("/", "-"),
    lambda text: re.sub(r"[^A-Za-z0-9]", "-", text),
)


class Form(NamedTuple):
    """One spelling of a value."""

    text: bytes
    """In lower case."""
    mark: bytes


class Needle(NamedTuple):
    """One value."""

    core: bytes
    """What all its spellings share; empty if they share nothing."""
    forms: tuple[Form, ...]
    begins_word: bool
    ends_word: bool

    def found(self, data: bytes, lower: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each place; `lower` is the text in lower case."""
        if self.core in lower:
            for form in self.forms:
                start = lower.find(form.text)
                while start >= 0:
                    end = start + len(form.text)
                    begins = not self.begins_word or is_begin(data, start)
                    if begins and not (self.ends_word and data[end : end + 1].isalnum()):
                        yield start, end, form.mark
                    start = lower.find(form.text, start + 1)


def needle(kind: str, value: str, mark: str) -> Needle:
    """Return how to find a value of a kind."""
    spellings = _SPELLINGS + (_OF_FOLDERS if kind == "folder" else ())
    forms: dict[bytes, bytes] = {}
    for spelled in spellings:
        text = spelled(value).encode("utf-8", "surrogateescape").lower()
        forms.setdefault(text, spelled(mark).encode())
    least = min(forms, key=len)
    shared = [part for part in _PLAIN.findall(least) if all(part in text for text in forms)]
    ordered = sorted(forms.items(), key=lambda form: -len(form[0]))
    bounded = len(value) < _LONG
    return Needle(
        core=max(shared, key=len, default=b""),
        forms=tuple(Form(*one) for one in ordered),
        begins_word=bounded and kind != "folder",
        ends_word=bounded or kind == "folder",
    )


def base64_needles(value: str, mark: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield what every base64 of a text with this value holds, by its place in the text, and as long a replacement."""
    data = value.encode("utf-8", "surrogateescape")
    filler = base64.b64encode(mark.encode()).rstrip(b"=").replace(b"+", b"A").replace(b"/", b"A")
    for shift in range(3):
        # Characters at either end depend on what is next to the value.
        whole = base64.b64encode(b"\0" * shift + data)
        first, last = -(-shift * 4 // 3), (shift + len(data)) * 8 // 6
        core = whole[first:last]
        if len(data) >= _SHORTEST_BASE64:
            new = (filler * (len(core) // len(filler) + 1))[: len(core)]
            yield core, new
            if (url := core.translate(bytes.maketrans(b"+/", b"-_"))) != core:
                yield url, new
