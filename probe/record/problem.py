"""What can be wrong with a recording: a closed set of kinds, so that no program has to parse text."""

from __future__ import annotations

from enum import Enum

import msgspec


class ProblemKind(Enum):
    """The kind of a problem."""

    MALFORMED = "malformed"
    """Lines that are not records."""
    REPLACED = "replaced"
    """A file of the run was replaced by something else."""
    LOST = "lost"
    """Exchanges, bytes, messages or tunnels that were seen but are not on the disk."""
    UNANSWERED = "unanswered"
    CUT_SHORT = "cut_short"
    PROXY_ENDED = "proxy_ended"
    """The proxies ended unexpectedly."""
    FOLDED_IN = "folded_in"
    """Exchanges that the proxies could not write became records afterwards."""
    LEFT_BEHIND = "left_behind"
    """Files that could not be removed or moved to where they belong."""
    REPLAY = "replay"
    """The agent asked for what the replayed run does not have."""
    UNTRUSTED = "untrusted"
    """The agent refused the proxy's certificate."""
    UNKNOWN = "unknown"
    """From a manifest that is older than kinds."""


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a recording."""

    kind: ProblemKind
    text: str
    """A sentence for the user."""
