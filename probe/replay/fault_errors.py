"""Faults that come instead of an answer: errors of the API and of gateways, and lost connections."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from probe.renderers.api import Api
from probe.replay.fault_effect import Effect, Values
from probe.replay.timed_answer import End, TimedAnswer, TimedPiece

_WITHOUT_BODY = (204, 205, 304)
_HTML = b"<!DOCTYPE html>\n<html><head><title>%d</title></head><body><h1>%d Bad Gateway</h1></body></html>\n"


def refused(status: int, message: str) -> Effect:
    """Return the effect that answers with an error of the API."""
    return lambda answer, api, values: _error(answer, api, status, api.error_answer(status, message))


def rate_limited(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Answer 429 with the seconds after which the agent may come again."""
    seconds = f"{values['s']:g}"
    error = api.error_answer(429, f"Rate limit reached. Please try again in {seconds}s.")
    return _error(answer, api, 429, error, {"retry-after": seconds})


def out_of_quota(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Answer 429 as to an account that has nothing left to spend."""
    return _error(answer, api, 429, api.quota_error())


def too_long(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Answer 400 as to a request that is longer than the model's context."""
    return _error(answer, api, 400, api.context_error())


def any_status(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Answer with an error of the API with any status."""
    status = int(values["status"])
    return refused(status, f"This replay answers {status}.")(answer, api, values)


def html(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Answer as a gateway that knows nothing of the API."""
    status = int(values["status"])
    page = _answered(status, _HTML % (status, status), {"content-type": "text/html"})
    return _dropped(answer) if answer.websocket else page


def redirected(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Redirect to the same path with a query."""
    return _dropped(answer) if answer.websocket else _answered(307, b"", {"location": "?redirected=1"})


def empty(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Answer with 200 and no body; a WebSocket is closed (1000) without a message."""
    return replace(_whole(answer, ()), close_code=1000 if answer.websocket else None)


def reset(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Reset the connection before the answer."""
    return _dropped(answer, End.RESET)


def closed(answer: TimedAnswer, api: Api, values: Values) -> TimedAnswer:
    """Close the connection before the answer."""
    return _dropped(answer)


def _answered(status: int, body: bytes, headers: Mapping[str, str]) -> TimedAnswer:
    if status in _WITHOUT_BODY:
        return TimedAnswer(status=status)
    pieces = (TimedPiece(0.0, body),) if body else ()
    return TimedAnswer(status=status, headers=(*headers.items(), ("content-length", str(len(body)))), pieces=pieces)


def _error(
    answer: TimedAnswer, api: Api, status: int, error: Mapping[str, Any], headers: Mapping[str, str] = {}
) -> TimedAnswer:
    """Return an error of the API: an HTTP answer, or a WebSocket message."""
    if answer.websocket:
        text = json.dumps({**api.error_message(status, ""), **error})
        return _whole(answer, (TimedPiece(0.0, text.encode()),))
    return _answered(status, json.dumps(error).encode(), {"content-type": "application/json", **headers})


def _whole(answer: TimedAnswer, pieces: tuple[TimedPiece, ...]) -> TimedAnswer:
    """Return other pieces under the answer's own head."""
    return replace(answer, pieces=pieces, head_after=0.0, ended_after=0.0, end=End.WHOLE)


def _dropped(answer: TimedAnswer, end: End = End.CUT) -> TimedAnswer:
    return TimedAnswer(
        status=answer.status if answer.websocket else None, end=end, websocket=answer.websocket,
        head_after=answer.head_after, ended_after=answer.head_after,
    )  # fmt: skip
