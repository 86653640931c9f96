"""What a file of another tool holds of an exchange, in one form for all formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from probe.record.exchange import Interim
from probe.record.record_facts import RecordFacts

Pairs = Sequence[tuple[str, str]]
Piece = tuple[float, int]
"""When a piece of a body arrived, and where it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBody:
    """A request or a response."""

    headers: Pairs
    body: bytes = b""
    encoding: str = ""
    """The content-encoding that is still to be undone."""
    wire_size: int | None = None
    pieces: Sequence[Piece] = ()
    """Empty where the file does not say when they arrived."""
    http_version: str | None = None
    started: float | None = None
    ended: float | None = None
    trailers: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest(SourceBody):
    """A request."""

    method: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceResponse(SourceBody):
    """A response."""

    status_code: int
    reason: str | None = None
    interim: Sequence[Interim] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFrame:
    """A WebSocket message."""

    from_client: bool
    is_text: bool
    content: bytes
    timestamp: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConversation:
    """A WebSocket conversation."""

    frames: Sequence[SourceFrame]
    close_code: int | None = None
    close_reason: str | None = None
    closed_by: str | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceExchange:
    """One exchange."""

    started: float
    """Epoch seconds."""
    request: SourceRequest
    response: SourceResponse | None
    conversation: SourceConversation | None = None
    error: str | None = None
    id: str | None = None
    facts: RecordFacts | None = None
    """What agent-probe itself wrote beside the format's own fields."""


@dataclass
class Source:
    """A file that is imported, as far as it was read."""

    exchanges: Iterator[SourceExchange]
    seen: int = 0
    """Exchanges that the file holds, also those that cannot be read."""
    problems: list[str] = field(default_factory=list)
    """What cannot be read, and where."""
    more_problems: int = 0
    """How many there are beyond those."""
    lacking: dict[str, int] = field(default_factory=dict)
    """What single exchanges of this file do not have, and how many of them."""
    written_by: str | None = None
    """Name and version of the tool."""

    def problem(self, text: str) -> None:
        """Note something that cannot be read."""
        if len(self.problems) < _LISTED:
            self.problems.append(text)
        else:
            self.more_problems += 1

    def lacks(self, what: str) -> None:
        """Note that an exchange does not have something."""
        self.lacking[what] = self.lacking.get(what, 0) + 1


_LISTED = 20
"""Problems that are listed one by one."""
