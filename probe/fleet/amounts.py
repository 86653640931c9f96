"""Write numbers of many runs in few characters; the exact ones are in the JSON."""

from __future__ import annotations

from collections.abc import Callable

from probe.fleet.summary import Bounds

_EXACT = 100_000
_SECOND = 1_000_000


def amount(number: int) -> str:
    """Return a number: exact where it is small, else three digits with a unit."""
    return f"{number:,}" if number < _EXACT else _scaled(number, (" k", " M", " G", " T", " P", " E"))


def size(number: int) -> str:
    """Return bytes."""
    return f"{number:,} B" if number < 1000 else _scaled(number, (" kB", " MB", " GB", " TB", " PB", " EB"))


def _scaled(number: int, units: tuple[str, ...]) -> str:
    place = min(max(len(str(number)) - 1, 3) // 3, len(units))
    value = number / 1000**place
    return f"{value:,.{max(0, 2 - len(str(int(value))) + 1)}f}{units[place - 1]}"


def milliseconds(microseconds: int) -> str:
    """Return a time: milliseconds below a second, else seconds."""
    if microseconds < _SECOND:
        return f"{microseconds / 1000:.0f} ms"
    seconds = microseconds / _SECOND
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:,.0f} s"


def dollars(number: float) -> str:
    """Return a price; a small one more exactly."""
    return f"${number:,.2f}" if number >= 10 else f"${number:.4f}"


def share(part: int, whole: int) -> str:
    """Return a number with its share of all; a dash where there is nothing that it could be of."""
    if not whole:
        return "–"
    if not part:
        return "0"
    percent = 100 * part / whole
    words = "< 0.1%" if percent < 0.1 else f"{percent:.1f}%" if percent < 10 and part != whole else f"{percent:.0f}%"
    return f"{amount(part)} ({words})"


def bounds_words(bounds: Bounds, words: Callable[[int], str]) -> str:
    """Return two bounds as one where they read the same."""
    low, high = words(bounds.low), words(bounds.high)
    if low == high:
        return low
    number, _, unit = low.partition(" ")
    return f"{number} – {high}" if unit and high.endswith(f" {unit}") else f"{low} – {high}"
