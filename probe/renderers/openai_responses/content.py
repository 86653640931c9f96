"""The content parts that messages and tool results are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, Encrypted, Media, MediaKind, Reasoning, Refusal, Text, Unknown
from probe.renderers.fields import Fields
from probe.renderers.json_reader import parsed_json
from probe.renderers.parts import each_part, media

_MEDIA = {
    "input_image": (MediaKind.IMAGE, "Image"),
    "output_image": (MediaKind.IMAGE, "Image"),
    "computer_screenshot": (MediaKind.IMAGE, "Screenshot"),
    "input_file": (MediaKind.FILE, "File"),
    "input_audio": (MediaKind.AUDIO, "Audio"),
}
# Type of a part and its field for the text.
_TEXTS = {
    **dict.fromkeys(("input_text", "output_text", "text", "summary_text", "reasoning_text"), "text"),
    "refusal": "refusal",
    "encrypted_content": "encrypted_content",
}
_DETAILS = ("annotations", "logprobs", "detail", "prompt_cache_breakpoint")
_LONGEST_URL = 2048
"""Characters of a URL that is shown; a longer text in its place is the encoded media itself."""


def content_blocks(content: Any, label: str | None = None) -> Iterator[Block]:
    """Yield the blocks of a message's content: a string, or a list of parts."""
    return each_part(content, _part, label)


def result_blocks(output: Any) -> Iterator[Block]:
    """Yield the blocks of what a tool returned: text, JSON as text, or parts."""
    value = parsed_json(output)
    if isinstance(output, list):
        yield from content_blocks(output)
    elif isinstance(value, str):
        yield Text(text=value)
    elif isinstance(value, dict) and str(value.get("type")) in _MEDIA:
        yield from content_blocks(value)
    elif value is not None:
        yield Body(value=value, folded=False)


def _part(part: Any, label: str | None) -> Iterator[Block]:
    kind = part.get("type") if isinstance(part, dict) else None
    if isinstance(part, str):
        yield Text(text=part, label=label)
    elif not isinstance(kind, str):
        reason = "content part without a type" if kind is None else f"content part {kind!r}"
        yield Unknown(what=reason, value=part)
    elif kind in _MEDIA:
        fields = Fields(part)
        yield from _media(*_MEDIA[kind], fields)
        yield from _others(fields)
    elif kind in _TEXTS and isinstance(part.get(_TEXTS[kind]), str):
        fields = Fields(part)
        yield _text(kind, fields.take(_TEXTS[kind]), label)
        yield from _others(fields)
    else:
        yield Unknown(what=f"content part {kind!r}", value=part)


def _text(kind: str, text: str, label: str | None) -> Block:
    match kind:
        case "refusal":
            return Refusal(text=text)
        case "reasoning_text":
            return Reasoning(summary=None, text=text)
        case "encrypted_content":
            return Encrypted(what="content", characters=len(text))
        case _:
            return Text(text=text, label=label)


def _others(fields: Fields) -> Iterator[Block]:
    fields.take("type")
    yield from fields.rest(*_DETAILS)


def _media(kind: MediaKind, label: str, fields: Fields) -> Iterator[Block]:
    """Yield an image, sound or file; its bytes stay in the record."""
    within = Fields(fields.object("input_audio") or fields.object("image_url"))
    source = fields.text("filename") or fields.text("file_id")
    held = fields.text("file_data") or within.text("data")
    url = None if held else fields.text("image_url") or fields.text("file_url") or within.text("url")
    if url and not url.startswith("data:") and len(url) <= _LONGEST_URL:
        yield Media(kind=kind, label=label, source=url)
        yield from Fields({"file": source}).details("file")
    elif held or url:
        yield media(kind, label, held or url or "", source)
    else:
        yield Media(kind=kind, label=label, source=source)
    yield from fields.details("file_id", "image_url", "file_url")
    yield from within.rest("format", "detail", "url")
