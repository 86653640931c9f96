"""What a redacted copy is made from, hashed with the key of the data folder: without it, nothing can be guessed."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import NamedTuple

from probe.record.manifest import project_version, text_sha256
from probe.record.manifest_fields import Redaction
from probe.record.open_record import record_sha256
from probe.record.runs import Run
from probe.record.source_hash import source_sha256
from probe.redact.copied_manifest import facts_to_copy


class CopyIdentity(NamedTuple):
    """Names a copy: two with the same identity are the same."""

    original: str
    inputs: str
    words: list[str]


def copy_identity(run: Run, also: Iterable[str], key: bytes) -> CopyIdentity:
    """Return the identity of the copy of a run that is made now and hides some words besides."""
    record = record_sha256(run.traffic) or ""
    # Not the whole manifest: each analysis of the run adds to it.
    facts = text_sha256(str(sorted(facts_to_copy(run.manifest).items())))
    source = source_sha256(("redact", "addon"), ())
    # A copy of a copy is one of the same run, and hides what that one hides.
    copied = run.manifest.facts.redaction or Redaction(of="")
    return CopyIdentity(
        original=copied.original or _keyed(key, "original", record),
        inputs=_keyed(key, "redacted copy", record, facts, project_version(), source),
        # A word is hidden in upper and lower case.
        words=sorted({*copied.words, *(_keyed(key, "word", word.lower()) for word in also)}),
    )


def _keyed(key: bytes, *parts: str) -> str:
    return hmac.digest(key, "\0".join(parts).encode("utf-8", "surrogateescape"), "sha256").hex()
