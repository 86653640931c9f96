"""Open a run that a command line names, so that it can be asked."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable

from probe.analysis.prices import ModelPrice, Prices
from probe.ask.known_run import KnownRun, Source
from probe.cli.edge import Skipped
from probe.errors import UserError
from probe.record.runs import Run, has_records
from probe.renderers.loader import load_renderer
from probe.report.described import UNKNOWN_TITLE, described_run
from probe.settings.own_prices import own_prices
from probe.slots.environment import environment_of
from probe.slots.slots import Slots
from probe.targets.finding import renderer_spec, slot_rules, target_of_run
from probe.targets.target import Target
from probe.wire.recover_run import open_run


def opened(arguments: Namespace, run: str, say: Callable[[str], None]) -> KnownRun:
    """Return the run that a word names, with its target's renderer. Raises UserError."""
    found = open_run(Namespace(**{**vars(arguments), "run": run}), say)
    if not has_records(found.folder):
        raise UserError(
            f"run {found.target}/{found.name} holds no exchange", "invoke runs lists the others: latest~1", code=1
        )
    return known_run(found, target_of_run(found.target, arguments.target, say), Skipped(found.traffic.name))


def known_run(found: Run, target: Target | None, on_malformed: Callable[[int, str], None]) -> KnownRun:
    """Return a run that was found, so that it can be asked; `target` is what it is read as."""
    own = [ModelPrice(model=model, **prices) for model, prices in own_prices(os.environ).items()]
    title = target.report_title if target else UNKNOWN_TITLE
    return KnownRun(
        Source(
            name=f"{found.target}/{found.name}",
            record=found.traffic,
            renderer=load_renderer(renderer_spec(target)),
            ids=target.ids if target else {},
            described=described_run(found, title, str(found.traffic), lambda number, reason: None, None),
            prices=Prices(own=own),
            slots=Slots(environment_of(found.manifest), slot_rules(target)),
            on_malformed=on_malformed,
            manifest=found.manifest.data,
        )
    )
