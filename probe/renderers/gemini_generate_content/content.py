"""Tell the parts that contents are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from probe.renderers.blocks import Block, Body, Entry, Image, Raw, Reasoning, Text, ToolCall, ToolResult
from probe.renderers.gemini_generate_content.arguments import arguments_of
from probe.renderers.gemini_generate_content.names import spelled
from probe.renderers.parts import media, rest

_MEDIA = {"image": "Image", "audio": "Audio", "video": "Video"}
_BESIDE = frozenset(
    {
        *("thought", "thoughtSignature", "partMetadata", "mediaResolution", "mediaProcessing", "videoMetadata"),
        *("audioMetadata", "speechMetadata", "documentMetadata", "spreadsheetMetadata"),
    }
)
"""What a part says about what it holds."""
_SUCCEEDED = ("OUTCOME_OK", "OUTCOME_UNSPECIFIED", None)


def contents_of(value: Any) -> list[Any]:
    """Give a list of contents; a single one, or a text, is the short form of a list."""
    return value if isinstance(value, list) else [value]


def content_entry(index: int, content: Any) -> Entry:
    """Tell one content as a line of the conversation."""
    fields = spelled(content)
    role = fields.get("role")
    return Entry(
        index=index,
        role=role if isinstance(role, str) else None,
        type=_kinds(fields.get("parts")) if fields else "text" if isinstance(content, str) else "(no type)",
        content=tuple(content_blocks(content)),
    )


def content_blocks(content: Any, label: str | None = None) -> Iterator[Block]:
    """Tell a content: an object with parts, a list of parts, or a text."""
    match content:
        case None:
            return
        case str():
            yield Text(text=content, label=label)
        case list():
            yield from parts_blocks(content, label)
        case {"parts": parts}:
            yield from parts_blocks(parts, label)
            told = content.get("role")
            yield from rest(content, "parts", "role" if told is None or isinstance(told, str) else "")
        case dict() if not content or (len(content) == 1 and isinstance(content.get("role"), str)):
            return
        case _ if part_kinds(content):
            yield from part_blocks(content, label)
        case _:
            yield Raw(reason="content without parts", value=content)


def parts_blocks(parts: Any, label: str | None = None) -> Iterator[Block]:
    """Tell a content's parts, one after the other."""
    for part in _listed(parts):
        yield from part_blocks(part, label)


def part_blocks(part: Any, label: str | None = None) -> Iterator[Block]:
    """Tell one part: what it holds, its signature, and what else it says."""
    if isinstance(part, str):
        yield Text(text=part, label=label)
        return
    fields, kinds = spelled(part), part_kinds(part)
    signature = fields.get("thoughtSignature")
    encrypted = len(signature) if isinstance(signature, str) and signature else None
    thought = fields.get("thought") is True and "text" in kinds
    if not kinds and (set(fields) - _BESIDE or not isinstance(part, dict)):
        yield Raw(reason=f"part {_names(fields)}" if fields else "part without fields", value=part)
        return
    if thought:
        yield Reasoning(summary=fields["text"], encrypted_characters=encrypted)
    elif "text" in kinds and (fields["text"] or not encrypted):
        yield Text(text=fields["text"], label=label)
    for kind in kinds:
        if kind != "text":
            yield from _OBJECTS[kind](kind, spelled(fields[kind]))
    if encrypted and not thought:
        yield Reasoning(summary=None, encrypted_characters=encrypted)
    said = ("thought",) if thought or fields.get("thought") is False else ()
    yield from rest(fields, *kinds, *said, "thoughtSignature" if encrypted else "")


def part_kinds(part: Any) -> list[str]:
    """List what a part holds: one thing, in what the API sends."""
    fields = spelled(part)
    kinds = [kind for kind in _OBJECTS if isinstance(fields.get(kind), dict)]
    return ["text", *kinds] if isinstance(fields.get("text"), str) else kinds


def _listed(parts: Any) -> list[Any]:
    return parts if isinstance(parts, list) else [] if parts is None else [parts]


def _names(fields: dict[str, Any]) -> str:
    return ", ".join(repr(name) for name in list(fields)[:3])


def _kinds(parts: Any) -> str:
    kinds = (part_kinds(part) or ["(unknown)"] for part in _listed(parts))
    return " + ".join(dict.fromkeys(kind for found in kinds for kind in found)) or "(no parts)"


def _call(kind: str, call: dict[str, Any]) -> Iterator[Block]:
    name = "toolType" if kind == "toolCall" else "name"
    yield ToolCall(
        name=_text(call.get(name)) or "(no name)",
        arguments=arguments_of(call),
        kind=kind,
        call_id=_text(call.get("id")),
        finished=call.get("willContinue") is not True,
    )
    yield from rest(call, "id", name, "args", "partialArgs", "willContinue")


def _result(kind: str, result: dict[str, Any]) -> Iterator[Block]:
    response, parts = result.get("response"), result.get("parts")
    content = [*_outcome(response), *(parts_blocks(parts) if parts else ())]
    failed = isinstance(response, dict) and "error" in response and "output" not in response
    yield ToolResult(
        content=tuple(content), kind=kind, call_id=_text(result.get("id")), failed=True if failed else None
    )
    yield from rest(result, "id", "response", "parts")


def _outcome(response: Any) -> Iterator[Block]:
    """Tell what a function gave back; `output` and `error` are the API's own names for it."""
    match response:
        case {"output": str(text)} | {"error": str(text)} if len(response) == 1:
            yield Text(text=text)
        case {"output": value} | {"error": value} if len(response) == 1:
            yield Body(value=value, folded=False)
        case None:
            return
        case _:
            yield Body(value=response, folded=False)


def _code(kind: str, code: dict[str, Any]) -> Iterator[Block]:
    yield ToolCall(name="codeExecution", arguments=code.get("code"), kind=kind, call_id=_text(code.get("id")))
    yield from rest(code, "code", "id")


def _code_result(kind: str, result: dict[str, Any]) -> Iterator[Block]:
    output, outcome = result.get("output"), result.get("outcome")
    yield ToolResult(
        content=(Text(text=output) if isinstance(output, str) else Body(value=output, folded=False),),
        kind=kind,
        call_id=_text(result.get("id")),
        failed=outcome not in _SUCCEEDED,
    )
    yield from rest(result, "id", "output", "outcome" if outcome == "OUTCOME_OK" else "")


def _inline(_kind: str, blob: dict[str, Any]) -> Iterator[Block]:
    """Tell an image, sound or file by type and size; its bytes stay in the record."""
    data, name = blob.get("data"), _text(blob.get("displayName"))
    kind = _media_kind(blob)
    shown = media(kind, data, name) if isinstance(data, str) else Image(kind=kind, source=name)
    yield replace(shown, media_type=_text(blob.get("mimeType")) or shown.media_type)
    yield from rest(blob, "mimeType", "displayName", "data" if isinstance(data, str) else "")


def _file(_kind: str, file: dict[str, Any]) -> Iterator[Block]:
    yield Image(kind=_media_kind(file), media_type=_text(file.get("mimeType")), source=_text(file.get("fileUri")))
    yield from rest(file, "mimeType", "fileUri")


def _transcript(_kind: str, transcript: dict[str, Any]) -> Iterator[Block]:
    yield Text(text=_text(transcript.get("text")) or "", label="Audio transcript")
    yield from rest(transcript, "text")


def _media_kind(fields: dict[str, Any]) -> str:
    return _MEDIA.get(str(fields.get("mimeType")).partition("/")[0], "File")


def _text(value: Any) -> str | None:
    return value if value is None else str(value)


_OBJECTS: dict[str, Callable[[str, dict[str, Any]], Iterator[Block]]] = {
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
"""What a part may hold besides a text, and how it is told."""
