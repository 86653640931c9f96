"""Statistics merge: those of two parts added up are those of the whole, bit for bit."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from probe.protocol import event_order, protocol_statistics, scalars, statistics
from probe.protocol.describe_values import Describer
from probe.protocol.describing import described
from probe.protocol.documents import documents
from probe.protocol.endpoint_statistics import Address
from probe.protocol.event_order import EventStatistics, Step, invariants
from probe.protocol.json_schema import DIALECT, schema_of
from probe.protocol.observing import Observer
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.statistics import Values
from tests.protocol.recorded import RECORDS, statistics_of

NAMES = st.sampled_from(["type", "role", "a", "b", "c", "7", "x-1", "arguments", "text"])
LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False, width=16)
WORDS = st.sampled_from(["message", "user", "", "{}", '{"a": [1]}', "2026-01-01", "x" * 90, "[1"]) | st.text(max_size=3)
JSON = st.recursive(
    LEAVES | WORDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=12
)


def state(thing: Any) -> Any:
    """Return all that statistics hold, for a comparison."""
    if hasattr(thing, "__slots__"):
        return {name: state(getattr(thing, name)) for name in thing.__slots__ if name not in ("moved", "at")}
    if isinstance(thing, dict):
        return {key: state(one) for key, one in thing.items()}
    return thing


def observed(values: list[Any], *, joined: bool = False) -> Values:
    """Return the statistics of values."""
    observer, found = Observer(lambda text, at: text.replace("2026", "⟨year⟩"), lambda number, at: None), Values("")
    for value in values:
        if joined:
            observer.add_joined(found, value, 2)
        else:
            observer.add(found, value)
    return found


@pytest.fixture(autouse=True, scope="module")
def _low_limits() -> Any:
    """Limits that a small example reaches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scalars, "MOST_VALUES", 4)
        patch.setattr(statistics, "MOST_MEMBERS", 4)
        patch.setattr(statistics, "MOST_TAGS", 3)
        patch.setattr(event_order, "MOST_KINDS", 5)
        yield


@example([{"role": None}, {"type": None, "a": None, "b": None}], [{"text": "{}"}])  # JSON in prose, in a map
@given(st.lists(JSON, max_size=8), st.lists(JSON, max_size=8))
def test_two_parts_are_the_whole_in_any_order(first: list[Any], second: list[Any]) -> None:
    whole = state(observed([*first, *second]))
    for one, other in ((first, second), (second, first)):
        found = observed(one)
        found.merge(observed(other))
        assert state(found) == whole
    assert state(observed([*second, *first])) == whole


@given(st.lists(JSON, max_size=8), st.integers(1, 12))
def test_whatever_was_observed_fits_the_schema_made_of_it(values: list[Any], times: int) -> None:
    schema = schema_of(Describer().value(observed(values * times)))
    validator = jsonschema_rs.validator_for({"$schema": DIALECT, **schema})
    for value in values:
        error = next(validator.iter_errors(value), None)
        assert error is None, f"{error.message}: {schema}"


@given(JSON, st.integers(1, 5))
def test_a_value_that_is_read_once_counts_as_often_as_it_was_sent(value: Any, times: int) -> None:
    observer, found = Observer(lambda text, at: text.replace("2026", "⟨year⟩"), lambda number, at: None), Values("")
    touched = observer.touched(found, value)
    for node, code in touched:
        statistics.latest(node).counts[code] += times
    assert state(found) == state(observed([value] * times))


VALUES = {
    "many numbers and a word": [*range(60), "auto"],
    "many words and a number": [*map(str, range(60)), 1],
    "many words and a boolean": [*map(str, range(60)), True],
    "a long one of few": [{"mode": mode} for mode in ("a", "x" * 50)] * 10,
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("shareable", [False, True])
def test_one_value_of_many_is_no_constant(values: list[Any], *, shareable: bool) -> None:
    schema = schema_of(Describer(shareable=shareable).value(observed(values)))
    validator = jsonschema_rs.validator_for({"$schema": DIALECT, **schema})
    assert [value for value in values if not validator.is_valid(value)] == []


def test_a_shareable_description_has_no_long_text_with_a_slot() -> None:
    values = observed(["2026 and a sentence of more than forty characters"])
    assert [Describer(shareable=one).value(values).slot is None for one in (False, True)] == [False, True]


def test_keys_that_are_data_are_described_by_their_slots_alone() -> None:
    found = Describer().value(observed([{f"/2026/secret-{number}.py": number for number in range(9)}]))
    assert found.map
    assert found.map.keys == "⟨year⟩"


KINDS = st.sampled_from([("server", name) for name in "abcde"] + [("client", "a")])
SEQUENCES = st.lists(st.lists(st.builds(Step, KINDS, st.integers(1, 3)), max_size=6), max_size=5)


def ordered(sequences: list[list[Step]]) -> EventStatistics:
    """Return the statistics of sequences of events."""
    found = EventStatistics()
    for one in sequences:
        found.ordered(one)
    return found


@given(SEQUENCES, SEQUENCES)
def test_the_order_of_events_merges(first: list[list[Step]], second: list[list[Step]]) -> None:
    found = ordered(first)
    found.merge(ordered(second))
    assert state(found) == state(ordered([*first, *second]))


@given(SEQUENCES)
def test_the_invariants_are_those_that_no_sequence_breaks(sequences: list[list[Step]]) -> None:
    found = invariants(ordered(sequences))
    assume(len({step.kind for one in sequences for step in one}) <= event_order.MOST_KINDS)
    flat = [[step.kind for step in one for _ in range(step.times)] for one in sequences]
    kinds = {kind for one in flat for kind in one}
    for a in kinds:
        assert found.never_followed_by[a] == {
            b
            for b in kinds
            if not any(b in one[place + 1 :] for one in flat for place, kind in enumerate(one) if kind == a)
        }
        assert found.always_followed_by[a] == {
            b
            for b in kinds - {a}
            if all(b in one[place:] for one in flat for place, kind in enumerate(one) if kind == a)
        }
        assert found.always_preceded_by[a] == {
            b
            for b in kinds - {a}
            if all(b in one[:place] for one in flat for place, kind in enumerate(one) if kind == a)
        }


def test_paths_that_are_data_are_one_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol_statistics, "MOST_ENDPOINTS", 3)
    parts = []
    for names in ("abc", "cdef", "g"):
        parts.append(ProtocolStatistics())
        for name in names:
            parts[-1].endpoint(Address("model", ("", name), "GET", "http")).count += 1
    for order in (parts, parts[::-1]):
        whole = ProtocolStatistics()
        for part in pickle.loads(pickle.dumps(order)):
            whole.merge(part)
        assert {address.path: one.count for address, one in whole.endpoints.items()} == {("", "*"): 8}


@pytest.mark.parametrize("case", ["codex/tool-loop", "codex/tool-loop-websocket", "demo/sample"])
def test_a_record_cut_in_two_gives_the_same_documents(case: str, tmp_path: Path) -> None:
    lines = RECORDS[case].read_bytes().splitlines(keepends=True)
    parts = []
    for number, half in enumerate((lines[:1], lines[1:])):
        (tmp_path / str(number)).write_bytes(b"".join(half))
        # As another process hands it over.
        parts.append(pickle.loads(pickle.dumps(statistics_of(tmp_path / str(number)))))
    whole = ProtocolStatistics()
    for part in reversed(parts):
        whole.merge(part)
    whole.recordings = 1
    texts, other = (dict(documents(described(one))) for one in (whole, statistics_of(RECORDS[case])))
    # Which earlier answer an id is from is known within a recording alone.
    for name in ("bodies.schema.json", "openapi.json"):
        assert texts[name] == other[name]
