"""Check a run: its record exchange by exchange, its manifest, its files."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from probe.record.changed_files import changed_files
from probe.record.early_ends import FaultedEnds
from probe.record.files import is_plain
from probe.record.frame_table import DamagedRecordError
from probe.record.leaks import LeakSearch
from probe.record.manifest import Manifest
from probe.record.manifest_fields import Counts
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
    is_generated,
)
from probe.record.tunnels import TUNNELS, read_tunnels
from probe.replay.self_match import SelfMatch
from probe.slots.environment import environment_of
from probe.slots.slots import Slots
from probe.targets.finding import renderer_of
from probe.trace.exchanges import ExchangeReader
from probe.verify.findings import Findings
from probe.witness.record_checks import root_problems


def findings_of(found: Run, *, strict: bool = False, environ: Mapping[str, str] = MappingProxyType({})) -> Findings:
    """Check the record, the manifest and the other files of a run."""
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
    if not is_public(found):
        for text in _open_to_others(found):
            findings.problem("permissions", text)
    if not findings.keeps_secrets:
        _check_files(found, findings)
    return findings


def digests_of(found: Run, findings: Findings) -> RecordDigests | None:
    """Return the digests of the record; None where there is none, or where it is damaged, which is a problem."""
    try:
        return record_digests(found.traffic)
    except DamagedRecordError as error:
        findings.problem("file", str(error.args[0]))
        return None


def check_hashes(found: Run, findings: Findings, digests: RecordDigests | None) -> None:
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


def is_public(found: Run) -> bool:
    """Check whether a run is for others to read, so that its permissions say nothing."""
    return found.bundled or found.manifest.facts.redaction is not None


def _open_to_others(found: Run) -> Iterator[str]:
    """Yield what of the run's own others may read; a folder that the user has named may hold files of theirs."""
    own = [found.folder] if is_generated(found.name) else []
    names = (TRAFFIC, COMPRESSED, TUNNELS, REPORT, FULL_REPORT, SUMMARY, PAGE, PROXY_LOG, found.manifest.path.name)
    for path in [*own, *(path for name in names if is_plain(path := found.folder / name))]:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            yield f"{path.name} has mode {mode:04o}"
