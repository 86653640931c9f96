"""The bytes of an item are divided by what its parts are, and none is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.renderers.api import Kind
from probe.renderers.blocks import (
    Block,
    CacheBreakpoint,
    Encrypted,
    Instructions,
    Media,
    MediaKind,
    Message,
    Reasoning,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Tools,
    Unknown,
)
from probe.trace.context import ContextKind, context_of, divided

TEXT, REMINDER = Text(text="Hello."), Text(text="<system-reminder>Be brief.</system-reminder>")
CALL = ToolCall(name="shell", arguments={"command": "ls"}, kind="function_call")
RESULT = ToolResult(content=(Text(text="a.txt"),), kind="function_call_output")
IMAGE = Media(kind=MediaKind.IMAGE, label="Image", size=3000)
TOOL = Tool(name="shell", type="function", description=None, definition={})
CONTEXT = ContextKind


def message(role: str | None, *content: Block) -> list[Block]:
    """Make the blocks of a message."""
    return [Message(role=role, type="message", content=content)]


WHOLE: dict[str, tuple[Kind, Sequence[Block], ContextKind]] = {
    "a setting": (Kind.SETTING, [Settings(pairs=(("model", "m"),))], CONTEXT.SETTINGS),
    "instructions": (Kind.INSTRUCTIONS, [Instructions(content=(TEXT,))], CONTEXT.INSTRUCTIONS),
    "a system message": (Kind.MESSAGE, message("system", TEXT), CONTEXT.INSTRUCTIONS),
    "a developer's message": (Kind.MESSAGE, message("developer", Settings(pairs=()), TEXT), CONTEXT.INSTRUCTIONS),
    "a message that brings tools": (Kind.MESSAGE, message("developer", Tools(tools=(TOOL,))), CONTEXT.TOOLS),
    "a tool": (Kind.TOOL, [TOOL], CONTEXT.TOOLS),
    "the user's words": (Kind.MESSAGE, message("user", TEXT, CacheBreakpoint(lasts="5m")), CONTEXT.USER),
    "what one agent says to another": (Kind.MESSAGE, message(None, Settings(pairs=()), TEXT), CONTEXT.USER),
    "what an agent says to another in secret": (
        Kind.MESSAGE,
        message(None, TEXT, Encrypted(what="content", characters=9)),
        CONTEXT.USER,
    ),
    "a thought that only the API can read": (
        Kind.MESSAGE,
        message("model", Encrypted(what="thought signature", characters=9)),
        CONTEXT.REASONING,
    ),
    "what only the API can read": (
        Kind.MESSAGE,
        message(None, Encrypted(what="compaction of what came before", characters=9)),
        CONTEXT.OTHER,
    ),
    "what nobody's role says": (Kind.MESSAGE, message("oracle", TEXT), CONTEXT.OTHER),
    "a reminder": (Kind.MESSAGE, message("user", REMINDER), CONTEXT.INJECTED),
    "an answer": (Kind.MESSAGE, message("assistant", TEXT), CONTEXT.ASSISTANT),
    "an answer of Gemini": (Kind.MESSAGE, message("model", TEXT), CONTEXT.ASSISTANT),
    "reasoning": (Kind.MESSAGE, message(None, Reasoning(summary=None)), CONTEXT.REASONING),
    "a call": (Kind.MESSAGE, message("assistant", Settings(pairs=()), CALL), CONTEXT.TOOL_CALLS),
    "a result": (Kind.MESSAGE, message("user", RESULT), CONTEXT.TOOL_RESULTS),
    "a result without a block of its own": (Kind.MESSAGE, message("tool", TEXT), CONTEXT.TOOL_RESULTS),
    "an image": (Kind.MESSAGE, message("user", IMAGE), CONTEXT.MEDIA),
    "a screenshot of a tool": (
        Kind.MESSAGE,
        message("user", ToolResult(content=(IMAGE,), kind="function_call_output")),
        CONTEXT.MEDIA,
    ),
    "an unknown item": (Kind.MESSAGE, message(None, Unknown(what="item 'x'", value={})), CONTEXT.OTHER),
    "nothing": (Kind.MESSAGE, [], CONTEXT.OTHER),
    "settings alone": (Kind.MESSAGE, message(None, Settings(pairs=(("id", "x"),))), CONTEXT.OTHER),
}


@pytest.mark.parametrize(("kind", "blocks", "expected"), WHOLE.values(), ids=WHOLE.keys())
def test_an_item_of_one_kind_is_that_kind_whole(kind: Kind, blocks: Sequence[Block], expected: ContextKind) -> None:
    assert context_of(kind, blocks, 100) == ((expected, 100),)


def test_an_item_of_several_kinds_is_divided_by_their_length() -> None:
    long = Text(text="x" * 900)
    sizes = dict(context_of(Kind.MESSAGE, message("assistant", long, CALL), 1100))
    assert set(sizes) == {CONTEXT.ASSISTANT, CONTEXT.TOOL_CALLS}
    assert sum(sizes.values()) == 1100
    assert sizes[CONTEXT.ASSISTANT] > 1000


def test_media_weigh_as_much_as_their_base64() -> None:
    sizes = dict(context_of(Kind.MESSAGE, message("user", Text(text="x" * 4000), IMAGE), 8200))
    assert abs(sizes[CONTEXT.MEDIA] - sizes[CONTEXT.USER]) < 300


@given(st.dictionaries(st.sampled_from(ContextKind), st.integers(0, 10**9), min_size=1), st.integers(0, 10**12))
def test_what_is_divided_adds_up_again(weights: dict[ContextKind, int], size: int) -> None:
    shares = divided(weights, size)
    assert sum(share for _, share in shares) == size
    assert all(share > 0 for _, share in shares)
