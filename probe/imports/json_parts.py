"""Find the entries of a HAR in a file of any size, without loading it."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator

# A quote by itself begins a text that has no end.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{}]', re.DOTALL)
_COLON = re.compile(rb"\s*:")
_LONGEST_KEY = 100
_PATH = (b'"log"', b'"entries"')


class CutShortError(ValueError):
    """The file ends too early."""


def entries(data: mmap.mmap | bytes) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each object in `log.entries`. Raises CutShortError, or ValueError where there are none."""
    keys, depth, begin, found = [b"", b""], 0, 0, False
    for token in _TOKEN.finditer(data):
        match data[token.start()]:
            case 0x22:  # "
                if token.end() - token.start() == 1:
                    raise CutShortError(f"a text that begins at byte {token.start()} has no end")
                if depth in (1, 2) and token.end() - token.start() < _LONGEST_KEY and _COLON.match(data, token.end()):
                    keys[depth - 1] = token[0]
            case 0x7B | 0x5B:  # { [
                depth += 1
                found = found or (depth == 3 and tuple(keys) == _PATH)
                if depth == 4 and tuple(keys) == _PATH:
                    begin = token.start()
            case _:
                depth -= 1
                if depth == 3 and tuple(keys) == _PATH:
                    yield begin, token.end()
    if not found:
        raise ValueError("there is no `log.entries` in it")
    if depth:
        raise CutShortError("its end is missing")


def member(data: mmap.mmap | bytes, key: bytes) -> bytes:
    """Return the JSON object that is a member of `log` before its entries; an empty one where there is none."""
    head = data[: 1 << 16]
    found = re.search(rb'"' + key + rb'"\s*:\s*(\{[^{}]*+\})', head.partition(b'"entries"')[0])
    return found[1] if found else b"{}"
