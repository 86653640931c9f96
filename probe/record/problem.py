"""What can be wrong with a recording: a closed set of kinds, so that no program reads a sentence."""

from __future__ import annotations

from enum import Enum

import msgspec


class ProblemKind(Enum):
    """What a problem is, by who has to do what about it."""

    MALFORMED = "malformed"
    """Lines that are no records."""
    REPLACED = "replaced"
    """Something else was put in the place of a file of the run."""
    LOST = "lost"
    """Exchanges, bytes, messages or tunnels that were seen and are not on the disk."""
    UNANSWERED = "unanswered"
    CUT_SHORT = "cut_short"
    PROXY_ENDED = "proxy_ended"
    """The proxies ended before they were told to."""
    FOLDED_IN = "folded_in"
    """Exchanges that the proxies could not write became records afterwards."""
    LEFT_BEHIND = "left_behind"
    """Files that could not be removed or moved to where they belong."""
    REPLAY = "replay"
    """The agent asked for what the replayed run does not have."""
    UNTRUSTED = "untrusted"
    """The agent refused a certificate of ours."""
    UNKNOWN = "unknown"
    """Of a manifest from before there were kinds."""


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a recording."""

    kind: ProblemKind
    text: str
    """A sentence for the user."""
