"""The file of a page: nothing that came over the wire is more than text in it, and its index leads to all content."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import tracemalloc
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from probe.addon.json_text import dumps
from probe.places import PROJECT
from probe.renderers.loader import AUTO, load_renderer
from probe.report.html import pieces
from probe.report.html.opaque_texts import opaque_texts
from probe.report.html.page import write_page
from probe.report.html.page_code import code_files
from probe.report.html.page_data import encoded
from probe.report.html.pieces import Chunks, Lane, LoosePieces, Pieces, add_to_ranges
from tests.report.html.test_exact_bodies import LONG, TEXT, call, exchange
from tests.report.reports import RUN, record
from tests.report.reports import exchange as from_elsewhere
from tests.support.page_files import page

LOOP = PROJECT / "data" / "codex" / "tool-loop" / "traffic.jsonl"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--<script>\u202e\x00]]>"


class Scripts(HTMLParser):
    """Finds the elements of a page, as a browser does."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_hostile_text_is_only_in_what_is_packed(tmp_path: Path) -> None:
    line = from_elsewhere(1.0, f"/{HOSTILE}", id=HOSTILE, listener=HOSTILE)
    line["request"] |= {"headers": {HOSTILE: HOSTILE}, "body": {HOSTILE: HOSTILE}, "method": HOSTILE}
    line["response"] |= {"body": HOSTILE, "headers": {"content-type": HOSTILE}}
    made = page(record(tmp_path, line), title=HOSTILE, source=HOSTILE, notes=[HOSTILE], prompt=HOSTILE)
    parser = Scripts()
    parser.feed(made.text)
    scripts = [attributes for tag, attributes in parser.found if tag == "script"]
    assert [one for one in scripts if one.get("type") != "text/plain"] == [{}]
    assert not [tag for tag, attributes in parser.found if any(name.startswith("on") for name in attributes)]
    assert "alert(1)</script>" not in made.text
    assert made.summary["run"]["title"] == HOSTILE
    assert made.body(made.details[0]["response"]["body"]).decode() == HOSTILE


def test_the_page_allows_its_own_script_and_style_and_nothing_else() -> None:
    made = page(LOOP)
    rules = dict(rule.split(" ", 1) for rule in made.policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    for element, rule in (("script", "script-src"), ("style", "style-src")):
        found = re.findall(rf"<{element}>(.*?)</{element}>", made.text, re.DOTALL)
        assert [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in found] == [
            rules[rule]
        ]


def test_the_code_of_the_page_ends_no_element_that_it_is_in() -> None:
    for file in code_files():
        if file.suffix != ".html":
            assert not re.search(r"</(script|style)|<!--", file.read_text("utf-8"), re.IGNORECASE), file


def test_what_is_shown_first_comes_first() -> None:
    ids = re.findall(r'<script(?: type="text/plain" id="(\w+)")?>', page(LOOP).text)
    assert ids[:4] == ["summary", "", "index", "c0"]


def test_each_turn_has_its_items_and_its_answer() -> None:
    made = page(LOOP)
    for turn in made.summary["turns"]:
        content = made.index["turns"][str(turn["number"])]
        items = [made.index["items"][number] for number in _numbers(content["items"])]
        assert {item["kind"] for item in items} >= {"message", "setting"}
        assert made.json(content["answer"])[0]["block"]
        assert all(made.json(item["blocks"])[0]["block"] for item in items)
        assert all(hashlib.sha256(made.pieces[item["raw"]]).hexdigest() == item["sha256"] for item in items)
    assert made.index["lines"] == [one["line"] for one in made.summary["exchanges"]]
    assert "List the files" in {item["beginning"] for item in made.index["items"]}


def test_a_side_exchange_and_a_failed_call_have_blocks(tmp_path: Path) -> None:
    failed = from_elsewhere(2.0, "/v1/messages")
    failed["request"]["body"] = call(LONG[:2])
    failed["response"] = {"status_code": 429, "headers": {}, "body": {"error": {"message": "Slow down"}}}
    made = page(record(tmp_path, from_elsewhere(1.0), failed))
    side, tried = made.details
    assert made.json(side["request_blocks"])
    assert made.json(side["response_blocks"])
    assert tried["request_blocks"] is None
    assert "Slow down" in json.dumps(made.json(tried["response_blocks"]))


def test_text_that_has_no_unicode_form_is_kept_as_escapes() -> None:
    assert json.loads(encoded({"a": "\ud800", "b": 2**70})) == {"a": "\ud800", "b": 2**70}


def test_equal_pieces_are_one_and_chunks_hold_one_kind(monkeypatch: Any) -> None:
    monkeypatch.setattr(pieces, "CHUNK", 100)
    chunks = Chunks()
    kept = Pieces(chunks)
    numbers = [kept.add(bytes([one % 7]) * 60, Lane(one % 2)) for one in range(20)]
    chunks.finish()
    assert len(set(numbers)) == len(kept.lengths) == 7
    assert sorted(number for ranges in chunks.ranges for number in _numbers(ranges)) == list(range(7))
    assert len([*chunks.texts()]) == len(chunks.ranges) == len(chunks.lanes) == 4
    chunks.close()


def test_loose_pieces_are_read_one_by_one_or_in_a_row() -> None:
    loose = LoosePieces()
    kept = Pieces(loose)
    numbers = [kept.add(text.encode(), Lane.BODIES) for text in ("one", "two", "one", "")]
    assert [loose.read(number, number) for number in numbers] == [b"one", b"two", b"one", b""]
    assert loose.read(0, 2) == b"onetwo"
    loose.close()


def test_a_long_text_of_base64_is_kept_once_wherever_it_is_sent(tmp_path: Path) -> None:
    sealed = base64.b64encode(random.Random(1).randbytes(3000)).decode()
    lines = []
    for number in range(3):
        lines.append(from_elsewhere(float(number), "/v1/messages"))
        content = [{"type": "thinking", "thinking": f"{number} {LONG[0]}", "signature": sealed}, {"text": sealed}]
        lines[-1]["request"]["body"] = call([{"role": "assistant", "content": content}])
        lines[-1]["response"]["body"] = {"signature": sealed, "number": number, "again": {"signature": sealed}}
    made = page(record(tmp_path, *lines))
    inside = {piece for _, *holes in made.index["holes"] for piece in holes[1::2]}
    assert [made.pieces[piece] for piece in inside] == [sealed.encode()]
    assert len(made.index["holes"]) >= 3
    for line, detail in zip(lines, made.details, strict=True):
        for side in ("request", "response"):
            assert json.loads(made.body(detail[side]["body"])) == line[side]["body"]


@given(st.lists(st.tuples(st.sampled_from(["", " ", '"', "é"]), st.integers(0, 1600)), max_size=6))
def test_every_long_text_of_base64_is_found(parts: list[tuple[str, int]]) -> None:
    text = "".join(f"{mark}{'Zm8+/_-='[: size % 9] * (size // 8)}" for mark, size in parts).encode()
    assert [*opaque_texts(text)] == [found.span() for found in re.finditer(rb"[A-Za-z0-9+/_=-]{512,}", text)]


def test_numbers_in_a_row_are_one_range() -> None:
    ranges: list[int] = []
    for number in (3, 4, 5, 9, 1, 2):
        add_to_ranges(ranges, number)
    assert ranges == [3, 5, 9, 9, 1, 2]


def test_memory_does_not_grow_with_the_content(tmp_path: Path, monkeypatch: Any) -> None:
    # Chunks that wait to be compressed are in memory.
    monkeypatch.setattr(pieces, "CHUNK", 1 << 16)
    file = tmp_path / "traffic.jsonl"
    body = dumps(call(LONG[:3])).encode()
    peaks = []
    for count in (10, 60):
        lines = [exchange(tmp_path, body, f"{number} {TEXT * 2000}".encode(), "text/plain") for number in range(count)]
        file.write_text("".join(lines))
        del lines
        tracemalloc.start()
        with (tmp_path / "page.html").open("w") as out:
            write_page(out, file, RUN, renderer=load_renderer(AUTO))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000, (peaks, file.stat().st_size)


def _numbers(ranges: Sequence[int]) -> list[int]:
    return [one for first, last in zip(ranges[::2], ranges[1::2], strict=True) for one in range(first, last + 1)]
