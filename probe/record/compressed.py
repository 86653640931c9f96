"""Put `traffic.jsonl.zst` in the place of a run's `traffic.jsonl`, and back; whenever that ends early, nothing is lost.

The new file is written under another name, put on the disk and checked before it gets its own; only then does the old
one go. In between both are there, and the plain one is the record.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from io import BufferedRandom, BufferedReader
from pathlib import Path

import msgspec

from probe.addon.journal import FOLDER
from probe.addon.plain_files import open_folder
from probe.errors import UserError
from probe.record.files import file_sha256, is_plain, open_plain, private_bytes
from probe.record.frame_table import DamagedRecordError
from probe.record.manifest_fields import CompressedFile
from probe.record.open_record import compressed_file, open_record, record_file, record_sha256
from probe.record.runs import Run
from probe.record.seekable_zstd import FRAME, FrameReader, write_frames

_LEFT = re.compile(r"\.traffic\.jsonl(?:\.zst)?\.[0-9a-f]{16}")
"""Names of files that were not finished: the process was killed."""


def compress(run: Run) -> CompressedFile | None:
    """Compress a run's record; return the file, or None when that was done before. The plain file goes last.

    Raises UserError, and OSError when it cannot be written.
    """
    with _alone(run):
        return _compress(run) if record_file(run.traffic) == run.traffic else None


def _compress(run: Run) -> CompressedFile:
    plain, packed = run.traffic, compressed_file(run.traffic)
    with open_plain(plain) as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        _refuse_another(packed, digest)
        with private_bytes(packed, synced=True) as out:
            source.seek(0)
            frames = write_frames(source, out, FRAME)
            out.flush()
            with FrameReader(os.fdopen(os.dup(out.fileno()), "rb"), packed.name) as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != digest:
                    raise UserError(
                        f"{plain}: what was compressed of it differs from it", "it is kept as it is", code=1
                    )
            _keep_time(source, out)
        length = frames[-1].offset + frames[-1].length
        made = CompressedFile(
            file=packed.name, sha256=file_sha256(packed) or "", size=packed.stat().st_size, record_size=length
        )
        _note(run, made)
        status = os.fstat(source.fileno())
        same = os.path.samestat(status, plain.lstat()) and status.st_size == length
        if not same or os.path.lexists(run.folder / FOLDER):
            packed.unlink()
            _note(run, None)
            raise UserError(f"{plain} changed while it was compressed", "wait for the end of what writes it", code=1)
        plain.unlink()
    return made


def decompress(run: Run) -> bool:
    """Make a run's record plain again; return False when it is plain. The compressed file goes last.

    Raises UserError, and OSError when it cannot be written.
    """
    with _alone(run):
        if not os.path.lexists(compressed_file(run.traffic)):
            return False
        _decompress(run)
        return True


def _decompress(run: Run) -> None:
    plain, packed = run.traffic, compressed_file(run.traffic)
    if os.path.lexists(plain):
        _refuse_another(packed, record_sha256(plain) or "")
    else:
        with private_bytes(plain, synced=True) as out, open_record(packed) as content:
            shutil.copyfileobj(content, out, 1 << 20)
            _keep_time(content, out)
    _note(run, None)
    packed.unlink()


@contextlib.contextmanager
def _alone(run: Run) -> Iterator[None]:
    """Lock a run whose record nobody else writes or compresses. Raises UserError."""
    name = f"{run.target}/{run.name}"
    if os.path.lexists(run.folder / FOLDER):
        raise UserError(f"exchanges of run {name} are still being written", "wait for the end of its proxies", code=1)
    folder = open_folder(run.folder)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in run.folder.iterdir():
            if _LEFT.fullmatch(left.name) and is_plain(left):
                left.unlink()
        yield
    except BlockingIOError:
        raise UserError(f"another process compresses run {name}, or undoes that", "wait for its end", code=1) from None
    finally:
        os.close(folder)


def _refuse_another(packed: Path, digest: str) -> None:
    """Raise UserError if there is a compressed record of another content; a damaged one is written anew."""
    with contextlib.suppress(DamagedRecordError):
        if (record_sha256(packed) or digest) != digest:
            raise UserError(
                f"{packed} holds another record than {packed.with_suffix('')}, which commands read",
                "move the one that is not of this run to another folder",
                code=1,
            )


def _keep_time(source: BufferedReader, new: BufferedRandom) -> None:
    """Set the time of a file that is written to that of another: it is when the last exchange ended."""
    new.flush()
    status = os.fstat(source.fileno())
    os.utime(new.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))


def _note(run: Run, made: CompressedFile | None) -> None:
    """Write into the manifest which file has the record. A record without a manifest gets none by this."""
    if run.manifest.data and not run.manifest.facts.damaged:
        run.manifest.update(compressed=msgspec.to_builtins(made))
