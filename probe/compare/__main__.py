"""Compare two runs, two versions or two agents."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.addon.private_files import private_folder
from probe.analysis.prices import ModelPrice, Prices
from probe.cli.edge import one_line, printable, run, say
from probe.cli.parsing import parse
from probe.compare.compare import compared, comparison_of
from probe.compare.comparison import Comparison, json_of
from probe.compare.conditions import Conditions, conditions_of, implied_rules
from probe.compare.findings_text import findings_text
from probe.compare.html.page import page_of
from probe.compare.markdown import markdown_of, summary_line
from probe.compare.reading import Source, read_both
from probe.compare.rules import Polarity, at_least
from probe.compare.shareable import shareable
from probe.errors import UserError
from probe.imports.detection import import_hint
from probe.record.files import private_file
from probe.record.manifest import Manifest
from probe.record.mirrored_runs import bring
from probe.record.reading_memory import tune_memory
from probe.record.runs import COMPRESSED, TRAFFIC, Run, all_runs, find_run, has_records, is_alive
from probe.record.runs_of_version import run_of_version
from probe.settings.own_prices import own_prices
from probe.settings.settings import data_dir
from probe.slots.environment import completed, environment_of
from probe.slots.rules import Rule
from probe.slots.slots import Slots
from probe.targets.finding import IMPORTED, output_dirs, renderer_spec, slot_rules, target_of_run
from probe.wire.recover_run import recover_and_report

_LIMITS = (*(one.value for one in Polarity if one is not Polarity.INFO), "any")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.compare`."""
    arguments, rest = parse("compare", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke compare latest~1 latest")
    if arguments.fail_on not in (None, *_LIMITS):
        raise UserError(f"--fail-on {arguments.fail_on}: no such limit", f"it is one of: {', '.join(_LIMITS)}")
    comparison = _compared(arguments)
    comparison = shareable(comparison) if arguments.shareable else comparison
    outputs: dict[str, Callable[[Comparison], str]] = {"markdown": markdown_of, "html": page_of, "json": json_of}
    named = {name: place for name in outputs if (place := getattr(arguments, name))}
    for name, place in named.items():
        text = outputs[name](comparison)
        if place == "-":
            print(text, end="")
        else:
            _write(Path(place).expanduser(), text)
            print(printable(place))
    if not named:
        print(findings_text(comparison), end="")
    if named or comparison.findings:
        say(summary_line(comparison))
    if not named and comparison.findings:
        say("texts, turns and numbers: --markdown FILE, --html FILE or --json FILE")
    limit = arguments.fail_on
    return 1 if limit and any(at_least(one.polarity, limit) for one in comparison.findings) else 0


def _write(place: Path, text: str) -> None:
    try:
        private_folder(place.parent)
        with private_file(place) as out:
            out.write(text)
    except OSError as error:
        raise UserError(f"{place}: cannot be written: {error.strerror or error}", "name another place") from error


class _One:
    """One of the two, before its record is read."""

    def __init__(self, word: str, arguments: Namespace) -> None:
        self.run = _found(word, arguments)
        self.traffic = self.run.traffic if self.run else Path(word).expanduser()
        if self.run and not has_records(self.run.folder):
            raise UserError(f"run {self.run.target}/{self.run.name} holds no exchange", "compare another one", code=1)
        self.manifest = self.run.manifest if self.run else Manifest(self.traffic.parent, {})
        self.target = target_of_run(self.run.target if self.run else None, arguments.target, say)
        self.environment = environment_of(self.manifest)
        self.conditions = conditions_of(
            self.manifest.facts,
            # `imported` is the word for an agent that is not known.
            self.run.target if self.run and self.run.target != IMPORTED else None,
            Slots(self.environment),
            live=self.run is not None and is_alive(self.run),
        )

    @property
    def name(self) -> str:
        """Return what it is called."""
        return f"{self.run.target}/{self.run.name}" if self.run else str(self.traffic)

    def source(self, rules: Sequence[Rule], *, prompted: bool) -> Source:
        """Return what is needed to read it; `prompted` says whether the prompt of both is known."""
        spec: Any = renderer_spec(self.target)
        return Source(
            traffic=self.traffic.resolve(),
            renderer=spec,
            ids=self.target.ids if self.target else {},
            environment=self.environment,
            rules=(*rules, *slot_rules(self.target)),
            prompt=self.manifest.facts.prompt if prompted else None,
            agent=" ".join(filter(None, (self.conditions.target, self.conditions.version))),
        )


def _found(word: str, arguments: Namespace) -> Run | None:
    """Return the run that a word names; None where it is a file from elsewhere. Raises UserError."""
    path = Path(word).expanduser()
    if path.is_file() and not (path.name in (TRAFFIC, COMPRESSED) and (path.parent / "manifest.json").is_file()):
        return None
    folder = data_dir(arguments.data_dir, os.environ)
    elsewhere = output_dirs()
    found = run_of_version(word, all_runs(folder, None, elsewhere)) if "@" in word else None
    found = found or find_run(str(path.parent) + "/" if path.is_file() else word, folder, arguments.target, elsewhere)
    bring(found.folder)
    recover_and_report(found, folder, say)
    return found


def _compared(arguments: Namespace) -> Comparison:
    one, other = _One(arguments.before, arguments), _One(arguments.after, arguments)
    for side, beside in ((one, other.environment), (other, one.environment)):
        if side.manifest.facts.imported:
            side.environment = completed(side.environment, beside)
    rules = implied_rules(one.conditions, other.conditions)
    sides = []
    prompted = None not in (one.conditions.prompt, other.conditions.prompt)
    found = read_both(one.source(rules[0], prompted=prompted), other.source(rules[1], prompted=prompted))
    for side, (read, bad) in zip((one, other), found, strict=True):
        if not side.run and not read.exchanges and (hint := import_hint(side.traffic)):
            raise UserError(f"{side.traffic}: no line of it is an exchange", hint)
        if bad.number:
            say(
                f"WARNING: {side.name}: {bad.number} lines are no records and are left out, first {one_line(bad.first)}"
            )
        if not read.exchanges:
            raise UserError(f"{side.name}: no line of it is an exchange", "name a run, or a file of JSON lines")
        conditions: Conditions = side.conditions
        sides.append((compared(side.name, conditions, side.manifest.facts.replay_of, read), conditions, read))
    own = [ModelPrice(model=model, **prices) for model, prices in own_prices(os.environ).items()]
    return comparison_of(sides[0], sides[1], Prices(own=own))


if __name__ == "__main__":
    tune_memory()
    sys.exit(run(main))
