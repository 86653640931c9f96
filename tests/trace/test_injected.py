"""A text that is wholly within a tag of the harness's own was injected; what people write was not."""

from __future__ import annotations

import time

import pytest

from probe.trace.injected import injected_as

TEXTS: dict[str, tuple[str, str | None]] = {
    "a reminder": ("<system-reminder>\nBe brief.\n</system-reminder>", "system-reminder"),
    "with space around it": ("\n <system-reminder>x</system-reminder>\n", "system-reminder"),
    "surroundings": ("<environment_context>\n  <cwd>/tmp</cwd>\n</environment_context>", "environment_context"),
    "with an attribute": ('<file_context path="a<b">x</file_context>', None),
    "with a plain attribute": ('<file_context path="a">x</file_context>', "file_context"),
    "several": ("<command-name>/init</command-name>\n<command-args></command-args>", "command-name"),
    "the same within itself": ("<a-b>1<a-b>2</a-b>3</a-b>", "a-b"),
    "codex's rules of a folder": ("# AGENTS.md instructions for /tmp\n\nTest first.", "AGENTS.md instructions"),
    "words behind it": ("<system-reminder>x</system-reminder>\nFix the test.", None),
    "words before it": ("Fix <system-reminder>x</system-reminder>", None),
    "never closed": ("<system-reminder>x", None),
    "a page of HTML": ("<div>\n<p>x</p>\n</div>", None),
    "what the user typed, in a tag": ("<user_query>Fix it.</user_query>", None),
    "about that file": ("Read # AGENTS.md instructions", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_a_text_is_injected_as(text: str, expected: str | None) -> None:
    assert injected_as(text) == expected


def test_a_hostile_text_takes_no_longer_than_its_length() -> None:
    started = time.perf_counter()
    assert injected_as("<a-b>x</a-b>" * 100_000 + "z") is None
    assert injected_as("<a-b " + "x" * 1_000_000) is None
    assert time.perf_counter() - started < 5
