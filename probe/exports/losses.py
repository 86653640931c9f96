"""What each format loses of a record: the table of docs/formats.md, and what an export prints.

HAR and flows have a place for what they have no field for; the two others do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from probe.exports.bodies import has_body, header_pairs, is_binary, is_event_stream, is_json, value_of
from probe.record.exchange import Exchange, Payload

BOTH = ("claude-trace", "claude-tap")
_TRACE, _TAP = ("claude-trace",), ("claude-tap",)


class Loss(NamedTuple):
    """Something that a format has no place for."""

    what: str
    formats: tuple[str, ...]
    places: tuple[str, ...]
    """The fields of a record that come back otherwise, or not at all; `*` is request and response."""
    is_in: Callable[[Exchange], bool]
    """Checks whether an exchange has such a thing."""


def payloads(exchange: Exchange) -> Iterator[Payload]:
    """Yield the request and the response."""
    yield exchange.request
    if exchange.response:
        yield exchange.response


def _any(check: Callable[[Payload], object]) -> Callable[[Exchange], bool]:
    return lambda exchange: any(check(payload) for payload in payloads(exchange))


def _always(exchange: Exchange) -> bool:
    return True


def _is_odd_json(exchange: Exchange) -> bool:
    """Check for JSON that is `null`, or in a request a string, which reads as no body, or as text."""
    found = [value_of(one) for one in payloads(exchange) if is_json(one) and has_body(one)]
    return any(value is None or isinstance(value, str) for value in found)


def _has_stream(exchange: Exchange) -> bool:
    return exchange.response is not None and is_event_stream(exchange.response)


_BODY = ("*.body", "*.body_kind", "*.body_text", "*.size", "*.sha256")
LOSSES = (
    Loss("when each piece arrived", BOTH, ("*.pieces",), _any(lambda one: one.pieces)),
    Loss(
        "when a request ended; HTTP versions, reason phrases, trailers, interim answers; sizes on the wire; listeners",
        BOTH,
        (
            "request.ended",
            "*.http_version",
            "response.reason",
            "*.trailers",
            "response.interim",
            "*.wire_size",
            "listener",
        ),
        _always,
    ),
    Loss("exchange ids", _TRACE, ("id",), lambda exchange: exchange.id is not None),
    Loss(
        "times below a microsecond, and when an answer ended whose WebSocket or request went on",
        _TRACE,
        ("response.ended",),
        _always,
    ),
    Loss(
        "times below a millisecond, and when an answer began",
        _TAP,
        ("timestamp", "request.started", "response.started", "response.ended"),
        _always,
    ),
    Loss(
        "the values of a repeated header one by one: they are joined with commas",
        BOTH,
        ("*.headers",),
        _any(lambda one: len(header_pairs(one.headers)) > len(one.headers)),
    ),
    Loss(
        "how JSON was written (spaces, order of escapes): its value alone is kept",
        BOTH,
        ("*.body_text", "*.size", "*.sha256"),
        _any(lambda one: one.body_text is not None),
    ),
    Loss("the bytes of a binary body that are not UTF-8", BOTH, _BODY, _any(is_binary)),
    Loss("that a body is the JSON value null, or in a request a JSON string", BOTH, _BODY, _is_odd_json),
    Loss(
        "size and hash of a body as it was before something in it was redacted",
        BOTH,
        ("*.size", "*.sha256", "*.redactions", "*.stored_sha256"),
        _any(lambda one: one.redactions),
    ),
    Loss(
        "why a body could not be decoded, and how much of it could not be kept",
        BOTH,
        ("*.decode_error", "*.lost"),
        _any(lambda one: one.decode_error or one.lost),
    ),
    Loss(
        "the text of an event stream (spaces, comments, ids, the last `[DONE]`, what is behind the last whole event): "
        "the names and data of its events are kept",
        _TAP,
        (*_BODY, "*.redactions", "*.stored_sha256"),
        _has_stream,
    ),
    Loss(
        "the messages of a WebSocket",
        _TRACE,
        ("websocket",),
        lambda exchange: exchange.websocket is not None,
    ),
    Loss(
        "when WebSocket messages were sent, their order between the two directions, how JSON in them was written, "
        "which of them were binary, and how the conversation ended",
        _TAP,
        ("websocket", "request.method", *_BODY, "*.redactions", "*.stored_sha256"),
        lambda exchange: exchange.websocket is not None,
    ),
    Loss("that the proxy refused a request", BOTH, ("refused",), lambda exchange: exchange.refused),
    Loss(
        "that no reason is known why no answer came",
        BOTH,
        ("error",),
        lambda exchange: exchange.response is None and exchange.error is None,
    ),
)
"""Of the record. No format holds the manifest (the command, the prompt, settings, versions), or `tunnels.jsonl`."""
