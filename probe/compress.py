"""Compress a run's record, so that every command still reads it; or make it plain again."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.edge import printable, run, say
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.record.compressed import compress, decompress
from probe.record.open_record import compressed_file, record_file, record_place
from probe.record.remote_pointer import POINTER
from probe.record.runs import Run, has_records, is_alive
from probe.wire.recover_run import open_run


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.compress`."""
    arguments, rest = parse("compress", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke compress --run latest")
    found = open_run(arguments, say)
    _refuse(found)
    try:
        _decompress(found) if arguments.undo else _compress(found)
    except OSError as error:
        where = error.filename or found.folder
        hint = "nothing is lost: the record is as it was; free some space, or see who owns the folder"
        raise UserError(f"{where}: {error.strerror or error}", hint, code=1) from error
    return 0


def _refuse(found: Run) -> None:
    """Raise UserError if a run's record is none to compress."""
    name = f"{found.target}/{found.name}"
    if found.bundled:
        raise UserError(f"run {name} is a sample, which stays as it is", "compress a run of your own")
    if record_file(found.traffic).name == POINTER:
        raise UserError(
            f"the record of run {name} is {record_place(found.traffic)}, and stays as it is there",
            "compress_over compresses a record before it is uploaded: invoke capture --compress-over 0 …",
        )
    if is_alive(found):
        raise UserError(f"run {name} is still being recorded (pid {found.manifest.facts.pid})", "wait for its end")
    if not has_records(found.folder):
        raise UserError(f"run {name} holds no exchange", "compress another one", code=1)


def _compress(found: Run) -> None:
    made = compress(found)
    if made:
        say(f"{made.record_size:,} bytes in {made.size:,}: {made.record_size / made.size:.1f} times smaller")
    else:
        say("it is compressed already")
    print(printable(str(compressed_file(found.traffic))))


def _decompress(found: Run) -> None:
    say("the record is plain again" if decompress(found) else "it is not compressed")
    print(printable(str(found.traffic)))


if __name__ == "__main__":
    sys.exit(run(main))
