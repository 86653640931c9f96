"""Make a run of a file that another tool recorded: a HAR, flows of mitmproxy, lines of claude-trace or claude-tap."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.addon.config import Config
from probe.addon.redaction.redactor import Redactor
from probe.addon.redaction.salt import NAME as SALT
from probe.cli.edge import one_line, printable, run, say, say_next
from probe.cli.parsing import parse
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.imports.detection import format_of
from probe.imports.formats import FORMATS, reader
from probe.imports.guessed_target import TargetGuess
from probe.imports.recording import Recording
from probe.imports.source import Source
from probe.record.files import file_sha256
from probe.record.manifest import Manifest, project_version
from probe.record.manifest_fields import Imported
from probe.record.problem import Problem, ProblemKind
from probe.record.record_root import record_digests
from probe.record.runs import TRAFFIC, new_run
from probe.settings.settings import data_dir
from probe.targets.finding import IMPORTED, load_target, renderer_of, target_names
from probe.targets.target import Target
from probe.wire.capture_counts import in_a_line, tally
from probe.wire.finish import discard


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A file, read to its end."""

    source: Source
    target: str
    own: int
    """Exchanges that agent-probe itself had exported."""
    started: float
    ended: float


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.import_run`."""
    arguments, rest = parse("import", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke import recorded.har")
    path = _file(arguments.file)
    format = _format(vars(arguments)["from"], path)
    if arguments.target:
        load_target(arguments.target)
    if arguments.keep_secrets:
        say("WARNING: credentials in the file are kept as they are (--keep-secrets); the run is a secret itself")
    data = data_dir(arguments.data_dir, os.environ)
    parent = data / (arguments.target or IMPORTED)
    folder = new_run(parent, Path(arguments.output_dir).expanduser() if arguments.output_dir else None)
    try:
        read = _read(path, format, folder, arguments, data)
        if not arguments.output_dir:
            folder = _moved(folder, data / read.target)
        manifest = _describe(folder, path, format, read, keep_secrets=arguments.keep_secrets)
    except BaseException:
        (folder / TRAFFIC).unlink(missing_ok=True)
        discard(folder)
        raise
    _report(manifest)
    print(printable(str(folder)))
    say_next("analyze", folder)
    return 1 if manifest.facts.problems else 0


def _file(given: str) -> Path:
    path = Path(given).expanduser().resolve()
    if path.is_dir():
        raise UserError(f"{given} is a folder, not a file", "name a file of another tool's")
    if not path.is_file():
        raise UserError(f"{given}: no such file", "name a file of another tool's")
    return path


def _format(given: str | None, path: Path) -> str:
    if given is None:
        return format_of(path)
    if given not in FORMATS:
        raise UserError(
            f"--from {given}: no such format", did_you_mean(given, FORMATS) + f"formats: {', '.join(FORMATS)}"
        )
    return given


def _read(path: Path, format: str, folder: Path, arguments: Namespace, data: Path) -> _Read:
    """Write the record. Raises UserError where nothing of the file can be read, or written."""
    read, _ = reader(format)
    source, guess, own = read(path), TargetGuess(), 0
    try:
        recording = Recording(folder / TRAFFIC, _redactor(folder, arguments, data), file_sha256(path) or "")
        with contextlib.closing(recording):
            for exchange in source.exchanges:
                recording.add(exchange)
                guess.add(exchange)
                own += exchange.facts is not None
    except OSError as error:
        raise UserError(
            f"{error.filename or path}: {error.strerror or error}", "free some space, then try again"
        ) from error
    if not recording.count:
        first = source.problems[0] if source.problems else "it holds no exchange"
        raise UserError(
            f"{path}: nothing of it can be read: {first}", f"it was read as {format}; --from names another", code=1
        )
    target = arguments.target or guess.best(target_names()) or IMPORTED
    return _Read(source=source, target=target, own=own, started=recording.started, ended=recording.ended)


def _redactor(folder: Path, arguments: Namespace, data: Path) -> Redactor:
    """Return what redacts credentials: for all targets together unless one is named."""
    targets = [load_target(arguments.target)[0]] if arguments.target else list(_loadable())
    return Config(
        output_dir=folder,
        salt_file=data / SALT,
        keep_secrets=arguments.keep_secrets,
        redact_headers=tuple({name for target in targets for name in target.redact_headers}),
        secret_variables=tuple({name for target in targets for name in target.key_variables}),
        environ=os.environ,
    ).redactor()


def _loadable() -> Iterator[Target]:
    """Yield the targets whose files are right."""
    for name in target_names():
        with contextlib.suppress(UserError):
            yield load_target(name)[0]


def _moved(folder: Path, parent: Path) -> Path:
    """Return the run's folder below that of its target, which is known only now."""
    if folder.parent == parent:
        return folder
    new = new_run(parent, None)
    folder.rename(new)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()  # it goes only if it is empty
    return new


def _describe(folder: Path, path: Path, format: str, read: _Read, *, keep_secrets: bool) -> Manifest:
    """Write the manifest."""
    source, digest = read.source, file_sha256(path) or ""
    failure = source.problems[0] if source.problems else None
    counts, problems, notes = tally(
        folder / TRAFFIC, renderer_of(read.target), {"seen": source.seen, "failure": failure}
    )
    listed = [*source.problems, *([f"{source.more_problems:,} more places"] if source.more_problems else [])]
    missing = list(_missing(format, read))
    imported = Imported(
        file=path.name, format=format, sha256=digest, size=path.stat().st_size, by=source.written_by, missing=missing
    )
    manifest = Manifest(folder, {})
    manifest.update(
        target=read.target,
        run=folder.name,
        started=_iso(read.started),
        ended=_iso(read.ended),
        versions={"agent-probe": project_version(), "python": platform.python_version()},
        settings={"keep_secrets": {"value": keep_secrets, "source": "command line"}} if keep_secrets else {},
        counts=counts,
        **(digests.noted if (digests := record_digests(folder / TRAFFIC)) else {}),
        problems=[*(Problem(ProblemKind.MALFORMED, text) for text in listed), *problems],
        notes=[*_notes(imported), *notes],
        imported=imported,
    )
    manifest.finished_step("import", {path.name: digest}, {TRAFFIC: manifest.facts.traffic_sha256 or ""})
    return manifest


def _missing(format: str, read: _Read) -> Iterator[str]:
    """Yield what the file does not hold, as sentences without their end."""
    if read.own < read.source.seen:
        yield from reader(format)[1]
    yield from (f"of {count} exchanges: {what}" for what, count in read.source.lacking.items())


def _notes(imported: Imported) -> Iterator[str]:
    by = f", written by {imported.by}" if imported.by else ""
    yield f"imported from {imported.file} ({imported.format}{by}): the record is what that file held"
    if imported.missing:
        yield f"not in {imported.file}: {'; '.join(imported.missing)}"


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _report(manifest: Manifest) -> None:
    facts = manifest.facts
    for problem in facts.problems:
        say(f"problem: {one_line(problem.text)}")
    for note in facts.notes:
        say(f"note: {one_line(note)}")
    say(in_a_line(manifest.data["counts"]).replace("captured", "imported", 1) + f", target {facts.target}")


if __name__ == "__main__":
    sys.exit(run(main))
