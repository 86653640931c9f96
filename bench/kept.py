"""What each contender kept of the streams that went through it: read from what it left on the disk, not assumed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.contenders import CLAUDE_TAP, FLOOR, FLOWS, NATIVE, OURS
from bench.upstream import EVENTS, text_of
from probe.record.open_record import open_record
from probe.record.runs import TRAFFIC

_BLOB = "__claude_tap_blob_ref__"
_STREAM_PATH = re.compile(r"answer=stream&id=([^&\"]+)")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Counts of what went through a contender."""

    exchanges: int
    streams: int = 0
    uploads: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the counts under the names that `Kept` has for the expected amounts."""
        return {
            "exchanges": self.exchanges,
            "streams": self.streams,
            "texts": self.streams,
            "events": self.streams * EVENTS,
            "exact_streams": self.streams,
            "exact_uploads": self.uploads,
        }


@dataclass(kw_only=True)
class Kept:
    """Counts of what is on the disk."""

    exchanges: int = 0
    """Of any kind."""
    streams: int = 0
    texts: int = 0
    """Streams whose text, put together, is there."""
    events: int = 0
    """Events of which a unique part was found."""
    exact_streams: int = 0
    """Streams that are there byte for byte, as the client got them."""
    exact_uploads: int = 0
    """The same of large requests."""
    megabytes: float = 0.0
    """All files together."""

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """One exchange as a contender has it."""

    path: str
    request: list[str]
    """Each text that may be the request's body."""
    answer: list[str]
    """Every text in what is stored of the answer, its JSON taken apart."""


def counted(name: str, folder: Path) -> Kept:
    """Count agent-probe's records without parsing them; the floor keeps nothing."""
    if name != OURS:
        return Kept()
    with open_record(run_folder(folder) / TRAFFIC) as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return Kept(exchanges=lines, megabytes=_megabytes(folder))


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def kept(name: str, folder: Path, hashes: set[str]) -> Kept:
    """Count what a contender that has ended left; `hashes` are those of all streams and large requests."""
    found = Kept(megabytes=_megabytes(folder))
    for stored in _READERS[name](folder):
        found.exchanges += 1
        match = _STREAM_PATH.search(stored.path)
        if match:
            found.streams += 1
            _count(found, match[1], stored.answer, hashes)
        else:
            found.exact_uploads += _exact(stored.request, hashes)
    return found


def _count(found: Kept, stream: str, answer: list[str], hashes: set[str]) -> None:
    joined = "\n".join(answer)
    text = text_of(stream)
    # In a stream that is kept unchanged, the text is JSON.
    found.texts += text in joined or json.dumps(text)[1:-1] in joined
    found.events += len(set(re.findall(rf"<{re.escape(stream)}\.\d+>", joined)))
    found.exact_streams += _exact(answer, hashes)


def _exact(texts: Iterable[str], hashes: set[str]) -> bool:
    return any(hashlib.sha256(text.encode()).hexdigest() in hashes for text in texts)


def _as_sent(value: Any) -> list[str]:
    """Return the text of a body that may be kept parsed; the client writes its JSON compactly."""
    if value is None:
        return []
    return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))]


def _strings(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _strings(member)


def _nothing(_folder: Path) -> Iterator[_Stored]:
    yield from ()


def _traffic(folder: Path) -> Iterator[_Stored]:
    """Read agent-probe's run."""
    with open_record(run_folder(folder) / TRAFFIC) as lines:
        for line in lines:
            record = json.loads(line)
            request, response = record["request"], record["response"] or {}
            yield _Stored(
                path=request["url"],
                request=_as_sent(request.get("body_text", request["body"])),
                answer=[*_strings(response.get("body"))],
            )


def run_folder(folder: Path) -> Path:
    """Return the only run in agent-probe's folder."""
    (found,) = (folder / "data").glob("codex/*/")
    return found


def _flows(folder: Path) -> Iterator[_Stored]:
    """Read mitmproxy's own dump."""
    # They take half a second to import, and nothing else here needs them.
    from mitmproxy.http import HTTPFlow
    from mitmproxy.io import FlowReader

    with (folder / FLOWS).open("rb") as file:
        for flow in FlowReader(file).stream():
            assert isinstance(flow, HTTPFlow)
            contents = [message.raw_content for message in (flow.request, flow.response) if message]
            request, answer = ([content.decode()] if content else [] for content in contents)
            yield _Stored(path=flow.request.path, request=request, answer=answer)


def _traces(folder: Path) -> Iterator[_Stored]:
    """Read claude-tap's database."""
    (path,) = folder.rglob("traces.sqlite3")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        blobs = {
            name: json.loads(text) for name, text in database.execute("select hash, payload_json from record_blobs")
        }
        for (payload,) in database.execute("select payload_json from records"):
            record = json.loads(payload)
            # Where long parts of a request are stored apart, the record is one level deeper.
            record = _with_blobs(record.get("record", record), blobs)
            request = record["request"]
            yield _Stored(
                path=request["path"],
                request=_as_sent(request.get("body")),
                answer=[*_strings(record.get("response"))],
            )


def _with_blobs(value: Any, blobs: dict[str, Any]) -> Any:
    """Return a record with the parts that claude-tap stores separately."""
    if isinstance(value, list):
        return [_with_blobs(member, blobs) for member in value]
    if not isinstance(value, dict):
        return value
    if _BLOB in value:
        return blobs[value[_BLOB]["hash"]]
    return {name: _with_blobs(member, blobs) for name, member in value.items()}


_READERS: dict[str, Callable[[Path], Iterator[_Stored]]] = {
    FLOOR: _nothing,
    NATIVE: _flows,
    OURS: _traffic,
    CLAUDE_TAP: _traces,
}
