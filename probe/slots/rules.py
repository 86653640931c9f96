"""Rules of volatile values: data, built in or of a target."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import msgspec
import yaml


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is volatile."""

    slot: str
    """The slot's name: uuid, time, …"""
    pattern: str
    """A regular expression; where it has a group, the group alone is the slot."""
    at: str | None = None
    """A glob over places (`headers.session-id`, `client_metadata.*_id`, `input[].id`), from a place's end; None
    anywhere. `→`, which leads into JSON in a text, may be left out."""
    needs: str | None = None
    """A simpler pattern that is in each text with a match, for speed: where it is not found, `pattern` is not tried."""


def rule_problem(rule: Rule) -> str | None:
    """Return what is wrong with a rule; None when nothing is."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", rule.slot):
        return f"a slot's name has small letters, digits and dashes: {rule.slot!r}"
    try:
        pattern = re.compile(rule.pattern)
        re.compile(rule.needs or "")
    except re.error as error:
        return f"the pattern is no regular expression: {error}"
    if pattern.groups > 1 or pattern.groupindex:
        return "a pattern has one group at most, without a name"
    return "the pattern matches an empty text" if pattern.match("") else None


def is_at(rule: Rule, place: str) -> bool:
    """Check whether a rule counts at a place, which has `[]` for any number of an element."""
    return rule.at is None or _fits(rule.at, place)


@lru_cache(maxsize=100_000)
def _fits(at: str, place: str) -> bool:
    # Many runs have the same places.
    return _glob(at).fullmatch(place) is not None


@cache
def _glob(at: str) -> re.Pattern[str]:
    parts = at.lower().replace("→", "").split("*")
    return re.compile(r"(?:.*\.)?" + ".*".join(map(re.escape, parts)), re.IGNORECASE)


def _built_in() -> tuple[Rule, ...]:
    text = Path(__file__).with_name("rules.yaml").read_text(encoding="utf-8")
    # The loader in C takes a tenth of the time; not each build of PyYAML has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return tuple(msgspec.convert(yaml.load(text, loader), list[Rule]))


BUILT_IN: tuple[Rule, ...] = _built_in()
