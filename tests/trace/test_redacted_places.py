"""What was redacted is counted by kind of place, and one credential is told from another by its tag alone."""

from __future__ import annotations

from typing import Any

import pytest

from probe.record.exchange import Exchange, Interim, Message, Request, Response, WebSocket
from tests.trace.tracing import trace_of

ONE, TWO = "[REDACTED:one]", "[REDACTED:two]"


def exchange(request: dict[str, Any] | None = None, response: dict[str, Any] | None = None, **more: Any) -> Exchange:
    """Make an exchange."""
    sent: dict[str, Any] = {"method": "POST", "url": "https://a/x", "body": {"a": 1}, **(request or {})}
    return Exchange(
        timestamp=1.0, request=Request(**sent), response=Response(status_code=200, **(response or {})), **more
    )


CALL = {"url": "https://a/v1/responses", "body": {"model": "m", "input": [{"role": "user", "content": f"{ONE} {TWO}"}]}}
CASES: dict[str, tuple[Exchange, dict[str, tuple[int, int]]]] = {
    "nothing": (exchange(), {}),
    "a header": (exchange({"headers": {"X-Key": ONE}}), {"request header x-key": (1, 1)}),
    "a header that repeats": (
        exchange(response={"headers": {"set-cookie": [f"a={ONE}", f"b={TWO}", "c=1"]}}),
        {"response header set-cookie": (2, 2)},
    ),
    "a header without a tag": (exchange({"headers": {"cookie": "[REDACTED]"}}), {"request header cookie": (1, 0)}),
    "a trailer": (exchange(response={"trailers": {"x": ONE}}), {"response trailer x": (1, 1)}),
    "an interim answer": (
        exchange(response={"interim": [Interim(timestamp=1.0, status_code=103, headers={"x": ONE})]}),
        {"interim response header x": (1, 1)},
    ),
    "a URL": (exchange({"url": f"https://a/x?key={ONE}"}), {"URL": (1, 1)}),
    "a body of no call": (exchange({"body": {"a": [ONE, {"b": ONE}]}, "redactions": 2}), {"request body": (2, 1)}),
    "a call": (exchange({**CALL, "redactions": 2}), {"request body": (2, 2)}),
    "a text": (
        exchange(response={"body": f"x {ONE}", "body_kind": "text", "redactions": 1}),
        {"response body": (1, 1)},
    ),
    "a mark that the record does not count": (exchange({"body": {"a": ONE}}), {}),
    "a message": (
        exchange(websocket=WebSocket(messages=[
            Message(timestamp=1.0, direction="client", type="text", content=ONE, redactions=1),
            Message(timestamp=2.0, direction="server", type="text", content=TWO),
        ])),
        {"WebSocket message of the client": (1, 1)},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "expected"), CASES.values(), ids=CASES.keys())
def test_places_are_counted(one: Exchange, expected: dict[str, tuple[int, int]]) -> None:
    places = trace_of([one]).redacted.places
    assert {place: (found.count, len(found.tags)) for place, found in places.items()} == expected


def test_the_parts_of_a_record_add_up() -> None:
    header, other = exchange({"headers": {"x": ONE}}), exchange({"headers": {"x": TWO}})
    whole, first, second = trace_of([header, header, other]), trace_of([header]), trace_of([header, other])
    first.merge(second)
    merged, expected = first.redacted.places["request header x"], whole.redacted.places["request header x"]
    assert (merged.count, merged.tags) == (expected.count, expected.tags) == (3, {b"one", b"two"})
