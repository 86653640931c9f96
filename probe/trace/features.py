"""What an item says about the purpose of the request that it is in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from probe.record.body_text import text_size
from probe.record.canonical_json import number_of
from probe.renderers.api import Kind
from probe.renderers.blocks import Block, Message, Text, Tool, ToolResult, Tools, texts_of
from probe.trace.injected import injected_as

SYSTEM_ROLES = ("system", "developer")
"""Roles of messages that are nobody's words in the conversation."""
NAME = 200
"""Characters of a tool's name that are kept: that of a namespace is put before each of its tools."""
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


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A text of a user's message."""

    number: int
    """Equal for equal texts (`text_number`)."""
    size: int
    """Bytes."""
    injected: str | None
    """How the agent's harness marked it as its own; None where it did not."""


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an item without its content."""

    role: str | None = None
    system: bool = False
    """True for instructions, and for messages that are nobody's words."""
    prompt: bool = False
    """True for words of the user, without a result of a tool."""
    results: Mapping[str, bool | None] = {}
    """Ids of the tool calls that it has the results of, with whether they failed; None where the API does not say."""
    offered: tuple[str, ...] = ()
    """Names of the tools that it offers, those of namespaces one by one."""
    words: tuple[int, ...] = ()
    """How often each of `WORDS` appears, where it is about what a request is for."""
    said: tuple[Said, ...] = ()
    """The texts of a user's message."""

    @property
    def tools(self) -> int:
        """Return how many tools it offers."""
        return len(self.offered)


_NOTHING = Features()


def features_of(kind: Kind, blocks: Sequence[Block]) -> Features:
    """Return what an item's blocks say about the purpose of a request."""
    if kind is Kind.SETTING:
        return _NOTHING
    if kind is Kind.TOOL:
        return Features(offered=tuple(_names(blocks)))
    message = next((block for block in blocks if type(block) is Message), None)
    content = message.content if message else ()
    role = message.role if message else None
    system, user = kind is Kind.INSTRUCTIONS or role in SYSTEM_ROLES, role == "user"
    results = [block for block in content if type(block) is ToolResult]
    texts = [block.text for block in content if type(block) is Text] if user else []
    return Features(
        role=role,
        system=system,
        prompt=user and not results and bool(texts),
        results={block.call_id: block.failed for block in results if block.call_id},
        offered=tuple(_names(content)),
        words=_words(_text(blocks)) if system or user else (),
        said=tuple([Said(number=text_number(one), size=text_size(one), injected=injected_as(one)) for one in texts]),
    )


def text_number(text: str) -> int:
    """Return a number that equal texts share, in any run, whatever white space is around them."""
    return number_of(text.strip())


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


def _names(blocks: Iterable[Block], prefix: str = "") -> Iterator[str]:
    """Yield the names of the tools among blocks, those of namespaces as calls have them."""
    for block in blocks:
        if type(block) is Tools:
            yield from _names(block.tools, prefix)
        elif type(block) is Tool and block.tools:
            yield from _names(block.tools, f"{prefix}{block.name}."[:NAME])
        elif type(block) is Tool:
            yield (prefix + block.name)[:NAME]


def _text(blocks: Iterable[Block]) -> str:
    parts: list[str] = []
    room = READ
    for text in texts_of(blocks):
        parts.append(text[:room])
        room -= len(parts[-1])
        if room <= 0:
            break
    return "\n".join(parts)
