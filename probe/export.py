"""Write a run in another tool's format, and report what that format cannot hold of it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.addon.private_files import private_folder
from probe.cli.edge import one_line, printable, run, say
from probe.cli.parsing import parse
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.exports.formats import FORMATS, exporter
from probe.record.open_record import record_file
from probe.record.reading_memory import tune_memory
from probe.record.runs import Run, has_records, is_alive
from probe.settings.settings import data_dir
from probe.targets.finding import target_of_run
from probe.wire.recover_run import open_run


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.export`."""
    arguments, rest = parse("export", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke export --run latest --to har")
    format = _format(arguments.to)
    found = open_run(arguments, say)
    if not has_records(found.folder):
        raise UserError(f"run {found.target}/{found.name} holds no exchange", "name another run", code=1)
    if is_alive(found):
        say(f"note: run {found.target}/{found.name} is still being recorded: what it holds by now is exported")
    target = target_of_run(found.target, arguments.target, say)
    out = _output(arguments.output, found, format)
    with _shown(found, data_dir(arguments.data_dir, os.environ), raw=arguments.raw) as shown:
        lost = _written(lambda: exporter(format)(shown, target, out), out)
    for sentence in [*lost, "the manifest (the command, the prompt, settings, versions)"]:
        say(f"not in it: {one_line(sentence)}")
    if not arguments.raw:
        say("a redacted copy was exported, so hashes differ from the run's; --raw exports it as it is")
    print(printable(str(out)))
    return 0


def _format(given: str | None) -> str:
    """Return the format that the user names. Raises UserError."""
    if given in FORMATS:
        return given
    hint = f"formats are: {', '.join(FORMATS)}"
    if given is None:
        raise UserError("--to is missing", hint)
    raise UserError(f"--to {given}: no such format", did_you_mean(given, FORMATS) + hint)


def _output(given: str | None, found: Run, format: str) -> Path:
    """Return where the file is written: beside the run's report unless the user names a place. Raises UserError."""
    if not given:
        return found.analysis_folder / FORMATS[format].name
    out = Path(given).expanduser()
    if out.is_dir() and Path(FORMATS[format].name).suffix:
        raise UserError(f"--output {out}: it is a folder", f"name a file, for example {out / FORMATS[format].name}")
    if out.exists() and out.samefile(record_file(found.traffic)):
        raise UserError(f"{out} is the recording itself", "name another file with --output")
    return out


def _written(write: Callable[[], list[str]], out: Path) -> list[str]:
    """Write the file; return what is not in it. Raises UserError."""
    try:
        private_folder(out.parent)
        return write()
    except OSError as error:
        place = error.filename or out
        raise UserError(f"{place}: {error.strerror or error}", "name another file with --output") from error


@contextmanager
def _shown(found: Run, data: Path, *, raw: bool) -> Iterator[Run]:
    """Yield the run that is exported: a redacted copy, unless the user wants it as it is."""
    if raw:
        if found.manifest.facts.keeps_secrets:
            say("WARNING: the run was recorded with --keep-secrets: credentials are in what is written now")
        yield found
        return
    if found.manifest.facts.redaction:
        yield found
        return
    # Here: an export as it is does without.
    from probe.redact.copies import copy_to_share, key_for
    from probe.redact.copying import redacted_copy

    if copy := copy_to_share(found, data, ()):
        yield copy
        return
    with tempfile.TemporaryDirectory(prefix="probe-export-") as folder:
        yield redacted_copy(found, Path(folder) / found.name, say, salt=key_for(found, data))


if __name__ == "__main__":
    tune_memory()
    sys.exit(run(main))
