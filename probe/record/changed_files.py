"""Which files of a run are not as its manifest has them: the record, plain or compressed, and the tunnels."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from probe.record.files import file_sha256, is_plain
from probe.record.frame_table import DamagedRecordError
from probe.record.open_record import compressed_file, record_sha256
from probe.record.runs import COMPRESSED, TRAFFIC, Run
from probe.record.tunnels import TUNNELS


def changed_files(run: Run, digest: str | None) -> Iterator[str]:
    """Yield what differs from the hashes in a run's manifest; `digest` is that of its record, if it can be read."""
    facts = run.manifest.facts
    if digest:
        yield from _unlike(TRAFFIC, digest, facts.traffic_sha256)
    packed = compressed_file(run.traffic)
    if is_plain(packed) and facts.compressed:
        yield from _unlike(COMPRESSED, file_sha256(packed), facts.compressed.sha256)
    if is_plain(packed) and is_plain(run.traffic) and not _holds(run, digest):
        yield f"{COMPRESSED} holds another record than {TRAFFIC}, which is the one that is read"
    if facts.coverage and facts.coverage.sha256 is not UNSET:
        yield from _unlike(TUNNELS, file_sha256(run.folder / TUNNELS), facts.coverage.sha256)


def _unlike(name: str, digest: str | None, expected: str | None) -> Iterator[str]:
    if digest != expected:
        yield f"{name} has SHA-256 {digest}, the manifest says {expected}"


def _holds(run: Run, digest: str | None) -> bool:
    """Check whether the compressed file beside a plain one holds the same record."""
    try:
        return record_sha256(compressed_file(run.traffic)) == digest
    except DamagedRecordError:
        return False
