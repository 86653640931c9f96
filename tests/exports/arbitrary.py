"""Exchanges of any kind, for property tests."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from probe.imports.source import (
    SourceConversation,
    SourceExchange,
    SourceFrame,
    SourceRequest,
    SourceResponse,
)
from probe.record.exchange import Interim

SECRET = "planted-" + "Zq7Xw2Kf9LmT4v"
_TIMES = st.floats(1_700_000_000, 1_900_000_000)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXTS | st.just(f"a {SECRET}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
_TYPES = ("application/json", "text/plain; charset=utf-8", "text/event-stream", "application/octet-stream", "")


@st.composite
def _streams(draw: st.DrawFn) -> str:
    events = draw(st.lists(st.tuples(st.sampled_from(["", "delta", "done"]), _JSON), max_size=4))
    spaced = draw(st.booleans())
    text = "".join(
        (f"event: {name}\n" if name else "") + f"data: {json.dumps(value) if spaced else _compact(value)}\n\n"
        for name, value in events
    )
    return text + draw(st.sampled_from(["", "data: [DONE]\n\n", ": a comment\n\n", "data: cut"]))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_BODIES = st.one_of(
    st.just(b""),
    _JSON.map(lambda value: _compact(value).encode()),
    _JSON.map(lambda value: json.dumps(value, indent=1).encode()),
    _streams().map(str.encode),
    _TEXTS.map(str.encode),
    st.binary(max_size=30),
    st.just(b"\xff" + SECRET.encode()),
)


@st.composite
def _pairs(draw: st.DrawFn) -> list[tuple[str, str]]:
    names = st.sampled_from(["accept", "X-Own", "x-own", "content-encoding", "set-cookie", "Cookie"])
    fields = draw(st.lists(st.tuples(names, _VALUES), max_size=4))
    kind = draw(st.sampled_from(_TYPES))
    return [*fields, *([("content-type", kind)] if kind else [])]


@st.composite
def _common(draw: st.DrawFn) -> dict[str, Any]:
    body = draw(_BODIES)
    begins = sorted(draw(st.lists(st.integers(0, len(body)), max_size=3))) if body else []
    times = draw(st.lists(_TIMES, min_size=len(begins) + 1, max_size=len(begins) + 1))
    return {
        "headers": draw(_pairs()),
        "body": body,
        "wire_size": draw(st.none() | st.integers(0, 99)),
        "pieces": list(zip(sorted(times), [0, *begins], strict=True)) if body and draw(st.booleans()) else [],
        "http_version": draw(st.sampled_from(["HTTP/1.1", "HTTP/2.0", None])),
        "started": draw(_TIMES),
        "ended": draw(st.none() | _TIMES),
        "trailers": draw(st.sampled_from([[], [("x-end", "1")]])),
    }


_REQUESTS = st.builds(
    lambda common, method, path: SourceRequest(method=method, url=f"https://api.example.com/{path}", **common),
    _common(),
    st.sampled_from(["POST", "GET", "pAtch"]),
    st.sampled_from(["v1/messages", "v1/responses?a=b&c=%20d", ""]),
)
_RESPONSES = st.builds(
    lambda common, status, reason, interim: SourceResponse(
        status_code=status, reason=reason, interim=interim, **common
    ),
    _common(),
    st.sampled_from([200, 101, 404, 529]),
    st.sampled_from(["OK", "", None, "für"]),
    st.sampled_from([[], [Interim(timestamp=1.5, status_code=103, reason="Early Hints", headers={"link": "x"})]]),
)
_FRAMES = st.one_of(
    st.builds(
        lambda one, time, content: SourceFrame(from_client=one, is_text=True, content=content, timestamp=time),
        st.booleans(),
        _TIMES,
        st.one_of(_JSON.map(lambda value: _compact(value).encode()), _TEXTS.map(str.encode)),
    ),
    st.builds(
        lambda one, time, content: SourceFrame(from_client=one, is_text=False, content=content, timestamp=time),
        st.booleans(),
        _TIMES,
        st.binary(max_size=9),
    ),
)
_CONVERSATIONS = st.builds(
    SourceConversation,
    frames=st.lists(_FRAMES, max_size=4),
    close_code=st.sampled_from([1000, 1006, None]),
    close_reason=st.sampled_from(["bye", "", None]),
    closed_by=st.sampled_from(["client", "server", None]),
    ended=st.none() | _TIMES,
)
EXCHANGES = st.builds(
    SourceExchange,
    started=_TIMES,
    request=_REQUESTS,
    response=st.none() | _RESPONSES,
    conversation=st.none() | _CONVERSATIONS,
    error=st.sampled_from([None, "the upstream ended the connection", f"with {SECRET}"]),
    id=st.uuids().map(str),
)

ODDITIES = st.fixed_dictionaries(
    {},
    optional={
        "refused": st.just(True),
        "request": st.just({"decode_error": "not gzip"}),
        "response": st.just({"decode_error": "not zstd", "lost": 7}),
    },
)
"""What a recording may note of an exchange besides."""
