"""Content-encodings are undone the same way wherever pieces are cut; hostile bodies end with an error, soon."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Iterable, Iterator

import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probe.addon.decoders import (
    ALWAYS_ALLOWED,
    LARGEST_WINDOW,
    MOST_ENCODINGS,
    MOST_MEMBERS,
    MOST_TIMES,
    DecodeError,
    decoder_for,
)
from tests.support.bombs import bomb
from tests.support.encodings import encode

ENCODINGS = ("gzip", "deflate", "br", "zstd")
AT_ONCE = 48 << 20
"""No decoder gives more in one piece."""
TEXT = b"".join(b'event: a\ndata: {"n":%d,"delta":"\xe2\x82\xac"}\n\n' % number for number in range(200))


def decoded(encoding: str, pieces: Iterable[bytes]) -> bytes:
    """Decode pieces one after the other."""
    decoder = decoder_for(encoding)
    assert decoder is not None
    return b"".join(chunk for piece in pieces for chunk in decoder.chunks(piece))


def chunk_sizes(encoding: str, wire: bytes, size: int) -> Iterator[int]:
    """Decode a body in pieces of one size and tell how much was made at once."""
    decoder = decoder_for(encoding)
    assert decoder is not None
    for start in range(0, len(wire), size):
        yield from map(len, decoder.chunks(wire[start : start + size]))


def outcome(encoding: str, pieces: Iterable[bytes]) -> bytes | None:
    """Decode pieces; None where they cannot be."""
    try:
        return decoded(encoding, pieces)
    except DecodeError:
        return None


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at some places."""
    ends = sorted({place % (len(data) + 1) for place in places})
    return [data[begin:end] for begin, end in zip([0, *ends], [*ends, len(data)], strict=True)]


def raw_deflate(data: bytes) -> bytes:
    """Encode without zlib's wrapper."""
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


WIRES = {encoding: encode(TEXT, encoding) for encoding in ENCODINGS}
CUTS = st.lists(st.integers(0, 1 << 16), max_size=20)


@given(st.sampled_from(ENCODINGS), st.lists(st.sampled_from(ENCODINGS), max_size=2), st.binary(max_size=3000), CUTS)
@settings(deadline=None)
def test_any_cut_gives_the_same_bytes(first: str, others: list[str], data: bytes, places: list[int]) -> None:
    wire, names = data, [first, *others]
    for name in names:
        wire = encode(wire, name)
    assert decoded(", ".join(names), cut(wire, places)) == data


@given(st.sampled_from(ENCODINGS), st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=4), CUTS)
@example("deflate", [(0, 0x78)], [1])
@example("gzip", [], [1, 2])
@settings(max_examples=300)
def test_a_broken_body_is_an_error_or_what_it_is_whatever_the_cut(
    encoding: str, changes: list[tuple[int, int]], places: list[int]
) -> None:
    wire = bytearray(WIRES[encoding] + b"\x1f\r\n")
    for place, value in changes:
        wire[place % len(wire)] = value
    assert outcome(encoding, cut(bytes(wire), places)) == outcome(encoding, [bytes(wire)])


@given(st.sampled_from([*ENCODINGS, "gzip, br", "zstd,deflate"]), st.binary(max_size=200), CUTS)
@settings(deadline=None)
def test_any_bytes_give_bytes_or_a_decode_error(encoding: str, data: bytes, places: list[int]) -> None:
    assert outcome(encoding, cut(data, places)) == outcome(encoding, [data])


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 1 << 16])
@pytest.mark.parametrize("encoding", [*ENCODINGS, "gzip, gzip", "br, zstd"])
def test_a_bomb_is_stopped_with_the_reason(encoding: str, size: int) -> None:
    *outer, inner = reversed(encoding.split(", "))
    wire = bomb(inner, 20 * ALWAYS_ALLOWED if outer else 2 * ALWAYS_ALLOWED)
    for name in outer:
        wire = encode(wire, name)
    sizes: list[int] = []
    with pytest.raises(DecodeError, match=f"more than 64 MB and {MOST_TIMES} times its size on the wire"):
        sizes.extend(chunk_sizes(encoding, wire, size))
    assert max(sizes) <= AT_ONCE
    assert sum(sizes) <= max(ALWAYS_ALLOWED, MOST_TIMES * len(wire))


def test_a_bomb_whose_bang_is_on_the_inside_is_stopped() -> None:
    # Ever so many empty members: the body itself is empty, what gives it is not.
    nothing = gzip.compress(gzip.compress(b"") * (ALWAYS_ALLOWED // 20 + 1))
    with pytest.raises(DecodeError):
        decoded("gzip, gzip", [nothing])


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_what_is_large_and_no_bomb_is_decoded(encoding: str) -> None:
    # Half noise, as tokens and base64 are.
    part = random.Random(1).randbytes(1 << 18).hex().encode()
    times = ALWAYS_ALLOWED // len(part) + 5
    decoder = decoder_for(encoding)
    assert decoder is not None
    wire = encode(part, encoding)
    assert sum(len(chunk) for _ in range(times) for chunk in decoder.chunks(wire)) == len(part) * times


def zstd_with_window(size: int) -> bytes:
    """Encode text so that a decoder has to keep so many bytes."""
    parameters = zstandard.ZstdCompressionParameters(window_log=size.bit_length() - 1)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return stream.compress(TEXT) + stream.flush()


def test_the_largest_zstd_window_is_decoded() -> None:
    assert decoded("zstd", [zstd_with_window(LARGEST_WINDOW)]) == TEXT


REFUSED = {
    "an encoding that nobody knows": ("lzma", b"abc", "no decoder for it"),
    "more encodings than any body has": (", ".join(["gzip"] * (MOST_ENCODINGS + 1)), b"abc", "5 encodings"),
    "a thousand encodings": (",br" * 1000, b"abc", "1000 encodings"),
    "gzip members without end": ("gzip", gzip.compress(b"") * (MOST_MEMBERS + 1), "more than 100,000 members"),
    "zstd frames without end": ("zstd", encode(b"", "zstd") * (MOST_MEMBERS + 1), "more than 100,000 members"),
    "a zstd window that RFC 9659 forbids": ("zstd", zstd_with_window(LARGEST_WINDOW * 2), "."),
}


@pytest.mark.parametrize(("encoding", "wire", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_body_has_is_refused(encoding: str, wire: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decoded(encoding, [wire])


ENDS = {
    "gzip and a line end": ("gzip", gzip.compress(TEXT) + b"\r\n"),
    "gzip and half the mark of another member": ("gzip", gzip.compress(TEXT) + b"\x1f"),
    "gzip, something else, gzip again": ("gzip", gzip.compress(TEXT) + b"\r\n" + gzip.compress(b"more")),
    "deflate and a line end": ("deflate", zlib.compress(TEXT) + b"\r\n"),
    "deflate without its wrapper and a line end": ("deflate", raw_deflate(TEXT) + b"\r\n"),
}


@pytest.mark.parametrize("size", [1, 2, 1 << 16])
@pytest.mark.parametrize(("encoding", "wire"), ENDS.values(), ids=ENDS.keys())
def test_what_stands_behind_the_end_is_passed_over(encoding: str, wire: bytes, size: int) -> None:
    assert decoded(encoding, [wire[start : start + size] for start in range(0, len(wire), size)]) == TEXT


@pytest.mark.parametrize("header", ["", "identity", " , identity ,"])
def test_nothing_is_undone_where_nothing_was_done(header: str) -> None:
    assert decoder_for(header) is None
