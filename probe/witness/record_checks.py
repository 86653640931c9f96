"""Checks of a run's record as a whole: its Merkle root, the signature of its statement, the proof of one exchange."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from probe.errors import UserError
from probe.record.files import is_plain
from probe.record.manifest_fields import Facts
from probe.record.merkle import inclusion_proof
from probe.record.record_root import RecordDigests, record_digests
from probe.witness.signature import checked
from probe.witness.statement import SIGNATURE, STATEMENT, statement_problems

PATH = "inclusion_path"
"""The member of a proof with the hashes, a list."""
_ROOT = re.compile(r"[0-9a-fA-F]{64}")


def root_problems(facts: Facts, digests: RecordDigests, given: str) -> Iterator[str]:
    """Yield in what a Merkle root differs from the manifest's, and from one that is given. Raises UserError."""
    if given and not _ROOT.fullmatch(given):
        raise UserError(f"{given!r} is no Merkle root", "it has 64 hexadecimal digits, as `invoke verify` prints it")
    noted = (facts.merkle_root, facts.merkle_leaves)
    if facts.merkle_root is None and not given:
        yield "the manifest has none: an earlier version recorded the run"
    elif facts.merkle_root is not None and noted != (digests.root, digests.leaves):
        yield f"it is {digests.root} of {digests.leaves} exchanges, the manifest says {noted[0]} of {noted[1]}"
    if given and given.lower() != digests.root:
        yield f"it is {digests.root}, the given one is {given.lower()}"


def signature_result(folder: Path, facts: Facts, digests: RecordDigests, signers: str) -> tuple[list[str], str]:
    """Return what is wrong with a run's signature, and what ssh-keygen says of it. Raises UserError."""
    statement, signature = folder / STATEMENT, folder / SIGNATURE
    missing = [path.name for path in (statement, signature) if not is_plain(path)]
    if missing:
        return [f"the run is not signed: there is no {' and no '.join(missing)}; sign it with: invoke sign"], ""
    good, said = checked(statement, signature, Path(signers).expanduser() if signers else None)
    try:
        problems = statement_problems(folder, facts, digests)
    except ValueError as error:
        problems = [f"{STATEMENT}: {error}"]
    return [*([] if good else [f"the signature is not good: {said}"]), *problems], said


def exchange_proof(traffic: Path, line: str) -> dict[str, Any]:
    """Return the proof that the exchange of a line belongs to the Merkle root. Raises UserError."""
    leaves: dict[int, bytes] = {}
    digests = record_digests(traffic, leaves.__setitem__)
    numbers = list(leaves)
    if digests is None or not line.isdecimal() or int(line) not in leaves:
        lines = f"1 to {numbers[-1]}" if numbers else "none"
        raise UserError(f"the record has no exchange on line {line!r}", f"its lines are: {lines}")
    index = numbers.index(int(line))
    path = inclusion_proof(index, list(leaves.values()))
    return {
        "line": int(line),
        "leaf_index": index,
        "tree_size": digests.leaves,
        "leaf_hash": leaves[int(line)].hex(),
        PATH: [one.hex() for one in path],
        "merkle_root": digests.root,
    }
