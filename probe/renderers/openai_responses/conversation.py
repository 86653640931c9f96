"""The turns of a WebSocket conversation: a call for each `response.create`, with its answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from probe.record.exchange import Message
from probe.renderers.http_turn import EVENT_STREAM
from probe.renderers.openai_responses.calls import (
    ENDS,
    as_stream_event,
    call_fields,
    ends,
    event_of,
    full_input,
    is_warm_up,
    kind_of,
    parsed,
)
from probe.renderers.turn import Input, Turn


def websocket_turns(path: str, messages: Sequence[Message]) -> Iterator[Turn]:
    """Cut a conversation at each `response.create`, and remember what stands behind each answer's id."""
    known: dict[str, Input] = {}
    for create, answer in _calls(messages):
        turn = _turn(path, create, answer, known)
        events = [event_of(text) for text in turn.messages]
        if turn.full_input is not None:
            items = Input(_output(events), turn.full_input)
            known.update((name, items) for name in _response_ids(events))
        yield turn


def _calls(messages: Sequence[Message]) -> Iterator[tuple[Message, list[Message]]]:
    """Pair each `response.create` with the server's messages up to the next one of its lane."""
    calls: list[tuple[Message, list[Message]]] = []
    lanes: dict[str, list[Message]] = {}
    for message in messages:
        if message.type != "text":
            continue
        if message.direction == "server":
            # Only a client that wants several answers at once names lanes; otherwise there is one.
            lane = event_of(message.content).get("stream_id") if '"stream_id"' in message.content else None
            answer = lanes.get(str(lane), calls[-1][1] if calls else None)
            if answer is not None:
                answer.append(message)
        elif (create := event_of(message.content)).get("type") == "response.create":
            calls.append((message, []))
            lanes[str(call_fields(create).get("stream_id"))] = calls[-1][1]
    yield from calls


def _turn(path: str, create: Message, answer: Sequence[Message], known: dict[str, Input]) -> Turn:
    request = parsed(create.content)
    texts = tuple(message.content for message in answer)
    return Turn(
        path=path,
        request=request,
        full_input=full_input(request, known),
        warm_up=is_warm_up(request),
        websocket=True,
        status_code=200 if texts else None,
        content_type=EVENT_STREAM if texts else None,
        response="".join(map(as_stream_event, texts)) if texts else None,
        messages=texts,
        complete=any(map(ends, texts)),
        started=create.timestamp,
        ended=answer[-1].timestamp if answer else None,
    )


def _output(events: Sequence[dict[str, Any]]) -> list[Any]:
    """Collect an answer's items as they were done; some providers list them in the last event only."""
    done = [event.get("item") for event in events if kind_of(event) == "response.output_item.done"]
    for event in events:
        if not done and kind_of(event) in ENDS:
            listed = _answer(event).get("output")
            done = listed if isinstance(listed, list) else []
    return done


def _response_ids(events: Sequence[dict[str, Any]]) -> set[str]:
    names = [_answer(event).get("id") for event in events]
    return {name for name in names if isinstance(name, str)}


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    response = event.get("response")
    return response if isinstance(response, dict) else {}
