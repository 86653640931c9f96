"""Make runs of calls in the Responses API, and read their facts as a report does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from probe.analysis.findings import Findings, findings_of
from probe.analysis.prices import Prices
from probe.record.exchange import Exchange
from probe.trace.facts import TurnFacts
from tests.replay.replays import SSE, post
from tests.trace.tracing import trace_of

TOOL = {"type": "function", "name": "shell", "parameters": {}}


def facts(exchanges: Iterable[Exchange], ids: Mapping[str, Sequence[str]] | None = None) -> list[TurnFacts]:
    """Return the turns of exchanges, rendered by path."""
    return trace_of(exchanges, ids).turns


def said(text: str, role: str = "user") -> dict[str, Any]:
    """Make a message."""
    return {"type": "message", "role": role, "content": text}


def ran(call: str) -> list[dict[str, Any]]:
    """Make a call of a tool and what came back."""
    return [
        {"type": "function_call", "name": "shell", "call_id": call, "arguments": "{}"},
        {"type": "function_call_output", "call_id": call, "output": "done"},
    ]


def ask(
    at: float,
    *items: Any,
    model: str = "big-1",
    tools: bool = True,
    headers: Mapping[str, str] | None = None,
    answer: Any = None,
    usage: Any = None,
    **fields: Any,
) -> Exchange:
    """Make a call of the model with its streamed answer."""
    body = {"model": model, "input": list(items), **({"tools": [TOOL]} if tools else {}), **fields}
    output = answer or [{**said("fine", "assistant"), "content": [{"type": "output_text", "text": "fine"}]}]
    end = {"id": f"r{at}", "model": model, "output": output, "usage": usage}
    events = [
        {"type": "response.created", "response": {"id": f"r{at}"}},
        {"type": "response.completed", "response": end},
    ]
    stream = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)
    exchange = post(at, stream, request=body, headers=SSE)
    exchange.request.headers.update(headers or {})
    return exchange


def found_in(exchanges: Iterable[Exchange], ids: Mapping[str, Sequence[str]] | None = None, **about: Any) -> Findings:
    """Return what a run of exchanges comes down to; `about` is what else is known of it."""
    return findings_of(trace_of(exchanges, ids), Prices(installed=False), **about)
