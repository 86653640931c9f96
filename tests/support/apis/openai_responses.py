"""Speak OpenAI's Responses API, as https://platform.openai.com/docs/api-reference/responses has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers.blocks import Usage
from tests.support.answers import Asked, Model
from tests.support.apis import responses_events as events
from tests.support.apis.calls import Answer, Call, stream, texts, whole
from tests.support.apis.responses_events import Event
from tests.support.toolcalls import Tool

NAME = "openai_responses"
PATH = r"/responses$"
_NOTHING = Usage(input=0, output=0, total=0)


def answer(call: Call, model: Model) -> Answer:
    """Answer a posted turn."""
    made = events_of(call.body, model)
    return stream(made) if call.body.get("stream") else whole(made[-1]["response"])


def events_of(body: dict[str, Any], model: Model) -> list[Event]:
    """Return the events that answer one request, posted or on a WebSocket."""
    if body.get("generate") is False:
        model.turns += 1
        return _told(events.turn(model.turns, body, [], _NOTHING), body, model)
    step = model.step(_asked({**body, "input": _remembered(body, model)}))
    did = [events.reasoning(step.number, step.reasoning)] if step.reasoning else []
    did += [events.tool_call(step.number, step.call)] if step.call else []
    did += [events.message(step.number, step.text)] if step.text is not None else []
    return _told(events.turn(step.number, body, did, step.spent(NAME)), body, model)


def _remembered(body: dict[str, Any], model: Model) -> list[dict[str, Any]]:
    """Return the input with what stands behind `previous_response_id`."""
    return [*model.inputs.get(str(body.get("previous_response_id")), ()), *_items(body)]


def _told(made: list[Event], body: dict[str, Any], model: Model) -> list[Event]:
    """Remember what an answer was given to."""
    model.inputs[made[-1]["response"]["id"]] = _remembered(body, model)
    return made


def error(_status: int, message: str, code: str) -> dict[str, Any]:
    """Write an error in the API's shape."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


def _asked(body: dict[str, Any]) -> Asked:
    wanted = (body.get("text") or {}).get("format") or {}
    forced = body.get("tool_choice")
    return Asked(
        tools=list(_tools(body)),
        has_result=_has_new_output(body),
        results=sum(_is_output(item) for item in _items(body)),
        schema=wanted.get("schema") if wanted.get("type") == "json_schema" else None,
        forced=forced.get("name") if isinstance(forced, dict) else "" if forced == "required" else None,
        words="\n".join(_words(body)),
    )


def _tools(body: dict[str, Any]) -> Iterator[Tool]:
    """Yield every tool: at the top, in `additional_tools` items, and inside namespaces."""
    given = list(_flat(body.get("tools") or []))
    for item in _items(body):
        if item.get("type") == "additional_tools":
            given += _flat(item.get("tools") or [])
    for one in given:
        if "name" in one:
            yield Tool(
                name=one["name"],
                schema=one.get("parameters") or {},
                custom=one.get("type") == "custom",
                namespace=one.get("namespace"),
            )


def _flat(tools: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield tools with those inside namespaces in place of the namespaces."""
    for tool in tools:
        inner = tool.get("tools") or [] if tool.get("type") == "namespace" else None
        yield from [tool] if inner is None else ({"namespace": tool.get("name"), **one} for one in _flat(inner))


def _items(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the input as items; a bare string is one user message."""
    given = body.get("input") or []
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given


def _has_new_output(body: dict[str, Any]) -> bool:
    """Check whether a tool has answered since the user last spoke."""
    for item in reversed(_items(body)):
        if _is_output(item):
            return True
        if item.get("role") == "user":
            return False
    return False


def _is_output(item: dict[str, Any]) -> bool:
    return str(item.get("type", "")).endswith("_output")


def _words(body: dict[str, Any]) -> Iterator[str]:
    """Yield the instructions, those among the items too, what the user says, and what one agent tells another."""
    yield str(body.get("instructions") or "")
    for item in _items(body):
        if item.get("role") in ("system", "developer", "user"):
            yield texts(item.get("content"))
        if item.get("type") == "agent_message":
            # The API's own secret; here it is what this provider wrote into the call.
            yield from (str(part.get("encrypted_content") or "") for part in item.get("content") or ())
