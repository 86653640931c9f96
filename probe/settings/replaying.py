"""Which run a replay serves, and how."""

from __future__ import annotations

import math

from probe.errors import UserError
from probe.settings.sources import COMMAND_LINE, DEFAULT, Sources

FASTEST = "max"
OF_REPLAYS = ("speed", "strict", "fault")
"""Options that only a replay has."""


def chosen_replay(given: Sources) -> str | None:
    """Return the run that answers; none where the command line names an upstream instead."""
    replay = given.pick("replay", None, in_environment=False)
    if not replay:
        _refuse_unused(given)
        return replay
    chosen = given.sources["replay"] == COMMAND_LINE
    if given.option("upstream"):
        if chosen:
            raise UserError("--replay and --upstream exclude each other", "give one of them")
        given.sources["replay"] = "off: --upstream is given"
        given.notes.append(f"note: the recording {replay} does not answer: --upstream is given")
        _refuse_unused(given)
        return None
    if given.option("coverage"):
        hint = "leave --coverage out" if chosen else "name an --upstream, or switch the recording off: --replay ''"
        raise UserError("--coverage: in a replay nothing may bypass the listeners", hint)
    for name in OF_REPLAYS:
        given.sources[name] = COMMAND_LINE if given.option(name) else DEFAULT
    return replay


def speed_of(text: str | None, option: str = "--speed") -> float:
    """Return how many times faster than recorded answers come; infinite without any pause. Raises UserError."""
    try:
        speed = math.inf if text in (None, FASTEST) else float(text or "")
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise UserError(f"{option} {text!r}: no speed", "1 is as recorded, 10 ten times as fast, max without pauses")
    return speed


def _refuse_unused(given: Sources) -> None:
    for name in OF_REPLAYS:
        if given.option(name):
            raise UserError(f"--{name}: only a replay has one", "name the run that answers: --replay RUN")
