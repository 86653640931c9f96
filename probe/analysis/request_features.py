"""Tell what a turn asks for, as far as it shows whether it is the agent's work or a request beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from probe.analysis.continuation import SYSTEM
from probe.renderers.blocks import Block, Conversation, Instructions, Text, Tool, ToolResult, Tools
from probe.renderers.turn import Turn

READ = 4000
"""Characters of the instructions, and of the user's last message, that are looked at."""
_DEEP = 4
_MOST_OUTPUT = frozenset({"max_tokens", "max_output_tokens", "max_completion_tokens", "maxOutputTokens"})
_STRUCTURED = frozenset({"json_schema", "json_object", "responseSchema", "responseJsonSchema", "response_schema"})
_WORDS = {
    "title": re.compile(r"\btitles?\b", re.IGNORECASE),
    "topic": re.compile(r"\btopics?\b", re.IGNORECASE),
    "commit message": re.compile(r"\bcommit messages?\b", re.IGNORECASE),
    "summary": re.compile(r"\bsummar(?:y|ies|i[sz]e|i[sz]ing)\b|\bcompact(?:ion)?\b", re.IGNORECASE),
    "routing": re.compile(r"\brout(?:e|er|ing)\b|\bclassif(?:y|ier|ication)\b|\bcomplexity\b", re.IGNORECASE),
    "suggestion": re.compile(r"\bsuggest(?:s|ion|ions)?\b|\bpredict\b", re.IGNORECASE),
    "quota check": re.compile(r"\bquota\b", re.IGNORECASE),
    "warm-up": re.compile(r"\bwarm-?up\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a turn's request asks for."""

    warm_up: bool
    """True where the API has a way to say that no answer is wanted, and it says so."""
    tools: int | None
    """Tools that the model is offered; None when the request could not be told."""
    most_output: int | None
    """Tokens that the answer may have; None when the request sets no bound."""
    structured: bool
    """True when the answer must fit a schema."""
    about: str | None
    """A word for what it asks, where its text has one of those that agents ask beside their work."""
    prompts: bool
    """True when the newest message is the user's, and no result of a tool."""
    size: int
    """Characters of its instructions and messages, roughly."""


def asked(turn: Turn, blocks: Sequence[Block] | None) -> Asked:
    """Tell what a turn asks for, by its body and by the blocks of it."""
    told = blocks or ()
    system, user = _joined(_system(told)), _joined(_newest(told))
    fields = list(_fields(turn.request, _DEEP))
    return Asked(
        warm_up=turn.warm_up,
        tools=None if blocks is None else sum(_count(block.tools) for block in told if isinstance(block, Tools)),
        most_output=next((value for name, value in fields if name in _MOST_OUTPUT and type(value) is int), None),
        structured=any(name in _STRUCTURED or _says_json(value) for name, value in fields),
        about=_about(system) or _about(user),
        prompts=_prompts(told),
        size=len(system) + len(user),
    )


def _fields(value: Any, deep: int) -> Iterator[tuple[str, Any]]:
    """Give the fields of an object and of those within it; what stands in lists are messages and tools."""
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield name, inner
        if deep > 1:
            yield from _fields(inner, deep - 1)


def _says_json(value: Any) -> bool:
    return isinstance(value, str) and (value in _STRUCTURED or value == "application/json")


def _count(tools: Iterable[Tool]) -> int:
    return sum(_count(tool.tools) if tool.tools else 1 for tool in tools)


def _system(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Instructions):
            yield from _texts(block.content)
        if isinstance(block, Conversation):
            for entry in block.entries:
                if entry.role in SYSTEM:
                    yield from _texts(entry.content)


def _newest(blocks: Iterable[Block]) -> Iterator[str]:
    """Give the texts of the user's last message."""
    for block in blocks:
        if isinstance(block, Conversation) and not block.brief:
            users = (entry for entry in reversed(block.entries) if entry.role == "user")
            last = next(users, None)
            yield from _texts(last.content if last else ())


def _prompts(blocks: Iterable[Block]) -> bool:
    entries = [
        entry for block in blocks if isinstance(block, Conversation) and not block.brief for entry in block.entries[-9:]
    ]
    # An agent may put a reminder behind the user's words.
    last = next((entry for entry in reversed(entries) if entry.role not in SYSTEM), None)
    kinds = {type(block) for block in last.content} if last else set()
    return last is not None and last.role == "user" and Text in kinds and ToolResult not in kinds


def _texts(content: Iterable[Block]) -> Iterator[str]:
    return (block.text for block in content if isinstance(block, Text))


def _joined(texts: Iterable[str]) -> str:
    """Join texts up to the length that is looked at."""
    parts: list[str] = []
    room = READ
    for text in texts:
        parts.append(text[:room])
        room -= len(parts[-1])
        if room <= 0:
            break
    return "\n".join(parts)


def _about(text: str) -> str | None:
    """Give the word that a text uses most; the first of them where several are used as often."""
    counts = {word: len(pattern.findall(text)) for word, pattern in _WORDS.items()}
    word = max(counts, key=lambda one: counts[one])
    return word if counts[word] else None
