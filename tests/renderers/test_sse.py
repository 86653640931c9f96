"""Event streams are read as the WHATWG says, wherever their pieces are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.renderers.events import split_stream
from probe.renderers.json_reader import as_text
from probe.renderers.sse import Event, SseParser, is_stream

STREAMS: dict[str, tuple[bytes, list[tuple[str, str | None]]]] = {
    "an event with a name": (b"event: a\ndata: 1\n\n", [("a", "1")]),
    "an event without a name": (b"data: 1\n\n", [("message", "1")]),
    "data of several lines": (b"data: 1\ndata: 2\ndata\n\n", [("message", "1\n2\n")]),
    "one space after the colon is taken off": (b"data:  1\ndata:2\n\n", [("message", " 1\n2")]),
    "line ends of all kinds": (b"data: 1\r\n\r\ndata: 2\r\rdata: 3\n\n", [("message", x) for x in "123"]),
    "a last empty line that is only CR": (b"data: 1\r\n\r", [("message", "1")]),
    "comments are skipped": (b": keep-alive\n\n", []),
    "a byte order mark at the begin": (b"\xef\xbb\xbfdata: 1\n\n", [("message", "1")]),
    "a byte order mark later is text": (b"data: \xef\xbb\xbf1\n\n", [("message", "\ufeff1")]),
    "fields that nobody knows": (b"colour: red\ndata: 1\n\n", [("message", "1")]),
    "a name without data": (b"event: ping\n\n", [("ping", None)]),
    "empty data": (b"data:\n\n", [("message", "")]),
    "line separators of Unicode are text": (
        "data: 1\u2028\x0b\x852\n\n".encode(),
        [("message", "1\u2028\x0b\x852")],
    ),
    "bytes that are not UTF-8": (b"data: \xff\n\n", [("message", "\ufffd")]),
    "empty lines between events": (b"\n\n\ndata: 1\n\n\n\n", [("message", "1")]),
}


def whole(stream: str) -> list[Event]:
    """Parse a whole stream."""
    return list(SseParser().read(stream))


def read(stream: bytes, size: int) -> list[Event]:
    """Parse a stream in pieces of one size."""
    parser = SseParser()
    pieces = (stream[place : place + size] for place in range(0, len(stream), size))
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.finish()


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS.keys())
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_chunk_borders_do_not_matter(stream: bytes, events: list[tuple[str, str | None]], size: int) -> None:
    assert [(event.type, event.data) for event in read(stream, size)] == events


def test_ids_last_and_retries_do_not() -> None:
    events = read(b"id: 7\nretry: 10\ndata: a\n\ndata: b\nretry: x\nid: \0\n\nid\ndata: c\n\n", 4)
    assert [(event.id, event.retry) for event in events] == [("7", 10), ("7", None), ("", None)]


def test_an_unfinished_event_is_told_as_such() -> None:
    whole, unfinished = read(b"data: 1\n\nevent: b\ndata: 2", 5)
    assert (whole.complete, unfinished.complete) == (True, False)
    assert (unfinished.type, unfinished.data) == ("b", "2")


def test_comments_are_counted() -> None:
    assert split_stream(": one\n: two\ndata: 1\n\n").comments == 2


LINES = st.sampled_from(
    ["data: 1", "data:", "data: é€😀", "event: a", "id: 3", ": c", "x", "", "", "\ufeff", "retry: 5"]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
STREAM = st.lists(st.tuples(LINES, ENDS)).map(lambda lines: "".join(map("".join, lines)))


@given(STREAM, st.data())
def test_any_cut_gives_the_same_events(stream: str, data: st.DataObject) -> None:
    encoded = stream.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(encoded)))))
    parser = SseParser()
    events = []
    for begin, end in zip([0, *cuts], [*cuts, len(encoded)], strict=True):
        events += parser.feed(encoded[begin:end])
    assert events + parser.finish() == whole(stream)


# A byte order mark is one at the begin of a stream only, so the same text reads otherwise from its middle.
@given(STREAM.map(lambda stream: stream.replace("\ufeff", "y")))
def test_each_offset_is_where_its_event_begins(stream: str) -> None:
    encoded = stream.encode()
    for event in whole(stream):
        rest = whole(encoded[event.offset :].decode())
        assert (rest[0].type, rest[0].data) == (event.type, event.data)


@given(STREAM)
def test_a_stream_is_split_alike_whether_it_is_plain_or_not(stream: str) -> None:
    found = split_stream(stream)
    complete = [event for event in whole(stream) if event.complete and event.data is not None]
    assert list(zip(found.names, found.texts, strict=True)) == [(event.type, event.data) for event in complete]
    assert [found.offset(number) for number in range(len(complete))] == [event.offset for event in complete]


PLAIN = st.lists(st.tuples(st.sampled_from(["", "event: a\n"]), st.sampled_from(["{}", "é", "[DONE]", " x"]))).map(
    lambda events: "".join(f"{name}data: {data}\n\n" for name, data in events)
)


@given(PLAIN)
def test_a_plain_stream_has_its_events_at_their_offsets(stream: str) -> None:
    found = split_stream(stream)
    offsets = [found.offset(number) for number in range(len(found.names))]
    expected = [(event.type, event.data, event.offset) for event in whole(stream)]
    texts = [as_text(text) for text in found.texts]
    assert list(zip(found.names, texts, offsets, strict=True)) == expected


BODIES = {
    "a named event": ("event: a\ndata: 1\n\n", True),
    "a comment first": (": hello\n\n", True),
    "a byte order mark first": ("\ufeffdata: 1\n\n", True),
    "HTML": ("<html>", False),
    "JSON text": ('{"data": 1}', False),
    "words": ("database: none", False),
    "no text at all": ({"data": 1}, False),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES.keys())
def test_a_stream_is_known_by_its_first_line(body: object, expected: bool) -> None:
    assert is_stream(body) is expected
