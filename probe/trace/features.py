"""What an item says about the purpose of the request that it is in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from probe.renderers.api import Kind
from probe.renderers.blocks import Block, Instructions, Message, Text, Tool, ToolResult, Tools

SYSTEM_ROLES = ("system", "developer")
"""Roles of messages that are nobody's words in the conversation."""
READ = 4000
"""Characters of an item's text that are looked at."""
WORDS = {
    "title": re.compile(r"\btitles?\b", re.IGNORECASE),
    "topic": re.compile(r"\btopics?\b", re.IGNORECASE),
    "commit message": re.compile(r"\bcommit messages?\b", re.IGNORECASE),
    "summary": re.compile(r"\bsummar(?:y|ies|i[sz]e|i[sz]ing)\b|\bcompact(?:ion)?\b", re.IGNORECASE),
    "routing": re.compile(r"\brout(?:e|er|ing)\b|\bclassif(?:y|ier|ication)\b|\bcomplexity\b", re.IGNORECASE),
    "suggestion": re.compile(r"\bsuggest(?:s|ion|ions)?\b|\bpredict\b", re.IGNORECASE),
    "quota check": re.compile(r"\bquota\b", re.IGNORECASE),
    "warm-up": re.compile(r"\bwarm-?up\b", re.IGNORECASE),
}
"""What agents ask beside their work, by the words that they use for it."""
_STEMS = (
    "title",
    "topic",
    "commit me",
    "summar",
    "compact",
    "rout",
    "classif",
    "complex",
    "sugg",
    "predict",
    "quota",
    "warm",
)
"""One of them is in every such word: looking for them is many times faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What is known of an item without its content."""

    role: str | None = None
    system: bool = False
    """True for instructions, and for messages that are nobody's words."""
    prompt: bool = False
    """True for words of the user, without a result of a tool."""
    results: tuple[str, ...] = ()
    """Ids of the tool calls that it has the results of."""
    failed: int = 0
    """Tool results that report a failure."""
    tools: int = 0
    """Tools that it offers, those of namespaces one by one."""
    characters: int = 0
    """Characters of text, up to `READ`."""
    words: tuple[int, ...] = ()
    """How often each of `WORDS` appears."""
    said: tuple[int, ...] = ()
    """Numbers of the texts of a user's message (`text_number`)."""


def features_of(kind: Kind, blocks: Iterable[Block]) -> Features:
    """Return what an item's blocks say about the purpose of a request."""
    made = list(blocks)
    if kind is Kind.TOOL:
        return Features(tools=_count(tool for block in made for tool in _tools(block)))
    if kind is Kind.SETTING:
        return Features()
    text = _text(made)
    message = next((block for block in made if isinstance(block, Message)), None)
    content = message.content if message else ()
    role = message.role if message else None
    results = [block for block in content if isinstance(block, ToolResult)]
    return Features(
        role=role,
        system=kind is Kind.INSTRUCTIONS or role in SYSTEM_ROLES,
        prompt=role == "user" and not results and any(isinstance(block, Text) for block in content),
        results=tuple(block.call_id for block in results if block.call_id),
        failed=sum(block.failed is True for block in results),
        tools=_count(tool for block in content for tool in _tools(block)),
        characters=len(text),
        words=_words(text),
        said=tuple(text_number(block.text) for block in content if isinstance(block, Text)) if role == "user" else (),
    )


def text_number(text: str) -> int:
    """Return a number that equal texts share, in any run, whatever white space is around them."""
    return int.from_bytes(sha256(text.strip().encode("utf-8", "surrogatepass")).digest()[:8], "big")


def _words(text: str) -> tuple[int, ...]:
    """Return how often each of `WORDS` appears; empty where none does, as in nearly all texts."""
    lower = text.lower()
    if not any(stem in lower for stem in _STEMS):
        return ()
    return tuple(len(pattern.findall(text)) for pattern in WORDS.values())


def about(all_words: Iterable[tuple[int, ...]]) -> str | None:
    """Return the subject that texts name most often; the first of them where several are named as often."""
    sums = [sum(column) for column in zip(*filter(None, all_words), strict=True)]
    most = max(sums, default=0)
    return list(WORDS)[sums.index(most)] if most else None


def _tools(block: Block) -> tuple[Tool, ...]:
    return (block,) if isinstance(block, Tool) else block.tools if isinstance(block, Tools) else ()


def _count(tools: Iterable[Tool]) -> int:
    return sum(_count(tool.tools) if tool.tools else 1 for tool in tools)


def _text(blocks: Iterable[Block]) -> str:
    parts: list[str] = []
    room = READ
    for text in _texts(blocks):
        parts.append(text[:room])
        room -= len(parts[-1])
        if room <= 0:
            break
    return "\n".join(parts)


def _texts(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Text):
            yield block.text
        elif isinstance(block, Message | Instructions):
            yield from _texts(block.content)
