"""Capture, analyze, verify; only what is not up to date yet."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.browser import open_in_browser
from probe.cli.called_as import as_called
from probe.cli.capture_step import capture_into
from probe.cli.edge import printable, run, say
from probe.cli.options import flag
from probe.cli.parsing import parse
from probe.cli.script_process import run_script
from probe.errors import UserError
from probe.record.manifest import NAME as MANIFEST
from probe.record.manifest import Manifest
from probe.record.open_record import record_place
from probe.record.runs import PAGE, REPORT, TRAFFIC, Run, has_records, is_alive, new_run
from probe.settings.resolve import resolve
from probe.wire.recover_run import open_run


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.pipeline`."""
    arguments, command = parse("pipeline", sys.argv[1:] if argv is None else argv)
    if arguments.run is not None:
        existing = _existing(arguments)
        folder, reports, captured = existing.folder, existing.analysis_folder, _take_up(existing, arguments, command)
    else:
        # Chosen here, so that both steps know the folder.
        settings = resolve(arguments, os.environ)
        folder = reports = new_run(settings.run_parent, settings.output_dir)
        captured = capture_into(folder, vars(arguments), command)
    if not has_records(folder):
        return captured
    if captured and Manifest.read(folder).facts.interrupted:
        say(as_called(f"what was recorded is kept; to go on with it: invoke pipeline --run {folder.name}"))
        return captured
    analyze = ["--run", str(folder), *(["--force"] if arguments.force else [])]
    # The agent's output is on stdout; the labelled paths are its last lines.
    analyzed = run_script("probe.analyze", analyze, step=True, stdout=subprocess.DEVNULL)
    run_script("probe.analyze", [*analyze, "--html"], step=True, stdout=subprocess.DEVNULL)
    verified = run_script("probe.verify", ["--run", str(folder)], step=True, stdout=sys.stderr)
    files = {
        "manifest": folder / MANIFEST,
        "report": reports / REPORT,
        "page": reports / PAGE,
    }
    places = {label: str(path) for label, path in files.items() if path.exists()}
    places = {"record": record_place(folder / TRAFFIC)} | places
    print("\n".join(f"{label}: {printable(place)}" for label, place in places.items()), flush=True)
    if arguments.view and files["page"].exists():
        open_in_browser(files["page"].absolute().as_uri())
    return captured or analyzed or verified


def _existing(arguments: Namespace) -> Run:
    if arguments.output_dir:
        raise UserError("--run and --output-dir both name the run's folder", "give one of them")
    existing = open_run(arguments, say)
    if is_alive(existing):
        pid = existing.manifest.facts.pid
        raise UserError(f"run {existing.name} is still being recorded (pid {pid})", "wait for it, or end it")
    return existing


def _take_up(existing: Run, arguments: Namespace, command: list[str]) -> int:
    """Capture where nothing was captured yet; what was recorded is never recorded over."""
    if has_records(existing.folder):
        _refuse_unused(arguments, command)
        facts = existing.manifest.facts
        ended = existing.bundled or (facts.ended and not facts.recovered)
        say("capture: up to date" if ended else "capture: it was interrupted; going on with what it recorded")
        return 0
    facts = existing.manifest.facts
    arguments.target = existing.target
    if arguments.prompt is None and not command:
        arguments.prompt, command = facts.prompt, facts.own_command or []
        if facts.not_kept:
            raise UserError("this run's prompt or command held a credential and was not kept", "give it again")
    if arguments.replay is None and not arguments.upstream:
        for name in ("replay", "speed", "strict", "fault"):
            noted = facts.settings.get(name)
            setattr(arguments, name, noted.value if noted else None)
    return capture_into(existing.folder, vars(arguments), command)


def _refuse_unused(arguments: Namespace, command: list[str]) -> None:
    """Raise UserError for what would only count in a new recording."""
    names = ("prompt", "replay", "speed", "strict", "fault", "upstream", "env", "cwd", "compress_over")
    given = next((flag(name) for name in names if getattr(arguments, name)), "a command" if command else None)
    if given:
        raise UserError(
            f"run {arguments.run} is recorded already: {given} would change nothing",
            "leave it out, or leave --run out and record anew",
        )


if __name__ == "__main__":
    sys.exit(run(main))
