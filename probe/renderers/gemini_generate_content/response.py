"""Tell an answer: a stream of events, an array, one JSON object, or an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.renderers import generic
from probe.renderers.blocks import Block, EventCounts, Failure, Incomplete, Note, Raw, Settings, Text
from probe.renderers.errors import error_blocks
from probe.renderers.gemini_generate_content.answer import Answer, Candidate
from probe.renderers.gemini_generate_content.content import parts_blocks
from probe.renderers.gemini_generate_content.pieces import Pieces, pieces_of
from probe.renderers.markdown import markdown
from probe.renderers.parts import rest
from probe.renderers.usage import gemini_generate_content

# What `Usage` tells as it was sent; what tools' prompts took is told besides, since it is part of a sum there.
_TOLD = (
    *("promptTokenCount", "candidatesTokenCount", "totalTokenCount"),
    *("cachedContentTokenCount", "thoughtsTokenCount"),
)


def format_response_body(body: Any, status_code: int | None) -> str:
    """Write a response's body as Markdown."""
    return markdown(response_blocks(body, status_code))


def response_blocks(body: Any, status_code: int | None) -> Iterator[Block]:
    """Tell a response; what is none of this API's is told as it is."""
    pieces = pieces_of(body)
    answer = answer_of(pieces)
    if not _is_ours(answer, pieces):
        yield from error_blocks(body, status_code) or generic.response_blocks(body, status_code)
        return
    if pieces.kind == "stream":
        size = len(body.encode("utf-8", "surrogatepass"))
        yield EventCounts(size=size, counts=tuple(pieces.counts.items()), comments=pieces.comments)
    elif pieces.kind == "array" and not answer.errors:
        yield Note(text=f"Streamed as a JSON array, without alt=sse: {len(pieces.values):,} pieces.")
    yield from _told(answer)
    if answer.odd:
        pieces_told = "a piece" if len(answer.odd) == 1 else f"{len(answer.odd):,} pieces"
        yield Raw(reason=f"{pieces_told} of the answer", value=answer.odd if len(answer.odd) > 1 else answer.odd[0])
    if pieces.unfinished:
        yield Text(text=pieces.unfinished, label="Unfinished piece")
    if not pieces.closed or (pieces.kind == "stream" and not answer.ended):
        yield Note(text="The answer was cut short: nothing told its end.")


def answer_of(pieces: Pieces) -> Answer:
    """Put the pieces of an answer together."""
    answer = Answer()
    for piece in pieces.values:
        answer.add(piece)
    return answer


def _is_ours(answer: Answer, pieces: Pieces) -> bool:
    if pieces.kind == "stream":
        return answer.known or not pieces.values
    return bool(answer.candidates or answer.feedback or answer.usage or answer.errors)


def _told(answer: Answer) -> Iterator[Block]:
    if pairs := answer.values.pairs():
        yield Settings(pairs=pairs)
    for index, candidate in answer.candidates.items():
        if len(answer.candidates) > 1 or index != 0:
            yield Note(text=f"Candidate {index} of {len(answer.candidates)}:")
        yield from _candidate(candidate)
    yield from _feedback(answer.feedback)
    for error in answer.errors:
        yield _failure(error)
    if answer.usage:
        yield gemini_generate_content(answer.usage)
        yield from rest({name: _by_modality(value) for name, value in answer.usage.items()}, *_TOLD)


def _candidate(candidate: Candidate) -> Iterator[Block]:
    yield from parts_blocks(candidate.parts(), label="Output text")
    values, reason = candidate.values, candidate.finish_reason
    ended = reason not in (None, "STOP")
    if pairs := values.pairs("finishReason", "finishMessage" if ended else ""):
        yield Settings(pairs=pairs)
    if ended:
        message = values.last("finishMessage")
        yield Incomplete(reason=f"{reason}: {message}" if message else str(reason))


def _feedback(feedback: dict[str, Any]) -> Iterator[Block]:
    """Tell what the API found in the prompt; it gives no answer to one that it blocks."""
    reason, message = feedback.get("blockReason"), feedback.get("blockReasonMessage")
    if reason:
        yield Incomplete(reason=f"the prompt was blocked: {reason}" + (f": {message}" if message else ""))
    yield from rest(feedback, *(("blockReason", "blockReasonMessage") if reason else ()))


def _by_modality(value: Any) -> Any:
    """Give token counts by modality in short: {"TEXT": 12}; anything else as it is."""
    if not isinstance(value, list) or not all(_is_count(one) for one in value):
        return value
    short = {one["modality"]: one["tokenCount"] for one in value}
    return short if len(short) == len(value) else value


def _is_count(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"modality", "tokenCount"} and isinstance(value["modality"], str)


def _failure(error: Any) -> Failure:
    fields = error if isinstance(error, dict) else {"message": error}
    code = " ".join(str(fields[name]) for name in ("code", "status") if fields.get(name) not in (None, ""))
    others = any(value not in (None, []) for name, value in fields.items() if name not in ("message", "code", "status"))
    message = str(fields.get("message") or "no message")
    return Failure(message=message, code=code or None, detail=error if others else None)
