"""Make a redacted copy of a run: the record is read twice, once to learn what is personal, once to copy it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from probe.addon.private_files import private_folder
from probe.addon.redaction.salt import NAME as SALT
from probe.addon.redaction.salt import read_salt
from probe.addon.writer import Writer
from probe.errors import UserError
from probe.record.files import file_sha256, is_plain, write_private
from probe.record.manifest import Manifest
from probe.record.manifest_fields import Redaction, Step
from probe.record.open_record import record_sha256
from probe.record.reader import read_unread
from probe.record.record_root import record_digests
from probe.record.runs import TRAFFIC, Run, has_records, is_generated
from probe.record.tunnels import TUNNELS
from probe.redact.copied_manifest import copied_facts
from probe.redact.copy_identity import CopyIdentity, copy_identity
from probe.redact.learning import Learner
from probe.redact.personal_values import PersonalValues
from probe.redact.pseudonyms import Pseudonyms
from probe.redact.redacted_exchange import ExchangeRedaction
from probe.redact.redactors import CountingRedactor
from probe.redact.surroundings import of_manifest, of_this_machine

Report = Callable[[str], None]


def redacted_copy(
    run: Run, folder: Path, report: Report, *, also: Iterable[str] = (), salt: bytes | None = None
) -> Run:
    """Write a copy of a run into an empty folder, without credentials and personal data. Raises UserError.

    `salt` is the key of the pseudonyms, by default that of the run's data folder; `also` are words to hide besides.
    """
    if run.manifest.facts.keeps_secrets:
        report("note: the run was recorded with --keep-secrets; the copy has no credential that is found")
    if has_records(folder):
        raise UserError(f"{folder} already holds a run", "name another --output-dir")
    also, salt = list(also), salt or salt_of(run)
    pseudonyms = Pseudonyms(salt)
    values = learned(run, pseudonyms, also, report)
    redactor = CountingRedactor(salt, values)
    private_folder(folder)
    try:
        _copy_record(run, folder, redactor, pseudonyms)
        if not has_records(folder):
            raise UserError(f"run {run.target}/{run.name} holds no exchange", "record it first", code=1)
        manifest = _write_manifest(run, folder, redactor, values, copy_identity(run, also, salt))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if values.dropped:
        report(f"note: {values.dropped} more personal values were found than are searched for in every spelling")
    return Run(folder=folder, target=run.target, manifest=manifest)


def salt_of(run: Run) -> bytes:
    """Return the key of the data folder that a run is in; a random one where there is none."""
    try:
        return read_salt(run.folder.parent.parent / SALT)
    except OSError:
        return secrets.token_bytes(32)


def learned(run: Run, pseudonyms: Pseudonyms, also: Iterable[str], report: Report) -> PersonalValues:
    """Return the personal values of a run: of its manifest, of this machine, and those that its record shows."""
    values = PersonalValues(pseudonyms)
    for word in also:
        values.learn("words", word)
    for kind, value in (*of_manifest(run.manifest), *of_this_machine()):
        values.learn(kind, value)
    learner = Learner(values)
    if is_plain(run.manifest.path):
        learner.learn_from_text(run.manifest.path.read_bytes())
    if is_plain(run.folder / TUNNELS):
        learner.learn_from_text((run.folder / TUNNELS).read_bytes())

    def left_out(line: int, why: str) -> None:
        report(f"WARNING: line {line} of {run.traffic.name} is no record and is left out: {why}")

    for exchange in read_unread(run.traffic, left_out):
        learner.learn_from(exchange, run.traffic)
    return values


def _copy_record(run: Run, folder: Path, redactor: CountingRedactor, pseudonyms: Pseudonyms) -> None:
    writer = Writer(folder / TRAFFIC)
    redaction = ExchangeRedaction(redactor, pseudonyms, run.traffic, folder)
    try:
        for exchange in read_unread(run.traffic, lambda line, why: None):
            writer.append(redaction.redacted(exchange))
    finally:
        redaction.close()
        writer.close()
    if is_plain(run.folder / TUNNELS):
        write_private(folder / TUNNELS, redactor.text((run.folder / TUNNELS).read_text("utf-8", "replace")))


def _write_manifest(
    run: Run, folder: Path, redactor: CountingRedactor, values: PersonalValues, identity: CopyIdentity
) -> Manifest:
    facts = copied_facts(run.manifest, redactor, values.pseudonym_of)
    digests = record_digests(folder / TRAFFIC)
    if digests is None:
        raise UserError(f"{folder / TRAFFIC} was removed while it was written", "make the copy again")
    if facts.get("coverage", {}).get("sha256"):
        facts["coverage"]["sha256"] = file_sha256(folder / TUNNELS)
    replaced = values.counts(redactor.replaced)
    name = run.name if is_generated(run.name) or run.bundled else redactor.text(run.name)
    redaction = Redaction(
        of=f"{run.target}/{name}",
        # Without a random id among what was replaced, somebody could try names until this hash fits.
        traffic_sha256=record_sha256(run.traffic) if replaced.get("id") else None,
        replaced=replaced,
        **identity._asdict(),
    )
    manifest = Manifest(folder, {})
    manifest.update(
        **facts,
        target=run.target,
        run=folder.name,
        **digests.noted,
        redaction=redaction,
        steps={"capture": Step(inputs={}, outputs={TRAFFIC: digests.sha256})},
    )
    return manifest
