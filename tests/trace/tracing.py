"""Write exchanges as a record, and read them back as every part of the project does: as a trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec

from probe.record.exchange import Exchange, UnreadExchange
from probe.record.reader import read_unread
from probe.renderers.loader import AUTO, Renderer, load_renderer
from probe.trace.exchanges import ExchangeReader
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.trace import Trace, read_trace
from probe.trace.turns import Traced

_T = TypeVar("_T")


def fail(number: int, reason: str) -> None:
    """Refuse a line that is no record."""
    raise AssertionError(f"line {number}: {reason}")


def lines(exchanges: Iterable[Exchange]) -> bytes:
    """Return exchanges as a `traffic.jsonl`."""
    made = (msgspec.to_builtins(one) for one in exchanges)
    return b"".join(_line({k: v for k, v in one.items() if k != "seq"}) for one in made)


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def unread(exchanges: Iterable[Exchange], *, outlined: bool = False) -> list[UnreadExchange]:
    """Return exchanges as they are read from a record."""
    return _in_file(exchanges, lambda path: list(read_unread(path, fail, outlined=outlined)))


def traced(exchange: Exchange, renderer: Renderer | None = None) -> Traced:
    """Return one exchange understood, with its content."""
    return ExchangeReader(renderer or load_renderer(AUTO)).read(unread([exchange])[0])


def trace_of(
    exchanges: Iterable[Exchange],
    ids: Mapping[str, Sequence[str]] | None = None,
    renderer: Renderer | None = None,
    on_exchange: Callable[[Traced, Sequence[TurnFacts], Sequence[NewItem]], None] = lambda traced, turns, new: None,
) -> Trace:
    """Return the trace of a record of exchanges, rendered by path where no renderer is named."""

    def read(path: Path) -> Trace:
        used = renderer or load_renderer(AUTO)
        return read_trace(path, used, ids=ids, on_exchange=on_exchange, on_malformed=fail)

    return _in_file(exchanges, read)


def _in_file(exchanges: Iterable[Exchange], read: Callable[[Path], _T]) -> _T:
    with TemporaryDirectory() as folder:
        path = Path(folder, "traffic.jsonl")
        path.write_bytes(lines(exchanges))
        return read(path)
