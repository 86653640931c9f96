"""An exchange is complete when the API ended every answer, whatever became of the connection."""

from __future__ import annotations

import pytest

from probe.record.exchange import Exchange, Request, Response
from tests.replay.replays import conversation, create, events, post, stream, told
from tests.trace.tracing import trace_of, traced

CUT = "the client closed the connection"
API = "https://api.test"
MODELS = f"{API}/v1/models"
_ERROR = '{"type":"error","status":400,"error":{"message":"no"}}'
_CHAT_END = 'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
_MCP = 'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'
UPGRADE = {"Upgrade": "websocket"}


def upgrade(status: int, error: str | None) -> Exchange:
    """Make the request for a WebSocket that was not opened."""
    request = Request(method="GET", url=f"{API}/v1/responses", headers=dict(UPGRADE))
    response = Response(status_code=status, body="no", body_kind="text", ended=None if error else 2.0)
    return Exchange(timestamp=1.0, request=request, response=response, error=error)


COMPLETE: dict[str, tuple[Exchange, bool]] = {
    "a stream to its end": (post(1.0, stream("r")), True),
    "the client left after the last event": (post(1.0, stream("r"), error=CUT), True),
    "a stream that stops before its end": (post(1.0, stream("r")[:120]), False),
    "a last event that is cut": (post(1.0, stream("r")[:-4], error=CUT), False),
    "a failed answer": (post(1.0, 'data: {"type":"response.failed"}\n\n'), True),
    "an incomplete answer": (post(1.0, 'data: {"type":"response.incomplete"}\n\n'), True),
    "an error in the stream": (post(1.0, f"event: error\ndata: {_ERROR}\n\n"), True),
    "an end named in a text only": (
        post(1.0, stream("r")[:90].split("\n\n")[0] + '\n\ndata: {"type":"x","text":"response.completed"}\n\n'),
        False,
    ),
    "a whole JSON answer": (post(1.0, {"id": "r"}, headers={}), True),
    "a JSON answer that was cut": (post(1.0, '{"id":', headers={}, error=CUT), False),
    "a whole answer that said why it ended, before the connection broke": (
        post(1.0, {"id": "r", "object": "response", "status": "completed", "output": []}, headers={}, error=CUT),
        True,
    ),
    "a conversation without a close frame": (conversation([create(0), *told(1, events("r"))], error="1006"), True),
    "a conversation cut in an answer": (conversation([create(0), *told(1, events("r")[:2])], error="1006"), False),
    "a conversation whose last call has no answer": (conversation([create(0)]), False),
    "a conversation that ends with an error": (conversation([create(0), *told(1, [_ERROR])]), True),
    "a conversation without a call": (conversation(told(1, ["hello"])), True),
    "a conversation without a call that broke": (conversation(told(1, ["hello"]), error="1006"), False),
    "a side request": (post(1.0, {}, method="GET", url=MODELS), True),
    "a side request that was cut": (post(1.0, {}, method="GET", url=MODELS, error=CUT), False),
    "a refused upgrade": (upgrade(426, None), True),
    "a refused upgrade whose client left at once": (upgrade(426, CUT), True),
    "an upgrade that was cut after it was accepted": (upgrade(101, CUT), False),
    "a stream of another API, at an address of ours": (post(1.0, _CHAT_END, url=f"{API}/v1/responses"), True),
    "a stream of another API that was cut": (post(1.0, _CHAT_END, url=f"{API}/v1/responses", error=CUT), False),
    "a stream of no known API": (post(1.0, _MCP, url=f"{API}/mcp"), True),
    "a stream of no known API within an event": (post(1.0, _MCP[:-1], url=f"{API}/mcp"), False),
    "a chat to its end, before the connection broke": (
        post(1.0, _CHAT_END, request={"messages": []}, url=f"{API}/v1/chat/completions", error=CUT),
        True,
    ),
    "a chat without its end": (
        post(1.0, _CHAT_END.split("data: [")[0].replace('"stop"', "null"), request={"messages": []},
             url=f"{API}/v1/chat/completions"),
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("exchange", "complete"), COMPLETE.values(), ids=COMPLETE.keys())
def test_an_exchange_is_complete_when_the_api_ended_every_answer(exchange: Exchange, complete: bool) -> None:
    found = traced(exchange)
    assert found.complete is complete
    assert all(turn.complete for turn in found.turns) is (complete or not found.turns)
    assert trace_of([exchange]).exchanges[0].complete is complete


def test_a_call_without_an_answer_is_a_turn_that_is_not_complete() -> None:
    request = Request(method="POST", url=f"{API}/v1/responses", body={"input": "x"}, body_kind="json")
    found = traced(Exchange(timestamp=1.0, request=request, error="reset"))
    [turn] = found.turns
    assert (turn.status, turn.answer, turn.ended, turn.response) == (None, None, None, ())
    assert not found.complete


def test_a_call_whose_request_was_cut_is_not_complete() -> None:
    request = Request(method="POST", url=f"{API}/v1/responses", body='{"input":', body_kind="text")
    assert not traced(Exchange(timestamp=1.0, request=request, error="reset")).complete


@pytest.mark.parametrize(("path", "complete"), [("/v1/responses", False), ("/v1/models", True)])
def test_an_answer_whose_encoding_could_not_be_undone_is_not_complete_a_side_body_is_as_it_came(
    path: str, complete: bool
) -> None:
    response = Response(status_code=200, body="AA==", body_kind="base64", decode_error="bad gzip")
    request = Request(method="POST", url=API + path, body={"input": "x"}, body_kind="json")
    assert traced(Exchange(timestamp=1.0, request=request, response=response)).complete == complete
