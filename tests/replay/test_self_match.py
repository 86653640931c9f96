"""Every recording can be replayed: each of its calls, asked again, gets its own answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from probe.record.exchange import UnreadExchange
from probe.record.reader import read_unread
from probe.renderers.loader import Renderer, load_renderer
from probe.replay.playback import Conditions, Playback
from probe.replay.recorded_turn import RecordedTurn
from probe.replay.self_match import SelfMatch
from probe.slots.slots import Slots
from probe.trace.exchanges import ExchangeReader
from tests.conftest import GOLDEN
from tests.replay.test_matching import RUN
from tests.support import bundled
from tests.trace.tracing import unread

RECORDS = [*sorted(GOLDEN.glob("*/*.jsonl")), *bundled.RECORDS.values()]


def exchanges_of(path: Path) -> list[UnreadExchange]:
    """Read a record; lines that are none are left out."""
    return list(read_unread(path, lambda _line, _why: None, whole=True))


def problems_of(exchanges: Sequence[UnreadExchange], renderer: Renderer) -> list[str]:
    """Return what `verify` would say."""
    reader, found = ExchangeReader(renderer, structured=False), SelfMatch(Slots())
    for exchange in exchanges:
        traced = reader.read(exchange)
        found.add(traced, reader.items.take_new())
    return list(found.problems())


def answer(playback: Playback, turn: RecordedTurn) -> RecordedTurn | str | None:
    """Ask for a recorded call once more."""
    if turn.warm_up:
        return playback.warm_up(turn.path, turn.request.raw) or (None if turn.complete else turn)
    return playback.call(turn.path, turn.request.raw, websocket=turn.websocket)


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_record_matches_itself(path: Path) -> None:
    renderer, exchanges = load_renderer("auto"), exchanges_of(path)
    assert problems_of(exchanges, renderer) == []
    playback = Playback(exchanges, renderer, Conditions(strict=True))
    for turn in list(playback._turns):
        got = answer(playback, turn)
        assert isinstance(got, RecordedTurn), got
        assert got.request.raw == turn.request.raw
    assert (playback.unasked, playback.misses.problems, playback.misses.differing) == ([], [], [])


def test_verify_names_the_lines_that_would_get_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from probe.replay import self_match
    from probe.replay.matching import Found, Match, Matching

    class Broken(Matching):
        def find(self, key: object) -> Match:
            return Match(Found.USED_UP)

    monkeypatch.setattr(self_match, "Matching", Broken)
    text = "line 1: a call of /v1/responses would get no answer (used up)"
    assert text in problems_of(unread(RUN), load_renderer("auto"))
