"""Read a page's file back, as its script does."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
import zlib
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from probe.analysis.prices import Prices
from probe.renderers.loader import AUTO, load_renderer
from probe.report.html.page import write_page
from tests.report.reports import RUN

_ELEMENT = re.compile(r'<script type="text/plain" id="(\w+)">([A-Za-z0-9+/=]*)</script>')


class PageFile:
    """The contents of a page."""

    def __init__(self, text: str) -> None:
        self.text = text
        elements = dict(_ELEMENT.findall(text))
        self.summary = json.loads(_unpacked(elements["summary"]))
        self.index = json.loads(_unpacked(elements["index"]))
        self.pieces: dict[int, bytes] = {}
        for number, ranges in enumerate(self.index["chunks"]):
            chunk, begin = _unpacked(elements[f"c{number}"]), 0
            for piece in _numbers(ranges):
                end = begin + self.index["pieces"][piece]
                self.pieces[piece] = chunk[begin:end]
                begin = end
            assert begin == len(chunk)
        for piece, *holes in self.index["holes"]:
            for place, inside in zip(holes[::2], holes[1::2], strict=True):
                kept = self.pieces[piece]
                self.pieces[piece] = kept[:place] + self.pieces[inside] + kept[place:]
        self.policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0])

    def json(self, piece: int) -> Any:
        """Return the value of a piece."""
        return json.loads(self.pieces[piece])

    @property
    def details(self) -> list[Any]:
        """Return all exchanges whole, in the order of the record."""
        return sorted(map(self.json, self.index["details"]), key=lambda detail: int(detail["line"]))

    def payloads(self) -> list[Any]:
        """Return all bodies and messages."""
        found = []
        for detail in self.details:
            found += [detail["request"], detail["response"], *(detail["websocket"] or {}).get("messages", [])]
        return [one for one in found if one]

    def body(self, recipe: Any) -> bytes:
        """Return the bytes of a body."""
        return b"".join(map(self._part, recipe))

    def _part(self, part: Any) -> bytes:
        if isinstance(part, str):
            return part.encode()
        if isinstance(part, int):
            return self.pieces[part]
        items = self.index["items"]
        numbers = [items[item]["raw"] for item in _numbers(part["items"])] if "items" in part else None
        by: bytes = part["by"].encode()
        return by.join(self.pieces[piece] for piece in numbers or _numbers(part["pieces"]))


def page(record: Path, **about: Any) -> PageFile:
    """Write a page, and read it back."""
    out = io.StringIO()
    prices = Prices(installed=False)
    write_page(out, record, replace(RUN, **about), renderer=load_renderer(AUTO), prices=prices)
    return PageFile(out.getvalue())


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS)


def _numbers(ranges: list[int]) -> list[int]:
    pairs = zip(ranges[::2], ranges[1::2], strict=True)
    return list(chain.from_iterable(range(first, last + 1) for first, last in pairs))


def exposed(text: str) -> str:
    """Return a page whose functions a test can call; its policy still lets no other script run."""
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)[0]
    opened = script.removeprefix('(() => {\n"use strict";\n').removesuffix("\n})();")
    # As in the scope of its own, nothing is a member of the window, where names of elements are too.
    opened = "var summary = undefined;\n" + opened
    assert len(opened) < len(script)
    return text.replace(script, opened).replace(_digest(script), _digest(opened))


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
