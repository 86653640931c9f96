"""Statistics of strings, numbers and booleans that merge: the same whatever the order in which values come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from probe.smallest_hashes import smallest

MOST_VALUES = 50
"""Distinct values that are kept of one place; of more, none but the examples."""
LONGEST = 80
"""Characters of a string that is kept."""
MOST_EXAMPLES = 3
_WHOLE = 1 << 63
"""Whole numbers below it are integers, however they are written."""

FORMATS = {
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"),
    "uri": re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S+"),
    "digits": re.compile(r"\d{1,30}"),
    "base64": re.compile(r"(?:[A-Za-z0-9+/_-]{4}){16,}(?:[A-Za-z0-9+/_-]{2,3}={0,2})?"),
}
"""Forms of strings by name, the most exact first."""
_CHECKED = 2000
"""Characters up to which the form of a string is looked at."""


class Texts:
    """Strings at one place."""

    __slots__ = ("examples", "formats", "joined", "longest", "more", "values")

    def __init__(self) -> None:
        self.values: set[str] = set()
        """Distinct ones, normalised; empty once there are `more`."""
        self.more = False
        """True where there were too many distinct ones, or one was too long."""
        self.examples: list[str] = []
        """Those with the smallest hashes, so that the choice does not depend on the order."""
        self.formats: Set[str] | None = None
        """The forms that all of them have; None before the first."""
        self.longest = 0
        self.joined = False
        """True where pieces of a text were added as one: what each of them is stays unknown."""

    def add(self, text: str, normal: str, length: int) -> None:
        """Add a string, what it is when normalised, and how long that is."""
        size = len(text)
        if length > self.longest:
            self.longest = length
        if self.formats is None:
            self.formats = {name for name, form in FORMATS.items() if size <= _CHECKED and form.fullmatch(text)}
        elif self.formats:
            self.formats = {name for name in self.formats if size <= _CHECKED and FORMATS[name].fullmatch(text)}
        if len(normal) > LONGEST:
            self.more = True
            self.values.clear()
        elif normal not in self.values and (not self.more or normal not in self.examples):
            self._keep([normal])

    def join(self) -> None:
        """Note that what was added were several strings, of which nobody knows the single ones."""
        self.joined = self.more = True
        self.formats = set()
        self.values.clear()

    def merge(self, other: Texts) -> None:
        """Add other strings."""
        self.joined |= other.joined
        self.longest = max(self.longest, other.longest)
        if other.formats is not None:
            self.formats = other.formats if self.formats is None else self.formats & other.formats
        self.more |= other.more
        self._keep([*other.values, *other.examples])

    def _keep(self, normal: Iterable[str]) -> None:
        new = {*normal}
        if not new.issubset(self.examples if self.more else self.values):
            self.examples = smallest({*self.examples, *new}, MOST_EXAMPLES)
        if not self.more:
            self.values |= new
            self.more = len(self.values) > MOST_VALUES
        if self.more:
            self.values.clear()


class Numbers:
    """Numbers at one place."""

    __slots__ = ("joined", "largest", "more", "slots", "smallest", "values")

    def __init__(self) -> None:
        self.values: set[float] = set()
        """Distinct ones; empty once there are `more`."""
        self.more = False
        self.smallest: float | None = None
        """None where all are volatile."""
        self.largest: float | None = None
        self.joined = False
        """True where one was added for several, of which nobody knows the others."""
        self.slots: set[str] = set()
        """What those are that change from run to run."""

    def add(self, number: float, slot: str | None) -> None:
        """Add a number; `slot` names what it is, where it changes from run to run."""
        if slot is not None:
            self.slots.add(slot)
            return
        number = one_form(number)
        if self.smallest is None or self.largest is None or not self.smallest <= number <= self.largest:
            self._widen(number, number)
        if not self.more and number not in self.values:
            self._keep({number})

    def join(self) -> None:
        """Note that what was added is one of several, of which nobody knows the others."""
        self.joined = self.more = True
        self.values = set()

    def merge(self, other: Numbers) -> None:
        """Add other numbers."""
        self.joined |= other.joined
        self.slots |= other.slots
        if other.smallest is not None and other.largest is not None:
            self._widen(other.smallest, other.largest)
        self.more |= other.more
        self._keep(other.values)

    def _widen(self, smallest: float, largest: float) -> None:
        self.smallest = smallest if self.smallest is None else min(self.smallest, smallest)
        self.largest = largest if self.largest is None else max(self.largest, largest)

    def _keep(self, numbers: set[float]) -> None:
        if not self.more:
            self.values = self.values | numbers
            self.more = len(self.values) > MOST_VALUES
        if self.more:
            self.values = set()


def one_form(number: float) -> float:
    """Return the one form of equal numbers, so that it does not matter which of 1 and 1.0 comes first."""
    if isinstance(number, float):
        return int(number) if -_WHOLE < number < _WHOLE and number.is_integer() else number
    if -_WHOLE < number < _WHOLE:
        return number
    try:
        return float(number) if float(number) == number else number
    except OverflowError:
        return number
