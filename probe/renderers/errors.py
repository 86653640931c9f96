"""The errors that different servers send instead of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Block, Body, Failure
from probe.renderers.fields import Fields

_LINE = 200
"""Characters up to which a text is an error's message; a longer one, or HTML, is shown below it."""


def failure(error: Any) -> Failure:
    """Return one error object as a block; what its message and code leave out is kept as sent."""
    fields = error if isinstance(error, dict) else {"message": error}
    codes = (fields.get(name) for name in ("code", "type"))
    code = next((str(code) for code in codes if code not in (None, "error")), None)
    shown = {"message", "code"}
    if str(fields.get("type")) in (code, "error"):
        shown.add("type")
    if type(fields.get("sequence_number")) is int:
        shown.add("sequence_number")
    more = any(value is not None for name, value in fields.items() if name not in shown)
    return Failure(message=str(fields.get("message") or "no message"), code=code, detail=error if more else None)


def error_blocks(body: Any, status_code: int | None) -> list[Block]:
    """Return the blocks of a body that is an error; none when it is no error."""
    failed = (status_code or 0) >= 400
    if isinstance(body, list) and len(body) == 1 and isinstance(body[0], dict) and body[0].get("error"):
        return error_blocks(body[0], status_code)  # Google's OpenAI-compatible endpoint
    if isinstance(body, dict):
        return list(_object(body, failed=failed or "error" in (body.get("object"), body.get("type"))))
    if failed and isinstance(body, str) and body.strip():
        return _text(body, status_code)
    return []


_OPENAI_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
"""https://platform.openai.com/docs/guides/error-codes"""


def openai_error(status: int, message: str) -> dict[str, Any]:
    """Return an error as OpenAI's APIs write it in an HTTP answer."""
    kind = "requests" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": _OPENAI_CODES.get(status)}}


def openai_context_error() -> dict[str, Any]:
    """Return OpenAI's error to a request that is longer than the model's context."""
    return _with_code(400, "Your input exceeds the context window of this model.", "context_length_exceeded")


def openai_quota_error() -> dict[str, Any]:
    """Return OpenAI's error of an account that has nothing left to spend."""
    code = "insufficient_quota"
    error = _with_code(429, "You exceeded your current quota, please check your plan and billing details.", code)
    return {"error": {**error["error"], "type": code}}


def _with_code(status: int, message: str, code: str) -> dict[str, Any]:
    return {"error": {**openai_error(status, message)["error"], "code": code}}


def _object(body: dict[str, Any], *, failed: bool) -> Iterator[Block]:
    if body.get("error"):
        yield failure(body["error"])
        yield from _others(body, "error")
    elif failed and body.get("detail"):
        yield _detail(body["detail"])
        yield from _others(body, "detail")
    elif failed and isinstance(body.get("errors"), list) and body["errors"]:
        yield from map(failure, body["errors"])
        yield from _others(body, "errors")
    elif failed and isinstance(body.get("message"), str):
        yield failure(body)
    elif failed and isinstance(body.get("Message"), str):  # what checks the key in front of AWS's services
        yield Failure(message=body["Message"])
        yield from _others(body, "Message")


def _others(body: dict[str, Any], shown: str) -> Iterator[Block]:
    fields = Fields(body)
    fields.take(shown)
    fields.drop("type", "error")
    fields.drop("object", "error")
    yield from fields.rest("type", "request_id", "object", "code", "status", "user_id")


def _detail(detail: Any) -> Failure:
    """Return an error of FastAPI: a text, or a list of the fields that are wrong and why."""
    if not isinstance(detail, list):
        return failure(detail)
    fields = [item for item in detail if isinstance(item, dict)]
    reasons = [f"{'.'.join(map(str, _listed(item.get('loc'))))}: {item.get('msg')}" for item in fields]
    return Failure(message="; ".join(reasons) or "no message", detail=detail)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(body: str, status_code: int | None) -> list[Block]:
    text = body.strip()
    if len(text) <= _LINE and "\n" not in text and not text.startswith("<"):
        return [Failure(message=text, code=str(status_code))]
    kind = "an HTML page" if text.startswith("<") else "a longer text"
    return [Failure(message=f"the body is {kind}, not JSON", code=str(status_code)), Body(value=body)]
