"""What a replay does not know: calls of a model at endpoints that were not recorded, and other unrecorded requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from difflib import get_close_matches
from functools import lru_cache

from probe.renderers.json_reader import Json
from probe.renderers.loader import AUTO, Renderer, load_renderer
from probe.replay.call_keys import endpoint

_CONTENT = {"messages", "input", "prompt", "contents"}
"""Members of a request one of which has what a model is asked, in every known API."""
_ALIKE = 0.9
"""How like a recorded endpoint's name (`responses`) a mistyped one is (`response`)."""
_LISTED = 20


def looks_like_call(path: str, body: bytes, recorded: Collection[str]) -> bool:
    """Check whether a POST to an endpoint that was not recorded is meant for a model; `recorded`: names of endpoints.

    Known are the calls of every built-in API, whatever the recording speaks.
    """
    known = _known()
    if known.knows(path):
        answer = known.api(path).side_answer("POST", path)
        if answer is None or answer:
            return answer is None
    if get_close_matches(endpoint(path), recorded, 1, _ALIKE):
        return True
    members = Json(body).members
    return "contents" in members or ("model" in members and not _CONTENT.isdisjoint(members))


@lru_cache(maxsize=1)
def _known() -> Renderer:
    return load_renderer(AUTO)


class Unrecorded:
    """Counts the requests that the recording does not have, by method and path."""

    def __init__(self) -> None:
        self._refused: Counter[str] = Counter()
        self._empty: Counter[str] = Counter()

    def refused(self, path: str) -> None:
        """Note a call of the model at an endpoint that was not recorded."""
        self._refused[f"POST {path}"] += 1

    def empty(self, method: str, path: str) -> None:
        """Note a side request that got an empty answer."""
        self._empty[f"{method} {path}"] += 1

    @property
    def notes(self) -> list[str]:
        """Return a line for each kind of request."""
        return [
            *_listed("unknown endpoint, refused with status 400", self._refused),
            *_listed("not in the recording, so it got an empty answer", self._empty),
        ]


def _listed(what: str, counts: Counter[str]) -> list[str]:
    lines = [f"{what}: {one}" + (f" ({count} times)" if count > 1 else "") for one, count in counts.items()]
    more = len(lines) - _LISTED
    return [*lines[:_LISTED], *([f"{what}: {more} more path{'s' * (more > 1)}"] if more > 0 else [])]
