"""Parts of an exchange as it is recorded: sides, bodies with their exact bytes, events of a stream, messages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from probe.ask.found import Found, below, json_found, text_found, value_found
from probe.ask.path import number_of
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.record.body_text import string_of
from probe.record.exchange import Message, UnreadExchange, UnreadRequest, UnreadResponse
from probe.record.integrity import body_chunks, message_chunks
from probe.renderers.events import Stream, split_stream
from probe.renderers.json_reader import Json, decoded_base64, parsed_json
from probe.renderers.loader import Renderer
from probe.renderers.sse import is_stream
from probe.renderers.urls import split_url

_PARTS = ("request", "response", "request.body", "response.body", "request.headers", "event.1", "message.1")


def exchange_part(
    exchange: UnreadExchange, steps: Sequence[str], record: Path, renderer: Renderer, line: bytes | None = None
) -> Found:
    """Return a part of an exchange; `record` is the file that it is in, `line` its whole text. Raises UserError."""
    match steps:
        case [("request" | "response") as side, "body"]:
            return _body(_side(exchange, side), record)
        case ["event", word] | ["response", "event", word]:
            return stream_event(exchange, word, record, renderer)
        case ["message", word] | ["websocket", "message", word]:
            return _message(exchange, word, record)
        case ["event" | "message"]:
            raise UserError(f"{steps[0]} needs a number", f"for example: exchange.{exchange.seq}.{steps[0]}.1")
    # Of a line that is too long to be loaded, what is at hand: its texts are shortened.
    whole = json_found(Json(msgspec.json.encode(exchange) if line is None else line))
    try:
        return below(whole, "".join(f"/{step}" for step in steps))
    except UserError as error:
        words = ".".join(steps)
        hint = did_you_mean(words, _PARTS) + f"its parts are: {', '.join(_PARTS)}"
        raise UserError(f"exchange.{exchange.seq} has no part {words!r}", hint) from error


def _side(exchange: UnreadExchange, side: str) -> UnreadRequest | UnreadResponse:
    payload = exchange.request if side == "request" else exchange.response
    if payload is None:
        raise UserError(f"exchange {exchange.seq} got no response", f"exchange.{exchange.seq}/error says why")
    return payload


def _body(payload: UnreadRequest | UnreadResponse, record: Path) -> Found:
    """Return a body: JSON, text, or base64 as it is recorded; its bytes are those before any content-encoding."""
    if payload.body_kind is None:
        text = Json(bytes(payload.body) or b"null")  # of a file from elsewhere
        return text_found(text.value) if isinstance(text.value, str) else json_found(text)
    if payload.body_kind == "json" and not payload.whole_text:
        exact = payload.body_text
        return json_found(Json(exact.encode() if exact is not None else b"".join(body_chunks(payload, record))))
    value = "" if payload.body_kind == "none" else string_of(payload.body)
    return Found(value=value, raw=lambda: body_chunks(payload, record))


def _message(exchange: UnreadExchange, word: str, record: Path) -> Found:
    messages: Sequence[Message] = exchange.websocket.messages if exchange.websocket else ()
    message = messages[number_of(word, "WebSocket message", len(messages)) - 1]
    if message.whole_text or message.type != "text":
        return Found(value=message.content, raw=lambda: message_chunks(message, record))
    return message_found(message.content)


def message_found(content: str) -> Found:
    """Return the text of a message, or the JSON in it."""
    value = parsed_json(content)
    return text_found(content) if isinstance(value, str) else json_found(Json(content.encode("utf-8", "surrogatepass")))


def stream_event(exchange: UnreadExchange, word: str, record: Path, renderer: Renderer) -> Found:
    """Return an event of a streamed response: name, data, and when it arrived. Raises UserError."""
    response = _side(exchange, "response")
    assert isinstance(response, UnreadResponse)
    stream = _events(exchange, response, renderer)
    number = number_of(word, "event", stream.length if stream else 0) - 1
    assert stream is not None
    text = stream.texts[number]
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    offset = stream.offset(number)
    value = {
        "event": stream.names[number],
        "data": parsed_json(data.decode("utf-8", "replace")),
        "at": _time_at(response, offset),
        "offset": offset,
    }
    made = value_found(value)
    return Found(value=made.value, raw=lambda: [data], json=made.json)


def _events(exchange: UnreadExchange, response: UnreadResponse, renderer: Renderer) -> Stream | None:
    if response.body_kind == "none" or response.whole_text:
        return None
    raw = bytes(response.body)
    body: Json | str | bytes = string_of(response.body) if raw[:1] == b'"' else Json(raw)
    if isinstance(body, str) and is_stream(body):
        # No API's own reader, which would join the deltas.
        return split_stream(body)
    path = split_url(exchange.request.url).path
    api = renderer.api(path)
    data = decoded_base64(body) if response.body_kind == "base64" and api.reads_bytes else None
    return api.split(path, body if data is None else data)


def _time_at(response: UnreadResponse, offset: int | None) -> float | None:
    """Return when the piece arrived in which an event begins."""
    times = [time for time, begin in response.pieces if offset is not None and begin <= offset]
    return times[-1] if times else response.started
