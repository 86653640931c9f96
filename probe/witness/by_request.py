"""The checks of `verify` that are made by request alone: Merkle root, signature, the agent's own session files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probe.errors import UserError
from probe.record.files import is_plain
from probe.record.manifest_fields import Facts
from probe.record.record_root import RecordDigests
from probe.record.runs import Run
from probe.renderers.loader import load_renderer
from probe.targets.finding import renderer_spec, target_of_run
from probe.witness.against_agent import SecondWitness, against_agent
from probe.witness.record_checks import PATH, exchange_proof, root_problems, signature_result
from probe.witness.statement import SIGNATURE

FAILED = {"root": "the Merkle root", "signature": "the signature", "against_agent": "the agent's own session files"}
"""By the name of the option: what a line that a check failed names."""
_SIGNERS = "a file with a line for each key: NAME, then what is in the key's .pub file (ssh-ed25519 AAAA…)"


@dataclass(kw_only=True)
class Requested:
    """What was asked for, and what was found."""

    digests: RecordDigests
    problems: dict[str, list[str]] = field(default_factory=dict)
    """By check, for each that was asked for."""
    checks: dict[str, str] = field(default_factory=dict)
    """What is so where a check finds no problem, in the order of the output."""
    not_checked: bool = False
    """Whether the agent's own files could not be compared; the problem is the reason."""
    witness: SecondWitness | None = None
    """None where the agent's own files were not asked for, or not found."""
    signature: str = ""
    """What ssh-keygen says of the signature; where it was not asked, how to do that."""
    proof: dict[str, Any] | None = None

    def lines(self) -> Iterator[str]:
        """Yield what is to be known besides the problems."""
        yield f"Merkle root (RFC 6962; exchanges: {self.digests.leaves}): {self.digests.root}"
        for name, value in (self.proof or {}).items():
            title = name.replace("_", " ")
            yield from [f"{title}:", *(f"       {one}" for one in value)] if name == PATH else [f"{title}: {value}"]
        yield from [self.signature] if self.signature else []
        yield from self.witness.lines() if self.witness else ()

    def as_dict(self) -> dict[str, Any]:
        """Return the same for `--json`."""
        return {
            "merkle": {"root": self.digests.root, "leaves": self.digests.leaves},
            "inclusion_proof": self.proof,
            "signature": self.signature or None,
            "second_witness": self.witness.as_dict() if self.witness else None,
        }


def requested(found: Run, arguments: Namespace, digests: RecordDigests, say: Callable[[str], None]) -> Requested:
    """Make the checks that options ask for. Raises UserError for a mistake in them."""
    result, facts = Requested(digests=digests), found.manifest.facts
    if arguments.root is not None:
        result.checks["root"] = _root_check(facts, arguments.root)
        result.problems["root"] = list(root_problems(facts, digests, arguments.root))
    folder = found.analysis_folder
    if arguments.signature is not None:
        by = "" if arguments.signature else "by its own key alone (anyone could have made it), "
        result.checks["signature"] = f"the signature is good, {by}and of this record"
        problems, said = signature_result(folder, facts, digests, arguments.signature)
        result.problems["signature"], result.signature = problems, f"ssh-keygen: {said}" if said else ""
    elif is_plain(folder / SIGNATURE):
        result.signature = f"it is signed ({SIGNATURE}): check that with --signature SIGNERS, {_SIGNERS}"
    if arguments.against_agent is not None:
        result.checks["against_agent"] = "the agent's own session files have the same calls"
        result.problems["against_agent"] = _ask_agent(found, arguments, result, say)
    if arguments.proof is not None:
        result.proof = exchange_proof(found.traffic, arguments.proof)
    return result


def _root_check(facts: Facts, given: str) -> str:
    noted = "the noted Merkle root" if facts.merkle_root or not given else "the Merkle root that was given"
    return f"the exchanges give {noted}{', and the one that was given' if facts.merkle_root and given else ''}"


def _ask_agent(found: Run, arguments: Namespace, result: Requested, say: Callable[[str], None]) -> list[str]:
    """Compare the record with the agent's own session files; return what differs, or why there are none."""
    target = target_of_run(found.target, arguments.target, say)
    given = Path(arguments.against_agent).expanduser() if arguments.against_agent else None
    if given and not given.exists():
        raise UserError(f"there is no {given}", "name the agent's session file, or a folder to look in")
    renderer, ids, program = load_renderer(renderer_spec(target)), {}, None
    if target:
        ids, program = target.ids, target.agent
    try:
        result.witness = against_agent(found, renderer, ids, program, given)
    except UserError as error:
        result.not_checked = True
        return [f"{error.args[0]} ({error.hint})" if error.hint else str(error.args[0])]
    return result.witness.comparison.problems
