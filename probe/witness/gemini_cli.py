"""Read gemini-cli's chats: `~/.gemini/tmp/<project>/chats/session-*.jsonl`, before that `.json`. Tried with 0.61.0."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from probe.renderers.blocks import Usage
from probe.witness.session import Session, ToolUse, json_lines, number, objects, result_text, seconds, text_of, word

FOLDER_VARIABLE = "GEMINI_CLI_HOME"
USUAL_FOLDER = ""
PATTERN = ".gemini/tmp/*/chats/**/session-*.json*"

_MESSAGES = frozenset({"user", "gemini"})
_SHOWN = frozenset({"info", "error", "warning"})
"""What it shows to the user alone."""
_SETTABLE = frozenset({"messages", "lastUpdated", "summary", "directories", "kind"})


def read(file: Path) -> Session:
    """Return the content of a chat."""
    session = Session(file=file)
    messages: dict[str, tuple[int, Mapping[str, Any]]] = {}
    # A message is written again when its tools have ended; the last form counts.
    for line, message in _messages(session):
        kind = str(message.get("type"))
        if kind in _MESSAGES:
            messages[str(message.get("id"))] = (line, message)
        elif kind not in _SHOWN:
            session.add_unknown(kind, line)
    for line, message in messages.values():
        _add(session, line, message)
    return session


def _messages(session: Session) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if session.file.suffix == ".json":
        yield from _whole(session)
        return
    for line, entry in json_lines(session):
        changes = entry.get("$set")
        if "sessionId" in entry:
            _head(session, entry)
        elif isinstance(changes, dict) and changes.keys() <= _SETTABLE:
            yield from ((line, message) for message in objects(changes.get("messages")))
        elif "type" in entry:
            yield line, entry
        else:
            session.add_unknown(" ".join(changes.keys() if isinstance(changes, dict) else entry), line)


def _whole(session: Session) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the messages of a file that is one JSON value."""
    try:
        whole = json.loads(session.file.read_bytes())
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict):
        session.add_unknown("file that is no JSON object", 1)
        return
    _head(session, whole)
    yield from ((1, message) for message in objects(whole.get("messages")))


def _head(session: Session, head: Mapping[str, Any]) -> None:
    session.id = word(head.get("sessionId"))
    # Two folders above, a file names the project's folder.
    root = session.file.parents[1] / ".project_root"
    session.folder = root.read_text().strip() if root.is_file() else None


def _add(session: Session, line: int, message: Mapping[str, Any]) -> None:
    kind, content, time = message.get("type"), message.get("content"), seconds(message.get("timestamp"))
    if kind == "gemini":
        call = session.new_call(line, time)
        call.texts += [text] if (text := text_of(content)) else []
        tokens = message.get("tokens")
        call.usage = _usage(tokens) if isinstance(tokens, dict) else None
        for use in objects(message.get("toolCalls")):
            name = str(use.get("name"))
            call_id = str(use.get("id")).removeprefix(f"{name}__")
            call.tools.append(ToolUse(name=name, arguments=use.get("args"), call_id=call_id))
    else:
        _sent(session, line, time, content)


def _sent(session: Session, line: int, time: float | None, content: Any) -> None:
    """Add what the user said, and the results of tools."""
    parts = [{"text": content}] if isinstance(content, str) else objects(content)
    for part in parts:
        result = part.get("functionResponse")
        if isinstance(result, dict):
            response, prefix = result.get("response"), f"{result.get('name')}__"
            fields = response if isinstance(response, dict) else {}
            known = [fields[name] for name in ("output", "error") if name in fields]
            session.add_sent(line, time, result_text(known or [response]), str(result.get("id")).removeprefix(prefix))
        elif isinstance(part.get("text"), str):
            session.add_sent(line, time, part["text"])
        elif not part.keys() & {"inlineData", "fileData"}:
            session.add_unknown(f"user content {' '.join(part)}", line)


def _usage(tokens: Mapping[str, Any]) -> Usage:
    return Usage(
        input=number(tokens, "input", "tool"),
        output=number(tokens, "output", "thoughts"),
        total=number(tokens, "total"),
        cache_read=number(tokens, "cached"),
        reasoning=number(tokens, "thoughts"),
    )
