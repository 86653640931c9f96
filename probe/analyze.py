"""Write the report of a captured run, or of a file from elsewhere."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.addon.private_files import private_folder
from probe.analysis.price_library import library_version
from probe.analysis.prices import ModelPrice, Prices
from probe.cli.edge import Skipped, one_line, printable, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.imports.detection import import_hint
from probe.places import SAMPLES, shown
from probe.record.files import file_sha256, private_file
from probe.record.manifest import Manifest, project_version, text_sha256
from probe.record.manifest_fields import Facts
from probe.record.open_record import ZST, record_file, record_sha256
from probe.record.reading_memory import tune_memory
from probe.record.received import listed_sums
from probe.record.runs import FULL_REPORT, PAGE, REPORT, SUMMARY, TRAFFIC, Run, all_runs, has_records, is_alive
from probe.record.source_hash import source_sha256
from probe.record.tunnels import TUNNELS
from probe.renderers.loader import load_renderer
from probe.report.described import UNKNOWN_TITLE, about, described_run
from probe.report.html.page_code import code_files
from probe.report.report import write_report
from probe.report.run import ReportedRun
from probe.report.summarize import summary_of
from probe.report.summary import json_of
from probe.report.understood import Understood
from probe.settings.own_prices import own_prices
from probe.slots.environment import NOWHERE, environment_of
from probe.slots.slots import Slots
from probe.targets.finding import load_target, renderer_spec, slot_rules, target_of_run
from probe.targets.target import Target

_MOST_JOBS = 64
_LINE = 'a line is like {"timestamp": 1707123456.1, "request": {"method": …, "url": …}, "response": {"status_code": …}}'


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.analyze`."""
    arguments, rest = parse("analyze", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke analyze --run latest")
    if arguments.input:
        return _analyze_file(arguments)
    return _analyze_run(arguments)


def _analyze_file(arguments: Namespace) -> int:
    if arguments.run:
        raise UserError("--run and --input both say what to analyze", "give one of them")
    source = Path(arguments.input).expanduser()
    if source.is_dir():
        raise UserError(f"{source} is a folder, not a file", f"for a run's folder: invoke analyze --run {source}")
    if not source.is_file():
        raise UserError(f"{source}: no such file", "name a file of JSON lines, one exchange each")
    output = _named_output(arguments) or _place_of_report(source, _step(arguments)[1])
    target = load_target(arguments.target)[0] if arguments.target else None
    reported = _write(source, output, target, None, arguments)
    _say_problems(reported)
    print(printable(str(output)))
    return 0


def _step(arguments: Namespace) -> tuple[str, str]:
    """Return the step of the run that is asked for, and the file that it writes. Raises UserError."""
    if arguments.html and arguments.full:
        raise UserError(
            "--html and --full are different reports", "give one of them; the page has every exchange whole"
        )
    if arguments.html:
        return "analyze --html", PAGE
    return ("analyze --full", FULL_REPORT) if arguments.full else ("analyze", REPORT)


def _named_output(arguments: Namespace) -> Path | None:
    """Return where the user wants the report; None for the usual place. Raises UserError."""
    if not arguments.output:
        return None
    output = Path(arguments.output).expanduser()
    if output.is_dir():
        raise UserError(f"--output {output}: it is a folder", f"name a file, for example {output / REPORT}")
    if not output.parent.is_dir():
        raise UserError(f"--output {output}: there is no folder {output.parent}", "make it first, or name another")
    return output


def _place_of_report(source: Path, name: str) -> Path:
    """Return the usual place: next to the file, but never in a bundled run."""
    bundled = (one for one in all_runs(SAMPLES) if one.bundled and one.folder == source.resolve().parent)
    if sample := next(bundled, None):
        return sample.analysis_folder / name
    return Path(str(source).removesuffix(ZST)).with_suffix(f".{name}")


def _place_of_summary(report: Path) -> Path:
    """Return where the summary is written: next to the report, under the same name but for its end."""
    name = report.name.removesuffix(REPORT)
    return report.with_name(name + SUMMARY) if name != report.name else report.with_suffix(f".{SUMMARY}")


def _analyze_run(arguments: Namespace) -> int:
    from probe.wire.recover_run import open_run  # Here, since a file from elsewhere needs no redactor.

    found = open_run(arguments, say)
    if not has_records(found.folder):
        raise UserError(f"run {found.target}/{found.name} holds no exchange", _why_empty(found), code=1)
    target = target_of_run(found.target, arguments.target, say)
    step, name = _step(arguments)
    named = _named_output(arguments)
    output = named or found.analysis_folder / name
    # A report that goes elsewhere is not the run's own: its folder stays as it is.
    for note in _read_as(arguments, found):
        say(f"note: {note}")
    manifest = None if named or found.bundled else Manifest.read(found.folder)
    code = 0
    inputs = _inputs(found, target, arguments) | (_page_inputs() if arguments.html else {})
    if manifest and not arguments.force and manifest.up_to_date(step, inputs):
        say(f"{step}: up to date")
    elif manifest and not (arguments.force or arguments.target) and _as_received(output, inputs[TRAFFIC]):
        say(f"{step}: as it was shared; {step} --force writes a new one")
    else:
        reported = _write(found.traffic, output, target, found, arguments, sha256=inputs[TRAFFIC])
        if manifest:
            written = [output] if name != REPORT else [output, _place_of_summary(output)]
            manifest.finished_step(step, inputs, {path.name: file_sha256(path) or "" for path in written})
        if not arguments.html:
            # A page has them on top, and the report that is made with it printed them.
            _say_problems(reported)
        code = 1 if reported.malformed else 0
    print(printable(str(output)))
    return code


def _as_received(report: Path, record: str) -> bool:
    """Check whether record and report are those of a shared run's archive, which lists their hashes."""
    listed = listed_sums(report.parent)
    return listed.get(TRAFFIC) == record and listed.get(report.name) == file_sha256(report)


def _say_problems(reported: Understood) -> None:
    """Print what the report has on line 3."""
    if reported.problems:
        say(f"problems: {one_line('; '.join(reported.problems))}")


def _jobs(arguments: Namespace) -> int:
    """Return how many processes are asked for. Raises UserError."""
    given = arguments.jobs or "1"
    if not (given.isascii() and given.isdigit() and 0 < int(given) <= _MOST_JOBS):
        raise UserError(f"--jobs {given}: not a number from 1 to {_MOST_JOBS}", "for example: --jobs 2")
    return int(given)


def _why_empty(found: Run) -> str:
    if is_alive(found):
        return "it is still being recorded"
    if found.manifest.facts.counts and found.manifest.facts.counts.written:
        return f"its manifest counts some: {found.traffic} was deleted or emptied"
    return (
        "the agent sent nothing through its proxies; invoke doctor says what may be wrong, and invoke runs lists "
        "the others (latest~1 is the one before the latest)"
    )


def _inputs(found: Run, target: Target | None, arguments: Namespace) -> dict[str, str]:
    """Return all that a report is made from, short or full."""
    spec: Any = renderer_spec(target)
    facts = found.manifest.facts
    return {
        TRAFFIC: record_sha256(found.traffic) or "",
        "agent-probe": project_version(),
        "title": target.report_title if target else "",
        "about": text_sha256(str([about(found), *_read_as(arguments, found), *_shown_facts(facts)])),
        TUNNELS: file_sha256(found.folder / TUNNELS) or "",
        "renderer": f"{spec} {_sources(spec)}",
        "ids": text_sha256(str(target.ids if target else {})),
        "slots": text_sha256(str([environment_of(found.manifest), slot_rules(target)])),
        "prices": f"{library_version() or ''} {text_sha256(str(_own_prices()))}",
    }


def _page_inputs() -> dict[str, str]:
    """Return what a page is made from besides what any report is made from."""
    return {"page": text_sha256("".join([file.read_text("utf-8") for file in code_files()]))}


def _shown_facts(facts: Facts) -> list[Any]:
    """Return what a report or its summary has of a manifest, besides the facts that the report begins with."""
    shown = [facts.notes, facts.coverage, facts.observer_changes, facts.prompt, facts.own_command]
    return [*shown, facts.agent_started, facts.agent_ended, facts.counts, facts.traffic_sha256]


def _own_prices() -> list[ModelPrice]:
    return [ModelPrice(model=model, **prices) for model, prices in own_prices(os.environ).items()]


def _sources(spec: Any) -> str:
    """Hash the source of what makes the report, and of renderers from elsewhere."""
    rooms = ("renderers", "trace", "slots", "report", "analysis", "record")
    return source_sha256(rooms, load_renderer(spec).modules)


def _write(
    source: Path,
    output: Path,
    target: Target | None,
    found: Run | None,
    arguments: Namespace,
    sha256: str | None = None,
) -> Understood:
    """Write the report; a reader of `output` sees the old one or the new one. Raises UserError."""
    summary = None if arguments.full or arguments.html else _place_of_summary(output)
    if arguments.html:
        from probe.report.html.page import write_page  # Here, since most runs of it write no page.

    write = write_page if arguments.html else partial(write_report, full=arguments.full, jobs=_jobs(arguments))
    for place in filter(None, (output, summary)):
        if place.exists() and place.samefile(record_file(source)):
            raise UserError(f"{place} is the recording itself", "name another place for the report with --output")
    skipped, skipped_tunnels = Skipped(source.name), Skipped(TUNNELS)
    try:
        private_folder(output.parent)
        with private_file(output) as out:
            reported = write(
                out,
                # The user may name a link; a run's own files are never links.
                source.resolve() if found is None else source,
                _described(source, target, found, skipped_tunnels, arguments, sha256),
                renderer=load_renderer(renderer_spec(target)),
                ids=target.ids if target else None,
                prices=Prices(own=_own_prices()),
                slots=_slots(found, target),
                on_malformed=skipped,
            )
            if found is None and not reported.findings.exchange_totals.requests:
                why = f" ({skipped.first})" if skipped.first else ""
                raise UserError(f"{source}: no line of it is an exchange{why}", import_hint(source) or _LINE)
        if summary:
            with private_file(summary) as out:
                out.write(json_of(summary_of(reported)))
    except OSError as error:
        place = error.filename or output
        raise UserError(
            f"{place}: {error.strerror or error}", "name another place with --output, or repair it"
        ) from error
    skipped.report()
    skipped_tunnels.report()
    return reported


def _slots(found: Run | None, target: Target | None) -> Slots:
    """Return what finds volatile values in a run of a target."""
    environment = environment_of(found.manifest) if found else NOWHERE
    return Slots(environment, slot_rules(target))


def _described(
    source: Path, target: Target | None, found: Run | None, skipped: Skipped, arguments: Namespace, sha256: str | None
) -> ReportedRun:
    """Return what the report needs of the run besides its record."""
    title = target.report_title if target else UNKNOWN_TITLE
    if found is None:
        return ReportedRun(title=title, source=_shown(source), generated_at=datetime.now(UTC))
    described = described_run(found, title, _shown(source), skipped, sha256)
    return replace(described, notes=[*_read_as(arguments, found), *described.notes])


def _read_as(arguments: Namespace, found: Run) -> list[str]:
    """Return what to know of a report that is made with another target than the run has."""
    other = Path(arguments.target).stem if arguments.target else found.target
    return [f"read with target {other}, though the run is of {found.target}"] if other != found.target else []


def _shown(source: Path) -> str:
    """Return the path that the report names: inside the project without the project's own place."""
    return shown(source.resolve())


if __name__ == "__main__":
    tune_memory()
    sys.exit(run(main))
