"""A secret that is said piece by piece is found where several texts take turns, whatever the API."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.addon.redaction.across_events import StreamTails, redact_conversation
from probe.addon.redaction.content_streams import content_streams
from probe.addon.redaction.redactor import Redactor
from tests.addon.test_bodies import fields_of
from tests.support.planted import Mint

MINT = Mint(31)
TOKENS = MINT.tokens()
FIRST, SECOND = TOKENS["OpenAI, of a project"], TOKENS["GitHub, fine-grained"]
TEXTS = (f"The first is {FIRST}, I think.", f"Another one is {SECOND}: keep it.")

Event = dict[str, Any]


def chat(text: str, index: int) -> Event:
    return {"choices": [{"index": index, "delta": {"content": text}}]}


def chat_index_last(text: str, index: int) -> Event:
    return {"choices": [{"delta": {"content": text}, "index": index}]}


def chat_tools(text: str, index: int) -> Event:
    return {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": index, "function": {"arguments": text}}]}}]}


def responses(text: str, index: int) -> Event:
    return {
        "type": "response.output_text.delta",
        "item_id": MINT.some(20),
        "output_index": index,
        "content_index": 0,
        "delta": text,
    }


def messages(text: str, index: int) -> Event:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}


def gemini(text: str, index: int) -> Event:
    return {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": index}]}


APIS = [chat, chat_index_last, chat_tools, responses, messages, gemini]


def spelled(value: Any, name: str = "", index: object = 0) -> list[tuple[object, str]]:
    """Return the texts of an event, each with what identifies its stream."""
    if isinstance(value, list):
        return [one for member in value for one in spelled(member, name, index)]
    if isinstance(value, dict):
        index = value.get("output_index", value.get("index", index))
        return [one for key, member in value.items() for one in spelled(member, key, index)]
    return [(index, value)] if name in ("content", "arguments", "delta", "text") else []


def texts_of(events: list[Event]) -> list[str]:
    streams: defaultdict[object, list[str]] = defaultdict(list)
    for event in events:
        for index, text in spelled(event):
            streams[index].append(text)
    return ["".join(parts) for _, parts in sorted(streams.items(), key=str)]


def cut(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


def turns(api: Callable[[str, int], Event], length: int) -> list[Event]:
    """Return the events in which two texts take turns."""
    pairs = zip_longest(*(cut(text, length) for text in TEXTS), fillvalue="")
    return [api(part, index) for pair in pairs for index, part in enumerate(pair)]


def shown_texts() -> list[str]:
    redactor = Redactor(b"salt")
    return [text.replace(secret, redactor.mark(secret)) for text, secret in zip(TEXTS, (FIRST, SECOND), strict=True)]


def as_events(events: list[Event]) -> tuple[str, str]:
    return "text/event-stream", "".join(f"data: {json.dumps(event)}\n\n" for event in events)


def as_lines(events: list[Event]) -> tuple[str, str]:
    return "application/x-ndjson", "".join(json.dumps(event) + "\n" for event in events)


def as_list(events: list[Event]) -> tuple[str, str]:
    return "application/json; charset=UTF-8", "[" + "\n,\r\n".join(map(json.dumps, events)) + "]"


def events_of(body: Any) -> list[Event]:
    if isinstance(body, list):
        return body
    return [json.loads(line.removeprefix("data: ")) for line in body.splitlines() if line]


def as_one_line(events: list[Event]) -> tuple[str, str]:
    return "application/json", json.dumps(events)


@pytest.mark.parametrize("form", [as_events, as_lines, as_list, as_one_line], ids=lambda form: form.__name__)
@pytest.mark.parametrize("length", [1, 5, 40])
@pytest.mark.parametrize("api", APIS, ids=lambda api: api.__name__)
def test_secrets_in_texts_that_take_turns_are_found(
    tmp_path: Path,
    api: Callable[[str, int], Event],
    length: int,
    form: Callable[[list[Event]], tuple[str, str]],
) -> None:
    content_type, body = form(turns(api, length))
    fields = fields_of(tmp_path, [body.encode()], content_type, redactor=Redactor(b"salt"))
    assert texts_of(events_of(fields["body"])) == shown_texts()


@pytest.mark.parametrize("api", [chat, chat_tools], ids=lambda api: api.__name__)
def test_secrets_in_texts_that_share_their_events_are_found(tmp_path: Path, api: Callable[[str, int], Event]) -> None:
    events = []
    for pair in zip_longest(*(cut(text, 6) for text in TEXTS), fillvalue=""):
        both = [api(part, index) for index, part in enumerate(pair)]
        if api is chat:
            events.append({"choices": [one["choices"][0] for one in both]})
        else:
            calls = [one["choices"][0]["delta"]["tool_calls"][0] for one in both]
            events.append({"choices": [{"index": 0, "delta": {"tool_calls": calls}}]})
    content_type, body = as_events(events)
    fields = fields_of(tmp_path, [body.encode()], content_type, redactor=Redactor(b"salt"))
    assert texts_of(events_of(fields["body"])) == shown_texts()


def test_the_parts_of_one_message_are_read_as_one_text(tmp_path: Path) -> None:
    parts = [{"text": part} for part in cut(TEXTS[0], 9)]
    content_type, body = as_events([{"candidates": [{"content": {"parts": parts}}]}])
    fields = fields_of(tmp_path, [body.encode()], content_type, redactor=Redactor(b"salt"))
    assert texts_of(events_of(fields["body"])) == shown_texts()[:1]


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_the_bytes_of_log_probabilities_spell_no_secret(tmp_path: Path, streamed: bool) -> None:
    def token(text: str) -> Event:
        return {"token": text, "logprob": -0.1, "bytes": list(text.encode())}

    tokens = [token(part) | {"top_logprobs": [token(part), token("other")]} for part in cut(TEXTS[0], 4)]
    if streamed:
        events = [
            {"choices": [{"index": 0, "delta": {"content": one["token"]}, "logprobs": {"content": [one]}}]}
            for one in tokens
        ]
        content_type, body = as_events(events)
    else:
        message = {"content": TEXTS[0]}
        events = [{"choices": [{"index": 0, "message": message, "logprobs": {"content": tokens}}]}]
        content_type, body = "application/json", json.dumps(events[0])
    fields = fields_of(tmp_path, [body.encode()], content_type, redactor=Redactor(b"salt"))
    shown = events_of(fields["body"]) if streamed else [fields["body"]]
    kept = [one for event in shown for one in event["choices"][0]["logprobs"]["content"]]
    for members in (kept, [one["top_logprobs"][0] for one in kept]):
        assert bytes(number for one in members for number in one["bytes"]).decode() == shown_texts()[0]
        assert "".join(one["token"] for one in members) == shown_texts()[0]
    assert [one["top_logprobs"][1] for one in kept] == [token("other")] * len(tokens)


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.__name__)
def test_secrets_in_the_messages_of_a_websocket_that_take_turns_are_found(api: Callable[[str, int], Event]) -> None:
    contents = [json.dumps(event) for event in turns(api, 5)]
    tails = StreamTails(Redactor(b"salt"))
    assert any(tails.saw_secret(content.encode(), from_client=False) for content in contents)
    stored = [{"direction": "server", "type": "text", "content": content} for content in contents]
    redact_conversation(stored, Redactor(b"salt"))
    assert texts_of([json.loads(one["content"]) for one in stored]) == shown_texts()


def test_what_is_kept_of_many_texts_at_once_is_bounded() -> None:
    tails = StreamTails(Redactor(b"salt"))
    for index in range(1000):
        tails.saw_secret(json.dumps(chat(f"word {index} " * 30, index)).encode(), from_client=False)
    assert sum(map(len, tails._tails.values())) < 20_000


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(0, 300), max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["index", "text", "delta", "bytes", "choices", "id", "a-b"]), inner)
    ),
    max_leaves=12,
)


@given(values=st.lists(JSON, max_size=4), indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_each_piece_is_where_it_says(values: list[Any], indent: int | None, ascii_only: bool) -> None:
    data = "\n".join(json.dumps(value, indent=indent, ensure_ascii=ascii_only) for value in values).encode()
    pieces = [piece for stream in content_streams(data).values() for piece in stream]
    assert all(data[piece.start : piece.end] == piece.text for piece in pieces if not piece.numbers)
    assert len({piece.start for piece in pieces}) == len(pieces)
