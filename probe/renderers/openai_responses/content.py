"""Tell the content parts that messages and tool results are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, Image, Note, Raw, Reasoning, Refusal, Text
from probe.renderers.bodies import parsed
from probe.renderers.parts import each_part, media, rest

_MEDIA = {
    "input_image": "Image",
    "output_image": "Image",
    "computer_screenshot": "Screenshot",
    "input_file": "File",
    "input_audio": "Audio",
}


def content_blocks(content: Any, label: str | None = None) -> Iterator[Block]:
    """Tell a message's content: a string, or a list of parts."""
    return each_part(content, _part, label)


def result_blocks(output: Any) -> Iterator[Block]:
    """Tell what a tool gave back: text, JSON as text, or parts."""
    value = parsed(output)
    if isinstance(output, list):
        yield from content_blocks(output)
    elif isinstance(value, str):
        yield Text(text=value)
    elif isinstance(value, dict) and str(value.get("type")) in _MEDIA:
        yield from content_blocks(value)
    elif value is not None:
        yield Body(value=value, folded=False)


def _part(part: Any, label: str | None) -> Iterator[Block]:
    match part:
        case str():
            yield Text(text=part, label=label)
        case {"type": "input_text" | "output_text" | "text" | "summary_text", "text": str(text)}:
            yield Text(text=text, label=label)
            yield from rest(part, "type", "text")
        case {"type": "encrypted_content", "encrypted_content": str(text)}:
            yield Note(text=f"{len(text):,} encrypted characters.")
            yield from rest(part, "type", "encrypted_content")
        case {"type": "reasoning_text", "text": str(text)}:
            yield Reasoning(summary=None, text=text)
            yield from rest(part, "type", "text")
        case {"type": "refusal", "refusal": str(text)}:
            yield Refusal(text=text)
            yield from rest(part, "type", "refusal")
        case {"type": str(kind)} if kind in _MEDIA:
            yield from _media(_MEDIA[kind], part)
        case {"type": other}:
            yield Raw(reason=f"content part {other!r}", value=part)
        case other:
            yield Raw(reason="content part without a type", value=other)


def _media(kind: str, part: dict[str, Any]) -> Iterator[Block]:
    """Tell an image, sound or file; what it holds is told by type and size."""
    url = part.get("image_url") or part.get("file_url")
    url = url.get("url") if isinstance(url, dict) else url
    audio = part.get("input_audio")
    data = part.get("file_data") or (audio.get("data") if isinstance(audio, dict) else None)
    source = part.get("filename") or part.get("file_id")
    held = data or url
    if isinstance(held, str):
        yield media(kind, held, _text(source))
    else:
        yield Image(kind=kind, source=_text(source))
    yield from rest(part, "type", "image_url", "file_url", "file_data", "input_audio", "filename", "file_id")


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
