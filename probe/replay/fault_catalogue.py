"""All faults that a replay can put into its answers: how each is written, and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from probe.replay import fault_delivery, fault_endings, fault_errors, fault_events
from probe.replay.fault_effect import Effect
from probe.replay.fault_errors import refused


class FaultKind(NamedTuple):
    """One fault."""

    form: str
    """How it is written: `{n}` is the number of an event, or `first`; `{s}` seconds; what is in brackets may be left
    out."""
    what: str
    effect: Effect
    defaults: Mapping[str, float] = MappingProxyType({})
    """Numbers of what is left out."""

    @property
    def shown(self) -> str:
        """Return the form as a reader sees it."""
        return self.form.format(n="N", s="30s", status="CODE", code="CODE", rate="BYTES")

    @property
    def name(self) -> str:
        """Return the words of the form that are always there."""
        bare = self.form.partition(" [")[0]
        return bare.format(n="", s="", status="", code="", rate="").replace("  ", " ").strip() or self.shown


class Group(NamedTuple):
    """Faults of one sort."""

    title: str
    kinds: tuple[FaultKind, ...]


_FIRST = {"n": 1.0}
_STATUSES = {
    401: ("The key is refused.", "Incorrect API key provided."),
    403: ("The account may not do this.", "Your account does not have access to this model."),
    404: ("There is no such model.", "The model does not exist or you do not have access to it."),
    413: ("The request is larger than the gateway takes.", "Request exceeds the maximum size."),
    500: ("The server failed.", "The server had an error while it processed the request."),
    503: ("The server is unavailable.", "The service is temporarily unavailable."),
    529: ("The API is overloaded, as Anthropic reports it.", "Overloaded"),
}

GROUPS = (
    Group(
        "An error instead of the answer",
        (
            FaultKind(
                "429 [retry after {s}]",
                "A rate limit, with `Retry-After` (1 s if not given).",
                fault_errors.rate_limited,
                {"s": 1.0},
            ),
            FaultKind("429 quota", "Nothing is left to spend: 429 without `Retry-After`.", fault_errors.out_of_quota),
            FaultKind("400 context length", "The request is longer than the model's context.", fault_errors.too_long),
            *(FaultKind(str(status), what, refused(status, text)) for status, (what, text) in _STATUSES.items()),
            FaultKind("status {status}", "Any other status, with the API's error body.", fault_errors.any_status),
            FaultKind(
                "html {status}",
                "The HTML page of a gateway that knows nothing of the API (`html 502`).",
                fault_errors.html,
            ),
            FaultKind("redirect", "307 to the same path with a query.", fault_errors.redirected),
            FaultKind("empty 200", "200 with the answer's headers and no body.", fault_errors.empty),
        ),
    ),
    Group(
        "The connection",
        (
            FaultKind("reset before first", "TCP reset instead of an answer.", fault_errors.reset),
            FaultKind("close before first", "The connection is closed without an answer.", fault_errors.closed),
            FaultKind("no answer", "Nothing ever comes; the connection stays open.", fault_delivery.silence),
            FaultKind("cut after {n} events", "Closed after so many events, without an end.", fault_endings.cut_after),
            FaultKind("reset after {n} events", "TCP reset after so many events.", fault_endings.reset_after),
            FaultKind("cut inside event {n}", "Closed in the middle of an event.", fault_endings.cut_inside_event),
            FaultKind(
                "cut inside utf-8",
                "Closed inside a character of several bytes; where the answer has none, one is begun.",
                fault_endings.cut_inside_utf8,
            ),
            FaultKind(
                "close {code} [after {n}]",
                "A WebSocket is closed with this code after so many messages; 1006 is no close frame. HTTP: a cut.",
                fault_endings.websocket_closed,
                _FIRST,
            ),
        ),
    ),
    Group(
        "The end of the stream",
        (
            FaultKind("end after {n} events", "A clean end after so many events.", fault_endings.end_after),
            FaultKind(
                "no end event", "All but the API's own last event, then a clean end.", fault_endings.no_end_event
            ),
            FaultKind(
                "error event after {n}",
                "The API's error event after so many events, then the end.",
                fault_endings.error_event,
            ),
        ),
    ),
    Group(
        "The events",
        (
            FaultKind(
                "cut a data line after {n}",
                "The second half of the next event's data is spaces, as after a cut and padded buffer.",
                fault_events.cut_data_line,
            ),
            FaultKind(
                "line break in data [{n}]",
                "A line break in the middle of an event's data.",
                fault_events.line_break,
                _FIRST,
            ),
            FaultKind("malformed json {n}", "An event's JSON lacks its last brace.", fault_events.malformed),
            FaultKind(
                "invalid utf-8 [{n}]",
                "A byte in an event's data that UTF-8 never has.",
                fault_events.invalid_utf8,
                _FIRST,
            ),
            FaultKind("duplicate event {n}", "An event comes twice.", fault_events.duplicated),
            FaultKind("missing event {n}", "An event does not come.", fault_events.missing),
            FaultKind("swap event {n}", "An event comes after the next one.", fault_events.swapped),
            FaultKind(
                "unknown event [after {n}]", "An event of a type that no API has.", fault_events.unknown_event, _FIRST
            ),
            FaultKind(
                "empty event [after {n}]",
                "An event without data, or an empty message.",
                fault_events.empty_event,
                _FIRST,
            ),
            FaultKind("comments", "`: keep-alive` before every event of an event stream.", fault_events.comments),
            FaultKind("crlf", "Lines of an event stream end with CRLF.", fault_events.crlf),
            FaultKind("bom", "The body begins with a byte order mark.", fault_events.bom),
        ),
    ),
    Group(
        "Time",
        (
            FaultKind("stall {s} [after {n}]", "A pause after so many events.", fault_delivery.stall, _FIRST),
            FaultKind("hang [after {n}]", "Nothing more comes after so many events.", fault_delivery.hang, _FIRST),
            FaultKind(
                "slow first byte {s}", "The answer begins later, its status included.", fault_delivery.slow_first_byte
            ),
            FaultKind(
                "trickle [{rate} bytes a second]",
                "A few bytes at a time (1,000 a second).",
                fault_delivery.trickle,
                {"rate": 1000.0},
            ),
            FaultKind(
                "byte by byte",
                "Each byte is a piece, so that characters and events are split.",
                fault_delivery.byte_by_byte,
            ),
            FaultKind("buffered", "Nothing before the end, then all at once.", fault_delivery.buffered),
        ),
    ),
    Group(
        "Headers",
        (
            FaultKind(
                "wrong content-length",
                "100 bytes more are promised than come, then a close.",
                fault_delivery.long_content_length,
            ),
            FaultKind("short content-length", "Half of the bytes are promised.", fault_delivery.short_content_length),
            FaultKind(
                "wrong content-type",
                "`text/html` instead of the answer's media type.",
                fault_delivery.wrong_content_type,
            ),
            FaultKind(
                "wrong content-encoding",
                "`gzip` for a body that is not compressed.",
                fault_delivery.wrong_content_encoding,
            ),
        ),
    ),
)

KINDS = tuple(kind for group in GROUPS for kind in group.kinds)
