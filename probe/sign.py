"""Sign a run's record with an SSH key."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.called_as import as_called
from probe.cli.edge import printable, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.record.files import write_private
from probe.record.record_root import RecordDigests, record_digests
from probe.record.runs import Run, is_alive
from probe.wire.recover_run import open_run
from probe.witness.signature import sign
from probe.witness.statement import SIGNATURE, STATEMENT, statement_of

USUAL_KEY = "~/.ssh/id_ed25519"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.sign`."""
    arguments, rest = parse("sign", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke sign latest")
    found = open_run(arguments, say)
    digests = _unchanged(found)
    statement = statement_of(found.manifest.facts, digests)
    key = Path(arguments.key or USUAL_KEY).expanduser()
    signature = sign(statement, key)
    folder = found.analysis_folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((STATEMENT, statement), (SIGNATURE, signature)):
        write_private(folder / name, content.decode())
        print(printable(str(folder / name)))
    say(f"signed: {digests.leaves} exchanges, Merkle root {digests.root}")
    public = shlex.quote(str(key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")))
    say(f'who checks it needs a file of allowed signers: echo "me@example.org $(cat {public})" > allowed_signers')
    say(as_called(f"then: invoke verify --run {shlex.quote(str(found.folder))} --signature allowed_signers"))
    return 0


def _unchanged(found: Run) -> RecordDigests:
    """Return the digests of a finished record that is as its capture left it. Raises UserError."""
    name, facts = f"{found.target}/{found.name}", found.manifest.facts
    if is_alive(found):
        raise UserError(f"run {name} is still being recorded (pid {facts.pid})", "wait for its end")
    digests = record_digests(found.traffic)
    if digests is None or not digests.leaves:
        raise UserError(f"run {name} holds no exchange", "name another run", code=1)
    if digests.sha256 != facts.traffic_sha256:
        raise UserError(
            f"run {name} is not as its capture left it: {found.traffic.name} has SHA-256 {digests.sha256},"
            f" the manifest says {facts.traffic_sha256}",
            f"see: invoke verify --run {found.folder}",
            code=1,
        )
    return digests


if __name__ == "__main__":
    sys.exit(run(main))
