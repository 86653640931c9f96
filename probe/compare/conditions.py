"""What surrounded the runs: it comes first, since it explains the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from probe.compare.comparison import Finding, finding
from probe.compare.shown_values import changed_words, listed, shown_pair, text_pair
from probe.compare.side import Side
from probe.compare.text_difference import text_difference
from probe.record.differing_place import DifferingPlace
from probe.record.manifest_fields import Facts
from probe.record.runs_of_version import version_number
from probe.report.plain_text import plural
from probe.slots.rules import Rule
from probe.slots.slots import Slots

LIVE = "still being recorded"
_MOST_REPLAYED = 20
_HEADLESS = frozenset({"-p", "--print", "--prompt", "exec", "run", "-m", "--message", "--non-interactive"})
"""Words of commands that make agents work without a terminal."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run before its record is read."""

    target: str | None = None
    version: str | None = None
    """Of the agent, as it reports it."""
    state: str | None = None
    """How it ended, where it did not end by itself with exit code 0; `still being recorded` before its end."""
    replayed: tuple[DifferingPlace, ...] = ()
    """Calls that differed from the recording which answered them."""
    faults: tuple[str, ...] = ()
    """Which calls a replay hit with which fault."""
    mode: str | None = None
    platform: str | None = None
    prompt: str | None = None
    command: tuple[str, ...] | None = None
    """What was started, with what a target adds, without the prompt; normalised."""


def conditions_of(facts: Facts, target: str | None, slots: Slots, *, live: bool) -> Conditions:
    """Return what a manifest knows; `live` while the run is being recorded."""
    words = facts.command or facts.own_command
    command = None
    if words:
        # The program may be anywhere; ids, folders and ports are slots.
        command = tuple("⟨prompt⟩" if word == facts.prompt else slots.text(word) for word in words[1:])
    return Conditions(
        target=target,
        version=facts.versions.get("agent"),
        state=LIVE if live else state_of(facts),
        replayed=tuple(facts.replayed.differing) if facts.replayed else (),
        faults=tuple(facts.replayed.faults_hit) if facts.replayed else (),
        mode=mode_of(facts),
        platform=facts.platform,
        prompt=facts.prompt,
        command=command,
    )


def state_of(facts: Facts) -> str | None:
    """Return how a run ended; None where it ended by itself, without an error."""
    code = f"exit code {facts.agent_exit_code}" if facts.agent_exit_code else ""
    if facts.recovered is not None:
        return f"killed while it was recorded{f', {code}' if code else ''}"
    return f"interrupted, exit code {facts.agent_exit_code or 0}" if facts.interrupted else code or None


def mode_of(facts: Facts) -> str | None:
    """Return how the agent was used; None where it is not known."""
    if facts.prompt is not None:
        return "headless"
    if not facts.own_command:
        return None
    return "headless" if _HEADLESS & set(facts.own_command[1:]) else "interactive"


def implied_rules(one: Conditions, other: Conditions) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Return rules for both that make slots of what a line names already: prompt and version of the agent."""
    return _rules(one, other), _rules(other, one)


def _rules(one: Conditions, other: Conditions) -> tuple[Rule, ...]:
    rules = []
    if one.prompt and other.prompt and one.prompt != other.prompt:
        rules.append(Rule(slot="prompt", pattern=re.escape(one.prompt)))
    number = version_number(one.version)
    other_number = version_number(other.version)
    # Of an imported run the version is not known: a slot on one side only would be a difference.
    if number and other_number and number != other_number:
        rules.append(Rule(slot="agent-version", pattern=rf"(?<![\w.]){re.escape(number)}(?![\w.])"))
    return tuple(rules)


def condition_findings(before: Conditions, after: Conditions, old: Side, new: Side) -> Iterator[Finding]:
    """Yield what differs around the runs."""
    is_other_prompt = before.prompt != after.prompt and None not in (before.prompt, after.prompt)
    yield from _faults(before, after)
    yield from _ends(before, after)
    for word, one in (("first", before), ("second", after)):
        yield from _unfit_answers(word, one, is_other_prompt=is_other_prompt)
    yield from _surroundings(before, after)
    is_same_use = (before.target, before.mode) == (after.target, after.mode)
    if is_same_use and None not in (before.command, after.command):
        prompts = {before.prompt, after.prompt, "⟨prompt⟩"}
        # The prompt is known where it came as --prompt, and is a word of the command where it came after `--`.
        commands = ([word for word in one.command or () if word not in prompts] for one in (before, after))
        yield from _command(*commands)
    if is_other_prompt:
        yield _prompt(before.prompt or "", after.prompt or "", new)
    yield from _models(old, new)


def _faults(before: Conditions, after: Conditions) -> Iterator[Finding]:
    if before.faults != after.faults:
        runs = (("first", before.faults), ("second", after.faults))
        line = "; ".join(f"the {word} run was hit by {listed(faults)}" for word, faults in runs if faults)
        yield finding("run-faulted", "run.faults", line, before=list(before.faults), after=list(after.faults))


def _ends(before: Conditions, after: Conditions) -> Iterator[Finding]:
    states = {word: one.state for word, one in (("first", before), ("second", after)) if one.state}
    if states:
        ends = {one: f"is {one}" if one == LIVE else f"ended early or with an error ({one})" for one in states.values()}
        both = " and ".join(f"the {word} run {ends[state]}" for word, state in states.items())
        line = f"{both}: what it lacks may be what it did not come to"
        yield finding("run-incomplete", "run.state", line, before=before.state, after=after.state)


def _unfit_answers(word: str, run: Conditions, *, is_other_prompt: bool) -> Iterator[Finding]:
    # Another prompt has a line of its own.
    places = [place for place in run.replayed if not (is_other_prompt and _is_part(place.now, run.prompt or ""))]
    if places:
        line = f"recorded answers did not fit what the {word} run asked in {plural(len(places), 'place')}"
        text = tuple(f"  {place.line}" for place in places[:_MOST_REPLAYED])
        yield finding("replay-differed", "run.replay", line, text=text)


def _is_part(value: object, prompt: str) -> bool:
    """Check whether a value, which may be cut, is of the prompt or has it."""
    text = value.strip("…").strip() if isinstance(value, str) else ""
    return bool(text) and (text in prompt or prompt in text)


def _surroundings(before: Conditions, after: Conditions) -> Iterator[Finding]:
    for kind, name, what in (
        ("agent-changed", "target", "the agent"),
        ("version-changed", "version", "the agent's version"),
        ("mode-changed", "mode", "the run"),
        ("platform-changed", "platform", "the platform"),
    ):
        one, other = getattr(before, name), getattr(after, name)
        if one is not None and other is not None and one != other:
            yield finding(kind, f"run.{name}", f"{what} is {other}, no longer {one}", before=one, after=other)


def _command(before: Sequence[str], after: Sequence[str]) -> Iterator[Finding]:
    gone, new = ([word for word in one if word not in other] for one, other in ((before, after), (after, before)))
    if gone or new:
        lacks, has = shown_pair(" ".join(gone), " ".join(new))
        words = [f"has {has}" if new else "", f"lacks {lacks}" if gone else ""]
        line = f"the command {' and '.join(filter(None, words))}"
        yield finding("command-changed", "run.command", line, before=" ".join(gone), after=" ".join(new))


def _prompt(before: str, after: str, new: Side) -> Finding:
    """Return the difference of prompts at the place where the request has it."""
    turns = (turn for thread in new.threads for turn in thread.turns)
    place = next((said.at for turn in turns for said in turn.new if "⟨prompt⟩" in said.text), "run.prompt")
    one, other = text_pair(before, after)
    line = f"the prompt {changed_words(one, other)}"
    return finding("prompt-changed", place, line, before=one, after=other, text=text_difference(before, after))


def _models(old: Side, new: Side) -> Iterator[Finding]:
    changes: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for purpose in old.models:
        one, other = old.models[purpose], new.models.get(purpose, ())
        if other and sorted(one) != sorted(other):
            changes.setdefault((one, other), []).append(purpose)
    for (one, other), purposes in changes.items():
        beside = "" if "turn" in purposes else f" of a {' and a '.join(purposes)}"
        line = f"the model{beside} is {', '.join(other)}, no longer {', '.join(one)}"
        yield finding("model-changed", "model", line, before=list(one), after=list(other))
