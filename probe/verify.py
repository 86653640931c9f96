"""Check that a run holds all that crossed its proxies, unchanged."""

from __future__ import annotations

import os
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.analysis.hosts import Hosts, HostsBuilder
from probe.cli.edge import one_line, printed_json, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.record.changed_files import changed_files
from probe.record.early_ends import FaultedEnds, left_by_agent
from probe.record.files import is_plain
from probe.record.frame_table import DamagedRecordError
from probe.record.integrity import exchange_problems
from probe.record.leaks import LeakSearch
from probe.record.manifest import Manifest
from probe.record.manifest_fields import Counts, CoverageFacts, Imported
from probe.record.reader import read_unread
from probe.record.record_root import RecordDigests, record_digests
from probe.record.runs import (
    COMPRESSED,
    FULL_REPORT,
    PAGE,
    PROXY_LOG,
    REPORT,
    SUMMARY,
    TRAFFIC,
    Run,
    has_records,
    is_alive,
    is_generated,
)
from probe.record.tunnels import TUNNELS, read_tunnels
from probe.replay.self_match import SelfMatch
from probe.slots.environment import environment_of
from probe.slots.slots import Slots
from probe.targets.finding import renderer_of
from probe.trace.exchanges import ExchangeReader
from probe.trace.trace import exchange_facts
from probe.trace.turns import Traced
from probe.wire.recover_run import open_run
from probe.witness.by_request import Requested, requested
from probe.witness.record_checks import root_problems


@dataclass(slots=True)
class Findings:
    """What was checked and what was found."""

    strict: bool = False
    """Whether an exchange that the agent itself left before the end is a problem too."""
    keeps_secrets: bool = False
    """The run was recorded with --keep-secrets: they are in it on request."""
    faulted: FaultedEnds = field(default_factory=lambda: FaultedEnds(0))
    """The exchanges that a replay's --fault cut short."""
    leaks: LeakSearch = field(default_factory=lambda: LeakSearch({}))
    exchanges: int = 0
    cut_short: int = 0
    bodies: int = 0
    messages: int = 0
    redacted: list[str] = field(default_factory=list)
    """Places that cannot be compared with the wire, since a credential was there."""
    problems: dict[str, list[str]] = field(default_factory=dict)
    """By check: what is wrong, a line each."""
    requested: Requested | None = None
    """None where there is no plain file of a record."""
    replay: SelfMatch = field(default_factory=lambda: SelfMatch(Slots()))
    hosts: HostsBuilder = field(default_factory=HostsBuilder)
    _ids: Counter[str] = field(default_factory=Counter)

    def problem(self, check: str, text: str) -> None:
        """Add a problem."""
        self.problems.setdefault(check, []).append(text)

    def add(self, traced: Traced, source: Path) -> None:
        """Check one exchange of a file."""
        exchange = traced.exchange
        where = f"line {exchange.seq}"
        self.exchanges += 1
        if not traced.complete:
            self.cut_short += 1
            if self.strict or not (exchange.refused or left_by_agent(exchange) or self.faulted.take()):
                self.problem("ends", f"{where}: {exchange.error or 'the answer has no end'}")
        self._ids[exchange.id or ""] += 1
        self.hosts.add(exchange_facts(traced))
        for text in exchange_problems(exchange, source):
            self.problem("bodies", f"{where}: {text}")
        if not self.keeps_secrets:
            for text in self.leaks.in_exchange(exchange, source):
                self.problem("secrets", f"{where}: {text}")
        for name, payload in (("request", exchange.request), ("response", exchange.response)):
            if payload:
                self.bodies += 1
                self._redacted(f"{where}, {name} body", payload.redactions)
        for number, message in enumerate(exchange.websocket.messages if exchange.websocket else (), 1):
            self.messages += 1
            self._redacted(f"{where}, WebSocket message {number}", message.redactions)

    def _redacted(self, where: str, places: int) -> None:
        if places:
            self.redacted.append(f"{where}: {places} place{'' if places == 1 else 's'}")

    def check_ids(self) -> None:
        """Check that no exchange is without an id, or on the record twice."""
        for name, count in self._ids.items():
            if not name:
                self.problem("ids", f"{count} exchanges have no id")
            elif count > 1:
                self.problem("ids", f"exchange {name} is on the record {count} times")


CHECKS = {
    "lines": "every line is a record",
    "bodies": "every body and message matches its size and hash, and every stream ended or says why not",
    "ends": "no upstream and no proxy cut an exchange short",
    "ids": "no exchange is missing its id or there twice",
    "counts": "what the proxies saw is what was written",
    "file": "the files are as the capture left them",
    "replay": "each call of the model, asked again, gets its own answer",
    "permissions": "nobody else can read the run",
    "secrets": "nothing that looks like a credential is left",
}
"""In the order of the output."""
_IMPORTED_CHECKS = {
    "counts": "what the imported file holds is what was written",
    "file": "the record is as the import left it",
}
"""What these checks mean for a run that was imported."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.verify`."""
    arguments, rest = parse("verify", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke verify --run latest")
    found = open_run(arguments, say)
    if is_alive(found):
        pid = found.manifest.facts.pid
        raise UserError(f"run {found.target}/{found.name} is still being recorded (pid {pid})", "wait for its end")
    if not has_records(found.folder):
        counts = found.manifest.facts.counts
        lost = counts and counts.written
        why = f"its manifest lists {lost}: {found.traffic} was deleted or emptied" if lost else "none was captured"
        raise UserError(f"run {found.target}/{found.name} holds no exchange", why, code=1)
    findings = _findings(found, strict=arguments.strict, environ=os.environ)
    digests = _digests(found, findings)
    _check_hashes(found, findings, digests)
    if digests:
        findings.requested = requested(found, arguments, digests, say)
        findings.problems |= {name: texts for name, texts in findings.requested.problems.items() if texts}
    if arguments.json:
        print(printed_json(_described(found, findings)))
    else:
        print("\n".join(map(one_line, _lines(found, findings))))
    return 1 if findings.problems else 0


def _findings(found: Run, *, strict: bool = False, environ: Mapping[str, str] = MappingProxyType({})) -> Findings:
    leaks = LeakSearch(environ)
    replay = SelfMatch(Slots(environment_of(found.manifest)))
    facts = found.manifest.facts
    faulted = FaultedEnds(len(facts.replayed.faults_hit) if facts.replayed else 0)
    findings = Findings(strict=strict, keeps_secrets=facts.keeps_secrets, faulted=faulted, leaks=leaks, replay=replay)
    reader = ExchangeReader(renderer_of(found.target), structured=False)
    exchanges = read_unread(
        found.traffic, lambda line, why: findings.problem("lines", f"line {line} is not a record: {why}")
    )
    try:
        for exchange in exchanges:
            traced = reader.read(exchange)
            findings.add(traced, found.traffic)
            replay.add(traced, reader.items.take_new())
    except DamagedRecordError as error:
        findings.problem("lines", str(error.args[0]))
    for text in replay.problems():
        findings.problem("replay", text)
    findings.check_ids()
    _check_tunnels(found, findings)
    _check_manifest(found.manifest, findings)
    # Git keeps no permissions of its files but one, and many programs that unpack archives none.
    if not _is_public(found):
        for text in _open_to_others(found):
            findings.problem("permissions", text)
    if not findings.keeps_secrets:
        _check_files(found, findings)
    return findings


def _digests(found: Run, findings: Findings) -> RecordDigests | None:
    """Return the digests of the record; None where there is none, or where it is damaged, which is a problem."""
    try:
        return record_digests(found.traffic)
    except DamagedRecordError as error:
        findings.problem("file", str(error.args[0]))
        return None


def _check_hashes(found: Run, findings: Findings, digests: RecordDigests | None) -> None:
    """Compare the files' own hashes, and the record's Merkle root, with those that the capture noted."""
    facts = found.manifest.facts
    if not found.manifest.data:
        findings.problem("file", f"there is no {found.manifest.path.name}: what the capture left is not known")
        return
    for text in changed_files(found, digests and digests.sha256):
        findings.problem("file", text)
    if digests and facts.merkle_root is not None:
        for text in root_problems(facts, digests, ""):
            findings.problem("file", f"Merkle root: {text}")


def _check_files(found: Run, findings: Findings) -> None:
    """Search for credentials in the other files of a run: report, manifest, logs."""
    for path in sorted(found.folder.iterdir()):
        if path.name not in (TRAFFIC, COMPRESSED) and is_plain(path):
            try:
                for kind in findings.leaks.in_file(path):
                    findings.problem("secrets", f"{path.name}: {kind}")
            except OSError as error:
                findings.problem("secrets", f"{path.name} could not be searched: {error.strerror}")


def _check_tunnels(found: Run, findings: Findings) -> None:
    """Count the tunnels that bypassed the listeners; only a missing note is a problem."""
    tunnels = read_tunnels(
        found.folder / TUNNELS, lambda line, why: findings.problem("lines", f"{TUNNELS}, line {line}: {why}")
    )
    noted = findings.hosts.add_tunnels(tunnels)
    coverage = found.manifest.facts.coverage
    seen = noted if coverage is None or coverage.seen is None else coverage.seen
    if seen != noted:
        findings.problem("counts", f"{seen} tunnels bypassed the listeners, {noted} are noted")


def _coverage(found: Run, findings: Findings) -> Hosts:
    return findings.hosts.hosts(found.manifest.facts.coverage or CoverageFacts())


def _check_manifest(manifest: Manifest, findings: Findings) -> None:
    counts = manifest.facts.counts
    if counts is None or counts == Counts():
        why = "the capture was not completed" if manifest.data else "there is no manifest"
        findings.problem("counts", f"nobody says how many exchanges there were: {why}")
        return
    if counts.seen != counts.written:
        saw = "the imported file holds" if manifest.facts.imported else "the proxies saw"
        findings.problem("counts", f"{saw} {counts.seen} exchanges, {counts.written} are written")
    for name, counted, there in (
        ("written", counts.written, findings.exchanges),
        ("cut_short", counts.cut_short, findings.cut_short),
        ("websocket_messages", counts.websocket_messages, findings.messages),
    ):
        if counted != there:
            findings.problem("counts", f"the manifest counts {counted} as {name}, there are {there}")


def _is_public(found: Run) -> bool:
    return found.bundled or found.manifest.facts.redaction is not None


def _open_to_others(found: Run) -> Iterator[str]:
    """Yield what of the run's own others may read; a folder that the user has named may hold files of theirs."""
    own = [found.folder] if is_generated(found.name) else []
    names = (TRAFFIC, COMPRESSED, TUNNELS, REPORT, FULL_REPORT, SUMMARY, PAGE, PROXY_LOG, found.manifest.path.name)
    for path in [*own, *(path for name in names if is_plain(path := found.folder / name))]:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            yield f"{path.name} has mode {mode:04o}"


def _lines(found: Run, findings: Findings) -> Iterator[str]:
    """Yield a line for each check, its problems below it."""
    counted = f"{findings.exchanges} exchange{'' if findings.exchanges == 1 else 's'}"
    counted += f" ({findings.cut_short} cut short), {findings.bodies} bodies"
    counted += f", {findings.messages} WebSocket messages"
    yield f"{found.target}/{found.name}: {counted}"
    imported = found.manifest.facts.imported
    for check, text in _checks(found, findings).items():
        problems = findings.problems.get(check, [])
        if check == "secrets" and findings.keeps_secrets:
            yield "KEPT credentials are in it on request (--keep-secrets); they were not looked for"
            continue
        if check == "permissions" and _is_public(found):
            yield "     permissions are not checked: a bundled run and a redacted copy are for others to read"
            continue
        yield f"{'FAIL' if problems else 'OK  '} {text}"
        yield from (f"       {problem}" for problem in problems[:20])
        if len(problems) > 20:
            yield f"       … and {len(problems) - 20} more (--json lists all)"
    yield from findings.requested.lines() if findings.requested else ()
    if recovered := found.manifest.facts.recovered:
        folded = recovered.exchanges
        yield f"the recording did not come to its end; exchanges that were folded in afterwards, cut short: {folded}"
    if redaction := found.manifest.facts.redaction:
        counts = ", ".join(f"{count} × {kind}" for kind, count in redaction.replaced.items()) or "nothing"
        yield f"a redacted copy of {redaction.of}; replaced in it: {counts}"
    if findings.faulted.count:
        yield f"cut short by a fault that the replay was asked for (--fault): {findings.faulted.count}"
    yield from (f"the recording itself said: {problem.text}" for problem in found.manifest.facts.problems)
    if imported:
        yield _about_import(imported)
        yield from (f"       not in it: {what}" for what in imported.missing)
    else:
        yield _coverage(found, findings).in_words()
    if findings.redacted:
        yield f"redacted, so only what is kept can be checked: {len(findings.redacted)} bodies or messages"
        yield from (f"       {text}" for text in findings.redacted[:20])


def _about_import(imported: Imported) -> str:
    by = f" by {imported.by}" if imported.by else ""
    written = f"{imported.file} ({imported.format}{by}, SHA-256 {imported.sha256})"
    return f"imported from {written}: all bytes are as the import found them there, not as they crossed the wire"


def _described(found: Run, findings: Findings) -> dict[str, Any]:
    return {
        "run": f"{found.target}/{found.name}",
        "ok": not findings.problems,
        "exchanges": findings.exchanges,
        "cut_short": findings.cut_short,
        "bodies": findings.bodies,
        "websocket_messages": findings.messages,
        "redaction": found.manifest.data.get("redaction"),
        "recovered": found.manifest.data.get("recovered"),
        "said_by_the_recording": [problem.text for problem in found.manifest.facts.problems],
        "redacted": findings.redacted,
        "keeps_secrets": findings.keeps_secrets,
        "coverage": _coverage(found, findings).as_dict(),
        "imported": found.manifest.data.get("imported"),
        **(findings.requested.as_dict() if findings.requested else {}),
        "problems": {check: findings.problems.get(check, []) for check in _checks(found, findings)},
    }


def _checks(found: Run, findings: Findings) -> dict[str, str]:
    """Return the checks that were made, in the order of the output."""
    usual = CHECKS | (_IMPORTED_CHECKS if found.manifest.facts.imported else {})
    return usual | (findings.requested.checks if findings.requested else {})


if __name__ == "__main__":
    sys.exit(run(main))
