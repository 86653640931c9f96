"""A secret in binary frames is replaced, alone or spread over several, and the frames stay frames."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.addon.aws_event_stream import CUT, DAMAGED, frame_edits, read_frames
from probe.addon.redaction.edits import Edit, applied
from probe.addon.redaction.redactor import Redactor
from tests.support.frames import chunk, event_frame, exception

SECRET = "bedrock-api-key-Planted0123456789"
MARK = "[REDACTED:"


def said(text: str) -> dict[str, Any]:
    """Make an event in which a model says something."""
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def redacted(data: bytes) -> bytes:
    """Redact a stream that nothing was learned from before."""
    return applied(data, frame_edits(data, Redactor(b"salt", [SECRET])))


def carried(data: bytes) -> list[str]:
    """Return what each frame carries; all of them must be sound."""
    frames = list(read_frames(data))
    assert not {CUT, DAMAGED} & {frame.kind for frame in frames}
    found = [json.loads(frame.payload) for frame in frames]
    return [base64.b64decode(one["bytes"]).decode() if "bytes" in one else json.dumps(one) for one in found]


STOP = chunk({"type": "message_stop"})
HALVES = (SECRET[:9], SECRET[9:])
STREAMS = {
    "in one chunk": [chunk(said(f"It is {SECRET}, yes."))],
    "over two chunks": [chunk(said(f"It is {HALVES[0]}")), chunk(said(f"{HALVES[1]}, yes."))],
    "letter by letter": [chunk(said(letter)) for letter in f"It is {SECRET}, yes."],
    "in a frame of plain JSON": [event_frame("contentBlockDelta", {"delta": {"text": f"It is {SECRET}, yes."}})],
    "over two frames of plain JSON": [
        event_frame("contentBlockDelta", {"delta": {"text": f"It is {HALVES[0]}"}}),
        event_frame("contentBlockDelta", {"delta": {"text": f"{HALVES[1]}, yes."}}),
    ],
    "in an exception": [exception("validationException", f"It is {SECRET}, yes.")],
}


@pytest.mark.parametrize("frames", STREAMS.values(), ids=STREAMS.keys())
def test_a_secret_is_replaced_and_every_frame_stays_sound(frames: list[bytes]) -> None:
    events = carried(redacted(b"".join([*frames, STOP])))
    assert len(events) == len(frames) + 1
    assert json.loads(events[-1]) == {"type": "message_stop"}
    told = "".join(_words(json.loads(event)) for event in events)
    assert SECRET not in told
    assert told.startswith(f"It is {MARK}")
    assert told.endswith("], yes.")


def _words(event: dict[str, Any]) -> str:
    delta = event.get("delta") or {}
    return str(delta.get("text") or event.get("message") or "")


def test_what_was_cut_goes_where_a_secret_is_in_it() -> None:
    first, cut = chunk(said("Hello.")), chunk(said(f"It is {SECRET}"))[:-12]
    assert redacted(first + cut) == first
    assert redacted(first + chunk(said("World."))[:-12]) == first + chunk(said("World."))[:-12]


def test_a_stream_without_a_secret_stays_as_it_is() -> None:
    data = b"".join([chunk(said("Hello.")), event_frame("metadata", {"a": 1}), STOP])
    assert frame_edits(data, Redactor(b"salt", [SECRET])) == []
    # Nor does the redactor take the base64 of events for a secret.
    edits: list[Edit] = []
    assert b"".join(Redactor(b"salt", [SECRET]).chunks([data * 50], edits)) == data * 50
    assert edits == []


PIECES = st.lists(st.sampled_from(["It is ", *HALVES, SECRET, "\n", "é"]), max_size=6).map("".join)


@given(st.lists(st.builds(said, PIECES).map(chunk) | PIECES.map(lambda text: event_frame("x", {"text": text}))))
def test_no_secret_is_left_in_any_frame(frames: list[bytes]) -> None:
    events = carried(redacted(b"".join(frames)))
    assert len(events) == len(frames)
    assert not any(SECRET in event for event in events)


@given(st.binary(max_size=60), st.integers(0, 200))
def test_no_bytes_are_too_odd(data: bytes, cut: int) -> None:
    redacted(data)
    redacted(STOP + data)
    redacted(chunk(said(SECRET))[:cut] + data)
