"""Write blocks as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from probe.ask.block_content import Passage, main_value
from probe.renderers.blocks import Media, Reasoning, Settings, Text, Tool, ToolCall, Unknown
from probe.report.plain_text import compact, plural, without_tags

_ONE_LINE = 100
"""Characters of JSON that are shown in one line."""


def passages_text(passages: Iterable[Passage], path: str) -> str:
    """Write blocks one below the other, each behind its path; what surrounds a conversation comes in one line."""
    return "\n".join(f"{_head(one, path)}\n{indent(block_text(one))}" for one in passages)


def _head(passage: Passage, path: str) -> str:
    block = passage.block
    match block:
        case ToolCall():
            what = f"calls {block.name}" + (f" ({block.call_id})" if block.call_id else "")
            what += "" if block.finished else ", cut short"
        case Text():
            what = block.label or passage.role
        case Tool():
            what = f"tool {block.name}"
        case _:
            what = type(block).__name__.lower()
    of = f" (result of {passage.tool})" if passage.role == "tool" and passage.tool else ""
    return f"[{path}.block.{passage.number}] {what}{of}"


def block_text(passage: Passage) -> str:
    """Write the content of a block."""
    block = passage.block
    match block:
        case ToolCall():
            return value_text(block.arguments)
        case Reasoning():
            return "\n".join(filter(None, (block.summary, block.text))) or _encrypted(block)
        case Settings():
            return "\n".join(f"{name}: {value_text(value)}" for name, value in block.pairs)
        case Tool():
            return value_text(block.definition)
        case Media():
            size = [plural(block.size, "byte")] if block.size is not None else []
            return ", ".join(filter(None, (block.label, block.media_type, *size, block.source)))
        case Unknown():
            return f"{block.what}: {value_text(block.value)}"
    return value_text(main_value(block))


def _encrypted(block: Reasoning) -> str:
    return f"({plural(block.encrypted_characters or 0, 'encrypted character')})"


def value_text(value: Any) -> str:
    """Write a value: a text as it is, an object member by member, so that texts in it keep their lines."""
    if isinstance(value, str):
        return value
    line = compact(value)
    if len(line) <= _ONE_LINE or not isinstance(value, dict | list):
        return line
    return "\n".join(_members(value))


def _members(value: dict[str, Any] | list[Any]) -> Iterator[str]:
    pairs = value.items() if isinstance(value, dict) else ((f"{number}", one) for number, one in enumerate(value))
    for name, one in pairs:
        text = value_text(one)
        yield f"{name}:\n{indent(text)}" if "\n" in text else f"{name}: {text}"


def indent(text: str) -> str:
    """Return a text with its lines moved to the right."""
    return "\n".join(f"  {line}" if line else line for line in without_tags(text).rstrip("\n").split("\n"))
