"""Group a run's turns into sessions, threads with their sub-agents, and prompts of the user.

By the agent's own ids where its target says where they are, else by what each turn's input begins with.

- A session is one use of the agent, a thread one conversation in it; a sub-agent has a thread of its own.
- A prompt is what the user asked once, with all turns that the agent took to answer it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from probe.analysis.continuation import Link, links
from probe.analysis.purpose import TURN, WARM_UP, purposes
from probe.renderers.api import Stop
from probe.trace.facts import TurnFacts
from probe.trace.items import Known
from probe.trace.tool_calls import Call

_Key = tuple[str | None, ...]


class PlacedTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A turn in its thread."""

    facts: TurnFacts
    index: int
    """Its place among the turns of the run in the order in which they started, from 0."""
    link: Link
    purpose: str
    prompt: int | None
    """Number of the user's prompt within the thread; None before the first one, and for a warm-up."""

    @property
    def is_side(self) -> bool:
        """Check whether it is a side request."""
        return self.purpose != TURN


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """The call of a tool that started a sub-agent."""

    turn: int
    """Index of the turn whose answer has it."""
    call: Call


class Thread(msgspec.Struct, kw_only=True):
    """One conversation with the model."""

    number: int
    """Within the run, in the order in which threads began."""
    id: str | None
    """The agent's own; None where it has none: it was found by its inputs, or is a sub-agent that has a name alone."""
    agent: str | None
    """What the agent calls this sub-agent; None when it is none, or has no name."""
    parent: int | None
    """Number of the thread that it works for; None for a session's own, and where that one was not captured."""
    is_sub_agent: bool
    task: Task | None = None
    """What a sub-agent was asked for; None where no call of the record did."""
    turns: list[PlacedTurn] = msgspec.field(default_factory=list)

    @property
    def prompts(self) -> int:
        """Return how many prompts of the user it answers."""
        return len({one.prompt for one in self.turns if one.prompt is not None})


class Session(msgspec.Struct, kw_only=True):
    """One use of the agent."""

    id: str | None
    """None where the agent sends none."""
    threads: list[Thread] = msgspec.field(default_factory=list)


def group(turns: Sequence[TurnFacts], items: Sequence[Known], *, one_prompt: bool = False) -> list[Session]:
    """Return the sessions of a run's turns; sessions, threads and turns are in the order in which they began.

    With `one_prompt` the user said one thing alone, and what looks like more is the agent's own.
    """
    turns = sorted(turns, key=lambda turn: (turn.started, turn.line, turn.part or 0))
    if not turns:
        return []
    found = links(turns, items)
    purpose = purposes(turns, found)
    keys = _keys(turns, found, purpose)
    order = range(len(turns))
    threads: dict[_Key, Thread] = {}
    members: dict[_Key, list[int]] = {}
    for number in order:
        key, ids = keys[number], turns[number].ids
        if key not in threads:
            is_sub_agent = "agent" in ids or "parent" in ids
            own = ids.get("thread") or (ids.get("session") if key[0] == "ids" else None)
            threads[key] = Thread(
                number=len(threads) + 1,
                id=None if is_sub_agent and own in (thread.id for thread in threads.values()) else own,
                agent=(ids.get("name") or ids.get("agent")) if is_sub_agent else None,
                parent=None,
                is_sub_agent=is_sub_agent,
            )
        members.setdefault(key, []).append(number)
    first = {key: turns[numbers[0]] for key, numbers in members.items()}
    for key, thread in threads.items():
        typed = [_is_typed(turns, found, items, number) and not one_prompt for number in members[key]]
        thread.turns = _placed(turns, purpose, members[key], found, typed)
        if thread.is_sub_agent:
            thread.parent = _parent(thread, first[key], ((other, first[name]) for name, other in threads.items()))
    _find_started(list(threads.values()), items)
    return _sessions(threads, first)


def _keys(turns: Sequence[TurnFacts], found: Sequence[Link], purpose: Sequence[str]) -> list[_Key]:
    """Return each turn's thread; a side request that has no id belongs to the work that follows it."""
    keys: list[_Key | None] = []
    for number, turn in enumerate(turns):
        ids, before = turn.ids, found[number].before
        if "session" in ids or "thread" in ids:
            keys.append(("ids", *(ids.get(kind) for kind in ("session", "thread", "agent", "parent"))))
        elif purpose[number] != TURN:
            keys.append(None)
        elif before is not None and keys[before] is not None:
            keys.append(keys[before])
        elif not found[number].known:
            keys.append(("unknown",))
        else:
            keys.append(("input", str(number)))
    nearest: _Key | None = None
    for number in (*reversed(range(len(keys))), *range(len(keys))):
        nearest = keys[number] or nearest
        keys[number] = nearest
    return [key or ("beside",) for key in keys]


def _is_typed(turns: Sequence[TurnFacts], found: Sequence[Link], items: Sequence[Known], number: int) -> bool:
    """Check whether the newest message of a turn may be what the user says anew.

    Where the model waited for results and got none of them, the agent complains of the calls in the user's name.
    """
    turn, link = turns[number], found[number]
    if not turn.prompts or link.repeated:
        return False
    before = turns[link.before] if link.before is not None else None
    if before is None or before.stop is not Stop.TOOL_CALL or not before.calls:
        return True
    calls = {call.call_id for call in before.calls}
    # Where calls have no ids, nobody knows whose results there are.
    return None in calls or any(calls.intersection(items[one].features.results) for one in turn.items)


def _placed(
    turns: Sequence[TurnFacts],
    purpose: Sequence[str],
    numbers: Sequence[int],
    found: Sequence[Link],
    typed: Sequence[bool],
) -> list[PlacedTurn]:
    """Number the prompts of one thread: by the agent's ids, else a new one where the user says something new."""
    placed, numbered, count = [], dict[str, int](), 0
    for number, is_typed in zip(numbers, typed, strict=True):
        turn = turns[number]
        name = turn.ids.get("prompt")
        prompt: int | None = None if purpose[number] == WARM_UP else count or None
        if name is not None:
            count = max(count, numbered.setdefault(name, count + 1))
            prompt = numbered[name]
        elif purpose[number] == TURN and not numbered:
            if count == 0 or is_typed:
                count += 1
            prompt = count
        placed.append(PlacedTurn(facts=turn, index=number, link=found[number], purpose=purpose[number], prompt=prompt))
    return placed


def _parent(thread: Thread, turn: TurnFacts, others: Iterable[tuple[Thread, TurnFacts]]) -> int | None:
    """Find the thread that a sub-agent works for: the named one, else the first of its session."""
    named, session = turn.ids.get("parent"), turn.ids.get("session")
    for other, first in others:
        if other is thread:
            continue
        if named is not None and named in (first.ids.get("thread"), first.ids.get("session")):
            return other.number
        if named is None and not other.is_sub_agent and first.ids.get("session") == session:
            return other.number
    return None


def _find_started(threads: Sequence[Thread], items: Sequence[Known]) -> None:
    """Find the calls that started sub-agents: each began with a text that a tool call had handed to it.

    A thread without ids is known for a sub-agent by that alone.

    It began after the answer with the call, and before the turn with the call's result.
    """
    calls = [
        (number, thread, turn, after, call)
        for thread in threads
        for turn, after in zip(thread.turns, [*thread.turns[1:], None], strict=True)
        for call in turn.facts.calls
        for number in call.texts
    ]
    for thread in threads:
        begun = thread.turns[0].facts
        if not calls:
            continue
        said = {one.number for item in begun.items for one in items[item].features.said}
        for number, parent, turn, after, call in calls:
            in_time = turn.facts.started < begun.started and (after is None or begun.started <= after.facts.started)
            if number in said and in_time and parent is not thread:
                thread.task = Task(turn=turn.index, call=call)
                if not thread.is_sub_agent:
                    thread.is_sub_agent, thread.parent, thread.agent = True, parent.number, call.agent or call.name
                break


def _sessions(threads: dict[_Key, Thread], first: dict[_Key, TurnFacts]) -> list[Session]:
    """Put threads into sessions; a sub-agent with a session of its own counts to that of the agent it works for."""
    by_number = {thread.number: (key, thread) for key, thread in threads.items()}
    sessions: dict[str | None, Session] = {}
    for key, thread in threads.items():
        root_key, root, seen = key, thread, {thread.number}
        while root.parent is not None and root.parent not in seen:
            seen.add(root.parent)
            root_key, root = by_number[root.parent]
        name = first[root_key].ids.get("session")
        sessions.setdefault(name, Session(id=name)).threads.append(thread)
    return list(sessions.values())
