"""Reading `traffic.jsonl`, line by line, losing nothing to a bad line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from probe.record.exchange import Exchange

Place = tuple[int, int]
"""Where a record is in its file: the offset of its line in bytes, and the line's number from 1."""

_YEAR_10000 = 253402300800
_decoder = msgspec.json.Decoder(Exchange)


def parse_exchange(line: bytes, seq: int) -> Exchange:
    """Turn one line into an exchange. Raises ValueError that says what does not fit, and where."""
    try:
        exchange = msgspec.structs.replace(_decode(line), seq=seq)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from error
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not 0 <= exchange.timestamp < _YEAR_10000:
        raise ValueError(f"timestamp {exchange.timestamp} is no time in seconds since 1970")
    return exchange


def _decode(line: bytes) -> Exchange:
    try:
        return _decoder.decode(line)
    except msgspec.DecodeError as error:
        if isinstance(error, msgspec.ValidationError) or b"\\u" not in line:
            raise
    # Half a surrogate pair, as other tools write it, is no Unicode; only it is replaced.
    return _decoder.decode(json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8", "replace"))


def read_exchanges(path: Path, on_malformed: Callable[[int, str], None]) -> Iterator[Exchange]:
    """Yield the exchanges of a file in their order; a line that is none goes to `on_malformed(number, reason)`."""
    for _, exchange in read_places(path, on_malformed):
        yield exchange


def read_places(path: Path, on_malformed: Callable[[int, str], None]) -> Iterator[tuple[Place, Exchange]]:
    """Yield the exchanges of a file with their places, as `read_exchanges` does."""
    offset = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            place, offset = (offset, number), offset + len(line)
            if not line.strip():
                continue
            try:
                yield place, parse_exchange(line, number)
            except ValueError as error:
                on_malformed(number, str(error))


def read_at(path: Path, places: Iterable[Place]) -> Iterator[Exchange]:
    """Yield the exchanges at some places of a file, in the order of the places."""
    with path.open("rb") as lines:
        for offset, number in places:
            lines.seek(offset)
            yield parse_exchange(lines.readline(), number)
