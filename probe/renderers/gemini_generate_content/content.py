"""The parts that contents are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from probe.renderers.blocks import (
    Block,
    Body,
    Encrypted,
    Media,
    MediaKind,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Unknown,
)
from probe.renderers.fields import Fields
from probe.renderers.gemini_generate_content.arguments import arguments_of
from probe.renderers.gemini_generate_content.names import spelled
from probe.renderers.parts import listed, media

_MEDIA = {
    "image": (MediaKind.IMAGE, "Image"),
    "audio": (MediaKind.AUDIO, "Audio"),
    "video": (MediaKind.VIDEO, "Video"),
}
_BESIDE = (
    *("partMetadata", "mediaResolution", "mediaProcessing", "videoMetadata", "audioMetadata", "speechMetadata"),
    *("documentMetadata", "spreadsheetMetadata"),
)
"""Fields that describe what a part holds."""
_SUCCEEDED = ("OUTCOME_OK", "OUTCOME_UNSPECIFIED", None)


def message(content: Any) -> Message:
    """Return one content of a request."""
    fields = spelled(content)
    role = fields.get("role")
    return Message(
        role=role if isinstance(role, str) else None,
        type=_kinds(fields.get("parts")) if fields else "text" if isinstance(content, str) else "(no type)",
        content=tuple(content_blocks(content)),
    )


def content_blocks(content: Any) -> Iterator[Block]:
    """Yield the blocks of a content: an object with parts, a list of parts, or a text."""
    fields = Fields(content)
    match content:
        case None:
            return
        case str():
            yield Text(text=content)
        case list():
            yield from _parts(content)
        case {"parts": parts}:
            fields.take("parts")
            fields.text("role")
            yield from _parts(parts)
            yield from fields.unknown()
        case dict() if not content or (len(content) == 1 and isinstance(content.get("role"), str)):
            return
        case _ if part_kinds(content):
            yield from part_blocks(content)
        case _:
            yield Unknown(what="content without parts", value=content)


def part_blocks(part: Any, label: str | None = None) -> Iterator[Block]:
    """Yield one part: what it holds, its signature, and its other fields."""
    if isinstance(part, str):
        yield Text(text=part, label=label)
        return
    named, kinds = spelled(part), part_kinds(part)
    if not kinds and (named.keys() - {*_BESIDE, "thought", "thoughtSignature"} or not isinstance(part, dict)):
        names = ", ".join(map(repr, list(named)[:3]))
        yield Unknown(what=f"part {names}" if names else "part without fields", value=part)
        return
    fields = Fields(named)
    signature, text = fields.text("thoughtSignature"), fields.text("text")
    fields.drop("thought", False)
    if text is not None and fields.peek("thought") is True:
        fields.take("thought")
        yield Reasoning(summary=text, encrypted_characters=len(signature) if signature else None)
        signature = None
    elif text or (text is not None and not signature):
        yield Text(text=text, label=label)
    for kind in kinds:
        if kind != "text":
            within = Fields(spelled(fields.take(kind)))
            yield from _OBJECTS[kind](kind, within)
            yield from within.unknown()
    if signature:
        yield Encrypted(what="thought signature", characters=len(signature))
    yield from fields.rest("thought", *_BESIDE)


def part_kinds(part: Any) -> list[str]:
    """List what a part holds: one thing, in what the API sends."""
    fields = spelled(part)
    kinds = [kind for kind in _OBJECTS if isinstance(fields.get(kind), dict)]
    return ["text", *kinds] if isinstance(fields.get("text"), str) else kinds


def _parts(parts: Any) -> Iterator[Block]:
    for part in listed(parts):
        yield from part_blocks(part)


def _kinds(parts: Any) -> str:
    kinds = (part_kinds(part) or ["(unknown)"] for part in listed(parts))
    return " + ".join(dict.fromkeys(kind for found in kinds for kind in found)) or "(no parts)"


def _call(kind: str, call: Fields) -> Iterator[Block]:
    pieces = {name: call.take(name) for name in ("args", "partialArgs")}
    yield ToolCall(
        name=_text(call.take("toolType" if kind == "toolCall" else "name")) or "(no name)",
        arguments=arguments_of(pieces),
        kind=kind,
        call_id=_text(call.take("id")),
        finished=call.flag("willContinue") is not True,
    )


def _result(kind: str, result: Fields) -> Iterator[Block]:
    response, parts = result.take("response"), result.take("parts")
    failed = isinstance(response, dict) and "error" in response and "output" not in response
    yield ToolResult(
        content=(*_outcome(response), *_parts(parts)),
        kind=kind,
        call_id=_text(result.take("id")),
        failed=True if failed else None,
    )
    yield from result.details("name", "toolType", "scheduling", "willContinue")


def _outcome(response: Any) -> Iterator[Block]:
    """Yield what a function returned; `output` and `error` are the API's own names for it."""
    match response:
        case {"output": str(text)} | {"error": str(text)} if len(response) == 1:
            yield Text(text=text)
        case {"output": value} | {"error": value} if len(response) == 1:
            yield Body(value=value, folded=False)
        case None:
            return
        case _:
            yield Body(value=response, folded=False)


def _code(kind: str, code: Fields) -> Iterator[Block]:
    call_id = _text(code.take("id"))
    yield ToolCall(name="codeExecution", arguments=code.take("code"), kind=kind, call_id=call_id)
    yield from code.details("language")


def _code_result(kind: str, result: Fields) -> Iterator[Block]:
    output, outcome = result.take("output"), result.peek("outcome")
    shown = Text(text=output) if isinstance(output, str) else Body(value=output, folded=False)
    call_id = _text(result.take("id"))
    yield ToolResult(content=(shown,), kind=kind, call_id=call_id, failed=outcome not in _SUCCEEDED)
    result.drop("outcome", "OUTCOME_OK")
    yield from result.details("outcome")


def _inline(_kind: str, blob: Fields) -> Iterator[Block]:
    """Yield an image, sound or file by type and size; its bytes stay in the record."""
    media_type, data, name = blob.text("mimeType"), blob.text("data"), blob.text("displayName")
    kind, label = _media_kind(media_type)
    shown = media(kind, label, data, name) if data is not None else Media(kind=kind, label=label, source=name)
    yield replace(shown, media_type=media_type or shown.media_type)


def _file(_kind: str, file: Fields) -> Iterator[Block]:
    media_type = file.text("mimeType")
    kind, label = _media_kind(media_type)
    yield Media(kind=kind, label=label, media_type=media_type, source=file.text("fileUri"))
    yield from file.details("displayName")


def _transcript(_kind: str, transcript: Fields) -> Iterator[Block]:
    yield Text(text=transcript.text("text") or "", label="Audio transcript")
    yield from transcript.details("finished", "languageCode", "speakerLabel", "startOffset", "endOffset", "words")


def _media_kind(media_type: str | None) -> tuple[MediaKind, str]:
    return _MEDIA.get((media_type or "").partition("/")[0], (MediaKind.FILE, "File"))


def _text(value: Any) -> str | None:
    return value if value is None else str(value)


_OBJECTS: dict[str, Callable[[str, Fields], Iterator[Block]]] = {
    "inlineData": _inline,
    "fileData": _file,
    "functionCall": _call,
    "functionResponse": _result,
    "toolCall": _call,
    "toolResponse": _result,
    "executableCode": _code,
    "codeExecutionResult": _code_result,
    "audioTranscription": _transcript,
}
"""What a part may hold besides a text, and the function that reads it."""
