"""Compare an agent's own session files with the wire, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from probe.renderers.blocks import Usage
from probe.witness.same_text import same_text, same_value
from probe.witness.session import ModelCall, Sent, Session, ToolUse
from probe.witness.wire import Wire, WireCall

_COUNTS = ("input", "output", "cache_read", "cache_write", "reasoning")
_SHOWN = 60
"""Characters of a text that are shown."""


@dataclass(kw_only=True)
class Comparison:
    """What was compared, and what differs."""

    calls: int = 0
    tool_calls: int = 0
    results: int = 0
    prompts: int = 0
    usages: int = 0
    problems: list[str] = field(default_factory=list)
    normal: list[str] = field(default_factory=list)
    """What only one side has, and why that is normal."""


def compare(sessions: list[Session], wire: Wire) -> Comparison:
    """Compare sessions with the record of the run in which they were written."""
    found = Comparison()
    own = [call for session in sessions for call in session.calls]
    pairs = _pairs(own, wire.calls)
    for call, seen in pairs:
        found.calls += 1
        found.problems += _call_problems(call, seen, found)
    matched = {id(call) for call, _ in pairs}
    for call in own:
        if id(call) not in matched:
            found.problems.append(
                f"only in the agent's file: {call.place}: {_about(call)}: this call bypassed the listeners,"
                " or its exchange is missing"
            )
    _only_on_wire(wire, {id(seen) for _, seen in pairs}, found)
    for session in sessions:
        _compare_sent(session, wire, found)
        for kind, one in session.unknown.items():
            found.problems.append(f"not compared: {one.count} of an unknown kind {kind!r}, the first at {one.first}")
    _results_on_wire(sessions, wire, found)
    return found


def _pairs(own: list[ModelCall], seen: list[WireCall]) -> list[tuple[ModelCall, WireCall]]:
    """Return which calls are the same one: by the answer's id, by a tool call's id, by content, by usage."""
    pairs: list[tuple[ModelCall, WireCall]] = []
    left, free = list(own), list(seen)
    for same in (_same_id, _same_tool, _same_all, _same_content, _same_usage):
        rest = []
        for call in left:
            one = next((one for one in free if same(call, one)), None)
            if one is None:
                rest.append(call)
            else:
                free.remove(one)
                pairs.append((call, one))
        left = rest
    return pairs


def _same_id(call: ModelCall, seen: WireCall) -> bool:
    return call.response_id is not None and call.response_id == seen.facts.response_id


def _same_tool(call: ModelCall, seen: WireCall) -> bool:
    return bool({one.call_id for one in call.tools} & {one.call_id for one in seen.tools} - {None})


def _same_content(call: ModelCall, seen: WireCall) -> bool:
    return bool(call.texts or call.tools) and not list(_content_problems(call, seen))


def _same_all(call: ModelCall, seen: WireCall) -> bool:
    return _same_usage(call, seen) and _same_content(call, seen)


def _same_usage(call: ModelCall, seen: WireCall) -> bool:
    if call.usage is None or seen.usage is None or not call.usage.input:
        return False
    return seen.why_alone is None and not list(_usage_problems(call.usage, seen.usage))


def _call_problems(call: ModelCall, seen: WireCall, found: Comparison) -> Iterator[str]:
    found.tool_calls += len(call.tools)
    where = f"{seen.place} and {call.place}"
    yield from (f"{where}: {problem}" for problem in _content_problems(call, seen))
    if call.usage and seen.usage:
        found.usages += 1
        yield from (f"{where}: {problem}" for problem in _usage_problems(call.usage, seen.usage))


def _content_problems(call: ModelCall, seen: WireCall) -> Iterator[str]:
    own, wire = _joined(call.texts), _joined(seen.texts)
    if not same_text(wire, own):
        yield f"the answer's text differs: on the wire {_short(wire)}, in the agent's file {_short(own)}"
    by_id = {one.call_id: one for one in seen.tools if one.call_id}
    known = [(one, by_id.pop(one.call_id)) for one in call.tools if one.call_id in by_id]
    for one, other in known:
        yield from _tool_problems(one, other)
    paired = {id(tool) for pair in known for tool in pair}
    # An API that gives no ids leaves their order.
    others = ([one for one in tools if id(one) not in paired] for tools in (call.tools, seen.tools))
    for mine, wires in zip_longest(*others):
        if mine is None or wires is None:
            side, tool = ("on the wire", wires) if mine is None else ("in the agent's file", mine)
            yield f"only {side}: the tool call {tool.name} {tool.call_id or ''}".rstrip()
        else:
            yield from _tool_problems(mine, wires)


def _tool_problems(own: ToolUse, wire: ToolUse) -> Iterator[str]:
    name = f"tool call {wire.call_id or wire.name}"
    if own.name != wire.name:
        yield f"{name}: its name differs: on the wire {wire.name}, in the agent's file {own.name}"
    if not same_value(wire.arguments, own.arguments):
        yield (
            f"{name}: its arguments differ: on the wire {_short(wire.arguments)},"
            f" in the agent's file {_short(own.arguments)}"
        )


def _usage_problems(own: Usage, wire: Usage) -> Iterator[str]:
    for name in _COUNTS:
        mine, theirs = getattr(own, name), getattr(wire, name)
        # Some write 0 for what the API did not report.
        if mine is not None and (mine or 0) != (theirs or 0) and not (theirs is None and name == "reasoning"):
            label = name.replace("_", " ")
            yield f"the usage differs: {label} tokens: on the wire {theirs}, in the agent's file {mine}"


def _only_on_wire(wire: Wire, matched: set[int], found: Comparison) -> None:
    for seen in wire.calls:
        if id(seen) in matched:
            continue
        text = f"only on the wire: {seen.place}"
        if seen.why_alone:
            found.normal.append(f"{text}: {seen.why_alone}")
        else:
            found.problems.append(f"{text}: {_about(seen)}: the agent's file has no such call")


def _compare_sent(session: Session, wire: Wire, found: Comparison) -> None:
    """Compare the prompts and the results of tools."""
    last = max((call.place.line for call in session.calls), default=0)

    def missing(one: Sent, what: str) -> None:
        if one.place.line > last:
            found.normal.append(f"only in the agent's file: {one.place}: {what}: no call followed that would send it")
        else:
            found.problems.append(f"only in the agent's file: {one.place}: {what}: it was not sent over the wire")

    for one in session.prompts:
        if _was_sent(one.text, wire):
            found.prompts += 1
        else:
            missing(one, f"prompt {_short(one.text)}")
    for one in {one.call_id or "": one for one in session.results}.values():
        place, text = wire.results.get(one.call_id or "") or _equal_result(one, wire)
        if not place:
            missing(one, f"result of the tool call {one.call_id}")
            continue
        found.results += 1
        if not same_text(text, one.text):
            found.problems.append(
                f"{place} and {one.place}: the result of the tool call {one.call_id} differs:"
                f" on the wire {_short(text)}, in the agent's file {_short(one.text)}"
            )


def _equal_result(own: Sent, wire: Wire) -> tuple[str, str]:
    """Return a result of the same text: where the API gives no ids, the agent's file may have ids of its own."""
    return next(((place, text) for place, text in wire.unnamed_results if same_text(text, own.text)), ("", ""))


def _was_sent(text: str, wire: Wire) -> bool:
    return text in wire.sent or any(text.strip() in sent or same_text(sent, text) for sent in wire.sent)


def _results_on_wire(sessions: list[Session], wire: Wire, found: Comparison) -> None:
    noted = {one.call_id for session in sessions for one in session.results}
    called = {tool.call_id for call in wire.calls for tool in call.tools}
    for call_id, (place, _) in wire.results.items():
        # A result of a call from before the run belongs to the history that the agent continues.
        if call_id not in noted and call_id in called:
            found.problems.append(
                f"only on the wire: {place}: result of the tool call {call_id}: the agent's file has none"
            )


def _joined(texts: list[str]) -> str:
    return "\n".join(stripped for text in texts if (stripped := text.strip()))


def _about(call: ModelCall | WireCall) -> str:
    if call.tools:
        return f"tool call {call.tools[0].name} {call.tools[0].call_id or ''}".rstrip()
    return f"answer {_short(_joined(call.texts))}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
