"""What a replay gave out and what it could not, for the closing summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

# An agent in a retry loop must not fill the memory with its inventions.
MOST_KINDS = 200


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of one replay."""

    served: int = 0
    """Turns given to the agent."""
    warm_ups: int = 0
    """Warm-ups answered, from the recording or made up."""
    sides: int = 0
    """Side requests answered from the recording."""
    exhausted: int = 0
    """Calls of the model that the recording had no answer left for."""
    refused: int = 0
    """Requests meant for another host."""
    _unexpected: Counter[str] = field(default_factory=Counter)

    @property
    def unexpected(self) -> list[str]:
        """List the requests that the recording has no answer to, each once, with how often it came."""
        return [f"{what} ({count} times)" if count > 1 else what for what, count in self._unexpected.items()]

    @property
    def problems(self) -> list[str]:
        """Say what went wrong; empty when the recording had all that the agent asked for."""
        if not self.exhausted:
            return []
        times = "once" if self.exhausted == 1 else f"{self.exhausted} times"
        return [f"the agent asked {times} for an answer that the recording does not have"]

    def note(self, method: str, target: str) -> None:
        """Remember a request that the recording has no answer to."""
        what = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in f"{method} {target}")[:200]
        if what in self._unexpected or len(self._unexpected) < MOST_KINDS:
            self._unexpected[what] += 1
