"""What the fuzzer tries for a while in CI, the ordinary tests try for a moment, with all that it ever found."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.addon.json_text import exact_json
from tests.fuzz.fuzz import CASES, cases
from tests.fuzz.targets import RENDERERS, TARGETS

FOUND = [path for name in TARGETS for path in cases(name)]


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_the_fuzzer_found_stays_fixed(path: Path) -> None:
    TARGETS[path.parent.name][0](path.read_bytes())


def test_every_case_belongs_to_a_target() -> None:
    assert {path.name for path in CASES.iterdir()} <= set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_fine(name: str) -> None:
    target, seeds = TARGETS[name]
    for seed in seeds():
        target(seed)


SEEDS = {name: seeds() for name, (_, seeds) in TARGETS.items()}
WORDS = st.sampled_from(
    [
        *(b"\0", b"\n", b"\r", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"[" * 300, b'{"a":' * 250, b"1e999", b"9" * 400),
        *(b"[REDACTED:", b"NaN", b"data:", b"\x1b[2J", b"```", b"<b>", b"basic ", b"bearer ", b"://", b"@"),
    ]
)
EDITS = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.integers(0, 40), WORDS | st.binary(max_size=8)), min_size=1, max_size=8
)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@settings(max_examples=120, suppress_health_check=list(HealthCheck))
def test_no_change_of_a_seed_breaks_a_promise(name: str, data: st.DataObject) -> None:
    seed = bytearray(data.draw(st.sampled_from(SEEDS[name])))
    for place, length, new in data.draw(EDITS):
        place %= len(seed) + 1
        seed[place : place + length] = new
    TARGETS[name][0](bytes(seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
@given(data=st.binary(max_size=400))
@settings(max_examples=100)
def test_no_bytes_break_a_promise(name: str, data: bytes) -> None:
    TARGETS[name][0](data)


ODD: list[Any] = [
    *(None, True, False, 0, -1, 1 << 62, -(1 << 63), 1.5, 1e308, -0.0, "", [], {}, [[]], [None], {"": None}),
    *("x", "\x1b[2J\u202e", "`" * 5, "a\nb", "{}", "[1]", "é" * 200, {"type": "message"}, {"type": None}, [1, "x", {}]),
    *({"type": "function_call"}, {"text": 1}, {"role": "user"}, ["a", ["b", ["c"]]], {"a": {"b": {"c": [{}]}}}),
]
"""Values that stand where an API would put another one."""


def changed(value: Any, rng: random.Random) -> Any:
    """Change one thing somewhere in a JSON value: put an odd one in its place, drop it, double it, rename it."""
    value = copy.deepcopy(value)
    places = list(_containers(value))
    if not places:
        return rng.choice(ODD)
    container = rng.choice(places)
    key = rng.choice(list(container) if isinstance(container, dict) else range(len(container)))
    match rng.randrange(5):
        case 0:
            del container[key]
        case 1 if isinstance(container, list):
            container.insert(key, copy.deepcopy(container[key]))
        case 1:
            container[rng.choice(["type", "id", "item", "output", "content", "x"])] = container[key]
        case 2:
            container[key] = rng.choice([[container[key]], {"x": container[key]}, json.dumps(container[key])])
        case _:
            container[key] = copy.deepcopy(rng.choice(ODD))
    return value


def _containers(value: Any) -> Any:
    """Yield every object and array that holds something."""
    if isinstance(value, dict | list) and value:
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _containers(inner)


LINES = [json.loads(line) for line in SEEDS["reader"] if exact_json(line.decode())]


@given(st.integers(0, len(LINES) - 1), st.integers(0, 1 << 32), st.integers(1, 6))
@settings(max_examples=600)
def test_what_is_shaped_like_the_api_and_unlike_it_is_read(number: int, seed: int, times: int) -> None:
    rng, value = random.Random(seed), LINES[number]
    for _ in range(times):
        value = changed(value, rng)
    TARGETS["reader"][0](json.dumps(value).encode())


STREAMS = [seed.partition(b"\0")[2].decode() for seed in SEEDS["sse"]]


@pytest.mark.slow
@given(st.integers(0, len(STREAMS) - 1), st.integers(0, 1 << 32), st.integers(1, 6))
@settings(max_examples=600)
def test_events_shaped_like_the_api_and_unlike_it_are_read(number: int, seed: int, times: int) -> None:
    rng, lines = random.Random(seed), STREAMS[number].split("\n")
    for _ in range(times):
        place = rng.randrange(len(lines))
        name, colon, data = lines[place].partition(": ")
        try:
            lines[place] = name + colon + json.dumps(changed(json.loads(data), rng))
        except ValueError:
            lines[place] = rng.choice(lines)
    for name in RENDERERS:
        TARGETS[name][0]("\n".join(lines).encode("utf-8", "surrogatepass"))
