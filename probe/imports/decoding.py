"""Decode the JSON of other tools into typed values, with the place of what does not fit."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TypeVar

import msgspec

T = TypeVar("T")
LONGEST = 512 << 20
"""Bytes of one exchange; each takes a few times as much memory while it is read."""


def decoded(data: bytes, kind: type[T]) -> T:
    """Return JSON as a typed value. Raises ValueError with what is wrong, and where in it."""
    if len(data) > LONGEST:
        raise ValueError(f"it has {len(data):,} bytes; {LONGEST:,} can be read")
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _leniently(data, kind)


def _leniently(data: bytes, kind: type[T]) -> T:
    """Return JSON with half surrogate pairs, bytes that are not UTF-8, or NaN."""
    try:
        text = json.dumps(json.loads(data.decode("utf-8", "replace")), ensure_ascii=False)
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=kind)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def from_base64(text: str) -> bytes | None:
    """Return what base64 stands for; None where the text is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
