"""The spans of calls of a model, with what was said as the conventions' JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probe.analysis.groups import PlacedTurn, Thread
from probe.exports import gen_ai_names as names
from probe.exports.contents import Contents, by_kind
from probe.exports.otlp_span import CLIENT, Span
from probe.exports.providers import host_of, operation_of, provider_of
from probe.exports.reading import ReadRun
from probe.renderers.api import Kind, Stop
from probe.trace.facts import TurnFacts

FINISH_REASONS = {
    Stop.END: "stop",
    Stop.TOOL_CALL: "tool_call",
    Stop.LENGTH: "length",
    Stop.FILTERED: "content_filter",
    Stop.FAILED: "error",
}
"""The conventions' words; of others the API's own is kept."""


class CallSpans:
    """Makes the spans of calls."""

    def __init__(self, found: ReadRun, contents: Contents, traces: Mapping[int, str]) -> None:
        self._found, self._contents, self._traces = found, contents, traces
        self._sessions = {
            thread.number: session.id for session in found.findings.sessions for thread in session.threads
        }

    def span(self, thread: Thread, turn: PlacedTurn, *, failed: bool) -> Span:
        """Return the span of a call; `failed` says that it was tried again."""
        facts = turn.facts
        operation = operation_of(facts.api)
        return Span(
            trace=self._traces[thread.number],
            key=f"turn {facts.line} {facts.part}",
            parent=f"agent {thread.number}",
            name=f"{operation} {facts.model}" if facts.model else operation,
            kind=CLIENT,
            started=facts.started,
            ended=facts.ended or facts.started,
            attributes={
                names.OPERATION_NAME: operation,
                **self._request(facts),
                **_response(facts),
                **_usage(facts),
                names.CONVERSATION_ID: self._sessions[thread.number] or thread.id,
                names.RESPONSE_TIME_TO_FIRST_CHUNK: self._time_to_first_chunk(facts),
                **self._content(facts),
                **self._own(thread, turn, failed=failed),
            },
            error=_error(facts),
        )

    def _request(self, facts: TurnFacts) -> dict[str, Any]:
        host, port = host_of(facts.origin)
        return {
            names.PROVIDER_NAME: provider_of(facts.origin, facts.api),
            names.REQUEST_MODEL: facts.model,
            names.REQUEST_STREAM: facts.number in self._contents.streamed or None,
            names.REQUEST_MAX_TOKENS: facts.most_output,
            names.SERVER_ADDRESS: host,
            names.SERVER_PORT: port,
            **self._contents.settings(facts),
        }

    def _time_to_first_chunk(self, facts: TurnFacts) -> float | None:
        streamed = facts.number in self._contents.streamed
        return round(facts.first_part - facts.started, 6) if streamed and facts.first_part else None

    def _content(self, facts: TurnFacts) -> dict[str, Any]:
        """Return what was said, each as one JSON text, which is how the conventions' own library writes it in spans."""
        sent = by_kind(facts, self._found.findings.trace.items.known)
        texts = self._contents.texts
        answer, tools = self._contents.answer_text(facts), self._contents.tools_text(facts.items)
        reason = finish_reason(facts) or "error"
        return {
            names.SYSTEM_INSTRUCTIONS: texts(sent[Kind.INSTRUCTIONS]) if sent[Kind.INSTRUCTIONS] else None,
            names.INPUT_MESSAGES: texts(sent[Kind.MESSAGE]) if sent[Kind.MESSAGE] else None,
            names.TOOL_DEFINITIONS: tools if tools != "[]" else None,
            names.OUTPUT_MESSAGES: f'[{{"role":"assistant","parts":{answer},"finish_reason":"{reason}"}}]'
            if answer != "[]"
            else None,
        }

    def _own(self, thread: Thread, turn: PlacedTurn, *, failed: bool) -> dict[str, Any]:
        """Return what the conventions have no name for, under names of our own."""
        facts, price = turn.facts, self._found.findings.costs.prices[turn.index]
        bodies = self._found.pointers.turns[facts.line, facts.part]
        own = {
            "turn": self._found.findings.numbers[turn.index],
            "thread": thread.number,
            "purpose": turn.purpose,
            "failed_try": failed or None,
            "complete": facts.complete,
            "stop_word": facts.stop_word,
            "status": facts.status,
            "cost_usd": float(price.dollars) if price else None,
            "record.line": facts.line,
            "record.request": bodies.request,
            "record.request.sha256": bodies.request_sha256,
            "record.response": bodies.response,
            "record.response.sha256": bodies.response_sha256,
        }
        return {names.OWN + name: value for name, value in own.items()}


def _response(facts: TurnFacts) -> dict[str, Any]:
    reason = finish_reason(facts)
    return {
        names.RESPONSE_ID: facts.response_id,
        names.RESPONSE_MODEL: facts.answered_by,
        names.RESPONSE_FINISH_REASONS: [reason] if reason else None,
        names.ERROR_TYPE: error_type(facts),
    }


def _usage(facts: TurnFacts) -> dict[str, Any]:
    """Return the tokens; the input has those of the cache in it, as the conventions want it of every API."""
    usage = facts.usage
    if usage is None:
        return {}
    return {
        names.USAGE_INPUT_TOKENS: usage.input,
        names.USAGE_OUTPUT_TOKENS: usage.output,
        names.USAGE_CACHE_READ: usage.cache_read,
        names.USAGE_CACHE_CREATION: usage.cache_write,
        names.USAGE_REASONING: usage.reasoning,
        names.OWN + "usage.total_tokens": usage.total,
    }


def finish_reason(facts: TurnFacts) -> str | None:
    """Return why an answer ended, in the conventions' word; None where the API gave no reason."""
    if facts.stop is None:
        return None
    return FINISH_REASONS.get(facts.stop) or facts.stop.value


def error_type(facts: TurnFacts) -> str | None:
    """Return what kind of error a call ended with; None where it ended well."""
    if facts.status is None:
        return "no_response"
    if facts.status >= 400:
        return str(facts.status)
    if facts.stop is Stop.FAILED or facts.problem:
        return "api_error"
    return None if facts.complete else "cut_short"


def _error(facts: TurnFacts) -> str | None:
    kind = error_type(facts)
    return None if kind is None else facts.problem or facts.incomplete or kind.replace("_", " ")
