"""Whether a value reads as a random one: letters and digits alternate in it as in no word, name, number or UUID."""

from __future__ import annotations

import re

_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RUN = re.compile(rb"[A-Za-z0-9]{12,}+")
_PIECE = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+|([0-9]+)")
_PLACEHOLDER = re.compile(rb"(?i)example|abcdefg|0123456|1234567|redacted|\.\.\.")
_LEAST_DISTINCT = 8


def is_varied(value: bytes) -> bool:
    """Check whether a value is no placeholder: `xxxxxxxx`, `AKIAIOSFODNN7EXAMPLE`."""
    return len(set(value)) >= _LEAST_DISTINCT and _PLACEHOLDER.search(value) is None


def is_random(value: bytes) -> bool:
    """Check whether the longest run of letters and digits in a value is random."""
    run = max(_RUN.findall(_UUID.sub(b"", value)), key=len, default=b"")
    pieces = _PIECE.findall(run)
    numbers = sum(map(bool, pieces))
    # A random piece has 1.6 characters on average, in lower case 2.5, and a word 5.
    short = len(run) <= 2.4 * len(pieces) or (numbers >= 2 and len(run) <= 3.3 * len(pieces))
    return numbers >= 1 and short and is_varied(run) and is_varied(value)
