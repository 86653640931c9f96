"""Chunks of runs: their sizes, and what a run more or less changes."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from probe.fleet.chunks import LEAST, MOST, chunks_of, cut

_SEEDS = st.integers(0, 1_000_000)


def _names(seed: int, count: int, target: str = "codex") -> list[str]:
    random = Random(seed)
    return sorted({f"{target}/2026{random.randrange(10**10):010d}" for _ in range(count)})


def _parts(names: list[str]) -> set[tuple[str, ...]]:
    return {tuple(names[one.start : one.stop]) for one in chunks_of(names)}


@given(_SEEDS, st.integers(0, 1000))
def test_chunks_have_every_run_once_in_order_and_16_to_64_of_them(seed: int, count: int) -> None:
    names = _names(seed, count)
    chunks = chunks_of(names)
    assert [name for one in chunks for name in names[one.start : one.stop]] == names
    if len(names) >= LEAST:
        assert all(LEAST <= len(one) <= MOST for one in chunks)


def _changed(seed: int, count: int, place: int) -> int:
    """Return how many chunks are new where one run is added."""
    names = _names(seed, count)
    fewer = [name for at, name in enumerate(names) if at != place % len(names)]
    return max(len(_parts(names) - _parts(fewer)), len(_parts(fewer) - _parts(names)))


@given(_SEEDS, st.integers(1, 600), st.integers(0, 600))
def test_a_run_more_or_less_changes_the_chunks_around_it_alone(seed: int, count: int, place: int) -> None:
    # Of 20,000 cases, 94 % change one, 5 % two, and none more than four.
    assert _changed(seed, count, place) <= 5


def test_a_run_more_or_less_changes_about_one_chunk_on_average() -> None:
    changes = [_changed(seed, 300, seed * 7) for seed in range(300)]
    assert 1 <= sum(changes) / len(changes) < 1.2
    assert sum(one <= 2 for one in changes) >= 0.97 * len(changes)


def test_a_chunk_has_30_runs_on_average_so_that_100_000_runs_are_3_300_chunks() -> None:
    names = _names(1, 100_000)
    assert 28 <= len(names) / len(chunks_of(names)) <= 33


def test_no_chunk_has_runs_of_two_targets() -> None:
    names = [*_names(1, 100, "claude-code"), *_names(2, 5, "codex"), *_names(3, 70, "gemini-cli")]
    parts = _parts(names)
    assert all(len({name.partition("/")[0] for name in part}) == 1 for part in parts)
    # So runs of another target change nothing here.
    assert _parts(_names(1, 100, "claude-code")) <= parts


@given(_SEEDS, st.integers(13, 400))
def test_groups_of_other_sizes_keep_their_limits(seed: int, count: int) -> None:
    names = _names(seed, count)
    assert all(6 <= len(one) <= 16 for one in cut(names, 6, 16, "salt"))
