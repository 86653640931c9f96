"""Edits of a timed answer: all bytes, piece borders and times that an edit does not name stay as they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from msgspec.structs import replace

from probe.replay.timed_answer import End, TimedAnswer, TimedPiece


def cut(answer: TimedAnswer, at: int, end: End = End.CUT) -> TimedAnswer:
    """Return an answer that ends at a byte."""
    pieces = tuple(piece for place, piece in _split(answer, at) if place < at)
    ended = pieces[-1].after if pieces else answer.head_after
    return replace(answer, pieces=pieces, ended_after=ended, end=end)


def replaced(answer: TimedAnswer, start: int, end: int, data: bytes) -> TimedAnswer:
    """Return an answer with other bytes in the place of a range; a piece that loses all of its own is left out."""
    pieces: list[TimedPiece] = []
    new = data
    for place, piece in _placed(answer):
        first, last = max(start - place, 0), min(end - place, len(piece.data))
        if first >= last:
            pieces.append(piece)
            continue
        made = piece.data[:first] + new + piece.data[last:]
        new = b""
        if made:
            pieces.append(piece._replace(data=made))
    return replace(answer, pieces=tuple(pieces))


def inserted(answer: TimedAnswer, data: bytes, *at: int) -> TimedAnswer:
    """Return an answer with more bytes at each of some bytes: in a piece, or as a piece of their own between two."""
    pieces: list[TimedPiece] = []
    now, left = answer.head_after, deque(sorted(at))
    for place, piece in _placed(answer):
        if left and left[0] == place:
            pieces.append(TimedPiece(now, data))
            left.popleft()
        parts, start = [], 0
        while left and left[0] < place + len(piece.data):
            end = left.popleft() - place
            parts.append(piece.data[start:end])
            start = end
        pieces.append(piece._replace(data=data.join([*parts, piece.data[start:]])))
        now = piece.after
    return replace(answer, pieces=(*pieces, *(TimedPiece(now, data) for _ in left)))


def delayed(answer: TimedAnswer, at: int, seconds: float) -> TimedAnswer:
    """Return an answer whose bytes from one on come later."""
    pieces = tuple(
        piece._replace(after=piece.after + seconds) if place >= at else piece for place, piece in _split(answer, at)
    )
    return replace(answer, pieces=pieces, ended_after=answer.ended_after + seconds)


def with_header(answer: TimedAnswer, name: str, value: str | None) -> TimedAnswer:
    """Return an answer with another value of a header; None leaves it out."""
    others = tuple(pair for pair in answer.headers if pair[0].lower() != name.lower())
    return replace(answer, headers=others if value is None else (*others, (name, value)))


def _placed(answer: TimedAnswer) -> Iterator[tuple[int, TimedPiece]]:
    """Yield the pieces, each with its place in the body."""
    place = 0
    for piece in answer.pieces:
        yield place, piece
        place += len(piece.data)


def _split(answer: TimedAnswer, at: int) -> Iterator[tuple[int, TimedPiece]]:
    """Yield the pieces with their places, the one around a byte as two."""
    for place, piece in _placed(answer):
        if place < at < place + len(piece.data):
            yield place, piece._replace(data=piece.data[: at - place])
            yield at, piece._replace(data=piece.data[at - place :])
        else:
            yield place, piece
