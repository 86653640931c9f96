"""Make an archive of a run that can be given away; refuse while anything in it must not be."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import one_line, printable, printed_json, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.leaks.known_personal import Known, known_of
from probe.leaks.search import Finding, LeakCheck
from probe.places import guide
from probe.record.files import is_plain
from probe.record.manifest import NAME as MANIFEST
from probe.record.open_record import open_record, record_file
from probe.record.runs import TRAFFIC, Run, is_alive
from probe.record.tunnels import TUNNELS
from probe.redact.copies import copy_to_share, key_for, new_copy, original_of
from probe.redact.redactors import checked_words
from probe.report.plain_text import plural
from probe.settings.settings import data_dir
from probe.share.archive import write_archive
from probe.share.reports import write_reports
from probe.wire.recover_run import open_run

_SHOWN = 40


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.share`."""
    arguments, rest = parse("share", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke share latest")
    also, data = checked_words(arguments.also), data_dir(arguments.data_dir, os.environ)
    found = open_run(arguments, say)
    if is_alive(found):
        raise UserError(f"run {found.target}/{found.name} is still being recorded", "wait for its end")
    copy, known = _redacted(found, data, also)
    out = _output(arguments, copy)
    with tempfile.TemporaryDirectory() as folder:
        others = [copy.folder / name for name in (TUNNELS, MANIFEST) if is_plain(copy.folder / name)]
        files = [_plain_record(copy, Path(folder)), *others, *write_reports(copy, Path(folder))]
        check = LeakCheck(known, key_for(copy, data))
        findings = [*check.in_name(_name(copy)), *check.findings(files)]
        if left := _not_accepted(findings, arguments.accept):
            _print(left, as_json=arguments.json)
            say(f"nothing was written: {plural(len(left), 'finding')} must not be given away")
            say(f"hide them with --also TEXT, or accept each with --accept FINGERPRINT: {guide('sharing.md')}")
            return 1
        try:
            write_archive(out, _name(copy), files)
        except OSError as error:
            raise UserError(f"{out}: {error.strerror}", "name another file with --output", code=1) from error
    _print([], as_json=arguments.json, out=out)
    return 0


def _redacted(found: Run, data: Path, also: list[str]) -> tuple[Run, list[Known]]:
    """Return a redacted copy of a run, and what is known to be personal in the original."""
    if found.manifest.facts.redaction:
        if also:
            raise UserError("the run is redacted already", "give --also with the original run")
        original = original_of(found, data)
        if original is None:
            say("note: its original is not here: the copy is searched by forms alone, not for known values")
        return found, known_of(original) if original else []
    copy = copy_to_share(found, data, also)
    if copy:
        say(f"run {found.target}/{found.name} is not redacted: its copy {copy.folder} is shared")
    else:
        copy = new_copy(found, data, None, also, say)
        say(f"run {found.target}/{found.name} is not redacted: made a redacted copy of it, {copy.folder}")
    return copy, known_of(found, also)


def _plain_record(copy: Run, folder: Path) -> Path:
    """Return the record as a plain file, in `folder` where the run has it compressed: the archive is compressed too."""
    if record_file(copy.traffic) == copy.traffic:
        return copy.traffic
    with open_record(copy.traffic) as record, (folder / TRAFFIC).open("xb") as plain:
        shutil.copyfileobj(record, plain)
    return folder / TRAFFIC


def _name(copy: Run) -> str:
    return f"{copy.target}-{copy.name}"


def _output(arguments: Namespace, copy: Run) -> Path:
    out = Path(arguments.output).expanduser() if arguments.output else copy.folder.parent / f"{_name(copy)}.zip"
    if out.is_dir() or not out.parent.is_dir():
        raise UserError(f"--output {out}: not a place for a file", "name a file in a folder that exists")
    return out


def _not_accepted(findings: list[Finding], accepted: list[str]) -> list[Finding]:
    """Return the findings that were not accepted. Raises UserError for a fingerprint that no finding has."""
    unknown = set(accepted) - {one.fingerprint for one in findings}
    if unknown:
        raise UserError(f"--accept {min(unknown)}: no finding has this fingerprint", "see the findings without it")
    for fingerprint in sorted(set(accepted)):
        say(f"accepted: {sum(one.fingerprint == fingerprint for one in findings)} × {fingerprint}")
    return [one for one in findings if one.fingerprint not in accepted]


def _print(findings: list[Finding], *, as_json: bool, out: Path | None = None) -> None:
    if as_json:
        print(printed_json({"archive": str(out) if out else None, "findings": [one._asdict() for one in findings]}))
        return
    if out:
        print(printable(str(out)))
    for one in findings[:_SHOWN]:
        print(one_line(str(one)))
    if len(findings) > _SHOWN:
        print(f"… and {len(findings) - _SHOWN} more (--json lists all)")


if __name__ == "__main__":
    sys.exit(run(main))
