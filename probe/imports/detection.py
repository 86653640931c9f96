"""Find out what a file is, by its content."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from msgspec import Raw

from probe.errors import UserError
from probe.imports.decoding import LONGEST, decoded

_HEAD = 1 << 16
_BEGINS = {
    b"\x1f\x8b": "it is compressed with gzip: decompress it first",
    b"\x28\xb5\x2f\xfd": "it is compressed with zstd: decompress it first",
    b"PK\x03\x04": "it is a zip archive: unpack it first",
    b"x\xda": "it is a compressed HAR (.zhar): save it as .har",
    b"SQLite format 3": "it is a database: export a session of it first (claude-tap: its dashboard saves JSONL)",
}
_PICKLE = re.compile(rb"\x80[\x02-\x05]")


_NAMES = {
    "har": "a HAR",
    "flows": "a file of mitmproxy's flows",
    "claude-trace": "a file of claude-trace",
    "claude-tap": "a file of claude-tap",
}


def import_hint(path: Path) -> str | None:
    """Return how a file of another tool is read; None for any other file."""
    try:
        found = format_of(path)
    except (UserError, OSError):
        return None
    return f"it is {_NAMES[found]}: invoke import {shlex.quote(str(path))}"


def format_of(path: Path) -> str:
    """Return the format of a file: har, flows, claude-trace or claude-tap. Raises UserError."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0)
        if not head:
            raise UserError(f"{path}: the file is empty", "name a file that holds something")
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if re.match(rb"\d{1,12}:", head):
            return "flows"
        if not text.startswith(b"{"):
            raise _unknown(path, head)
        if re.match(rb'\{\s*"log"\s*:', text):
            return "har"
        line = file.readline(LONGEST)
    found = _of_line(path, line.removeprefix(b"\xef\xbb\xbf")) or ("har" if b'"log"' in head else None)
    if found is None:
        raise _unknown(path, head)
    return found


def _of_line(path: Path, line: bytes) -> str | None:
    """Return the format of a file of JSON lines by its first; None where it is none. Raises UserError."""
    try:
        # Members alone: their values may take far more memory than the line.
        value = decoded(line, dict[str, Raw])
        request = decoded(value["request"], dict[str, Raw]) if "request" in value else {}
    except ValueError:
        return None
    if "__claude_tap_compact_trace__" in value:
        raise UserError(
            f"{path}: a compact bundle of claude-tap", "its dashboard saves a session as JSONL: import that"
        )
    if not request:
        return None
    if "logged_at" in value or ("timestamp" in request and "url" in request):
        return "claude-trace"
    if "path" in request:
        return "claude-tap"
    if "url" in request:
        hint = f"read it as it is: invoke analyze --input {path}"
        raise UserError(f"{path}: a record of agent-probe's own form", hint)
    return None


def _unknown(path: Path, head: bytes) -> UserError:
    why = next((text for begin, text in _BEGINS.items() if head.startswith(begin)), None)
    if _PICKLE.match(head):
        why = "it is a pickle of Python, which is never read: it may run any code"
    hint = why or "import reads: HAR, flows of mitmproxy, JSON lines of claude-trace or claude-tap; name it with --from"
    return UserError(f"{path}: no known format (it begins with {head[:20]!r})", hint)
