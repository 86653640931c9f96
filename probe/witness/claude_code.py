"""Read Claude Code's transcripts: `~/.claude/projects/<folder>/<session>.jsonl`. Tried with 2.1.329."""

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
    objects,
    result_text,
    seconds,
    texts_in,
    word,
)

FOLDER_VARIABLE = "CLAUDE_CONFIG_DIR"
USUAL_FOLDER = ".claude"
PATTERN = "projects/**/*.jsonl"

_KNOWN = frozenset(
    {
        "queue-operation", "attachment", "atis-latch", "api-request-shape", "api-request-blob", "api-request",
        "tools-used", "last-prompt", "cost-state", "summary", "system", "progress", "file-history-snapshot",
        "custom-title", "ai-title", "agent-name", "mode", "permission-mode",
    }
)  # fmt: skip
"""States of the program and what it adds to a request: no call of the model."""
_LOCAL_MODEL = "<synthetic>"
"""The model that it names for a text of its own, say of an error."""


def read(file: Path) -> Session:
    """Return the content of a transcript."""
    session, answers = Session(file=file), dict[str, ModelCall]()
    for line, entry in json_lines(session):
        kind, message, time = str(entry.get("type")), entry.get("message"), seconds(entry.get("timestamp"))
        session.id = session.id or word(entry.get("agentId")) or word(entry.get("sessionId"))
        session.folder = session.folder or word(entry.get("cwd"))
        session.version = word(entry.get("version")) or session.version
        if kind == "assistant" and isinstance(message, dict):
            if message.get("model") != _LOCAL_MODEL:
                _answer(session, answers, line, time, message)
        elif kind == "user" and isinstance(message, dict):
            _sent(session, line, time, message.get("content"))
        elif kind not in _KNOWN:
            session.add_unknown(kind, line)
    return session


def _answer(
    session: Session, answers: dict[str, ModelCall], line: int, time: float | None, message: Mapping[str, Any]
) -> None:
    """Add a piece of an answer: each of its blocks has a line of its own."""
    name = str(message.get("id"))
    call = answers.get(name)
    if call is None:
        call = answers[name] = session.new_call(line, time, name)
    if isinstance(usage := message.get("usage"), dict):
        # Each line has the count of its time; the last one that of the whole answer.
        call.usage = _usage(usage)
    for block in objects(message.get("content")):
        match block.get("type"):
            case "text":
                call.texts.append(str(block.get("text")))
            case "tool_use":
                use = ToolUse(name=str(block.get("name")), arguments=block.get("input"), call_id=word(block.get("id")))
                call.tools.append(use)
            case "thinking" | "redacted_thinking":
                pass
            case other:
                session.add_unknown(f"assistant content {other}", line)


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("output_tokens_details")
    return Usage(
        input=number(usage, "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"),
        output=number(usage, "output_tokens"),
        total=None,
        cache_read=number(usage, "cache_read_input_tokens"),
        cache_write=number(usage, "cache_creation_input_tokens"),
        reasoning=number(details, "thinking_tokens") if isinstance(details, dict) else None,
    )


def _sent(session: Session, line: int, time: float | None, content: Any) -> None:
    """Add what the user said, and the results of tools."""
    if isinstance(content, str):
        session.add_sent(line, time, content)
        return
    for block in objects(content):
        match block.get("type"):
            case "text":
                session.add_sent(line, time, str(block.get("text")))
            case "tool_result":
                session.add_sent(line, time, result_text(texts_in(block.get("content"))), str(block.get("tool_use_id")))
            case "image" | "document":
                pass
            case other:
                session.add_unknown(f"user content {other}", line)
