"""Answers, whole or streamed: their parts, stop reason and usage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from probe.renderers.api import Answer, Part, Stop
from probe.renderers.blocks import Block, Failure, Incomplete, Note
from probe.renderers.errors import error_blocks
from probe.renderers.fields import Fields
from probe.renderers.gemini_generate_content.content import part_blocks
from probe.renderers.gemini_generate_content.made_answer import MadeAnswer, MadeCandidate
from probe.renderers.gemini_generate_content.names import spelled
from probe.renderers.parts import usage_blocks
from probe.renderers.usage import gemini_generate_content

_FILTERED = ("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR")
_FAILED = ("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE")
_STOPS = {
    "STOP": Stop.END,
    "MAX_TOKENS": Stop.LENGTH,
    "CONTINUATION": Stop.PAUSED,
    **dict.fromkeys((*_FILTERED, *(f"IMAGE_{word}" for word in _FILTERED)), Stop.FILTERED),
    **dict.fromkeys((*_FAILED, "MALFORMED_RESPONSE", "NO_IMAGE", "IMAGE_OTHER"), Stop.FAILED),
}
# `traceId` and the credits are Code Assist's.
_ANSWER = frozenset(
    {
        *("modelVersion", "responseId", "createTime", "modelStatus", "automaticFunctionCallingHistory", "parsed"),
        *("sdkHttpResponse", "traceId", "consumedCredits", "remainingCredits"),
    }
)
_CANDIDATE = frozenset(
    {
        *("finishReason", "finishMessage", "safetyRatings", "citationMetadata", "groundingMetadata", "tokenCount"),
        *("avgLogprobs", "logprobsResult", "urlContextMetadata", "groundingAttributions", "continuationToken", "role"),
    }
)
_OTHER_COUNTS = (
    *("toolUsePromptTokenCount", "promptTokensDetails", "cacheTokensDetails", "candidatesTokensDetails"),
    *("toolUsePromptTokensDetails", "thoughtsTokensDetails", "trafficType", "serviceTier"),
)
"""Other documented counts; that of the tools' prompts is also part of a sum in `Usage`."""


def whole_answer(body: Any, status: int | None) -> Answer | None:
    """Return the answer or the error in a whole body; None for any other body."""
    made = MadeAnswer()
    wrapped = isinstance(body, dict) and isinstance(body.get("response"), dict) and "candidates" not in body
    made.add(body, "response." if wrapped else "")
    if made.candidates or made.feedback or made.usage or made.errors:
        return answer_of(made)
    errors = error_blocks(body, status)
    return Answer(after=tuple(errors)) if errors else None


def response_blocks(body: Any, status: int | None) -> list[Block] | None:
    """Return the blocks of counted tokens, or of an error; None for any other body."""
    fields = Fields(spelled(body))
    if "totalTokens" in fields:
        names = ("totalTokens", "totalBillableCharacters", "cachedContentTokenCount", "promptTokensDetails")
        return [*fields.rest(*names, "cacheTokensDetails", "sdkHttpResponse")]
    answer = whole_answer(body, status)
    return list(answer.blocks) if answer else None


def answer_of(made: MadeAnswer, after: Sequence[Block] = (), *, ended: bool = True, known: bool = True) -> Answer:
    """Return an answer made of its pieces."""
    usage = {name: _by_modality(value) for name, value in made.usage.items()} or None
    counts, shown = usage_blocks(usage, gemini_generate_content, _OTHER_COUNTS)
    candidates = list(made.candidates.items())
    alone = len(candidates) == 1 and candidates[0][0] == 0
    first = candidates[0][1] if candidates else None
    word = made.block_reason or (first.finish_reason if first else None)
    parts = [part for index, one in candidates for part in _parts("" if alone else f"Candidate {index}", one)]
    ends = [block for index, one in candidates for block in _end("" if alone else f"Candidate {index}", one)]
    sent_back = [part.built() for part in first.parts] if first else []
    model, response_id = made.values.last("modelVersion"), made.values.last("responseId")
    return Answer(
        parts=tuple(parts),
        before=tuple(made.values.blocks(_ANSWER)),
        after=(*ends, *_feedback(made), *map(_failure, made.errors), *shown, *after),
        model=model if isinstance(model, str) else None,
        response_id=response_id if isinstance(response_id, str) else None,
        stop=_stop(made, first, word) if isinstance(word, str) else None,
        stop_word=word if isinstance(word, str) else None,
        usage=counts,
        ended=ended,
        known=known,
        sent_back=({"role": "model", "parts": sent_back},) if sent_back else (),
    )


def _stop(made: MadeAnswer, first: MadeCandidate | None, word: str) -> Stop:
    if made.block_reason:
        return Stop.FILTERED
    stop = _STOPS.get(word, Stop.OTHER)
    # The API has no separate word for it.
    calls = first is not None and any("functionCall" in spelled(part.built()) for part in first.parts)
    return Stop.TOOL_CALL if stop is Stop.END and calls else stop


def _parts(title: str, candidate: MadeCandidate) -> Iterator[Part]:
    """Yield the parts of a candidate; the first of them names it where there are several."""
    note = (Note(text=f"{title}:"),) if title else ()
    for part in candidate.parts:
        if blocks := tuple(part_blocks(part.built(), "Output text")):
            yield Part(source=part.source, blocks=(*note, *blocks))
            note = ()


def _end(title: str, candidate: MadeCandidate) -> Iterator[Block]:
    values, reason = candidate.values, candidate.finish_reason
    unusual = reason not in (None, "STOP")
    blocks = list(values.blocks(_CANDIDATE, "finishReason", "finishMessage" if unusual else "finishReason"))
    if unusual:
        message = values.last("finishMessage")
        blocks.append(Incomplete(reason=f"{reason}: {message}" if message else str(reason)))
    if title and (blocks or not candidate.parts):
        yield Note(text=f"{title} ended:")
    yield from blocks


def _feedback(made: MadeAnswer) -> Iterator[Block]:
    """Yield what the API found in the prompt; a blocked prompt gets no answer."""
    for feedback in made.feedback:
        fields = Fields(feedback)
        if reason := fields.take("blockReason"):
            message = fields.take("blockReasonMessage")
            yield Incomplete(reason=f"the prompt was blocked: {reason}" + (f": {message}" if message else ""))
        yield from fields.rest("safetyRatings", "blockReasonMessage")


def _by_modality(value: Any) -> Any:
    """Return token counts by modality in short: {"TEXT": 12}; anything else as it is."""
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
