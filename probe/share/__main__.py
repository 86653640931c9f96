"""Make an archive of a run that can be given away; refuse while anything in it must not be."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.addon.private_files import private_folder
from probe.cli.called_as import as_called
from probe.cli.edge import one_line, printable, printed_json, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.leaks.known_personal import Known, known_of
from probe.leaks.search import Finding, LeakCheck
from probe.places import guide
from probe.record.files import is_plain
from probe.record.manifest import NAME as MANIFEST
from probe.record.open_record import open_record, record_file
from probe.record.replaced_values import replaced_in_words
from probe.record.runs import REPORT, TRAFFIC, Run, is_alive
from probe.record.tunnels import TUNNELS
from probe.redact.copies import copy_to_share, key_for, new_copy, original_of
from probe.redact.redactors import checked_words
from probe.report.plain_text import plural
from probe.settings.settings import data_dir
from probe.share.archive import write_archive
from probe.share.reports import write_reports
from probe.wire.recover_run import open_run
from probe.witness.statement import SIGNATURE, STATEMENT

_SHOWN = 40
_AS_THEY_ARE = (TUNNELS, MANIFEST, STATEMENT, SIGNATURE)
"""Files of a copy that are in its archive unchanged, where it has them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.share`."""
    arguments, rest = parse("share", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke share latest")
    also, data = checked_words(arguments.also), data_dir(arguments.data_dir, os.environ)
    found = open_run(arguments, say)
    if is_alive(found):
        raise UserError(f"run {found.target}/{found.name} is still being recorded", "wait for its end")
    copy, original, known = _redacted(found, data, also)
    out = _output(arguments.output, copy, found)
    redaction = copy.manifest.facts.redaction
    counts = replaced_in_words(redaction.replaced if redaction else {})
    say(f"different values that were replaced in {copy.target}/{copy.name}, each wherever it is: {counts}")
    with tempfile.TemporaryDirectory() as folder:
        others = [one for name in _AS_THEY_ARE if is_plain(one := copy.folder / name)]
        files = [_plain_record(copy, Path(folder)), *others, *write_reports(copy, Path(folder))]
        check = LeakCheck(known, key_for(copy, data))
        findings = [*check.in_name(_name(copy)), *check.findings(files)]
        if left := _not_accepted(findings, arguments.accept):
            _print(left, as_json=arguments.json)
            say(f"nothing was written: {plural(len(left), 'finding')} must not be given away")
            say(f"hide them with --also TEXT, or accept each with --accept FINGERPRINT: {guide('sharing.md')}")
            return 1
        _write(out, copy, files)
    if original and is_plain(original.analysis_folder / SIGNATURE) and not is_plain(copy.folder / SIGNATURE):
        what = f"the signature of {original.target}/{original.name} is not in it, since this copy has another record"
        say(as_called(f"note: {what}; to sign the copy: invoke sign {copy.target}/{copy.name}, then share it again"))
    say(f"read {REPORT} in it before you give it away: names in prose stay, unless you hide them with --also")
    _print([], as_json=arguments.json, out=out)
    return 0


def _redacted(found: Run, data: Path, also: list[str]) -> tuple[Run, Run | None, list[Known]]:
    """Return a redacted copy of a run, the original if it is here, and what is known to be personal in that."""
    if found.manifest.facts.redaction:
        if also:
            raise UserError("the run is redacted already", "give --also with the original run")
        original = original_of(found, data)
        if original is None:
            say("note: its original is not here: the copy is searched by forms alone, not for known values")
        return found, original, known_of(original) if original else []
    copy = copy_to_share(found, data, also)
    if copy:
        say(f"run {found.target}/{found.name} is not redacted: its copy {copy.folder} is shared")
    else:
        copy = new_copy(found, data, None, also, say)
        say(f"run {found.target}/{found.name} is not redacted: made a redacted copy of it, {copy.folder}")
    return copy, found, known_of(found, also)


def _plain_record(copy: Run, folder: Path) -> Path:
    """Return the record as a plain file, in `folder` where the run has it compressed: the archive is compressed too."""
    if record_file(copy.traffic) == copy.traffic:
        return copy.traffic
    with open_record(copy.traffic) as record, (folder / TRAFFIC).open("xb") as plain:
        shutil.copyfileobj(record, plain)
    return folder / TRAFFIC


def _name(copy: Run) -> str:
    return f"{copy.target}-{copy.name}"


def _output(given: str | None, copy: Run, found: Run) -> Path:
    """Return where the archive is written: beside the copy unless the user names a place. Raises UserError."""
    name = f"{_name(copy)}.zip"
    out = Path(given).expanduser() if given else copy.folder.parent / name
    if out.is_dir():
        raise UserError(f"--output {out}: it is a folder", f"name a file, for example {out / name}")
    if out.exists() and any(out.samefile(record_file(one.traffic)) for one in (copy, found)):
        raise UserError(f"{out} is the recording itself", "name another file with --output")
    return out


def _write(out: Path, copy: Run, files: list[Path]) -> None:
    try:
        private_folder(out.parent)
        write_archive(out, _name(copy), files)
    except OSError as error:
        place = error.filename or out
        raise UserError(f"{place}: {error.strerror or error}", "name another file with --output") from error


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
