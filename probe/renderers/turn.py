"""A turn: one call of the model with its answer, whatever transport carried it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


def path_of(url: str) -> str:
    """Give a URL's path; one that is none counts as a path."""
    try:
        return urlsplit(url).path
    except ValueError:
        return url


class Input:
    """The input of a call as the model sees it; it shares what stands before its own items with the calls before."""

    __slots__ = ("_before", "_count", "_own")

    def __init__(self, own: Sequence[Any], before: Input | None = None) -> None:
        self._own, self._before = own, before
        self._count = len(own) + (len(before) if before else 0)

    @property
    def own(self) -> Sequence[Any]:
        """Give the items that stand behind what is shared."""
        return self._own

    @property
    def before(self) -> Input | None:
        """Give what is shared with the calls before."""
        return self._before

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        return iter(self.last(self._count))

    def last(self, count: int) -> list[Any]:
        """Give the newest items, at most so many, oldest first."""
        parts: list[Sequence[Any]] = []
        link: Input | None = self
        while link is not None and count > 0:
            parts.append(link._own[-count:])
            count -= len(parts[-1])
            link = link._before
        return [item for part in reversed(parts) for item in part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One POST, or one `response.create` on a WebSocket, with its answer."""

    path: str
    """URL path of the endpoint, without the query."""
    request: Any
    """The request's body as sent: parsed JSON, or text where it was none."""
    full_input: Input | None
    """All input items as the model sees them, those behind `previous_response_id` included; None where they
    cannot be told."""
    warm_up: bool
    """True for a call that asks for no answer (`generate: false`)."""
    websocket: bool
    """True when the turn went over a WebSocket."""
    status_code: int | None
    """None when no answer came; 200 for an answered WebSocket turn."""
    content_type: str | None
    """Media type of the answer in its HTTP form."""
    response: Any
    """The answer in its HTTP form: text of an event stream, parsed JSON, or text; None when none came."""
    messages: tuple[str, ...]
    """The answer as WebSocket messages; empty for an HTTP turn."""
    complete: bool
    """True when the API's own end of an answer arrived (completed, failed, incomplete, or a whole body)."""
    started: float
    """When the request was sent, in epoch seconds."""
    ended: float | None
    """When the last of the answer arrived; None when none came."""
