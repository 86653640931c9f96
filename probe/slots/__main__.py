"""Learn from two runs of the same prompt what is volatile, and write it into the target's local file."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.record.files import write_private
from probe.record.runs import Run
from probe.report.plain_text import plural
from probe.slots.environment import environment_of
from probe.slots.learning import Learned, learn
from probe.slots.local_file import rule_line, with_rules
from probe.slots.rules import Rule
from probe.slots.sent import read_sent
from probe.targets.finding import load_target, local_file, slot_rules, target_files
from probe.wire.recover_run import open_run

_SHOWN = 10
"""Places at which something else differs."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.slots`."""
    arguments, rest = parse("slots", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError("slots starts no command", "record two runs with capture first")
    first, second = (
        open_run(Namespace(**vars(arguments), run=word), say) for word in (arguments.before, arguments.after)
    )
    name = arguments.target or first.target
    for note in _notes(first, second):
        say(f"note: {note}")
    rules = [*slot_rules(load_target(name)[0]), *_prompts(first, second)]
    around = environment_of(first.manifest), environment_of(second.manifest)
    learned = learn(list(read_sent(first.traffic)), list(read_sent(second.traffic)), around, rules)
    _report(learned)
    if learned.rules:
        print(path := _write(name, list(learned.rules)))
        say(f"written under `slots:` in {path}; to undo it, remove the lines above from that file")
    return 0


def _notes(first: Run, second: Run) -> Iterator[str]:
    """Yield why two runs may differ in more than slots. Raises UserError where nothing can be learned."""
    if first.traffic.resolve() == second.traffic.resolve():
        raise UserError("both are the same run", "record the prompt twice: invoke capture --prompt …")
    one, other = first.manifest.facts, second.manifest.facts
    if first.target != second.target:
        raise UserError(f"two agents: {first.target} and {second.target}", "invoke compare shows how they differ")
    if (old := one.versions.get("agent")) != (new := other.versions.get("agent")) and old and new:
        raise UserError(f"two versions: {old} and {new}", "what differs is a change then: invoke compare shows it")
    if one.prompt != other.prompt:
        yield "the prompts differ, and what differs with them is no slot: two runs of one prompt show more"


def _prompts(first: Run, second: Run) -> Iterator[Rule]:
    """Yield rules that leave out prompts that differ."""
    prompts = {one.manifest.facts.prompt for one in (first, second)}
    if len(prompts) > 1:
        yield from (Rule(slot="prompt", pattern=re.escape(prompt)) for prompt in prompts if prompt)


def _report(learned: Learned) -> None:
    for number, whose in zip(learned.only, ("first", "second"), strict=True):
        if number:
            say(f"note: {number} requests of the {whose} run alone: left out")
    for rule, (old, new) in learned.rules.items():
        print(f"{rule_line(rule)}  # {old[:60]!r}, {new[:60]!r}")
    for difference in learned.left[:_SHOWN]:
        say(f"note: differs, but is no slot: {difference.at}")
    if len(learned.left) > _SHOWN:
        say(f"note: and {len(learned.left) - _SHOWN} more places")
    counts = plural(len(learned.rules), "new rule"), plural(len(learned.left), "other difference")
    say(f"{plural(learned.aligned, 'request')} compared: {', '.join(counts)}")


def _write(name: str, rules: list[Rule]) -> Path:
    """Add rules to a target's local file. Raises UserError."""
    path = local_file(target_files(name)[0])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        write_private(path, with_rules(text, rules))
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}", "the rules are printed above") from error
    return path


if __name__ == "__main__":
    sys.exit(run(main))
