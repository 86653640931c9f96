"""The reports in an archive: made from the redacted run alone, without paths of this machine or the time of making."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from probe.analysis.prices import Prices
from probe.errors import UserError
from probe.record.files import private_file
from probe.record.runs import PAGE, REPORT, TRAFFIC, Run
from probe.renderers.loader import load_renderer
from probe.report.described import UNKNOWN_TITLE, described_run
from probe.report.html.page import write_page
from probe.report.report import write_report
from probe.slots.environment import environment_of
from probe.slots.slots import Slots
from probe.targets.finding import load_target, renderer_spec, slot_rules
from probe.targets.target import Target


def write_reports(run: Run, folder: Path) -> list[Path]:
    """Write report.md and report.html of a run into a folder; the same run gives the same bytes."""
    target = _target(run)
    title = target.report_title if target else UNKNOWN_TITLE
    facts = run.manifest.facts
    made = facts.ended or facts.started or datetime.fromtimestamp(0, UTC)
    for name, write in ((REPORT, partial(write_report, full=False)), (PAGE, write_page)):
        with private_file(folder / name) as out:
            write(
                out,
                run.traffic,
                # A new one for each: its tunnels are read once.
                replace(
                    described_run(run, title, TRAFFIC, lambda line, why: None, facts.traffic_sha256), generated_at=made
                ),
                renderer=load_renderer(renderer_spec(target)),
                ids=target.ids if target else None,
                prices=Prices(),
                slots=Slots(environment_of(run.manifest), slot_rules(target)),
            )
    return [folder / REPORT, folder / PAGE]


def _target(run: Run) -> Target | None:
    try:
        return load_target(run.target)[0]
    except UserError:
        return None
