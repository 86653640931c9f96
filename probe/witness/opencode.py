"""Read opencode's store: the SQLite file `~/.local/share/opencode/opencode.db`. Tried with 1.18.33.

The line of an entry is the number of its row in the order in which a session's parts were made.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from probe.errors import UserError
from probe.renderers.blocks import Usage
from probe.witness.session import ModelCall, Session, ToolUse, number, result_text, seconds

FOLDER_VARIABLE = "XDG_DATA_HOME"
USUAL_FOLDER = ".local/share"
PATTERN = "opencode/opencode*.db"

_SESSIONS = "SELECT id, directory, version FROM session WHERE time_updated >= ?"
_PARTS = """SELECT message.data, part.data, part.time_created FROM part JOIN message ON message.id = part.message_id
WHERE part.session_id = ? ORDER BY message.time_created, message.id, part.id"""
_KNOWN = frozenset({"reasoning", "snapshot", "patch", "file", "agent", "retry", "compaction", "subtask"})
"""Parts that are neither said nor called by the model, or that the comparison leaves out."""


def read_since(file: Path, since: float) -> list[Session]:
    """Return the sessions of a store that were changed since a time. Raises UserError for a file of another form."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as database:
            return [_session(database, file, *row) for row in database.execute(_SESSIONS, (since * 1000,))]
    except sqlite3.Error as error:
        raise UserError(f"{file}: not a store that this version can read: {error}") from error


def _session(database: sqlite3.Connection, file: Path, name: str, folder: str, version: str) -> Session:
    session = Session(file=file, id=name, folder=folder, version=version)
    reader = _Reader(session)
    for line, (message, part, created) in enumerate(database.execute(_PARTS, (name,)), 1):
        reader.add(line, seconds(created), _object(message), _object(part))
    return session


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"type": "row that is no JSON object"}


class _Reader:
    """Reads the parts of one session; a step is one answer of the model."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._call: ModelCall | None = None

    def add(self, line: int, time: float | None, message: Mapping[str, Any], part: Mapping[str, Any]) -> None:
        kind, role = part.get("type"), message.get("role")
        if role == "user" and kind == "text":
            self.session.add_sent(line, time, str(part.get("text")))
        elif role == "assistant" and kind == "step-start":
            self._call = self.session.new_call(line, time)
        elif role == "assistant" and kind in ("text", "tool", "step-finish"):
            call = self._call = self._call or self.session.new_call(line, time)
            for_kind = {"text": self._text, "tool": self._tool, "step-finish": self._finish}
            for_kind[kind](line, time, call, part)
        elif kind not in _KNOWN:
            self.session.add_unknown(f"{role} part {kind}", line)

    def _text(self, line: int, time: float | None, call: ModelCall, part: Mapping[str, Any]) -> None:
        call.texts.append(str(part.get("text")))

    def _tool(self, line: int, time: float | None, call: ModelCall, part: Mapping[str, Any]) -> None:
        state = part.get("state")
        state = state if isinstance(state, dict) else {}
        call_id = str(part.get("callID"))
        call.tools.append(ToolUse(name=str(part.get("tool")), arguments=state.get("input"), call_id=call_id))
        output = state.get("output", state.get("error"))
        if isinstance(output, str):
            self.session.add_sent(line, time, result_text([output]), call_id)

    def _finish(self, line: int, time: float | None, call: ModelCall, part: Mapping[str, Any]) -> None:
        tokens = part.get("tokens")
        if isinstance(tokens, dict):
            cache = tokens.get("cache")
            counted = tokens | {
                f"cache {name}": one for name, one in (cache if isinstance(cache, dict) else {}).items()
            }
            call.usage = Usage(
                input=number(counted, "input", "cache read", "cache write"),
                output=number(counted, "output", "reasoning"),
                total=number(counted, "total"),
                cache_read=number(counted, "cache read"),
                cache_write=number(counted, "cache write"),
                reasoning=number(counted, "reasoning"),
            )
        self._call = None
