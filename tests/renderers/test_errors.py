"""The errors of servers of many makes are read alike, and nothing of them is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.renderers.blocks import Body, Failure, Settings, Unknown
from probe.renderers.errors import error_blocks
from tests.renderers.markers import lost

OPENAI = {"error": {"message": "No.", "type": "invalid_request_error", "code": "bad", "param": None}}
ERRORS: dict[str, tuple[Any, int, list[Any]]] = {
    "Anthropic's": (
        {"type": "error", "error": {"type": "overloaded_error", "message": "No."}, "request_id": "r"},
        529,
        [Failure(message="No.", code="overloaded_error"), Settings(pairs=(("request_id", "r"),))],
    ),
    "OpenAI's": (OPENAI, 400, [Failure(message="No.", code="bad", detail=OPENAI["error"])]),
    "Google's, in an array": ([{"error": {"message": "No.", "code": 429}}], 429, [Failure(message="No.", code="429")]),
    "a text as the error": ({"error": "No."}, 404, [Failure(message="No.")]),
    "AWS's": ({"message": "No."}, 403, [Failure(message="No.")]),
    "that of AWS's check of the key": ({"Message": "No."}, 403, [Failure(message="No.")]),
    "FastAPI's": (
        {"detail": [{"loc": ["body", "x"], "msg": "missing"}]},
        422,
        [Failure(message="body.x: missing", detail=[{"loc": ["body", "x"], "msg": "missing"}])],
    ),
    "several": ({"errors": [{"message": "A"}, {"message": "B"}]}, 400, [Failure(message="A"), Failure(message="B")]),
    "a field that nobody knows": (
        {"error": "No.", "mood": "bad"},
        400,
        [Failure(message="No."), Unknown(what="field 'mood'", value="bad")],
    ),
    "a line of text": ("upstream timed out\n", 504, [Failure(message="upstream timed out", code="504")]),
    "an HTML page": (
        "<html>no</html>",
        502,
        [Failure(message="the body is an HTML page, not JSON", code="502"), Body(value="<html>no</html>")],
    ),
    "a longer text": (
        "a\nb",
        500,
        [Failure(message="the body is a longer text, not JSON", code="500"), Body(value="a\nb")],
    ),
}


@pytest.mark.parametrize(("body", "status", "blocks"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_is_read_with_its_words_and_its_code(body: Any, status: int, blocks: list[Any]) -> None:
    assert error_blocks(body, status) == blocks


@pytest.mark.parametrize(("body", "status"), [case[:2] for case in ERRORS.values()], ids=ERRORS.keys())
def test_nothing_of_an_error_is_lost(body: Any, status: int) -> None:
    assert lost(body, lambda broken: error_blocks(broken, status) or broken) == []


NO_ERRORS = {
    "an answer": ({"id": "r", "error": None}, 200),
    "an answer in text": ("Hello.", 200),
    "a message that is no error": ({"message": "Hello."}, 200),
    "an empty body": ("", 500),
    "nothing": (None, 500),
}


@pytest.mark.parametrize(("body", "status"), NO_ERRORS.values(), ids=NO_ERRORS.keys())
def test_what_is_no_error_stays_what_it_is(body: Any, status: int) -> None:
    assert error_blocks(body, status) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "detail", "message", "code", "type", "object", "loc", "msg"]), inner
        )
    ),
    max_leaves=12,
)


@given(VALUES, st.sampled_from([None, 200, 500]))
def test_no_error_is_too_odd(body: Any, status: int | None) -> None:
    error_blocks(body, status)
