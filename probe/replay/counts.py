"""What a replay gave out and what it could not, for the closing summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

# An agent in a retry loop must not fill the memory with its inventions.
MOST_KINDS = 200
_SHOWN = 60
"""Characters of a recorded text in a note."""


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
    differing: int = 0
    """Turns given although the user's text is not the recorded one."""
    first_differing: str = ""
    """Which of them was the first, and what was recorded there."""
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

    @property
    def notes(self) -> list[str]:
        """Return in which way the agent asked for something else than it did in the recording."""
        if not self.differing:
            return []
        calls = "call" if self.served == 1 else "calls"
        return [
            f"the user's text is not the recorded one in {self.differing} of {self.served} {calls} of the model, "
            f"which got the recorded answers all the same; {self.first_differing}"
        ]

    def compare(self, given: str | None, recorded: str | None) -> None:
        """Compare the user's text in the turn that was served last with that of the recording."""
        # Where a credential was, the two cannot be compared.
        if given is None or recorded is None or given == recorded or "[REDACTED" in recorded:
            return
        self.differing += 1
        shown = " ".join(recorded.split())
        shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
        self.first_differing = self.first_differing or f"call {self.served} was recorded with: {shown}"

    def note(self, method: str, target: str) -> None:
        """Remember a request that the recording has no answer to."""
        what = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in f"{method} {target}")[:200]
        if what in self._unexpected or len(self._unexpected) < MOST_KINDS:
            self._unexpected[what] += 1
