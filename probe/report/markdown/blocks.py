"""Write blocks as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

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
from probe.report.markdown.escape import code, fence, fold, inline, pretty
from probe.report.markdown.tables import conversation, event_table, tool_table
from probe.report.markdown.values import LONG, body, flat, in_place, json_block
from probe.report.plain_text import plural, visible


def markdown(blocks: Iterable[Block]) -> str:
    """Write blocks one below the other."""
    return "\n".join(map(_block, blocks))


def _block(block: Block) -> str:
    match block:
        case Text():
            return _text(block.label, block.text)
        case Reasoning():
            return _reasoning(block)
        case ToolCall():
            return _tool_call(block)
        case ToolResult():
            return _tool_result(block)
        case Media():
            return _media(block)
        case Usage():
            return f"**Usage:** {usage_line(block)}\n"
        case Settings():
            return _settings(block)
        case Instructions():
            summary = f"Instructions ({plural(block.characters, 'character')})"
            return fold(summary, _unfolded(block.content))
        case Conversation():
            return conversation(block, markdown)
        case Message():
            return markdown(block.content)
        case Tool():
            return fence(pretty(block.definition), "json")
        case Tools():
            return tool_table(block)
        case EventCounts():
            return event_table(block)
        case Body():
            return body(block.value, folded=block.folded)
        case Unknown():
            return fold(f"Not understood: {block.what}", json_block(block.value))
        case Markdown():
            return visible(block.text).rstrip("\n") + "\n"
        case _:
            return _remark(block)


_Remark = Refusal | Failure | Incomplete | CutShort | CacheBreakpoint | Encrypted | Note


def _remark(block: _Remark) -> str:
    """Write what ended an answer, or is known of a part of it besides its content."""
    match block:
        case Refusal():
            return _text("Refusal", block.text)
        case Failure():
            return _failure(block)
        case Incomplete():
            return f"**Incomplete:** {inline(block.reason)}\n"
        case CutShort():
            return f"**Cut short:** the {inline(block.what)} ended before its end had arrived.\n"
        case CacheBreakpoint():
            return f"*Cache breakpoint ({inline(block.lasts)})*\n"
        case Encrypted():
            return f"*{inline(block.what)}: {plural(block.characters, 'encrypted character')}*\n"
        case Note():
            return f"*{inline(block.text)}*\n"


def usage_line(usage: Usage) -> str:
    """Write tokens in one line; cache, reasoning and the price only where the API reported them."""
    given = _share(usage.cache_read, "cached") + _share(usage.cache_write, "written to the cache")
    parts = [_tokens(usage.input, "input") + _brackets(given)]
    parts.append(_tokens(usage.output, "output") + _brackets(_share(usage.reasoning, "reasoning")))
    parts.append(_tokens(usage.total, "total"))
    parts += [f"\\${usage.cost:g} charged"] if usage.cost is not None else []
    return " | ".join(parts)


def _tokens(number: int | None, word: str) -> str:
    return f"{'?' if number is None else number} {word}"


def _share(number: int | None, word: str) -> list[str]:
    return [f"{number} {word}"] if number else []


def _brackets(parts: list[str]) -> str:
    return f" ({', '.join(parts)})" if parts else ""


def _unfolded(content: tuple[Block, ...]) -> str:
    """Write what is in a fold already: a single text needs no second one."""
    match content:
        case [Text(text=text, label=None)] if text:
            return fence(text)
    return markdown(content)


def _text(label: str | None, text: str) -> str:
    if not text:
        return f"**{inline(label)}:** *empty*\n" if label else "*empty*\n"
    if len(text) > LONG:
        return fold(f"{label or 'Text'} ({plural(len(text), 'character')})", fence(text))
    return (f"**{inline(label)}:**\n\n" if label else "") + fence(text)


def _reasoning(block: Reasoning) -> str:
    parts = [_text("Reasoning summary", block.summary)] if block.summary else []
    parts += [_text("Reasoning", block.text)] if block.text else []
    if block.encrypted_characters:
        parts.append(f"**Reasoning:** {plural(block.encrypted_characters, 'encrypted character')}\n")
    return "\n".join(parts) or "**Reasoning:** *no text*\n"


def _tool_call(block: ToolCall) -> str:
    return f"{tool_call_head(block)}\n\n{in_place(block.arguments)}"


def tool_call_head(block: ToolCall) -> str:
    """Return what is called, without the arguments."""
    call = f" ({code(block.kind)}, id {code(block.call_id)})" if block.call_id else f" ({code(block.kind)})"
    cut = "" if block.finished else " *(cut short)*"
    return f"**Tool call:** {code(block.name)}{call}{cut}"


def _tool_result(block: ToolResult) -> str:
    return f"{tool_result_head(block)}\n\n{markdown(block.content)}"


def tool_result_head(block: ToolResult) -> str:
    """Return whose result it is, without its content."""
    call = f"of {code(block.call_id)} " if block.call_id else ""
    failed = " *(failed)*" if block.failed else ""
    return f"**Tool result:** {call}({code(block.kind)}){failed}"


def _media(block: Media) -> str:
    facts = [code(block.media_type)] if block.media_type else []
    facts += [plural(block.size, "byte")] if block.size is not None else []
    facts += [code(block.source)] if block.source else []
    return f"**{inline(block.label)}:** {', '.join(facts) or '*no content*'}\n"


def _settings(block: Settings) -> str:
    short = [(name, value, flat(value)) for name, value in block.pairs]
    line = " · ".join(f"**{inline(name)}:** {code(text)}" for name, _, text in short if text is not None)
    folds = [fold(name, json_block(value)) for name, value, text in short if text is None]
    return "\n".join([line + "\n", *folds] if line else folds)


def _failure(block: Failure) -> str:
    line = f"**Error:** {inline(block.message)}" + (f" ({code(block.code)})" if block.code else "") + "\n"
    return line if block.detail is None else line + "\n" + fold("The error as sent", json_block(block.detail))
