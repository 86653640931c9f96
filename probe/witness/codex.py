"""Read Codex's rollout files: `$CODEX_HOME/sessions/YYYY/MM/DD/rollout-*.jsonl`. Tried with 0.98.0 and 0.169.0."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from probe.renderers.blocks import Usage
from probe.witness.session import (
    ModelCall,
    Session,
    ToolUse,
    json_lines,
    number,
    parsed,
    result_text,
    seconds,
    text_of,
    texts_in,
    word,
)

FOLDER_VARIABLE = "CODEX_HOME"
USUAL_FOLDER = ".codex"
PATTERN = "sessions/**/rollout-*.jsonl"

_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
_RESULTS = frozenset({"function_call_output", "custom_tool_call_output"})
_ENVELOPES = frozenset({"world_state", "turn_context", "compacted", "inter_agent_communication_metadata"})
"""Surroundings, and what is kept of a history that was made shorter: no call of the model."""
_ITEMS = frozenset({"reasoning", "additional_tools", "ghost_snapshot"})
_EVENTS = frozenset(
    {
        "task_started", "task_complete", "turn_started", "turn_complete", "turn_aborted", "thread_settings_applied",
        "item_completed", "user_message", "agent_message", "agent_reasoning", "agent_reasoning_raw_content",
        "context_compacted", "error",
    }
)  # fmt: skip
"""What is shown to the user: the same as in the items, or states of the program."""


def read(file: Path) -> Session:
    """Return the content of a rollout file."""
    reader = _Reader(Session(file=file))
    for line, entry in json_lines(reader.session):
        reader.add(line, entry)
    return reader.session


class _Reader:
    """Reads one file; an answer's items come one by one, and then its usage, which ends it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._open: ModelCall | None = None
        self._total: Any = None
        self._has_records = False

    def add(self, line: int, entry: Mapping[str, Any]) -> None:
        kind, payload = str(entry.get("type")), entry.get("payload")
        time = seconds(entry.get("timestamp"))
        inner = str(payload.get("type")) if isinstance(payload, dict) else ""
        if not isinstance(payload, dict):
            self.session.add_unknown(f"{kind} without payload", line)
        elif kind == "session_meta":
            self._meta(payload)
        elif kind == "response_item":
            self._item(line, time, payload)
        elif kind == "token_usage_record":
            self._has_records = True
            self._end(line, time, payload.get("usage"), word(payload.get("response_id")))
        elif kind == "event_msg" and inner == "token_count":
            self._count(line, time, payload.get("info"))
        elif not (kind in _ENVELOPES or (kind == "event_msg" and inner in _EVENTS)):
            self.session.add_unknown(f"{kind} {inner}" if kind == "event_msg" else kind, line)

    def _meta(self, payload: Mapping[str, Any]) -> None:
        # A thread that goes on from another one repeats that one's line.
        if self.session.id is None:
            self.session.id, self.session.folder = word(payload.get("id")), word(payload.get("cwd"))
            self.session.version = word(payload.get("cli_version"))

    def _item(self, line: int, time: float | None, item: Mapping[str, Any]) -> None:
        kind, role = str(item.get("type")), str(item.get("role") or "")
        if kind == "message" and role == "assistant":
            self._answer(line, time).texts.append(text_of(item.get("content")))
        elif kind == "agent_message" or (kind == "message" and role in ("user", "developer", "system")):
            self.session.add_sent(line, time, text_of(item.get("content")))
        elif kind in _CALLS:
            arguments = parsed(item.get(_CALLS[kind]))
            # A tool of a namespace is called by both names on the wire.
            name = ".".join(str(item[part]) for part in ("namespace", "name") if item.get(part))
            use = ToolUse(name=name, arguments=arguments, call_id=word(item.get("call_id")))
            self._answer(line, time).tools.append(use)
        elif kind in _RESULTS:
            self.session.add_sent(line, time, _result(item.get("output")), str(item.get("call_id")))
        elif kind not in _ITEMS:
            self.session.add_unknown(f"response_item {kind} {role}".strip(), line)

    def _answer(self, line: int, time: float | None) -> ModelCall:
        if self._open is None:
            self._open = self.session.new_call(line, time)
        return self._open

    def _count(self, line: int, time: float | None, info: Any) -> None:
        # 0.98.0 repeats the last count with the next request; 0.169.0 has a record of its own for each answer.
        if self._has_records or not isinstance(info, dict) or info.get("total_token_usage") == self._total:
            return
        self._total = info.get("total_token_usage")
        self._end(line, time, info.get("last_token_usage"), None)

    def _end(self, line: int, time: float | None, usage: Any, response_id: str | None) -> None:
        call = self._answer(line, time)
        call.response_id, self._open = response_id, None
        if isinstance(usage, dict):
            call.usage = Usage(
                input=number(usage, "input_tokens"),
                output=number(usage, "output_tokens"),
                total=number(usage, "total_tokens"),
                cache_read=number(usage, "cached_input_tokens"),
                cache_write=number(usage, "cache_write_input_tokens"),
                reasoning=number(usage, "reasoning_output_tokens"),
            )


def _result(output: Any) -> str:
    """Return a result's content, which some versions put below `content`."""
    return result_text(texts_in(output.get("content") if isinstance(output, dict) else output))
