"""Tell the content of messages: texts, and parts of other kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Image, Raw, Reasoning, Refusal, Text
from probe.renderers.parts import each_part, media, rest

# Type of part, what it is called, and where its bytes or its address may stand; besides OpenAI's own there are
# `video_url` (Qwen, OpenRouter) and `document_url` (Mistral).
_MEDIA = {
    "image_url": ("Image", ("url",)),
    "input_audio": ("Audio", ("data",)),
    "audio_url": ("Audio", ("url",)),
    "video_url": ("Video", ("url",)),
    "document_url": ("Document", ("url",)),
    "file": ("File", ("file_data", "file_url")),
}


def content_blocks(content: Any, label: str | None = None) -> Iterator[Block]:
    """Tell a message's content: a string, or a list of parts."""
    return each_part(content, _part, label)


def _part(part: Any, label: str | None) -> Iterator[Block]:
    match part:
        case str():
            yield Text(text=part, label=label)
        case {"type": "text", "text": str(text)}:
            yield Text(text=text, label=label)
            yield from rest(part, "type", "text")
        case {"type": "refusal", "refusal": str(text)}:
            yield Refusal(text=text)
            yield from rest(part, "type", "refusal")
        case {"type": "thinking", "thinking": told}:  # Mistral
            yield Reasoning(summary=None, text=_joined(told))
            yield from rest(part, "type", "thinking")
        case {"type": str(kind)} if kind in _MEDIA and kind in part:
            yield from _media(kind, part)
        case {"type": other}:
            yield Raw(reason=f"content part {other!r}", value=part)
        case other:
            yield Raw(reason="content part without a type", value=other)


def _media(kind: str, part: dict[str, Any]) -> Iterator[Block]:
    """Tell an image, sound or file; what it holds is told by type and size."""
    name, holders = _MEDIA[kind]
    held = part[kind] if isinstance(part[kind], dict) else {holders[0]: part[kind]}
    source = held.get("filename") or held.get("file_id")
    data = next((held[holder] for holder in holders if isinstance(held.get(holder), str)), None)
    yield media(name, data, _text(source)) if data else Image(kind=name, source=_text(source))
    used = [holder for holder in holders if held.get(holder) is data]
    used += [field for field in ("filename", "file_id") if held.get(field) is source]
    yield from rest({**{field: value for field, value in held.items() if field not in used}, **_beside(kind, part)})


def _beside(kind: str, part: dict[str, Any]) -> dict[str, Any]:
    """Give the fields that stand beside what a part holds, such as a gateway's `cache_control`."""
    return {field: value for field, value in part.items() if field not in ("type", kind)}


def _joined(told: Any) -> str:
    """Join a text given in parts; anything else in it is kept as it is."""
    parts = told if isinstance(told, list) else [told]
    return "".join(str(part.get("text", part) if isinstance(part, dict) else part) for part in parts)


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
