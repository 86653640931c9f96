"""Reading `traffic.jsonl`, line by line, losing nothing to a bad line."""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from probe.record.exchange import Exchange
from probe.record.long_lines import LONG_LINE, LONGEST_LINE, shortened, with_spans

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


def read_exchanges(path: Path, on_malformed: Callable[[int, str], None], *, whole: bool = False) -> Iterator[Exchange]:
    """Yield the exchanges of a file in their order; a line that is none goes to `on_malformed(number, reason)`.

    Texts that are too long to be loaded are left out in part (`Payload.whole_text`), unless they are wanted whole.
    """
    for _, exchange in read_places(path, on_malformed, whole=whole):
        yield exchange


def read_places(
    path: Path, on_malformed: Callable[[int, str], None], *, whole: bool = False
) -> Iterator[tuple[Place, Exchange]]:
    """Yield the exchanges of a file with their places, as `read_exchanges` does."""
    with path.open("rb") as file:
        start, number = 0, 0
        while line := _line(file):
            place = (start, number := number + 1)
            start += len(line) if isinstance(line, bytes) else line
            try:
                exchange = _exchange(file, place, line, whole=whole)
            except ValueError as error:
                on_malformed(number, str(error))
            else:
                if exchange:
                    yield place, exchange


def read_at(path: Path, places: Iterable[Place]) -> Iterator[Exchange]:
    """Yield the exchanges at some places of a file, in the order of the places."""
    with path.open("rb") as file:
        for place in places:
            file.seek(place[0])
            exchange = _exchange(file, place, _line(file), whole=False)
            assert exchange is not None
            yield exchange


def _line(file: BinaryIO) -> bytes | int:
    """Read a line; of one that is too long to be loaded, give only the length."""
    line = file.readline(LONG_LINE)
    if len(line) < LONG_LINE or line.endswith(b"\n"):
        return line
    length = len(line)
    while more := file.readline(LONG_LINE):
        length += len(more)
        if more.endswith(b"\n"):
            break
    return length


def _exchange(file: BinaryIO, place: Place, line: bytes | int, *, whole: bool) -> Exchange | None:
    """Make an exchange of a line; None of a blank one. Raises ValueError."""
    start, number = place
    if isinstance(line, int):
        short = None if whole else _shortened(file, place, line)
        if short:
            return short
        file.seek(start)
        line = file.read(line)
    return parse_exchange(line, number) if line.strip() else None


def _shortened(file: BinaryIO, place: Place, length: int) -> Exchange | None:
    """Make an exchange of a line without its long texts; None where that cannot be done. Raises ValueError."""
    start, number = place
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        line, mark, spans = shortened(data, start, start + length)
    if len(line) > LONGEST_LINE:
        raise ValueError(f"its {length} bytes are too many; {LONGEST_LINE} can be read, long texts not counted")
    return with_spans(parse_exchange(line, number), mark, spans)
