"""What all parts of `summary.json` have in common."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all parts of a summary have in common: a member that is not described here is an error."""
