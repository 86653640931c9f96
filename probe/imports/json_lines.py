"""Read a file of JSON lines, one exchange each; a bad line does not affect the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from probe.addon.json_text import exact_json
from probe.imports.decoding import LONGEST, decoded
from probe.imports.source import Source, SourceExchange

T = TypeVar("T")


def read_lines(
    path: Path, kind: type[T], convert: Callable[[T, Source], SourceExchange], source: Source
) -> Iterator[SourceExchange]:
    """Yield the exchange of each line."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST):
            number += 1
            if line.isspace():
                continue
            source.seen += 1
            try:
                if len(line) == LONGEST and not line.endswith(b"\n"):
                    while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
                        pass
                    raise ValueError(f"it has more than {LONGEST:,} bytes")
                yield convert(decoded(line, kind), source)
            except ValueError as error:
                source.problem(f"line {number}: {error}")


def json_body(raw: msgspec.Raw, *, strings_are_text: bool) -> bytes:
    """Return the bytes of a body that a line has as JSON: compact, as clients send it, or the text that a string is."""
    data = bytes(raw)
    if data == b"null":
        return b""
    if strings_are_text and data[:1] == b'"':
        return msgspec.json.decode(data, type=str).encode()
    return exact_json(data.decode("utf-8", "replace")) or data


def pairs(headers: dict[str, str | list[str] | float | None]) -> list[tuple[str, str]]:
    """Return header fields; Node has numbers and lists among them."""
    listed = ((name, one) for name, value in headers.items() for one in (value if isinstance(value, list) else [value]))
    return [(name, _text(value)) for name, value in listed if value is not None]


def _text(value: str | float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
