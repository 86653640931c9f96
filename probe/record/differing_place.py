"""A place at which a call of a replayed agent differs from the recorded one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

_SHOWN, _CONTEXT = 60, 20
"""Characters of a value in a note, and of them before the first that differs."""
_KEPT = 200
"""Characters of a value that is no text in the manifest."""
_NAMED = 6
"""Tools that a note names."""
_TOOL = re.compile(r"(?:^|\.)\w*[tT]ools\[(.*)\]$|(?:^|\.)function_?[dD]eclarations\[(.*)\]$")


class DifferingPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One place; what is on one side only is unset on the other. Texts are cut to what differs first."""

    call: int = 0
    """Number of the agent's call."""
    at: str = ""
    recorded: Any = msgspec.UNSET
    now: Any = msgspec.UNSET

    @property
    def phrase(self) -> str:
        """Return it for a user: `at PATH (now …, recorded …)`."""
        if (tool := _only_tool(self)) is not None:
            return f"tool {tool} is {_state(self)}"
        now, recorded = _windows(self.now, self.recorded)
        # What is not there has no place in the call: its place is that in the recorded one.
        whose = " of the recorded call" if self.now is msgspec.UNSET and self.at.endswith("]") else ""
        return f"at {self.at}{whose} (now {_shown(now)}, recorded {_shown(recorded)})"

    @property
    def line(self) -> str:
        """Return it as a sentence of its own."""
        phrase = self.phrase
        return f"call {self.call} differs{' ' if phrase.startswith('at ') else ': '}{phrase}"


def kept_value(value: Any) -> Any:
    """Return a value that is no text, bounded: as text where it is large."""
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) <= _KEPT else text[:_KEPT] + "…"


def phrases(places: Sequence[DifferingPlace]) -> list[tuple[str, int]]:
    """Return what differs, each with how many places it is; new tools are one phrase, and those that are gone."""
    found: dict[str, list[DifferingPlace]] = {}
    for number, one in enumerate(places):
        key = str(number) if _only_tool(one) is None else _state(one)
        found.setdefault(key, []).append(one)
    return [
        (_of_tools(key, some) if key in ("new", "gone") else some[0].phrase, len(some)) for key, some in found.items()
    ]


def _of_tools(state: str, places: Sequence[DifferingPlace]) -> str:
    names = [str(_only_tool(one)) for one in places]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    listed = ", ".join(names[:_NAMED]) + more
    return f"tools {listed} are {state}" if len(names) > 1 else f"tool {listed} is {state}"


def _only_tool(place: DifferingPlace) -> str | None:
    """Return the name of a tool that is on one side only; None for any other place."""
    if (place.now is msgspec.UNSET) == (place.recorded is msgspec.UNSET):
        return None
    found = _TOOL.search(place.at)
    return next(filter(None, found.groups()), None) if found else None


def _state(place: DifferingPlace) -> str:
    return "new" if place.recorded is msgspec.UNSET else "gone"


def _windows(*texts: Any) -> Iterable[Any]:
    """Return texts cut to where they differ first; other values as they are."""
    if not all(isinstance(one, str) for one in texts) or max(map(len, texts)) <= _SHOWN:
        return texts
    one, other = texts
    shorter = min(len(one), len(other))
    first = next((number for number in range(shorter) if one[number] != other[number]), shorter)
    begin = max(0, first - _CONTEXT)
    return [_cut(text, begin) for text in texts]


def _cut(text: str, begin: int) -> str:
    lead = "…" if begin and not text.startswith("…", begin) else ""
    return f"{lead}{text[begin : begin + _SHOWN]}{'…' if len(text) > begin + _SHOWN else ''}"


def _shown(value: Any) -> str:
    if value is msgspec.UNSET:
        return "nothing"
    if isinstance(value, str) and not (value[:1] in "[{" and value.endswith("…")):
        return json.dumps(value if len(value) <= _SHOWN + 2 else value[:_SHOWN] + "…", ensure_ascii=False)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
