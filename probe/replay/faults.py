"""Faults in a replay's answers: parse what the user writes, and change the answers of the calls that are meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec
from msgspec.structs import replace

from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.places import guide
from probe.renderers.api import Api
from probe.replay.answer_edits import with_header
from probe.replay.answer_events import body_of, header_of
from probe.replay.fault_catalogue import KINDS, FaultKind
from probe.replay.timed_answer import End, TimedAnswer

_PLACES = {
    "{n} events": ("n", r"first|[1-9]\d{0,5}", "(?: events?)?"),
    "{n}": ("n", r"first|[1-9]\d{0,5}", ""),
    "{s}": ("s", r"\d{1,5}(?:\.\d{1,3})?", " ?s(?:econds?)?"),
    "{status}": ("status", r"[2-5]\d\d", ""),
    "{code}": ("code", r"[1-4]\d\d\d", ""),
    "{rate}": ("rate", r"[1-9]\d{0,8}", ""),
}
"""How a place in a form is named, what its number is, and what may follow."""
_WHEN = re.compile(
    r"(?P<what>.+?)(?: (?P<word>once|twice|always)| (?P<times>[1-9]\d{0,5}) times"
    r"| on calls? (?P<first>[1-9]\d{0,5})(?:(?: to |-)(?P<last>[1-9]\d{0,5}))?)?"
)
_TIME = re.compile(r"\b(?:once|twice|always|\d+ times|on calls? \d+(?:(?: to |-)\d+)?)\b")
_TIMES = "once, twice, 3 times, always or on call 3"
_LISTED = f"{guide('faults.md')} lists all: a fault, its numbers, then {_TIMES}"
_RANGES = {
    "status": "CODE is a status, 200 to 599",
    "code": "CODE is a WebSocket's, 1000 to 4999",
    "rate": "BYTES is 1 to 999999999",
    "n": "N is 1 to 999999, or first",
    "s": "seconds are 0 to 99999",
}
_ANY_NUMBER = r"first|-?\d+(?:\.\d+)?"
_ALIKE = 0.8
"""How much a misspelled fault is like the one that is meant."""
_WORDS = {None: 1, "once": 1, "twice": 2, "always": None}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault, with its numbers and the calls of the model that it hits."""

    form: str
    values: tuple[tuple[str, float], ...] = ()
    first: int = 1
    """The first call that it hits, counted from 1."""
    last: int | None = 1
    """The last one; None for all that follow."""

    @property
    def kind(self) -> FaultKind:
        """Return what the catalogue holds of it."""
        return next(kind for kind in KINDS if kind.form == self.form)

    def hits(self, call: int) -> bool:
        """Check whether it hits a call."""
        return self.first <= call and (self.last is None or call <= self.last)

    def applied(self, answer: TimedAnswer, api: Api, call: int) -> TimedAnswer:
        """Return the answer to a call with this fault in it, if it hits the call."""
        if not self.hits(call):
            return answer
        return _with_own_length(answer, self.kind.effect(answer, api, dict(self.values)))

    @property
    def text(self) -> str:
        """Return what it does, without the calls that it hits."""
        values = {name: f"{value:g}s" if name == "s" else f"{value:.0f}" for name, value in self.values}
        text = self.form.replace("[", "").replace("]", "").format_map(values)
        return re.sub(r"\b1 events", "1 event", text)

    def __str__(self) -> str:
        return f"{self.text} {_calls(self.first, self.last)}"


class FaultPlan:
    """The faults of one replay; notes which calls of the model were hit."""

    def __init__(self, faults: Sequence[Fault] = (), speed: float = 1.0) -> None:
        """`speed` is that of the answers; a fault's own times are always as they are written."""
        self._faults, self._speed = faults, speed
        self._waiting = list(faults)
        self.hits: list[str] = []
        """Which calls were hit by which fault."""

    def missed(self, calls: int, asker: str = "the agent") -> list[str]:
        """Return which faults hit none of so many calls."""
        return [f"fault {fault}: hit no call; {asker} made {calls}" for fault in self._waiting]

    def applied(self, answer: TimedAnswer, api: Api, call: int) -> tuple[TimedAnswer, bool]:
        """Return the answer to a call, and whether a fault hit it: then its times are scaled already."""
        if not any(fault.hits(call) for fault in self._faults):
            return answer, False
        answer = _scaled(answer, self._speed)
        self._waiting = [fault for fault in self._waiting if not fault.hits(call)]
        for fault in self._faults:
            if fault.hits(call):
                changed = fault.applied(answer, api, call)
                without = ", where it has no form: nothing was changed" if changed == answer else ""
                self.hits.append(f"fault {fault.text}: call {call}{without}")
                answer = changed
        return answer, True


def parse_faults(texts: Sequence[str], option: str = "--fault") -> tuple[Fault, ...]:
    """Return the faults that the user wrote; `option` is where. Raises UserError."""
    return tuple(parse_fault(text, option) for text in texts)


def parse_fault(text: str, option: str = "--fault") -> Fault:
    """Return the fault that a text describes: its name, its numbers and when. Raises UserError."""
    plain = " ".join(text.lower().split())
    if fault := _read(plain):
        return fault
    meant = next((f"did you mean {one!r}? " for one in _meant(plain) if _read(one)), "")
    if time := _wrong_time(plain):
        raise UserError(f"{option} {text!r}: {time!r} does not say when", f"{meant}after the fault comes {_TIMES}")
    if not meant and (number := _wrong_number(plain)):
        raise UserError(f"{option} {text!r}: {number}", _LISTED)
    raise UserError(f"{option} {text!r}: no such fault", meant + _LISTED if meant else _nearest(plain))


def _wrong_time(plain: str) -> str | None:
    """Return what comes after a fault and is no time; None where the fault itself is wrong, or the order."""
    if difflib.get_close_matches(plain, [kind.name for kind in KINDS if " " in kind.name], 1, _ALIKE):
        return None
    words = plain.split()
    for count in range(len(words) - 1, 0, -1):
        start, rest = " ".join(words[:count]), " ".join(words[count:])
        if any(_pattern(kind.form).fullmatch(start) for kind in KINDS):
            # A time among the fault's words is only at the wrong place.
            return None if _TIME.search(rest) and _TIME.sub("", rest).strip() else rest
    return None


def _wrong_number(plain: str) -> str | None:
    """Return which number of a fault is out of its range; None where it is not that."""
    for what in [one for one, _, _ in _whens(plain)] or [plain]:
        for kind in KINDS:
            if "{" in kind.form and _pattern(kind.form, any_numbers=True).fullmatch(what):
                return next(why for name, why in _RANGES.items() if f"{{{name}}}" in kind.form)
    return None


def _read(plain: str) -> Fault | None:
    """Return the fault that a text describes; None where it describes none."""
    # What is written as a fault without a time may end as a time does.
    for what, first, last in _whens(plain):
        for kind in KINDS:
            if found := _pattern(kind.form).fullmatch(what):
                given = {name: _number(value) for name, value in found.groupdict().items() if value is not None}
                values = {**kind.defaults, **given}
                return Fault(form=kind.form, values=tuple(sorted(values.items())), first=first, last=last)
    return None


def _meant(text: str) -> Iterator[str]:
    """Yield a text with one mistake corrected: the time at another place, a misspelled one, minutes."""
    if found := _TIME.search(text):
        yield " ".join(f"{text[: found.start()]} {text[found.end() :]} {found[0]}".split())
    start, _, last = text.rpartition(" ")
    yield from (f"{start} {word}" for word in difflib.get_close_matches(last, ["once", "twice", "always", "times"], 1))
    yield re.sub(r"\b(\d{1,4}) ?m(?:in(?:ute)?s?)?\b", lambda found: f"{int(found[1]) * 60}s", text)


def _whens(text: str) -> list[tuple[str, int, int | None]]:
    """Return how a text can be read: what, the first call, the last."""
    found = _WHEN.fullmatch(text)
    if not found:
        return []
    if times := found["times"]:
        return [(found["what"], 1, int(times))]
    if first := found["first"]:
        last = int(found["last"] or first)
        return [(found["what"], int(first), last)] if last >= int(first) else []
    return [(found["what"], 1, _WORDS[found["word"]])]


@cache
def _pattern(form: str, *, any_numbers: bool = False) -> re.Pattern[str]:
    """Return what a form matches; with `any_numbers`, those out of their ranges too."""
    text = re.escape(form).replace(r"\{", "{").replace(r"\}", "}").replace(r"\ ", " ").replace(r"\-", "-")
    text = text.replace(r" \[", "(?: ").replace(r"\]", ")?")
    for place, (name, number, after) in _PLACES.items():
        if f"?P<{name}>" not in text:
            text = text.replace(place, f"(?P<{name}>{_ANY_NUMBER if any_numbers else number}){after}", 1)
    return re.compile(text)


def _number(text: str) -> float:
    return 1.0 if text == "first" else float(text)


def _calls(first: int, last: int | None) -> str:
    if first == 1:
        return {1: "once", 2: "twice", None: "always"}.get(last, f"{last} times")
    return f"on call {first}" if last == first else f"on calls {first}-{last}"


def _scaled(answer: TimedAnswer, speed: float) -> TimedAnswer:
    return replace(
        answer,
        head_after=answer.head_after / speed,
        pieces=tuple(piece._replace(after=piece.after / speed) for piece in answer.pieces),
        ended_after=answer.ended_after / speed,
    )


def _with_own_length(before: TimedAnswer, answer: TimedAnswer) -> TimedAnswer:
    """Return an answer whose Content-Length is that of its body, if it comes whole and nobody falsified it."""
    length = header_of(answer, "content-length")
    if answer.end is not End.WHOLE or length is None or length != header_of(before, "content-length"):
        return answer
    return with_header(answer, "content-length", str(len(body_of(answer))))


def _nearest(text: str) -> str:
    """Return the hint for a text that is no fault: the known one that is most like it."""
    found = _WHEN.fullmatch(text)
    bare = " ".join(re.sub(r"\b\d+(\.\d+)?s?\b", "", found["what"] if found else text).split())
    forms = {kind.name: kind.shown for kind in KINDS}
    number = not bare and _whens(text)
    begun = next((name for name in forms if bare and name.startswith(f"{bare} ")), None)
    guess = did_you_mean("status" if number else begun or bare, forms)
    for name, shown in forms.items():
        guess = guess.replace(f"{name!r}?", f"{shown!r}?")
    return f"{guess}{_LISTED}"
