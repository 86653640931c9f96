"""The body of a request or a response: as JSON not read yet or as text, and the blocks of one that answers no call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from probe.record.body_text import string_of, text_size
from probe.record.exchange import OutlinedExchange, UnreadExchange, UnreadRequest, UnreadResponse
from probe.renderers.blocks import Block, Body, Note
from probe.renderers.json_reader import Json, OutlinedJson, decoded_base64, parsed_json
from probe.renderers.safely import safely
from probe.trace.shapes import BODY, Structure
from probe.trace.turns import Traced

_Payload = UnreadRequest | UnreadResponse


def read_body(exchange: UnreadExchange, payload: _Payload) -> tuple[Json | str | None, int | None]:
    """Return a body and its size: JSON not read yet, text, or None where there is none.

    The size is None where the record does not have it, and counting would take long.
    """
    if isinstance(payload.body, msgspec.Raw):
        raw = bytes(payload.body)
        if raw[:1] != b'"':
            size = len(raw) if payload.size is None else payload.size
            return (None, payload.size or 0) if raw in (b"null", b"") else (Json(raw), size)
        text = string_of(payload.body)
    elif not isinstance(payload.body, str):
        if payload.body is None:
            return None, payload.size or 0
        outlined = OutlinedJson(payload.body, lambda: _text_of(exchange))
        return outlined, outlined.size if payload.size is None else payload.size
    else:
        text = payload.body
    # A body that is too large for the record to parse, or of a file that keeps all bodies as text.
    if text[:1] in ("{", "[") and not payload.whole_text:
        json = Json(text.encode("utf-8", "surrogatepass"))
        return (json if json.members or json.elements else text), len(
            json.raw
        ) if payload.size is None else payload.size
    return text or None, payload.size


def _text_of(exchange: UnreadExchange) -> bytes:
    """Return the JSON text of a request's body of which only the outline is at hand."""
    assert isinstance(exchange, OutlinedExchange)
    return bytes(exchange.unread().request.body)


def sized(body: Json | str | None, size: int | None) -> int:
    return size or 0 if size is not None or not isinstance(body, str) else text_size(body)


def count_body(structure: Structure, value: Any) -> None:
    """Count the shape of a whole body."""
    if value not in (None, ""):
        structure.add_value(BODY, value)


def body_blocks(
    traced: Traced,
    payload: _Payload,
    value: Any,
    render: Callable[[Any], Iterable[Block] | None],
) -> tuple[Block, ...] | None:
    """Return the blocks of a body that belongs to no call; None when its API does not know it."""
    data = decoded_base64(value) if payload.body_kind == "base64" and not payload.whole_text else None
    if payload.body_kind == "base64" and not (traced.api.reads_bytes and data is not None):
        return (Note(text="Binary, as base64:"), Body(value=value))
    shown = value if data is None else data

    def rendered() -> tuple[Block, ...] | None:
        blocks = render(shown)
        return None if blocks is None else tuple(blocks)

    blocks, failed = safely(rendered)
    if failed:
        traced.failures.append(failed)
        blocks = shown_as_is(failed, value)
    return (left_out(payload), *blocks) if payload.whole_text and blocks is not None else blocks


def left_out(payload: _Payload) -> Note:
    return Note(
        text=f"Only the beginning and the end of these {payload.size} bytes are shown; the record has all of them."
    )


def shown_as_is(failed: str, value: Any) -> tuple[Block, ...]:
    return (Note(text=f"Shown as it is, because the renderer failed: {failed}"), Body(value=parsed_json(value)))
