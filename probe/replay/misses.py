"""What a replay could not answer as recorded: counted, and described for the user, each difference once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from probe.record.differing_place import NEAREST, DifferingPlace
from probe.replay.evidence import described, place
from probe.replay.matching import Found, Match
from probe.slots.differences import Difference

_LISTED = 50
"""Calls with differences that are listed."""
_KEPT = 1000
"""Places that differ which are kept."""


class Misses:
    """What differed, and what the recording had no answer for."""

    def __init__(self, *, strict: str | None, on_miss: Callable[[str], None], asker: str) -> None:
        """`strict` is what made the replay strict; `on_miss` gets the first miss of one, which ends with it."""
        self._strict = strict
        self._on_miss = on_miss
        self._asker = asker
        self._known: set[str] = set()
        self._differing: list[str] = []
        self._unanswered: list[str] = []
        self._refused = False
        """Whether the first of those would have got an answer, had the replay not been strict."""
        self.places: list[DifferingPlace] = []
        """Each place that differed, once."""

    @property
    def problems(self) -> list[str]:
        """Return what went wrong; empty when each call got an answer."""
        if not self._unanswered:
            return []
        first, count = self._unanswered[0], len(self._unanswered)
        if self._refused:
            calls = "a call" if count == 1 else f"{count} calls, the first of which"
            return [f"{calls} got no answer, since it is not as recorded ({self._strict}): {first}"]
        times = "once" if count == 1 else f"{count} times"
        return [f"{self._asker} asked {times} for an answer that the recording does not have: {first}"]

    @property
    def differing(self) -> list[str]:
        """Return which calls differed, and where."""
        more = len(self._differing) - _LISTED
        return [
            *self._differing[:_LISTED],
            *([f"{more} more call{'s differ' if more > 1 else ' differs'} from what was recorded"] if more > 0 else []),
        ]

    def differs(self, number: int, match: Match, found: Sequence[Difference]) -> str | None:
        """Note the differences of a call; return why it gets no answer, or None where it gets the recorded one."""
        new = [one for one in found if repr(one) not in self._known]
        self._known.update(map(repr, new))
        places = [place(number, one) for one in new or found]
        self.places += places[: max(0, _KEPT - len(self.places))] if new else []
        text = f"call {number} {described(places)}" if found else f"call {number} differs"
        if match.found is Found.UNLIKE:
            return self._miss(f"{text}, and has nothing in common with the recorded calls that are left")
        if self._strict and (found or match.found is Found.NEAREST):
            self._refused = self._refused or not self._unanswered
            # All of it is said at the end: agents, and reports of their answers, repeat what they get.
            return self._miss(text, text.partition(" (")[0])
        if new:
            got = NEAREST if match.found is Found.NEAREST else ""
            self._differing.append(text + got)
        return None

    def other_form(self, number: int, why: str) -> str:
        """Note a call whose recorded answer is in a form that it did not ask for, and return the reason."""
        return self._miss(f"call {number} {why}")

    def missing(self, number: int, match: Match, path: str, recorded: int) -> str:
        """Note a call that nothing is left for, and return the reason."""
        if match.found is Found.UNKNOWN:
            return self._miss(f"call {number}, unknown endpoint: the recording has no answers to {path}")
        what = f"{match.of} answer{'s' * (match.of > 1)} to {'this call of ' if match.of < recorded else ''}{path}"
        return self._miss(
            f"call {number}, used up: the recording has {what} and all were given; "
            f"this run of {self._asker} asks for more than the recorded one did"
        )

    def _miss(self, text: str, short: str | None = None) -> str:
        self._unanswered.append(text)
        if self._strict and len(self._unanswered) == 1:
            self._on_miss(short or text)
        return short or text
