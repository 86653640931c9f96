"""The checks of `verify` that are made by request alone: Merkle root, signature, the agent's own session files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probe.errors import UserError
from probe.record.files import is_plain
from probe.record.record_root import RecordDigests
from probe.record.runs import Run
from probe.renderers.loader import load_renderer
from probe.targets.finding import renderer_spec, target_of_run
from probe.witness.against_agent import SecondWitness, against_agent
from probe.witness.record_checks import exchange_proof, root_problems, signature_result
from probe.witness.statement import SIGNATURE

BY_REQUEST = {
    "root": "the exchanges give the noted Merkle root, and the one that was given",
    "signature": "the signature is good, and of this record",
    "against_agent": "the agent's own session files have the same calls",
}
"""By the name of the option, in the order of the output."""


@dataclass(kw_only=True)
class Requested:
    """What was asked for, and what was found."""

    digests: RecordDigests
    problems: dict[str, list[str]] = field(default_factory=dict)
    """By check, for each that was asked for."""
    witness: SecondWitness | None = None
    """None where the agent's own files were not asked for, or not found."""
    signature: str = ""
    """What ssh-keygen says of the signature; where it was not asked, how to do that."""
    proof: dict[str, Any] | None = None

    @property
    def checks(self) -> dict[str, str]:
        """Return the checks that were made."""
        return {name: text for name, text in BY_REQUEST.items() if name in self.problems}

    def lines(self) -> Iterator[str]:
        """Yield what is to be known besides the problems."""
        yield f"Merkle root (RFC 6962; exchanges: {self.digests.leaves}): {self.digests.root}"
        yield from (f"{name.replace('_', ' ')}: {value}" for name, value in (self.proof or {}).items())
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
        result.problems["root"] = list(root_problems(facts, digests, arguments.root))
    folder = found.analysis_folder
    if arguments.signature is not None:
        problems, said = signature_result(folder, facts, digests, arguments.signature)
        result.problems["signature"], result.signature = problems, f"ssh-keygen: {said}" if said else ""
    elif is_plain(folder / SIGNATURE):
        result.signature = f"it is signed ({SIGNATURE}): check that with --signature SIGNERS"
    if arguments.against_agent is not None:
        result.problems["against_agent"] = _ask_agent(found, arguments, result, say)
    if arguments.proof is not None:
        result.proof = exchange_proof(found.traffic, arguments.proof)
    return result


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
        return [f"{error.args[0]} ({error.hint})" if error.hint else str(error.args[0])]
    return result.witness.comparison.problems
