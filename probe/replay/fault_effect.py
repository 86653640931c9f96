"""What a fault is to the catalogue: a function from an answer to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from probe.renderers.api import Api
from probe.replay.timed_answer import TimedAnswer

Values = Mapping[str, float]
"""The numbers in a fault's text: `n` of an event, `s` seconds, `code`, `rate`."""

Effect = Callable[[TimedAnswer, Api, Values], TimedAnswer]
"""Where a fault has no form in an answer (a comment on a WebSocket), the answer comes back as it is."""
