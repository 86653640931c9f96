"""What is signed of a run: a small file that names its record by its Merkle root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from probe.record.files import open_plain
from probe.record.manifest_fields import Facts
from probe.record.record_root import RecordDigests
from probe.record.rfc8785 import rfc8785_json

STATEMENT = "record-root.json"
SIGNATURE = "record-root.json.sig"
_KIND = "agent-probe record"


def statement_of(facts: Facts, digests: RecordDigests) -> bytes:
    """Return the statement about a record, in the one form of RFC 8785."""
    return rfc8785_json(_fields(facts, digests))


def _fields(facts: Facts, digests: RecordDigests) -> dict[str, Any]:
    return {
        "kind": _KIND,
        "version": 1,
        "run": f"{facts.target}/{facts.run}",
        "merkle_root": digests.root,
        "merkle_leaves": digests.leaves,
        "traffic_sha256": digests.sha256,
    }


def statement_problems(folder: Path, facts: Facts, digests: RecordDigests) -> list[str]:
    """Return in what a run differs from its signed statement. Raises OSError or ValueError where that is none."""
    with open_plain(folder / STATEMENT) as file:
        stated = json.loads(file.read())
    expected = _fields(facts, digests)
    if not isinstance(stated, dict) or stated.keys() != expected.keys():
        raise ValueError("it is no statement of agent-probe")
    return [
        f"{name}: the signed statement has {stated[name]}, the run {value}"
        for name, value in expected.items()
        if stated[name] != value
    ]
