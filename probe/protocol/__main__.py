"""Describe the protocol that one or more runs show: for readers, programs and validators."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.addon.private_files import private_folder
from probe.cli.edge import Skipped, printable, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.protocol.describing import described
from probe.protocol.documents import MARKDOWN, documents
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.reading import protocol_of, replay_of
from probe.record.files import file_sha256, private_file
from probe.record.manifest import Manifest, project_version, text_sha256
from probe.record.open_record import record_sha256
from probe.record.reading_memory import tune_memory
from probe.record.runs import TRAFFIC, Run, has_records
from probe.record.source_hash import source_sha256
from probe.renderers.loader import load_renderer
from probe.slots.environment import environment_of
from probe.slots.slots import Slots
from probe.targets.finding import renderer_spec, slot_rules, target_of_run
from probe.wire.recover_run import open_run

_ROOMS = ("protocol", "slots", "trace", "renderers", "record", "report")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.protocol`."""
    arguments, rest = parse("protocol", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke protocol --run latest")
    words = arguments.run or ["latest"]
    runs = [open_run(Namespace(**{**vars(arguments), "run": word}), say) for word in words]
    for one in runs:
        if not has_records(one.folder):
            raise UserError(f"run {one.target}/{one.name} holds no exchange", "name another run", code=1)
    folder = _folder(arguments, runs)
    # Only the usual documents of one run are a step of it.
    own = folder == runs[0].folder and not arguments.shareable
    manifest = Manifest.read(folder) if own else None
    inputs = _inputs(runs[0], arguments.target) if manifest else {}
    if manifest and not arguments.force and manifest.up_to_date("protocol", inputs):
        say("protocol: up to date")
        print(printable(str(folder / MARKDOWN)))
        return 0
    written = _write(folder, _read(runs, arguments.target), shareable=arguments.shareable)
    if manifest:
        manifest.finished_step("protocol", inputs, {path.name: file_sha256(path) or "" for path in written})
    for path in written:
        print(printable(str(path)))
    return 0


def _folder(arguments: Namespace, runs: Sequence[Run]) -> Path:
    """Return where the documents are written. Raises UserError."""
    if arguments.output:
        return Path(arguments.output).expanduser()
    if len(runs) > 1:
        raise UserError("several runs have no folder of their own", "name one for the documents with --output DIR")
    return runs[0].analysis_folder


def _read(runs: Sequence[Run], target_name: str | None) -> ProtocolStatistics:
    whole = ProtocolStatistics()
    for one in runs:
        target = target_of_run(one.target, target_name, say)
        slots = Slots(environment_of(one.manifest), slot_rules(target))
        agent = " ".join(filter(None, (one.target, one.manifest.facts.versions.get("agent"))))
        skipped = Skipped(one.traffic.name)
        renderer = load_renderer(renderer_spec(target))
        found = protocol_of(one.traffic, renderer, slots, agent=agent, on_malformed=skipped)
        replay = replay_of(one.manifest.facts)
        if replay:
            say(f"WARNING: {one.target}/{one.name} was answered by a replay of {replay}, not by a real API")
        found.answered_by(replay)
        whole.merge(found)
        skipped.report()
    return whole


def _inputs(found: Run, target_name: str | None) -> dict[str, str]:
    """Return all that the documents are made from."""
    target = target_of_run(found.target, target_name, say)
    spec = renderer_spec(target)
    return {
        TRAFFIC: record_sha256(found.traffic) or "",
        "agent-probe": project_version(),
        "target": text_sha256(str((target.slots if target else (), spec))),
        "environment": text_sha256(str((environment_of(found.manifest), replay_of(found.manifest.facts)))),
        "code": source_sha256(_ROOMS, load_renderer(spec).modules),
    }


def _write(folder: Path, statistics: ProtocolStatistics, *, shareable: bool) -> list[Path]:
    """Write the documents; return their paths. Raises UserError."""
    written = []
    try:
        private_folder(folder)
        for name, text in documents(described(statistics, shareable=shareable)):
            with private_file(folder / name) as out:
                out.write(text)
            written.append(folder / name)
    except OSError as error:
        place = error.filename or folder
        raise UserError(f"{place}: {error.strerror or error}", "name another folder with --output") from error
    return written


if __name__ == "__main__":
    tune_memory()
    sys.exit(run(main))
