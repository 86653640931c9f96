"""Write texts, numbers and values in words that are the same in every form of a report."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

# Characters that show nothing, or make other text show as what it is not: C0, C1, bidi controls, zero-width
# and filler characters, line separators, variation selectors but the two of emoji, tags, lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
RECORDED_ANSWERS = "recorded answers, nothing was paid"
"""What a run cost that a replay answered."""
_TAG = re.compile(r"\[REDACTED:[0-9A-Za-z_-]{1,64}\]")
_LONG = 10
"""Seconds from which a hundredth of one says nothing."""


def visible(text: str) -> str:
    """Spell out hidden characters, take the tags off redacted values; every text is written through here."""
    text = without_tags(text)
    # isprintable() is many times faster than the pattern, but false for every text with a line end.
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_spelled, text)


def without_tags(text: str) -> str:
    """Take the tags off redacted values."""
    return _TAG.sub("[REDACTED]", text) if "[REDACTED:" in text else text


def compact(value: Any) -> str:
    """Return JSON in one line."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        # A lone surrogate, which only the escaped form can hold.
        return json.dumps(value)


def indented(value: Any) -> str:
    """Return JSON as the text of a file."""
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
    except UnicodeEncodeError:
        # As above.
        return json.dumps(msgspec.to_builtins(value), indent=2) + "\n"


def plural(number: int, word: str) -> str:
    """Write a number of things."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def seconds(number: float) -> str:
    """Write a duration; a short one more exactly."""
    return f"{number:.1f}s" if number >= _LONG else f"{number:.2f}s"


def offset(time: float, started: float) -> str:
    """Return a time as seconds after the first request."""
    return f"+{seconds(time - started)}"


def _spelled(match: re.Match[str]) -> str:
    """Spell a character as its control picture, or as JSON would escape it."""
    character = ord(match[0])
    if character < 0x20:
        return chr(0x2400 + character)
    if character == 0x7F:
        return "␡"
    return f"\\u{character:04x}" if character < 0x10000 else f"\\U{character:08x}"
