"""The tables of many runs: Parquet files by table, target and date, of which a list names those that count.

Names are those of a data folder's store. A file is named after the chunk of runs that it is about and never changes, so
it is written again with the same content, and copied once.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from probe.errors import UserError
from probe.exports.parquet_file import TableWriter
from probe.exports.parquet_tables import TABLES
from probe.record.mirror_place import mirror_of
from probe.report.plain_text import plural
from probe.store.store import FolderStore, Store

if TYPE_CHECKING:
    from probe.fleet.run_result import RunResult  # No more than that: it reads runs, and tables are read without them.

FOLDER = ".fleet/tables"
LIST = "published.json"
_WHOLE = "chunks"
"""Folder of the marks of chunks whose tables are all written."""
_NAME = re.compile(r"[a-z_]+/target=[^/]*/date=[^/]*/[^/]+\.parquet")
_AT_ONCE = 8
"""Files that are copied at a time."""
_HINT = "invoke fleet analyze writes the tables of all runs"


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The list of the files that count."""

    columns: str
    """Hash of the names and types of all columns."""
    chunks: tuple[str, ...]
    files: dict[str, tuple[str, ...]]
    """By table, relative to the folder of tables."""
    runs: int | None = None
    """How many runs the tables have; None, as what follows, in a list of an earlier agent-probe."""
    pattern: str | None = None
    """What was given with --runs."""
    made: str | None = None
    """When the list was written, `2026-11-22 12:17 UTC`."""

    def described(self) -> str:
        """Return which tables these are, in a few words."""
        if self.runs is None:
            return "tables of the last fleet analyze"
        chosen = f" (--runs {shlex.quote(self.pattern)})" if self.pattern else ""
        return f"tables of {plural(self.runs, 'run')}{chosen}, made {self.made}"


def write_chunk(store: Store, chunk: str, results: Iterable[RunResult]) -> None:
    """Write the tables of a chunk of runs; redacted copies of runs are left out."""
    files: dict[str, tuple[BytesIO, TableWriter]] = {}
    for result in results:
        for table in () if result.is_copy else TABLES:
            if rows := result.rows.get(table):
                place = f"{table}/target={quote(result.target, safe='')}/date={quote(result.date, safe='')}"
                if place not in files:
                    file = BytesIO()
                    files[place] = file, TableWriter(file, table)
                files[place][1].add(rows)
    for place, (file, writer) in files.items():
        writer.finish()
        store.write(f"{FOLDER}/{place}/{chunk}.parquet", file.getvalue())
    store.write(f"{FOLDER}/{_WHOLE}/{chunk}", b"")


def written_chunks(store: Store) -> set[str]:
    """Return the chunks whose tables are written, and not deleted since."""
    return {name.rpartition("/")[2] for name in store.names(f"{FOLDER}/{_WHOLE}/")}


def publish(store: Store, chunks: Sequence[str], *, runs: int, pattern: str | None = None) -> None:
    """Let the tables of these chunks count, and no others. Raises UserError where one is not written."""
    names = [name.removeprefix(f"{FOLDER}/") for name in store.names(f"{FOLDER}/")]
    wanted = frozenset(chunks)
    if missing := sorted(wanted - {name.rpartition("/")[2] for name in names if name.startswith(f"{_WHOLE}/")}):
        raise UserError(f"the tables of {len(missing)} chunks of runs are not there", _HINT, code=1)
    counting = {name for name in names if _chunk(name) in wanted}
    files = {table: tuple(sorted(name for name in counting if name.startswith(f"{table}/target="))) for table in TABLES}
    listed = Published(
        columns=_columns(),
        chunks=tuple(sorted(wanted)),
        files=files,
        runs=runs,
        pattern=pattern,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    )
    store.write(f"{FOLDER}/{LIST}", msgspec.json.encode(listed))


def chunks_with_files(store: Store) -> set[str]:
    """Return the chunks of which there is a file, written whole or not."""
    names = (name.removeprefix(f"{FOLDER}/") for name in store.names(f"{FOLDER}/"))
    return {_chunk(name) for name in names if name != LIST}


def published_chunks(store: Store) -> set[str]:
    """Return the chunks whose tables count; none where none are published, or the list is damaged."""
    try:
        return set(msgspec.json.decode(store.read(f"{FOLDER}/{LIST}") or b"", type=Published).chunks)
    except msgspec.MsgspecError:
        return set()


def delete_chunks(store: Store, chunks: Collection[str]) -> None:
    """Delete the tables of chunks that count no more. What is left at any moment does not count as written."""
    for chunk in chunks:
        store.delete(f"{FOLDER}/{_WHOLE}/{chunk}")
    for name in list(store.names(f"{FOLDER}/")) if chunks else ():
        if _chunk(name) in chunks:
            store.delete(name)


def _chunk(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".parquet")


def local_tables(store: Store) -> Path:
    """Return the local folder of the published tables; those of a bucket are copied first. Raises UserError."""
    if isinstance(store, FolderStore):
        folder = store.folder / FOLDER
    else:
        folder = mirror_of(store.url) / FOLDER
        copy_published(store, folder)
    published(folder)
    return folder


def published(folder: Path) -> Published:
    """Return the list of the files that count in a folder of tables. Raises UserError."""
    try:
        data = (folder / LIST).read_bytes()
    except FileNotFoundError:
        data_dir = folder.parent.parent
        if not data_dir.is_dir():
            raise UserError(f"there is no folder {data_dir}", "name the folder of all runs with --data-dir") from None
        raise UserError(f"no tables are published in {data_dir}", _HINT) from None
    return _listed(data, str(folder))


def _listed(data: bytes, place: str) -> Published:
    try:
        found = msgspec.json.decode(data, type=Published)
    except msgspec.MsgspecError as error:
        raise UserError(f"{place}/{LIST} is damaged: {error}", _HINT) from error
    if found.columns != _columns():
        raise UserError(f"another version of agent-probe wrote the tables in {place}", _HINT)
    if strange := [name for files in found.files.values() for name in files if not _NAME.fullmatch(name)]:
        raise UserError(f"{place}/{LIST} is damaged: {strange[0]!r} is no table's file", _HINT)
    return found


def copy_published(store: Store, folder: Path) -> None:
    """Copy the published tables of a store into a folder; a file that is there has the same content."""
    data = store.read(f"{FOLDER}/{LIST}")
    if data is None:
        raise UserError(f"no tables are published in {store.url}", _HINT)
    copy = FolderStore(folder)
    names = {name for files in _listed(data, f"{store.url}/{FOLDER}").files.values() for name in files}
    there = set(copy.names(suffix=".parquet"))
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        list(threads.map(lambda name: _copy(store, name, copy), sorted(names - there)))
    copy.write(LIST, data)
    for name in there - names:
        copy.delete(name)


def _copy(store: Store, name: str, copy: Store) -> None:
    data = store.read(f"{FOLDER}/{name}")
    if data is None:
        raise UserError(f"{store.url}/{FOLDER}/{name} is missing", "call it again: tables may have been published now")
    copy.write(name, data)


def _columns() -> str:
    known = {name: [(column.name, column.type) for column in columns] for name, columns in TABLES.items()}
    return sha256(msgspec.json.encode(known)).hexdigest()[:16]
