"""Find what a path leads to in a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from probe.ask.block_content import ASSISTANT, SYSTEM, USER, Passage, calls_of, passages
from probe.ask.exchange_parts import exchange_part, message_found, stream_event
from probe.ask.found import Found, below, json_found, text_found, value_found
from probe.ask.known_run import KnownRun
from probe.ask.path import Path, number_of
from probe.ask.run_values import WHOLE_VALUES
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.renderers.api import Kind
from probe.renderers.json_reader import Json
from probe.trace.facts import TurnFacts
from probe.trace.items import Known, NewItem

_SHORTEST = 6
"""Characters of a hash that name an item."""
_SHOWN = 12


def look_up(run: KnownRun, path: Path) -> Found:
    """Return what a path leads to. Raises UserError with what there is instead."""
    return below(_base(run, path), path.pointer)


def _base(run: KnownRun, path: Path) -> Found:
    match path.kind:
        case "turn":
            return _turn_part(run, path)
        case "item":
            return _item_part(run, path)
        case "exchange":
            line = _line(path)
            return exchange_part(run.exchange(line), path.steps, *_reading(run), run.lines.text(line))
    if path.steps:
        raise UserError(f"{path.kind} has no part {path.steps[0]!r}", f"a pointer goes on from it: {path.kind}/0")
    value = WHOLE_VALUES[path.kind](run)
    return text_found(value) if isinstance(value, str) else value_found(value)


def _line(path: Path) -> int:
    if not (path.name and path.name.isascii() and path.name.isdigit()):
        raise UserError(f"exchange {path.name!r} is no line of the record", "lines count from 1: exchange.1")
    return int(path.name[:18])


# -- turns -------------------------------------------------------------------------------------------------------


def _turn_part(run: KnownRun, path: Path) -> Found:
    number = number_of(path.name or "", "turn", len(run.findings.turns))
    tries = run.tries(number)
    match path.steps:
        case ():
            return value_found(run.summary.turns[number - 1])
        case ["try", *_] if not tries.failed:
            raise UserError(f"turn {number} has no failed try", f"it has: {', '.join(_parts(tries.turn.facts))}")
        case ["try"]:
            raise UserError("try needs a number", f"for example: turn.{number}.try.1")
        case ["try", word, *steps]:
            place = number_of(word, "failed try", len(tries.failed))
            if not steps:
                return value_found(run.summary.turns[number - 1].tries[place - 1])
            return _part(run, tries.failed[place - 1].facts, steps, f"turn.{number}.try.{place}")
    return _part(run, tries.turn.facts, path.steps, f"turn.{number}", ("try.1",) if tries.failed else ())


def _part(run: KnownRun, facts: TurnFacts, steps: Sequence[str], name: str, more: Sequence[str] = ()) -> Found:
    match steps:
        case ["answer"]:
            return text_found(run.spoken(facts))
        case ["request"]:
            return _request(run, facts)
        case ["response"]:
            return _response(run, facts)
        case [what, place] if what in _TURN_LISTS:
            return _TURN_LISTS[what](run, facts, place)
        case [what] if what in _TURN_LISTS:
            raise UserError(f"{what} needs a number", f"for example: {name}.{what}.1")
    raise _no_part(name, steps, (*_parts(facts), *more))


def _parts(facts: TurnFacts) -> list[str]:
    """Return the parts that a turn has, or a failed try."""
    return ["answer", "request", "response", *(f"{one}.1" for one in _TURN_LISTS if one != "call" or facts.calls)]


def _no_part(of: str, steps: Sequence[str], names: Sequence[str]) -> UserError:
    words = ".".join(steps)
    return UserError(f"{of} has no part {words!r}", did_you_mean(words, names) + f"its parts are: {', '.join(names)}")


def _request(run: KnownRun, facts: TurnFacts) -> Found:
    if facts.part is None:
        return exchange_part(run.exchange(facts.line), ("request", "body"), *_reading(run))
    return json_found(run.turn(facts).request)


def _response(run: KnownRun, facts: TurnFacts) -> Found:
    if facts.part is None:
        return exchange_part(run.exchange(facts.line), ("response", "body"), *_reading(run))
    messages = [text.encode("utf-8", "surrogatepass") for text in run.turn(facts).messages]
    return json_found(Json(b"[" + b",\n".join(messages) + b"]"))


def _reading(run: KnownRun) -> tuple[Any, Any]:
    return run.source.record, run.source.renderer


def _block(run: KnownRun, facts: TurnFacts, word: str) -> Found:
    return _passage(answer_passages(run, facts), word)


def _call(run: KnownRun, facts: TurnFacts, word: str) -> Found:
    calls = list(calls_of(run.turn(facts).response))
    call = calls[number_of(word, "call of a tool", len(calls)) - 1]
    return value_found(call)


def _item_of_turn(run: KnownRun, facts: TurnFacts, word: str) -> Found:
    number = facts.items[number_of(word, "item", len(facts.items)) - 1]
    return json_found(Json(run.item(number).raw))


def _event(run: KnownRun, facts: TurnFacts, word: str) -> Found:
    if facts.part is None:
        return stream_event(run.exchange(facts.line), word, *_reading(run))
    messages = run.turn(facts).messages
    return message_found(messages[number_of(word, "event", len(messages)) - 1])


_TURN_LISTS: dict[str, Callable[[KnownRun, TurnFacts, str], Found]] = {
    "block": _block,
    "call": _call,
    "item": _item_of_turn,
    "event": _event,
}


def answer_passages(run: KnownRun, facts: TurnFacts) -> list[Passage]:
    """Return the blocks of a turn's answer that have content."""
    return list(passages(run.turn(facts).response, ASSISTANT, {}))


def _passage(found: Sequence[Passage], word: str) -> Found:
    return value_found(found[number_of(word, "block", len(found)) - 1].block)


def instead_of_answer(run: KnownRun, path: Path) -> str:
    """Return where the calls of tools are that an empty answer made instead; empty for any other place."""
    if path.kind != "turn" or path.steps != ("answer",):
        return ""
    number = number_of(path.name or "", "turn", len(run.findings.turns))
    calls = len(run.tries(number).turn.facts.calls)
    return f": it calls a tool instead: turn.{number}.call.1" if calls else ""


# -- items -------------------------------------------------------------------------------------------------------


def _item_part(run: KnownRun, path: Path) -> Found:
    item = run.item(find_item(run, path.name or "").number)
    match path.steps:
        case ():
            return json_found(Json(item.raw))
        case ["block", word]:
            return _passage(item_passages(item), word)
    raise _no_part(f"item.{path.name}", path.steps, ("block.1",))


def item_passages(item: NewItem) -> list[Passage]:
    """Return the blocks of an item that have content."""
    return list(passages(item.blocks, role_of_item(item.known), {}))


def role_of_item(known: Known) -> str:
    """Return whose words those of an item are that no message of it says."""
    # Without a role: what agents say to each other, and Gemini's users.
    return SYSTEM if known.kind is Kind.INSTRUCTIONS else USER


def find_item(run: KnownRun, word: str) -> Known:
    """Return the item of a number, or of the beginning of a hash. Raises UserError."""
    items = run.trace.items.known
    if word.isascii() and word.isdigit() and len(word) < _SHORTEST + 2 and int(word) < len(items):
        return items[int(word)]
    found = [one for one in items if len(word) >= _SHORTEST and one.sha256.startswith(word.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"item.{one.number} ({one.name or one.kind.value})" for one in found[:_SHOWN])
        raise UserError(f"several items of run {run.name} have a hash like {word}", f"they are: {listed}")
    most = f"items are 0 to {len(items) - 1}" if items else "no request of it has items"
    raise UserError(f"run {run.name} has no item {word!r}", f"{most}, or name {_SHORTEST} characters of a hash or more")
