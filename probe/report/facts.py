"""Write what is to be known of an exchange beside its bodies."""

from __future__ import annotations

from collections.abc import Iterator

from probe.analysis.messages import message_counts
from probe.analysis.sizes import payload_bytes
from probe.record.exchange import Exchange, Payload, WebSocket
from probe.renderers.markdown.escape import code, fence, inline
from probe.renderers.markdown.tables import plural, table
from probe.report.headers import header_lines, query_of


def exchange_facts(exchange: Exchange, *, complete: bool) -> str:
    """Tell an exchange's circumstances in one line, and what cut it short or how else its connection ended."""
    facts = [f"listener {code(exchange.listener)}"] if exchange.listener else []
    if exchange.ended > exchange.timestamp:
        facts.append(f"took {exchange.ended - exchange.timestamp:.2f}s")
    started = exchange.response.started if exchange.response else None
    if started is not None:
        facts.append(f"first byte after {started - exchange.timestamp:.2f}s")
    facts.append(f"line {exchange.seq} of the record")
    query = query_of(exchange)
    line = " · ".join(facts) + "\n" + (f"\nQuery: {code(query)}\n" if query else "")
    return line + _ending(exchange, complete=complete)


def _ending(exchange: Exchange, *, complete: bool) -> str:
    if not complete:
        silent = "the stream ended before its API's own end" if exchange.response else "no answer came"
        return f"\n**Cut short:** {inline(exchange.error or silent)}\n"
    return f"\nThe answer came to its end; then: {inline(exchange.error)}\n" if exchange.error else ""


def payload_head(exchange: Exchange, payload: Payload) -> str:
    """Write a message's headers and what is to be known of its body."""
    headers = header_lines(payload.headers, redacted=exchange.schema > 0)
    trailers = header_lines(payload.trailers or {}, redacted=exchange.schema > 0)
    parts = [fence(headers, "http")] if headers else []
    parts += [f"Trailers:\n\n{fence(trailers, 'http')}"] if trailers else []
    facts = " · ".join(_body_facts(payload))
    parts += [facts + "\n"] if facts else []
    return "\n".join(parts)


def _body_facts(payload: Payload) -> Iterator[str]:
    size = payload_bytes(payload)
    if size:
        yield f"Body: {plural(size, 'byte')}"
    if payload.wire_size is not None and payload.wire_size != size:
        yield f"{plural(payload.wire_size, 'byte')} on the wire"
    if payload.redactions:
        yield f"{plural(payload.redactions, 'place')} redacted"
    if payload.decode_error:
        yield f"**not decoded:** {inline(payload.decode_error)}"
    if payload.lost:
        yield f"**{plural(payload.lost, 'byte')} lost**"


def websocket_end(websocket: WebSocket) -> str:
    """Tell what kinds of messages went over a WebSocket, and how it closed."""
    counts = message_counts(websocket.messages)
    rows = ((inline(direction), code(kind), f"{count:,}") for direction, kind, count in counts)
    lost = f", {plural(websocket.lost, 'message')} lost" if websocket.lost else ""
    by = f" by the {inline(websocket.closed_by)}" if websocket.closed_by else ""
    told = f" with code {websocket.close_code}" if websocket.close_code is not None else ""
    reason = f": {inline(websocket.close_reason)}" if websocket.close_reason else ""
    return (
        f"#### WebSocket: {plural(len(websocket.messages), 'message')}{lost}\n\n"
        f"{table(('from', 'type', 'count'), rows)}\nClosed{by}{told}{reason}.\n"
    )
