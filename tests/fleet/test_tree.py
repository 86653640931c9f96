"""The tree of aggregates: its shape, what is missing of it, and the order in which that is made."""

from __future__ import annotations

import pytest

from probe.fleet.tree import FAN_IN, Place, Tree, key_of, levels_of


def _runs(count: int, target: str = "codex") -> list[str]:
    return [f"{target}/202611{number:08d}" for number in range(count)]


def _tree(runs: list[str], stored: set[str] | frozenset[str] = frozenset(), chunks: set[str] | None = None) -> Tree:
    return Tree(runs, [key_of("run", [run]) for run in runs], stored, stored if chunks is None else chunks)


def _make(tree: Tree) -> list[Place]:
    """Make all that is missing; return it in its order."""
    made = []
    while place := tree.next():
        made.append(place)
        tree.made(place)
    return made


@pytest.mark.parametrize("count", [1, 15, 40, 700, 5000])
def test_every_node_is_made_once_after_all_that_it_is_made_of(count: int) -> None:
    tree = _tree(_runs(count))
    made = _make(tree)
    assert len(made) == len(set(made)) == sum(map(len, tree.levels))
    for at, place in enumerate(made):
        assert set(tree.children(place)) <= set(made[:at])
    assert not tree.missing
    assert all(len(one) <= FAN_IN for level in tree.levels[1:] for one in level)


def test_what_is_stored_is_not_made_again() -> None:
    runs = _runs(3000)
    stored = _tree(runs).nodes
    assert _tree(runs, stored).missing == []


def test_a_new_run_costs_a_few_nodes_of_each_level() -> None:
    runs = _runs(5000)
    tree = _tree([*runs, "codex/99991231"], _tree(runs).nodes)
    assert len([place for place in tree.missing if place.level == 0]) <= 3
    assert len(tree.missing) <= 4 * len(tree.levels)


def test_a_changed_run_costs_one_node_of_each_level() -> None:
    runs = _runs(5000)
    keys = [key_of("run", [run]) for run in runs]
    stored = Tree(runs, keys, (), ()).nodes
    changed = Tree(runs, [*keys[:70], "another", *keys[71:]], stored, stored)
    assert sorted(place.level for place in changed.missing) == list(range(len(changed.levels)))


def test_a_chunk_without_its_tables_is_read_again() -> None:
    runs = _runs(300)
    tree = _tree(runs)
    without = tree.chunks[3]
    again = _tree(runs, tree.nodes, tree.nodes - {without})
    assert [again.key(place) for place in again.missing if place.level == 0] == [without]


def test_what_is_made_of_something_else_has_another_key_up_to_the_root() -> None:
    runs = _runs(300)
    whole, tree = _tree(runs), _tree(runs)
    _make(whole)
    tree.rename(Place(0, 2), ["a run that is lost"])
    _make(tree)
    assert tree.root != whole.root
    assert len(tree.nodes - whole.nodes) == len(tree.levels)


def test_100_000_runs_are_fewer_than_6250_tasks() -> None:
    assert sum(map(len, levels_of(_runs(100_000)))) < 6250
