"""Read `traffic.jsonl` line by line; a bad line does not affect the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from probe.addon.json_text import DEEPEST, too_deep
from probe.record.exchange import (
    Exchange,
    OutlinedExchange,
    Payload,
    UnreadExchange,
    UnreadRequest,
    UnreadResponse,
)
from probe.record.long_lines import LONG_LINE, LONGEST_LINE, shortened_line, with_spans
from probe.record.open_record import open_record

Place = tuple[int, int]
"""Where a record is in its file: the offset of its line in bytes, and the line's number from 1."""

_YEAR_10000 = 253402300800
_LARGE = 8 << 20
"""JSON up to this size is always parsed; each of its values may take 100 bytes."""
_MOST_VALUES = 10_000_000
"""Maximum number of values in a larger line; agent-probe's own records hold far fewer."""
_BUFFER = 4 << 20
"""Bytes to read at once: a line that begins in one buffer and ends in another is copied once more."""
_decoder = msgspec.json.Decoder(Exchange)
_unread_decoder = msgspec.json.Decoder(UnreadExchange)
_outline_decoder = msgspec.json.Decoder(OutlinedExchange)


def parse_exchange(line: bytes, seq: int) -> Exchange:
    """Return the exchange in one line. Raises ValueError with what is wrong, and where."""
    try:
        if len(line) > _LARGE:
            _check_values(line)
        exchange = msgspec.structs.replace(_shallow(_decode(line), line), seq=seq)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from error
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    _check_time(exchange)
    return exchange


def _check_time(exchange: Exchange) -> None:
    if not 0 <= exchange.timestamp < _YEAR_10000:
        raise ValueError(f"timestamp {exchange.timestamp} is not a time in seconds since 1970")


def _decode(line: bytes) -> Exchange:
    try:
        return _decoder.decode(line)
    except msgspec.DecodeError as error:
        if isinstance(error, msgspec.ValidationError) or b"\\u" not in line:
            raise
    # Half a surrogate pair, which other tools write, is not valid Unicode; only that is replaced.
    return _decoder.decode(json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8", "replace"))


class _Outline(msgspec.Struct):
    """A record whose large parts are unparsed."""

    request: dict[str, msgspec.Raw] = {}
    response: dict[str, msgspec.Raw] | None = None


def _check_values(line: bytes) -> None:
    """Raise ValueError if JSON inside a record would take far more memory than the line."""
    outline = msgspec.json.decode(line, type=_Outline)
    for part in (outline.request, outline.response or {}):
        for name, value in part.items():
            data = bytes(value)
            if data[:1] in (b"[", b"{") and sum(map(data.count, (b",", b"[", b"{"))) > _MOST_VALUES:
                raise ValueError(f"its {name} has more than {_MOST_VALUES:,} values")


def _shallow(exchange: Exchange, line: bytes) -> Exchange:
    """Return an exchange in which bodies that are nested too deeply are text."""
    if line.count(b"[") + line.count(b"{") <= DEEPEST:
        return exchange
    changes: dict[str, Any] = {}
    for name in ("request", "response"):
        payload: Payload | None = getattr(exchange, name)
        if payload and too_deep(payload.body):
            text = msgspec.json.encode(payload.body).decode()
            changes[name] = msgspec.structs.replace(payload, body=text)
    return msgspec.structs.replace(exchange, **changes)


def read_exchanges(path: Path, on_malformed: Callable[[int, str], None], *, whole: bool = False) -> Iterator[Exchange]:
    """Yield the exchanges of a file in their order; a bad line goes to `on_malformed(number, reason)`.

    Texts too long to be loaded are shortened (`Payload.whole_text`), unless `whole` is set.
    """
    with open_record(path) as file:
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
                    yield exchange


def read_unread(
    path: Path,
    on_malformed: Callable[[int, str], None],
    start: int = 0,
    end: int | None = None,
    number: int = 0,
    *,
    whole: bool = False,
    outlined: bool = False,
) -> Iterator[UnreadExchange]:
    """Yield the exchanges of a file, or of the lines that begin between two offsets, with their bodies unparsed.

    `number` is how many lines there are before `start`. Texts too long to be loaded are shortened
    (`Payload.whole_text`), unless `whole` is set. `outlined` reads bodies in outline where that can be done.
    """
    decode = _decode_outline if outlined else _unread_decoder.decode
    with open_record(path, buffering=_BUFFER) as file:
        file.seek(start)
        while (end is None or start < end) and (line := _line(file)):
            place = (start, number := number + 1)
            start += len(line) if isinstance(line, bytes) else line
            try:
                exchange = _unread(file, place, line, decode, whole=whole)
            except ValueError as error:
                on_malformed(number, str(error))
            else:
                if exchange:
                    yield msgspec.structs.replace(exchange, span=(place[0], start))


def _decode_outline(line: bytes) -> UnreadExchange:
    try:
        exchange = _outline_decoder.decode(line)
    except msgspec.MsgspecError:
        # Half a surrogate pair, say: what reads the bodies handles it piece by piece.
        return _unread_decoder.decode(line)
    return msgspec.structs.replace(exchange, line=line)


def _unread(
    file: BinaryIO, place: Place, line: bytes | int, decode: Callable[[bytes], UnreadExchange], *, whole: bool
) -> UnreadExchange | None:
    if isinstance(line, int):
        found = _exchange(file, place, line, whole=whole)
        file.seek(place[0] + line)
        return _as_unread(found) if found else None
    if line.isspace():
        return None
    try:
        exchange = decode(line)
        # The decoder passes over the bodies as they are.
        if not line.isascii():
            line.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _as_unread(parse_exchange(line, place[1]))
    _check_time(exchange)
    return msgspec.structs.replace(exchange, seq=place[1])


def _as_unread(exchange: Exchange) -> UnreadExchange:
    """Return an exchange with its bodies as JSON text again."""
    outer = {name: getattr(exchange, name) for name in exchange.__struct_fields__}
    for name, kind in (("request", UnreadRequest), ("response", UnreadResponse)):
        if outer[name] is not None:
            inner = {field: getattr(outer[name], field) for field in outer[name].__struct_fields__}
            outer[name] = kind(**inner | {"body": msgspec.Raw(json.dumps(inner["body"]).encode())})
    return UnreadExchange(**outer)


def _line(file: BinaryIO) -> bytes | int:
    """Read a line; return only the length of one that is too long to be loaded."""
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
    """Return the exchange in a line; None for a blank one. Raises ValueError."""
    start, number = place
    if isinstance(line, int):
        short = None if whole else _shortened(file, place, line)
        if short:
            return short
        file.seek(start)
        line = file.read(line)
    return parse_exchange(line, number) if line.strip() else None


def _shortened(file: BinaryIO, place: Place, length: int) -> Exchange | None:
    """Return the exchange in a line with its long texts shortened; None if that is impossible. Raises ValueError."""
    start, number = place
    line, mark, spans = shortened_line(file, start, start + length)
    if len(line) > LONGEST_LINE:
        raise ValueError(f"its {length} bytes are too many; {LONGEST_LINE} can be read, long texts not counted")
    return with_spans(parse_exchange(line, number), mark, spans)
