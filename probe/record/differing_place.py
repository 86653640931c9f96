"""A place at which a call of a replayed agent differs from the recorded one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

NEAREST = "; it got the nearest recorded answer"
"""How the note of a call ends that differs and was answered."""
_SHOWN, _CONTEXT = 60, 20
"""Characters of a value in a note, and of them before the first that differs."""
_KEPT = 200
"""Characters of a value that is no text in the manifest."""
_NAMED = 6
"""Tools that a note names."""
_WORDS = re.compile(r'"(?:text|content|arguments|output|description)": "')
"""Behind which a message's own words begin."""
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
        now, recorded = _pair(self.now, self.recorded)
        # What is not there has no place in the call: its place is that in the recorded one.
        whose = " of the recorded call" if self.now is msgspec.UNSET and self.at.endswith("]") else ""
        return f"at {self.at}{whose} (now {now}, recorded {recorded})"

    @property
    def line(self) -> str:
        """Return it as a sentence of its own."""
        phrase = self.phrase
        return f"call {self.call} differs{' ' if phrase.startswith('at ') else ': '}{phrase}"


def is_note_of_call(note: str) -> bool:
    """Check whether a note of a run says where a call differs: each of these places is in the manifest as well."""
    return re.match(r"call \d+ differs", note) is not None


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


def _pair(now: Any, recorded: Any) -> list[str]:
    """Return both values for a user: long ones cut around where they differ first."""
    values = [now, recorded]
    texts = ["" if one is msgspec.UNSET else one if isinstance(one, str) else _json(one) for one in values]
    begins = [0, 0] if max(map(len, texts)) <= _SHOWN else _begins(values, texts)
    return [_shown(value, _cut(text, begin)) for value, text, begin in zip(values, texts, begins, strict=True)]


def _begins(values: Sequence[Any], texts: Sequence[str]) -> list[int]:
    """Return from where on each text is shown; JSON that differs in its form alone from its first text on."""
    words = [0 if _is_text(value) else _first_word(text) for value, text in zip(values, texts, strict=True)]
    first = _first_difference(*texts)
    if all(texts) and first >= min(words):
        return [max(0, first - _CONTEXT)] * 2
    first = _first_difference(*(text[begin:] for text, begin in zip(texts, words, strict=True))) if all(texts) else 0
    return [max(0, begin + first - _CONTEXT) if begin + first > _CONTEXT else 0 for begin in words]


def _first_difference(one: str, other: str) -> int:
    shorter = min(len(one), len(other))
    return next((number for number in range(shorter) if one[number] != other[number]), shorter)


def _first_word(text: str) -> int:
    found = _WORDS.search(text)
    return found.end() if found else 0


def _cut(text: str, begin: int) -> str:
    lead = "…" if begin and not text.startswith("…", begin) else ""
    return f"{lead}{text[begin : begin + _SHOWN]}{'…' if len(text) > begin + _SHOWN else ''}"


def _is_text(value: Any) -> bool:
    """Check whether a value is a text, and no JSON that was cut."""
    return isinstance(value, str) and not (value[:1] in "[{" and value.endswith("…"))


def _shown(value: Any, text: str) -> str:
    if value is msgspec.UNSET:
        return "nothing"
    return _json(text) if _is_text(value) else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
