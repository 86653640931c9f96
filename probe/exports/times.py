"""Times in the forms of other formats. The clocks of a recording count microseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def microseconds(seconds: float) -> int:
    """Return epoch seconds as whole microseconds."""
    whole = int(seconds)
    # All at once, the product would lose the last digit.
    return whole * 1_000_000 + round((seconds - whole) * 1_000_000)


def timestamp(seconds: float) -> str:
    """Return epoch seconds as ISO 8601 has a time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
