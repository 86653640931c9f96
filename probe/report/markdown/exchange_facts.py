"""Write what is known of an exchange besides its bodies: circumstances, headers, how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from probe.record.exchange import Exchange, Payload, WebSocket
from probe.report.headers import header_lines, query_of
from probe.report.markdown.escape import code, fence, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import plural, seconds
from probe.trace.turns import OtherMessage, Traced


def circumstances(traced: Traced) -> str:
    """Write an exchange's circumstances in one line, and what cut it short or how its connection ended."""
    exchange = traced.exchange
    facts = [f"listener {code(exchange.listener)}"] if exchange.listener else []
    took = exchange.ended - exchange.timestamp
    if took > 0:
        facts.append(f"took {seconds(took)}")
    started = exchange.response.started if exchange.response else None
    if started is not None:
        facts.append(f"first byte after {seconds(started - exchange.timestamp)}")
    facts.append(f"line {exchange.seq} of the record")
    query = query_of(exchange)
    facts += [f"query {code(query)}"] if query else []
    return " · ".join(facts) + "\n" + _ending(traced)


def _ending(traced: Traced) -> str:
    exchange = traced.exchange
    if not traced.complete:
        silent = "the stream ended before its API's own end" if exchange.response else "no answer came"
        return f"\n**Cut short:** {inline(exchange.error or silent)}\n"
    return ""


def payload_head(exchange: Exchange, payload: Payload, size: int) -> str:
    """Write a message's headers and what is known of its body, which has so many bytes."""
    headers = header_lines(payload.headers, redacted=exchange.schema > 0)
    trailers = header_lines(payload.trailers or {}, redacted=exchange.schema > 0)
    parts = [fence(headers, "http")] if headers else []
    parts += [f"Trailers:\n\n{fence(trailers, 'http')}"] if trailers else []
    facts = " · ".join(_body_facts(payload, size))
    parts += [facts + "\n"] if facts else []
    return "\n".join(parts)


def _body_facts(payload: Payload, size: int) -> Iterator[str]:
    if size:
        yield f"Body: {plural(size, 'byte')}"
    if payload.wire_size is not None and payload.wire_size != size:
        yield f"{plural(payload.wire_size, 'byte')} on the wire"
    if payload.redactions:
        yield f"{plural(payload.redactions, 'place')} redacted"
    yield from _damage(payload)


def _damage(payload: Payload) -> Iterator[str]:
    if payload.decode_error:
        yield f"**not decoded:** {inline(payload.decode_error)}"
    if payload.lost:
        yield f"**{plural(payload.lost, 'byte')} lost**"


def damage(traced: Traced) -> str:
    """Write which bodies could not be decoded or kept, for a report without the heads of its bodies."""
    exchange = traced.exchange
    sides = (("Request", exchange.request), ("Response", exchange.response))
    return "".join(f"{name}: {fact}\n\n" for name, payload in sides if payload for fact in _damage(payload))


NO_CLOSE_FRAME = 1006
"""Never sent: it stands for a connection that ended without a close frame (RFC 6455, 7.4.1)."""


def websocket_end(websocket: WebSocket, others: Sequence[OtherMessage], answered: Counter[str], called: int) -> str:
    """Write what kinds of messages went over a WebSocket, and how it closed."""
    counts = Counter((one.message.direction, one.kind) for one in others)
    counts.update({("server", kind): count for kind, count in answered.items()})
    rows = [("client", "calls of the model", f"{called:,}")] if called else []
    rows += [(inline(direction), code(kind), f"{count:,}") for (direction, kind), count in sorted(counts.items())]
    lost = f", {plural(websocket.lost, 'message')} lost" if websocket.lost else ""
    return (
        f"#### WebSocket: {plural(len(websocket.messages), 'message')}{lost}\n\n"
        f"{table(('from', 'type', 'count'), rows)}\n{_close(websocket)}.\n"
    )


def _close(websocket: WebSocket) -> str:
    by = f" by the {inline(websocket.closed_by)}" if websocket.closed_by else ""
    if websocket.close_code == NO_CLOSE_FRAME:
        return f"Ended{by} without a close frame ({NO_CLOSE_FRAME})"
    close = f" with code {websocket.close_code}" if websocket.close_code is not None else ""
    return f"Closed{by}{close}" + (f": {inline(websocket.close_reason)}" if websocket.close_reason else "")
