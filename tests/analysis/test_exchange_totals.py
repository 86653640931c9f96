"""A capture is summed up in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.analysis.exchange_totals import MAX_ENDPOINTS, OTHER_ENDPOINTS, ExchangeTotals, exchange_totals
from probe.record.exchange import Exchange, Message, Request, Response, WebSocket
from tests.trace.tracing import trace_of


def exchange(time: float = 0.0, url: str = "https://a/x?q=1", status: int | None = 200, **more: Any) -> Exchange:
    """Make an exchange."""
    response = Response(status_code=status, body="é") if status else None
    fields: dict[str, Any] = {"request": Request(method="POST", url=url, body={"a": 1}), "response": response}
    return Exchange(timestamp=time, **{**fields, **more})


def totals_of(exchanges: Iterable[Exchange]) -> ExchangeTotals:
    """Return the numbers of a record of exchanges."""
    return exchange_totals(trace_of(exchanges).exchanges)


def test_nothing_sums_up_to_nothing() -> None:
    totals = totals_of([])
    assert (totals.requests, totals.seconds, totals.started) == (0, 0.0, None)


def test_a_file_from_elsewhere_lasts_from_first_to_last_timestamp() -> None:
    assert totals_of([exchange(12.5), exchange(10.0), exchange(19.75)]).seconds == 9.75


def test_a_capture_lasts_to_the_last_thing_known() -> None:
    late = Response(status_code=200, started=11.0, ended=14.0)
    assert totals_of([exchange(10.0, response=late), exchange(12.0)]).seconds == 4.0


def test_statuses_tell_of_answers_that_never_came() -> None:
    totals = totals_of([exchange(status=None, error="reset"), exchange(), exchange(status=429)])
    assert totals.statuses == ((None, 1), (200, 1), (429, 1))
    assert totals.cut_short == 1


def test_endpoints_are_paths_with_their_methods() -> None:
    get = Request(method="GET", url="https://a/x")
    totals = totals_of([exchange(), exchange(url="https://b/y"), exchange(request=get), exchange()])
    told = [(one.origin, one.path, one.methods, one.count) for one in totals.endpoints]
    assert told == [("https://a", "/x", (("POST", 2), ("GET", 1)), 3), ("https://b", "/y", (("POST", 1),), 1)]


def test_endpoints_without_end_are_counted_together() -> None:
    totals = totals_of(exchange(url=f"https://a/{number}") for number in range(MAX_ENDPOINTS + 5))
    assert (totals.endpoints[0].path, totals.endpoints[0].count) == (OTHER_ENDPOINTS, 5)
    assert len(totals.endpoints) == MAX_ENDPOINTS + 1


def test_websocket_messages_count_as_payload() -> None:
    messages = [
        Message(timestamp=1.0, direction="client", type="text", content="abc", redactions=2),
        Message(timestamp=2.0, direction="server", type="text", content="é"),
        Message(timestamp=3.0, direction="server", type="binary", content="AAEC", size=3),
    ]
    upgrade = Request(method="GET", url="https://a/x")
    answer = Response(status_code=101)
    totals = totals_of([exchange(request=upgrade, response=answer, websocket=WebSocket(messages=messages, lost=4))])
    assert (totals.request_bytes, totals.response_bytes) == (3, 5)
    assert (totals.websockets, totals.websocket_messages, totals.lost_messages) == (1, 3, 4)
    assert (totals.redactions, totals.seconds) == (2, 3.0)
