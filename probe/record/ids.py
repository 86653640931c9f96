"""Find an agent's own ids in its requests, at the places that its target lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from probe.record.exchange import Request

KINDS = {
    "session": "one use of the agent",
    "thread": "one conversation in it",
    "prompt": "what the user asked once, and all turns that answer it",
    "agent": "a sub-agent's id or name; only its requests have one",
    "name": "a sub-agent's name, where its id is not readable; others may have one too",
    "parent": "the thread or session that a sub-agent works for",
}
"""What an id may identify."""
LONGEST = 200
"""Maximum length of an id; longer texts are not ids."""
_JSON = ("{", "[")
_PLACE = re.compile(r"header [!#$%&'*+.^_`|~\w-]+(?: [^\s.]+(?:\.[^\s.]+)*)?|body [^\s.]+(?:\.[^\s.]+)*", re.ASCII)


def place_problem(place: str) -> str | None:
    """Return what is wrong with a place; None when nothing is."""
    return None if _PLACE.fullmatch(place) else "a place is `header NAME`, `header NAME PATH` or `body PATH`"


def find_ids(places: Mapping[str, Iterable[str]], request: Request, body: Any) -> dict[str, str]:
    """Return the id of each kind; `body` is that of the call, which a WebSocket's request does not hold.

    A place is `header NAME`, `header NAME PATH` or `body PATH`; the first that holds something counts. A path goes
    through objects (`a.b`), and through JSON that is a text within them.
    """
    found = {}
    for kind, listed in places.items():
        values = (_id(_at(place, request, body)) for place in listed)
        value = next((value for value in values if value), None)
        if value:
            found[kind] = value
    return found


def _at(place: str, request: Request, body: Any) -> Any:
    source, _, where = place.partition(" ")
    if source == "header":
        name, _, path = where.partition(" ")
        return _inside(request.header(name), path)
    value = _inside(body, where)
    if value is None and isinstance(body, dict):
        # A `response.create` may hold its fields one level below.
        return _inside(body.get("response"), where)
    return value


def _inside(value: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        value = _object(value) if isinstance(value, str) and value.startswith(_JSON) else value
        value = value.get(name) if isinstance(value, dict) else None
    return value


@lru_cache(maxsize=16)
def _object(text: str) -> Any:
    """Parse JSON that is a text; one holds several ids, and is the same in several turns."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _id(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text if len(text) <= LONGEST else None
