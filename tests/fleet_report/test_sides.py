"""What is compared of groups of runs adds up bit for bit, in any order, and never grows without end."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import reduce
from itertools import permutations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.fleet import sides
from probe.fleet.capped import add_counts
from probe.fleet.histogram import Histogram
from probe.fleet.sides import GroupSides
from probe.smallest_hashes import name_hash
from tests.fleet_report.groups import sides_of
from tests.support import bundled

_encode = msgspec.json.Encoder().encode
PLAIN = [_encode(sides_of(name).plain()) for name in bundled.RECORDS]


def copy(data: bytes) -> GroupSides:
    return GroupSides.from_plain(msgspec.json.decode(data))


def merged(parts: Sequence[bytes]) -> bytes:
    """Return the sum of parts, as bytes."""

    def add(one: GroupSides, other: GroupSides) -> GroupSides:
        one.merge(other)
        return one

    return _encode(reduce(add, map(copy, parts), GroupSides()).plain())


def test_what_is_written_is_read_back() -> None:
    assert [_encode(copy(data).plain()) for data in PLAIN] == PLAIN
    assert all(copy(data).runs == 1 for data in PLAIN)


def test_the_order_and_the_grouping_of_merges_do_not_matter(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    # Caps so small that every level is cut.
    monkeypatch.setattr(sides, "CAPS", {name: tuple(3 for _ in caps) for name, caps in sides.CAPS.items()})
    sums = {merged(parts) for parts in permutations(PLAIN)}
    assert len(sums) == 1
    assert {merged([merged(PLAIN[:2]), merged(PLAIN[2:])]), merged([PLAIN[0], merged(PLAIN[1:])])} == sums
    counts = msgspec.json.decode(next(iter(sums)))["counts"]
    assert all(len(one) <= 3 for one in counts.values())


def test_a_group_counts_the_runs_that_show_something() -> None:
    group = copy(merged([PLAIN[0], PLAIN[0], PLAIN[2]]))
    assert group.counts["numbers"]["runs"] == 3
    assert group.counts["places"]["POST /v1/responses reached"] == {"": 2}
    assert group.counts["places"]["POST /v1/responses request"]["model"] == 2
    assert group.counts["tools"]["write_file"].popitem()[1] == 2
    assert group.distributions["turns"].number == 3


keys = st.text(st.characters(codec="utf-8"), max_size=3)


@settings(max_examples=40)
@given(st.lists(st.dictionaries(keys, st.dictionaries(keys, st.integers(1, 9), max_size=6), max_size=6), max_size=6))
def test_counts_that_are_kept_are_exact_and_those_with_the_smallest_hashes(
    found: list[dict[str, dict[str, int]]],
) -> None:
    every: dict[str, dict[str, int]] = {}
    kept: dict[str, dict[str, int]] = {}
    for one in found:
        add_counts(every, one, (1000, 1000))
    random.Random(len(found)).shuffle(found)
    for one in found:
        add_counts(kept, one, (3, 2))
    assert sorted(kept) == sorted(sorted(every, key=name_hash)[:3])
    for name, counts in kept.items():
        assert counts == {key: every[name][key] for key in sorted(every[name], key=name_hash)[:2]}


@given(st.lists(st.integers(0, 10**12), min_size=1), st.sampled_from((0.5, 0.9)))
def test_a_share_of_integers_is_within_its_bounds(numbers: list[int], share: float) -> None:
    halves = Histogram(), Histogram()
    for place, number in enumerate(numbers):
        halves[place % 2].add(number)
    halves[0].merge(halves[1])
    whole = Histogram.from_plain(msgspec.json.decode(_encode(halves[0].plain())))
    assert (whole.number, whole.total) == (len(numbers), sum(numbers))
    bounds = whole.at(share)
    exact = sorted(numbers)[-int(-share * len(numbers) // 1) - 1]
    assert bounds is not None
    assert bounds[0] <= exact <= bounds[1] <= bounds[0] * 1.125 + 1
