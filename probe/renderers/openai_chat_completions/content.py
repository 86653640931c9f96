"""The content of messages: texts, and parts of other kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, CacheBreakpoint, Media, MediaKind, Reasoning, Refusal, Text, Unknown
from probe.renderers.fields import Fields
from probe.renderers.parts import each_part, media

# Type of part, what it holds, and where its bytes or its address may be; besides OpenAI's own there are
# `video_url` (Qwen, OpenRouter) and `document_url` (Mistral).
_MEDIA = {
    "image_url": (MediaKind.IMAGE, "Image", ("url",)),
    "input_audio": (MediaKind.AUDIO, "Audio", ("data",)),
    "audio_url": (MediaKind.AUDIO, "Audio", ("url",)),
    "video_url": (MediaKind.VIDEO, "Video", ("url",)),
    "document_url": (MediaKind.DOCUMENT, "Document", ("url",)),
    "file": (MediaKind.FILE, "File", ("file_data", "file_url")),
}


def content_blocks(content: Any, label: str | None = None) -> Iterator[Block]:
    """Yield a message's content: a string, or a list of parts."""
    return each_part(content, _part, label)


_USUAL = (None, "explicit", "ephemeral")


def cache_blocks(fields: Fields) -> Iterator[Block]:
    """Yield the place up to which the request is to be cached: OpenAI's own mark, and that of gateways to Anthropic."""
    for name, kind in (("prompt_cache_breakpoint", "mode"), ("cache_control", "type")):
        mark = fields.peek(name)
        if not isinstance(mark, dict) or not mark.keys() <= {kind, "ttl"} or mark.get(kind) not in _USUAL:
            continue
        lasts = mark.get("ttl", "5m" if name == "cache_control" else "default")
        if isinstance(lasts, str):
            fields.take(name)
            yield CacheBreakpoint(lasts=lasts)


def _part(part: Any, label: str | None) -> Iterator[Block]:
    if isinstance(part, str):
        yield Text(text=part, label=label)
        return
    fields = Fields(part)
    kind = fields.text("type")
    match kind, fields.peek(kind or ""):
        case "text", str(text):
            yield Text(text=text, label=label)
        case "refusal", str(text):
            yield Refusal(text=text)
        case "thinking", held if (thinking := _thinking(held)) is not None:  # Mistral
            yield Reasoning(summary=None, text=thinking)
        case str(), held if kind in _MEDIA and held is not None:
            yield from _media(kind, held)
        case _:
            yield Unknown(what=f"content part {kind!r}" if kind else "content part without a type", value=part)
            return
    fields.take(kind)
    yield from cache_blocks(fields)
    yield from fields.rest("index")  # OpenRouter's painted images


def _media(kind: str, held: Any) -> Iterator[Block]:
    """Yield an image, sound or file with its type and size; its bytes stay in the record."""
    shown, label, holders = _MEDIA[kind]
    fields = Fields(held if isinstance(held, dict) else {holders[0]: held})
    data = next((text for holder in holders if (text := fields.text(holder))), None)
    # A URL is all that the block has room for.
    source = None if data and "://" in data[:40] else fields.text("filename") or fields.text("file_id")
    yield media(shown, label, data, source) if data else Media(kind=shown, label=label, source=source)
    yield from fields.rest("filename", "file_id", "detail", "format")


def _thinking(held: Any) -> str | None:
    """Return a text that may be in parts; None where there is anything else in it."""
    texts: list[str] = []
    for part in held if isinstance(held, list) else [held]:
        match part:
            case {"type": "text", "text": str(text), **others} if not others:
                texts.append(text)
            case str():
                texts.append(part)
            case _:
                return None
    return "".join(texts)
