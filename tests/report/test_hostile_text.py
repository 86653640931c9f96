"""What came over the wire cannot break out of the report."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from probe.renderers.blocks import (
    Block,
    Body,
    CacheBreakpoint,
    Conversation,
    CutShort,
    Encrypted,
    EventCounts,
    Failure,
    Incomplete,
    Instructions,
    Markdown,
    Media,
    MediaKind,
    Message,
    Note,
    Reasoning,
    Refusal,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
    Unknown,
    Usage,
)
from probe.report.markdown.blocks import markdown
from probe.report.markdown.escape import code, fence, fold, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import visible
from tests.report.reports import exchange, record, report

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OWN = re.compile(r'(<details>\n)?<summary>[^<\n]*</summary>\n|</details>\n|<a id="turn-\d+">|</a>')
EVIL = [
    "</details><script>alert(1)</script>",
    "```\n# out\n",
    "~~~\n````\n",
    "|a|b|\n|---|---|\n",
    "\n\n<b>x</b>\n\n",
    "[a](http://b) ![c](d) <http://e>",
    "\r\n\r\n# heading",
    "\u2028</summary>\x85",
    "a\\|b\\`c",
    "&lt;b&gt; &#60;",
    "    indented\n\ttab",
    "- a\n1. b\n> c\n---\n",
    "$x$ ~~y~~ *z* __w__ `v",
]
HOSTILE = st.lists(
    st.sampled_from(EVIL) | st.text(max_size=12) | st.text("`|<>[]()\\*_~\n\r\t #-&;!:/", max_size=12),
    max_size=6,
).map("".join)


def every_block(text: str) -> list[Block]:
    """Return blocks of all kinds that hold a text wherever a text can be."""
    inner: tuple[Block, ...] = (Text(text=text, label=text), Refusal(text=text), Body(value={text: text}))
    tool = Tool(name=text, type=text, description=text, definition={text: text})
    space = Tool(name=text, type=text, description=text, definition=text, tools=(tool,))
    messages = tuple(Message(role=text, type=text, content=inner) for _ in range(2))
    return [
        *inner,
        Reasoning(summary=text, text=text),
        ToolCall(name=text, arguments=text, kind=text, call_id=text),
        ToolCall(name=text, arguments={text: text, "lines": f"{text}\n{text}"}, kind=text, finished=False),
        ToolResult(content=inner, kind=text, call_id=text, failed=True),
        Media(kind=MediaKind.IMAGE, label=text, media_type=text, size=1, source=text),
        Settings(pairs=((text, text), (text, [text]), (text, 1))),
        Instructions(content=inner),
        Conversation(title=text, messages=messages),
        Message(role=text, type=text, content=inner),
        Tools(title=text, tools=(space,)),
        tool,
        EventCounts(size=1, counts=((text, 1), ("b", 2))),
        Failure(message=text, code=text, detail={text: text}),
        Incomplete(reason=text),
        CutShort(what=text),
        CacheBreakpoint(lasts=text),
        Encrypted(what=text, characters=1),
        Note(text=text),
        Unknown(what=text, value=text),
    ]


def test_every_kind_of_block_but_a_users_own_markdown_is_tried() -> None:
    assert {type(block) for block in every_block("x")} | {Usage, Markdown} == set(get_args(Block))


def record_of(text: str) -> list[Any]:
    """Return a run that holds a text wherever an agent, an API or the network can put one."""
    call = {"type": "tool_use", "id": text, "name": text, "input": {"command": text}}
    tools = [{"name": text, "description": text, "input_schema": {"type": text}}]
    first = {"role": "user", "content": text}
    ask = {"model": text, "max_tokens": 9, "system": text, "messages": [first], "tools": tools, text: text}
    answer = {"id": text, "type": "message", "role": "assistant", "model": text, "content": [call]}
    failed = {"type": "error", "error": {"type": text, "message": text}}
    results = [{"type": "tool_result", "tool_use_id": text, "content": text}]
    then = [first, {"role": "assistant", "content": [call]}, {"role": "user", "content": results}]
    last = {**answer, "content": [{"type": "text", "text": text}], "stop_reason": text}
    bodies = [(ask, 529, failed), (ask, 200, answer), ({**ask, "messages": then, "tools": []}, 200, last)]
    lines = []
    for at, (request, status, response) in enumerate(bodies):
        line = exchange(at, "/v1/messages", listener="model", error=text if status == 529 else None)
        line["request"] |= {"body": request, "headers": {"x": text, "x-claude-code-session-id": text}}
        line["response"] |= {"body": response, "status_code": status, "headers": {"y": text}}
        lines.append(line)
    side = exchange(4, f"/{text}", error=text)
    side["response"] = None
    return [*lines, side]


def flat(tokens: list[Token]) -> list[Token]:
    """Return all tokens, those within a line included."""
    return [inner for token in tokens for inner in (token, *(token.children or ()))]


def html_of(text: str) -> list[str]:
    """Return the HTML that a Markdown text holds."""
    return [token.content for token in flat(PARSER.parse(text)) if token.type.startswith("html")]


def shape(text: str) -> list[str]:
    """Return the structure of a Markdown text, whatever its words are."""
    kinds = (token.type for token in PARSER.parse(text))
    return [kind for kind in kinds if kind != "inline"]


@given(HOSTILE)
@example("".join(EVIL))
def test_no_html_but_folds(text: str) -> None:
    assert [found for found in html_of(markdown(every_block(text))) if not OWN.fullmatch(found)] == []


@given(HOSTILE)
@example("".join(EVIL))
def test_no_links_and_no_images(text: str) -> None:
    kinds = {token.type for token in flat(PARSER.parse(markdown(every_block(text))))}
    assert kinds.isdisjoint({"link_open", "image", "heading_open", "hr", "code_block", "bullet_list_open"})


# Both texts have several lines and are too long to stand in line, so that they are laid out alike.
@given(HOSTILE.map(lambda text: f"x{text}\ny" + "z" * 90))
def test_the_structure_is_that_of_harmless_text(text: str) -> None:
    harmless = "x\ny" + "z" * 90
    assert shape(markdown(every_block(text))) == shape(markdown(every_block(harmless)))


# Written at the front, so that every table of messages and every name is reached.
@pytest.mark.parametrize("full", [False, True], ids=["short", "full"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE.map(lambda text: f"x{text}"))
@example(text="x" + "".join(EVIL))
def test_a_whole_report_has_no_html_and_no_links_but_its_own(tmp_path: Path, text: str, full: bool) -> None:
    written, _ = report(
        record(tmp_path, *record_of(text)), full=full, title=text, prompt=text, about=[("Target", text)]
    )
    assert [found for found in html_of(written) if not OWN.fullmatch(found)] == []
    tokens = flat(PARSER.parse(written))
    links = [token.attrs["href"] for token in tokens if token.type == "link_open"]
    assert [link for link in links if not re.fullmatch(r"#[a-z0-9-]+", str(link))] == []
    assert {token.type for token in tokens}.isdisjoint({"image", "hr", "code_block"})


@given(HOSTILE)
@example("".join(EVIL))
def test_a_fence_holds_what_is_in_it(text: str) -> None:
    (token,) = PARSER.parse(fence(text))
    shown = visible(text)
    assert token.type == "fence"
    assert token.content == shown + ("" if shown.endswith("\n") else "\n")


@given(HOSTILE)
@example("".join(EVIL))
def test_a_cell_stays_one_cell(text: str) -> None:
    tokens = PARSER.parse(table(("a", "b"), [(inline(text), code(text)), ("c", "d")]))
    assert [token.type for token in tokens].count("td_open") == 4


@given(HOSTILE)
@example("".join(EVIL))
def test_a_fold_is_closed_where_it_ends(text: str) -> None:
    begin, _, end = PARSER.parse(fold(text, fence(text)))
    assert OWN.fullmatch(begin.content)
    assert end.content == "</details>\n"


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    emoji = {"\ufe0e", "\ufe0f"}
    left = {char for char in visible(text) if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert left - emoji <= {"\n", "\t"} | KNOWN_VISIBLE


# Format characters that have a shape of their own: Arabic number signs, Kaithi and hieroglyph joiners, shorthand.
KNOWN_VISIBLE = {
    chr(code_point)
    for first, last in (
        (0x600, 0x605),
        (0x6DD, 0x6DD),
        (0x70F, 0x70F),
        (0x890, 0x891),
        (0x8E2, 0x8E2),
        (0x110BD, 0x110BD),
        (0x110CD, 0x110CD),
        (0x13430, 0x1343F),
        (0x1BCA0, 0x1BCA3),
    )
    for code_point in range(first, last + 1)
}

HIDDEN = {
    "escape": ("\x1b[31m", "␛[31m"),
    "a lone carriage return": ("a\rb", "a␍b"),
    "delete": ("\x7f", "␡"),
    "C1": ("\x9b", "\\u009b"),
    "bidi override": ("\u202e", "\\u202e"),
    "zero width": ("\u200b", "\\u200b"),
    "tag characters": ("\U000e0041", "\\U000e0041"),
    "a lone surrogate": ("\ud800", "\\ud800"),
    "line end and tab stay": ("a\n\tb", "a\n\tb"),
    "emoji stay": ("⚠️😀", "⚠️😀"),
    "tags of redacted values go": ("Bearer [REDACTED:12ab34cd]", "Bearer [REDACTED]"),
}


@pytest.mark.parametrize(("text", "expected"), HIDDEN.values(), ids=HIDDEN.keys())
def test_hidden_characters_are_spelled_out(text: str, expected: str) -> None:
    assert visible(text) == expected


NAMES = {
    "an ordinary name": ("write_file", "`write_file`"),
    "a model": ("o4-mini", "`o4-mini`"),
    "a backtick inside": ("a`b", "a\\`b"),
    "HTML inside": ("<b>", "&lt;b&gt;"),
    "a bar inside": ("a|b", "a\\|b"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("name", "expected"), NAMES.values(), ids=NAMES.keys())
def test_names_are_code_where_they_are_ordinary(name: str, expected: str) -> None:
    assert code(name) == expected
