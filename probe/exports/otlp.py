"""Write a run as OpenTelemetry spans: OTLP JSON Lines, one `TracesData` with one span a line.

https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from probe.exports import gen_ai_names as names
from probe.exports.contents import Contents
from probe.exports.json_text import json_text
from probe.exports.otlp_calls import CallSpans
from probe.exports.otlp_span import Span, attributes_of, span_json, trace_id
from probe.exports.otlp_tools import ToolSpans
from probe.exports.providers import provider_of
from probe.exports.reading import ReadRun, read_run
from probe.record.files import private_file
from probe.record.manifest import project_version
from probe.record.runs import Run
from probe.report.plain_text import plural
from probe.targets.target import Target


def export(run: Run, target: Target | None, out: Path) -> list[str]:
    """Write the spans of a run; return what of the run they do not have."""
    contents = Contents()
    try:
        found = read_run(run, target, contents)
        spans = Spans(found, contents)
        with private_file(out) as file:
            for span in spans:
                file.write(json_text(spans.line(span)) + "\n")
    finally:
        contents.close()
    return [*found.not_held(), *spans.not_held()]


class Spans:
    """The spans of a run: agents first, then each call of a model with the tools that it called."""

    def __init__(self, found: ReadRun, contents: Contents) -> None:
        self._found = found
        self._threads = {thread.number: thread for thread in found.findings.threads}
        self._traces = {
            thread.number: trace_id(found.summary, number)
            for number, session in enumerate(found.findings.sessions, 1)
            for thread in session.threads
        }
        self._tools = ToolSpans(found, contents, self._traces)
        self._calls = CallSpans(found, contents, self._traces)
        self._resource = {
            "attributes": attributes_of(
                {
                    names.SERVICE_NAME: found.agent,
                    names.SERVICE_VERSION: found.agent_version,
                    names.OWN + "run": f"{run.target}/{run.name}" if (run := found.run) else None,
                    names.OWN + "record.sha256": found.summary.proof.traffic_sha256,
                }
            )
        }

    def __iter__(self) -> Iterator[Span]:
        """Yield all spans."""
        for thread in self._threads.values():
            yield self._agent(thread.number)
        for thread, turn, failed in self._found.placed():
            yield self._calls.span(thread, turn, failed=failed)
            if not failed:
                yield from self._tools.of(thread, turn)

    def line(self, span: Span) -> dict[str, Any]:
        """Return the `TracesData` with one span."""
        scope = {"name": "agent-probe", "version": project_version()}
        spans = {"scope": scope, "spans": [span_json(span)], "schemaUrl": names.SCHEMA_URL}
        return {
            "resourceSpans": [
                {"resource": self._resource, "scopeSpans": [spans], "schemaUrl": names.SCHEMA_URL},
            ]
        }

    def not_held(self) -> list[str]:
        """Return what the spans do not have, once all were made."""
        if not self._tools.without_result:
            return []
        calls = plural(self._tools.without_result, "call")
        return [f"a span for {calls} of tools, since no later request has a result by their id"]

    def _agent(self, number: int) -> Span:
        """Return the span of a thread: one agent at work in one conversation."""
        found, thread = self._found, self._threads[number]
        turns = [turn.facts for turn in thread.turns]
        name = thread.agent or found.agent
        session = next(one for one in found.findings.sessions if thread in one.threads)
        return Span(
            trace=self._traces[number],
            key=f"agent {number}",
            parent=self._tools.key_of_task(thread) or (f"agent {thread.parent}" if thread.parent else None),
            name=f"{names.INVOKE_AGENT} {name}",
            started=turns[0].started,
            ended=max(turn.ended or turn.started for turn in turns),
            attributes={
                names.OPERATION_NAME: names.INVOKE_AGENT,
                names.PROVIDER_NAME: provider_of(turns[0].origin, turns[0].api),
                names.AGENT_NAME: name,
                names.AGENT_VERSION: found.agent_version,
                names.AGENT_ID: thread.id if thread.is_sub_agent else None,
                names.CONVERSATION_ID: session.id or thread.id,
                names.REQUEST_MODEL: turns[0].model,
                names.OWN + "thread": number,
                names.OWN + "prompts": thread.prompts,
            },
        )
