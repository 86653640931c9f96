"""Find long texts of base64: encrypted reasoning, signatures, images. No compression shortens them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SHORTEST = 512
_STEP = 16
"""Only every so many bytes are looked at first."""
_OPAQUE = re.compile(rb"(?<![\w+/=-])[\w+/=-]{%d,}+" % _SHORTEST)
_MARKS = bytes(bool(re.match(rb"[\w+/=-]", bytes([one]))) for one in range(256))
_ROW = b"\1" * (_SHORTEST // _STEP)


def opaque_texts(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where such texts are."""
    marks = data[::_STEP].translate(_MARKS)
    end = 0
    while (begin := marks.find(_ROW, end)) >= 0:
        end = marks.find(b"\0", begin)
        if end < 0:
            end = len(marks)
        for found in _OPAQUE.finditer(data, max(0, (begin - 1) * _STEP), end * _STEP):
            yield found.span()
