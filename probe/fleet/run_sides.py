"""Make of one run's findings what is compared of groups of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from json import dumps
from math import isfinite
from typing import Any

import msgspec

from probe.analysis.findings import Findings
from probe.compare.conditions import Conditions
from probe.compare.noted_run import side_of
from probe.compare.noting import Notes
from probe.compare.side import OfferedTool, SaidIn, SentItem, Side
from probe.fleet.capped import Counts
from probe.fleet.histogram import Histogram
from probe.fleet.shown_places import places_of
from probe.fleet.sides import CAPS, KEPT_VALUES, GroupSides, longer
from probe.protocol.description import Protocol
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.record.canonical_json import canonical_json, number_of
from probe.slots.slots import Slots

_LONGEST = 300
"""Characters of a value, or a name, that is a key."""
KEPT_TEXT = 16_000
"""Characters of a part of the instructions that are kept."""
_KEPT_VALUE = 2_000
"""Characters of a setting's JSON that are kept."""
_KEPT_TOOL = 64_000
"""Bytes of a tool's definition that are kept."""


def sides_of_run(
    found: Findings,
    notes: Notes,
    slots: Slots,
    protocol: ProtocolStatistics,
    prompt: str | None = None,
    conditions: Conditions | None = None,
    *,
    is_replay: bool = False,
) -> GroupSides:
    """Return what one run shows; `protocol` is read before it is a part of other statistics."""
    side = side_of(found, notes, slots, Protocol(), prompt)
    sides, one = GroupSides(), GroupSides()
    counts, values = _of_side(side, sides.replayed if is_replay else sides.distributions)
    counts["places"] = places_of(protocol)
    known = conditions or Conditions()
    for name, word in (("modes", known.mode), ("platforms", known.platform), ("ends", known.state or "by itself")):
        counts[name] = {word[:_LONGEST]: 1} if word else {}
    one.counts = {name: _encodable(counts.get(name, {})) for name in CAPS}
    one.values = _encodable(values)
    # Merging applies the caps.
    sides.merge(one)
    return sides


def _of_side(side: Side, distributions: Mapping[str, Histogram]) -> tuple[Counts, dict[str, dict[str, Any]]]:
    """Return the counts and values of a run, and add its numbers to distributions."""
    values: dict[str, dict[str, Any]] = {name: {} for name in KEPT_VALUES}
    turns = [turn for thread in side.threads for turn in thread.turns]
    _measure(side, len(turns), distributions)
    tools, requests = _tools(side.tools, values["tools"])
    instructions = _instructions(side.instructions, values["texts"])
    numbers = {
        "runs": 1,
        "calling": side.calls > 0,
        "offering": side.offering,
        "offering runs": side.offering > 0,
        "chained": side.chained,
        "chained runs": side.chained > 0,
    }
    return {
        "numbers": {name: int(number) for name, number in numbers.items()},
        "headers": {name[:_LONGEST]: _once(values) for name, values in side.headers.items()},
        "models": {purpose: _once(models) for purpose, models in side.models.items()},
        "purposes": _once(side.purposes),
        "stops": _once(turn.stop for turn in turns if turn.stop),
        "tools": tools,
        "tool_names": _once(tools),
        "tool_requests": requests,
        "instructions": instructions,
        "parts": _once(instructions),
        "settings": {purpose: _settings(items, values["settings"]) for purpose, items in side.settings.items()},
    }, values


def _once(words: Iterable[str]) -> dict[str, int]:
    return {word[:_LONGEST]: 1 for word in words}


def _measure(side: Side, turns: int, distributions: Mapping[str, Histogram]) -> None:
    numbers = side.numbers
    measured: dict[str, Iterable[float]] = {
        "turns": [turns],
        "input tokens": numbers.tokens.get("input", ()),
        "output tokens": numbers.tokens.get("output", ()),
        "first part": (1e6 * one for one in numbers.first_parts),
        "answer": (1e6 * one for one in numbers.answers),
        "seconds": [1e6 * numbers.seconds],
        "sent": [numbers.sent],
        "received": [numbers.received],
    }
    for name, found in measured.items():
        for number in found:
            if isfinite(number):
                distributions[name].add(round(number))


def _tools(tools: Iterable[OfferedTool], values: dict[str, Any]) -> tuple[Counts, Counts]:
    runs: Counts = {}
    requests: Counts = {}
    for tool in tools:
        definition = msgspec.to_builtins(msgspec.structs.replace(tool, uses=0))
        if len(canonical_json(definition)) > _KEPT_TOOL:
            definition |= {"description": (tool.description or "")[:KEPT_TEXT], "schema": None, "rest": {}}
        key = _hash(canonical_json(definition))
        values[key] = definition
        name = tool.name[:_LONGEST]
        runs.setdefault(name, {})[key] = 1
        of_name = requests.setdefault(name, {})
        of_name[key] = of_name.get(key, 0) + tool.uses
    return runs, requests


def _instructions(parts: Iterable[SaidIn], values: dict[str, Any]) -> Counts:
    found: Counts = {}
    for part in parts:
        said = part.said
        kind = dumps([part.group[:_LONGEST], said.what, said.at[:_LONGEST], said.role, said.mark])
        key = f"{said.key:016x}"
        found.setdefault(kind, {})[key] = 1
        values[key] = longer(values.get(key), [said.size, said.text[:KEPT_TEXT]])
    return found


def _settings(items: Iterable[SentItem], values: dict[str, Any]) -> Counts:
    found: Counts = {}
    for item in items:
        key = f"{item.key:016x}"
        found.setdefault(dumps([item.at[:_LONGEST], item.name[:_LONGEST]]), {})[key] = 1
        text = None if item.json is None else dumps(item.value, sort_keys=True)
        values[key] = longer(values.get(key), text if text and len(text) <= _KEPT_VALUE else None)
    return found


def _hash(data: bytes) -> str:
    return f"{number_of(data):016x}"


def _encodable(value: Any) -> Any:
    """Return a value without halves of surrogate pairs, which have no UTF-8 form."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(one) for key, one in value.items()}
    return [_encodable(one) for one in value] if isinstance(value, list | tuple) else value
