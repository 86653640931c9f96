"""Align the turns of two runs; find where the runs part, and where they are the same again."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from probe.analysis.purpose import TURN
from probe.compare.alignment import aligned
from probe.compare.comparison import Finding, Parting, TurnLine, TurnPair, finding
from probe.compare.shown_values import text_pair
from probe.compare.side import NotedThread, NotedTurn, Said, Side
from probe.compare.text_difference import text_difference
from probe.report.plain_text import plural
from probe.report.preview import cut

LASTING = 2
"""Pairs in a row that differ from which a divergence lasts; fewer where the runs end with them."""
_Pair = tuple[NotedTurn | None, NotedTurn | None]


def asked(turn: NotedTurn) -> Hashable:
    """Return what is equal for turns that ask the same: purpose, and the texts that are new."""
    return turn.purpose, tuple(one.key for one in turn.new)


def did(turn: NotedTurn) -> Hashable:
    """Return what is equal for turns that do the same: purpose, and the calls of tools with their arguments."""
    return turn.purpose, turn.calls, turn.failed


def _called(turn: NotedTurn) -> Hashable:
    return turn.purpose, tuple(name for name, _ in turn.calls), tuple(one.what for one in turn.new if not one.mark)


_KEYS = (lambda turn: (asked(turn), did(turn)), did, _called, lambda turn: turn.purpose)


def pairs_of(before: Side, after: Side) -> list[tuple[NotedThread | None, NotedThread | None, list[_Pair]]]:
    """Return the threads of both in pairs, each with its turns in pairs."""
    old, new = before.threads, after.threads
    keys = (lambda one: (one.kind, asked(one.turns[0]) if one.turns else ()), lambda one: one.kind)
    found = []
    for one, other in aligned(old, new, keys):
        thread, counterpart = old[one] if one is not None else None, new[other] if other is not None else None
        turns, others = thread.turns if thread else (), counterpart.turns if counterpart else ()
        pairs: list[_Pair] = [
            (turns[i] if i is not None else None, others[j] if j is not None else None)
            for i, j in aligned(turns, others, _KEYS)
        ]
        found.append((thread, counterpart, pairs))
    return found


def is_same(pair: _Pair) -> bool:
    """Check whether two turns ask and do the same."""
    one, other = pair
    return one is not None and other is not None and did(one) == did(other)


def is_work(pair: _Pair) -> bool:
    """Check whether turns are of the agent's own work; what it asks beside that comes at any time."""
    return any(turn is not None and turn.purpose == TURN for turn in pair)


def parting_of(pairs: Sequence[_Pair]) -> Parting | None:
    """Return where the first lasting divergence of the work begins and ends; one pair alone may be chance."""
    places = [place for place, pair in enumerate(pairs) if is_work(pair)]
    all_same = [is_same(pairs[place]) for place in places]
    begin = 0
    while begin < len(places):
        same = all_same[begin:]
        found = _parting(same)
        if found is None:
            return None
        end = len(same) if found.met is None else found.met
        parted = [pairs[place] for place in places[begin + found.pair : begin + end]]
        # Turns that one of the two has more, at the end say, part no run from the other.
        if any(one for one, _ in parted) and any(other for _, other in parted):
            met = None if found.met is None else places[begin + found.met]
            return Parting(pair=places[begin + found.pair], met=met)
        begin += end
    return None


def _parting(same: Sequence[bool]) -> Parting | None:
    for place, one in enumerate(same):
        rest = same[place : place + LASTING]
        if not one and not any(rest):
            meeting = (at for at in range(place + 1, len(same)) if all(same[at : at + LASTING]))
            return Parting(pair=place, met=next(meeting, None))
    return None


def turn_line(turn: NotedTurn | None) -> TurnLine | None:
    """Return a turn in a few words."""
    if turn is None:
        return None
    return TurnLine(
        number=turn.number,
        thread=turn.thread,
        purpose=turn.purpose,
        asked=cut(next((one.text for one in reversed(turn.new) if not one.mark), "")),
        did=", ".join(map(cut, _calls(turn))) or cut(turn.text) or ("(failed)" if turn.failed else ""),
    )


def _calls(turn: NotedTurn) -> list[str]:
    return [f"{name} {argument}" for name, argument in turn.calls]


def _did_words(one: NotedTurn, other: NotedTurn) -> tuple[str, str]:
    """Return what two turns did in a few words that show where it differs."""
    if one.calls and other.calls:
        return text_pair(", ".join(_calls(one)), ", ".join(_calls(other)))
    words = [line.did for turn in (one, other) if (line := turn_line(turn))]
    return words[0], words[1]


def turn_pairs(before: Side, after: Side) -> tuple[tuple[TurnPair, ...], Parting | None, list[Finding]]:
    """Return all turns in pairs, where the runs part, and what is found in this."""
    threads = pairs_of(before, after)
    all_pairs = [pair for _, _, pairs in threads for pair in pairs]
    parting = parting_of(all_pairs)
    shown = tuple(
        TurnPair(before=turn_line(one), after=turn_line(other), same=is_same((one, other))) for one, other in all_pairs
    )
    found = [one for thread, other, _ in threads for one in _of_threads(thread, other)]
    if parting:
        found.append(_parted(all_pairs, parting))
    whole = [pair for thread, other, pairs in threads if thread and other for pair in pairs]
    if not parting:
        found += _other_calls(whole)
    found += _unpaired(whole)
    found += _contents(whole, parting is not None)
    return shown, parting, found


def _of_threads(thread: NotedThread | None, other: NotedThread | None) -> Iterator[Finding]:
    if (thread is None) == (other is None):
        return
    kind, one = ("thread-removed", thread) if other is None else ("thread-added", other)
    assert one is not None
    # Side requests are counted by purpose.
    if one.kind.startswith("sub-agent") or any(turn.purpose == TURN for turn in one.turns):
        begun = cut(one.turns[0].new[-1].text) if one.turns and one.turns[0].new else ""
        word = "is new" if other is not None else "is gone"
        what = one.kind if one.kind.startswith("sub-agent") else "conversation"
        yield finding(kind, f"threads[{one.number}]", f"a {what} of {plural(len(one.turns), 'turn')} {word}: {begun}")


def _parted(pairs: Sequence[_Pair], parting: Parting) -> Finding:
    one, other = map(turn_line, pairs[parting.pair])
    met = pairs[parting.met] if parting.met is not None else None
    number = met[1].number if met and met[1] else None
    again = f"; the same again from turn {number}" if number else "; they do not meet again"
    what = [f"turn {line.number}: {line.did or line.purpose}" if line else "nothing" for line in (one, other)]
    turn = next(line.number for line in (other, one) if line)
    return finding(
        "turns-parted",
        f"turns[{turn}]",
        f"the runs part at {what[0]} → {what[1]}{again}",
        before=one.did if one else None,
        after=other.did if other else None,
        evidence=f"{sum(map(is_same, pairs))} of {len(pairs)} pairs of turns do the same",
    )


def _other_calls(pairs: Sequence[_Pair]) -> Iterator[Finding]:
    """Yield one finding for single turns that do something else; a lasting divergence says it all."""
    other = [(one, two) for one, two in pairs if one and two and one.purpose == TURN and not is_same((one, two))]
    if other:
        did = _did_words(*other[0])
        more = f", and other things in {plural(len(other) - 1, 'more turn')}" if len(other) > 1 else ""
        place = f"turns[{other[0][1].number}].calls"
        line = f"turn {other[0][0].number} did {did[0]}; turn {other[0][1].number} does {did[1]}{more}"
        yield finding("calls-changed", place, line, before=did[0], after=did[1])


def _unpaired(pairs: Sequence[_Pair]) -> Iterator[Finding]:
    """Yield what one run alone did in threads that both have."""
    for kind, place, word in (("turns-removed", 0, "gone"), ("turns-added", 1, "new")):
        alone = [turn for pair in pairs if (turn := pair[place]) and pair[1 - place] is None and turn.purpose == TURN]
        if alone:
            lines = [line for turn in alone if (line := turn_line(turn))]
            shown = "; ".join(line.did or line.purpose for line in lines[:3])
            more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
            word_of = f"{plural(len(alone), 'turn')} {'is' if len(alone) == 1 else 'are'} {word}"
            yield finding(kind, f"turns[{lines[0].number}]", f"{word_of}: {shown}{more}")


def _contents(pairs: Sequence[_Pair], parted: bool) -> Iterator[Finding]:
    """Yield the texts that differ in turns of both runs; what follows from an earlier difference is left out."""
    differing: dict[str, list[tuple[NotedTurn, NotedTurn, list[Said], list[Said]]]] = {}
    follows = False
    for one, other in pairs:
        if one is None or other is None:
            follows = True
            continue
        if one.failed != other.failed:
            # It was asked again, or given up: what it said is compared with the next try, or with nothing.
            follows = True
            continue
        for what in ("user", "result"):
            if what == "result" and follows:
                continue  # Another call has another result: the line about the calls says it.
            old = [said for said in one.new if said.what == what and not said.mark]
            new = [said for said in other.new if said.what == what and not said.mark]
            if [said.key for said in old] != [said.key for said in new]:
                differing.setdefault(what, []).append((one, other, old, new))
        follows = not is_same((one, other))
        if one.text != other.text and did(one) == did(other):
            differing.setdefault("answer", []).append((one, other, [], []))
    yield from _stops(pairs)
    if "user" in differing:
        yield _said_otherwise("message-changed", "what the user says differs", differing["user"])
    if "result" in differing:
        # Another call has another result.
        same = [four for four in differing["result"] if not parted or four[0].calls]
        yield _said_otherwise("result-changed", "what tools return differs", same or differing["result"])
    if "answer" in differing:
        one, other, _, _ = differing["answer"][0]
        texts = text_pair(one.text, other.text)
        yield finding(
            "answer-changed",
            f"turns[{other.number}].text",
            f"the model says something else in {plural(len(differing['answer']), 'turn')}: "
            f"turn {one.number}: {texts[0] or 'nothing'} → turn {other.number}: {texts[1] or 'nothing'}",
            before=texts[0],
            after=texts[1],
        )


def _stops(pairs: Sequence[_Pair]) -> Iterator[Finding]:
    """Yield one finding for answers that end for another reason, of turns that do the same."""
    both = [(one, other) for one, other in pairs if one and other and is_same((one, other))]
    differing = [(one, other) for one, other in both if one.stop != other.stop]
    if differing:
        one, other = differing[0]
        more = f", and of {plural(len(differing) - 1, 'later turn')}" if len(differing) > 1 else ""
        line = f"the answer of {_turn_words(one.number, other.number)}{more} ends otherwise"
        yield finding(
            "stop-changed",
            f"turns[{other.number}].stop",
            f"{line}: {one.stop or 'without a reason'} → {other.stop or 'without a reason'}",
            before=one.stop,
            after=other.stop,
        )


def _turn_words(one: int, other: int) -> str:
    return f"turn {one}" if one == other else f"turn {one} → {other}"


def _said_otherwise(
    kind: str, words: str, differing: Sequence[tuple[NotedTurn, NotedTurn, list[Said], list[Said]]]
) -> Finding:
    one, other, old, new = differing[0]
    before, after = ("\n".join(said.text for said in texts) for texts in (old, new))
    texts = text_pair(before, after)
    at = next((said.at for said in (*new, *old)), "")
    more = f", and in {len(differing) - 1} later" if len(differing) > 1 else ""
    return finding(
        kind,
        f"turns[{other.number}].{at}",
        f"{words} in {_turn_words(one.number, other.number)}{more}: {' → '.join(text or 'nothing' for text in texts)}",
        before=texts[0],
        after=texts[1],
        text=text_difference(before, after),
    )
