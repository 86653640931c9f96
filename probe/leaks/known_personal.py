"""What is known to be personal in an original run, collected apart from the redactor: a copy must hold none of it."""

from __future__ import annotations

import base64
import getpass
import json
import re
import socket
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from probe.leaks.readings import Reading, of_record, of_text
from probe.leaks.record_lines import lines_of
from probe.record.runs import Run

_SHORTEST = 4
_SHORTEST_BASE64 = 8
# A report may cut a pseudonym off.
_MADE_UP = r"(?:user|name|host|folder|words|email)-[0-9a-f]{0,8}(?:[^0-9a-f].*)?|.*facade[0-9a-f]{2}.*"
_LOOKS_MADE_UP = re.compile(_MADE_UP, re.DOTALL)
_EVERYBODY = re.compile(
    r"(?i)root|user(?:name)?|admin|runner|ubuntu|debian|node|vscode|demo|test(?:er|ing)?|example|agent|work|home|nobody|"
    r"localhost(?:\..*)?|vm|docker|main|claude|codex|gemini|copilot|name|you|shared|guest|public|default|sample|linuxbrew|"
    r"foo|me|host|dev|app|git|code|system|string|workspace|postgres|service|server|developer"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[A-Za-z]{2,10}\b")
_HOME = re.compile(r"(?:/home/|/Users/|[A-Z]:\\+Users\\+)([\w.-]{2,64})")
_SIGNED = re.compile(r"(?m)^\s*(?:Author|Commit(?:ter)?|Signed-off-by|Co-authored-by): ([^<\n]{3,60}) <([^>\n]+)>")
_ADDRESSED = re.compile(r"\b([A-Z]\w{1,30} [A-Z]\w{1,30}) <([^<>\s]{1,64}@[^<>\s]{3,99})>")
_OWNED = re.compile(r"(?i)(?:account|org|organization|user|session|device|installation|machine)[_-]?(?:uu)?id")
_RANDOM = re.compile(r"(?=.*\d)[0-9A-Za-z-]{16,80}")
_NOBODY = r"(?:no-?reply|git|hg|you|your\W.*|user|name|example|someone|me|email|test|foo|bar)@.*"
_NOWHERE = r".*@(?:.*\.)?(?:example\.\w+|example|test|invalid|localhost|company\.com|domain\.com|email\.com)"
_PUBLIC_MAIL = re.compile(rf"(?i)(?:{_NOBODY}|{_NOWHERE})")
_FILE_END = re.compile(r".*\.(?:py|js|ts|json|md|png|jpg|svg|yaml|yml|toml|txt|html|css|sh|rs|go|lock)")


class Known(NamedTuple):
    """A value that a shared run must not hold."""

    kind: str
    value: str

    def is_in(self, lower: str) -> bool:
        """Check whether a text in lower case holds it, as a word of its own where it is short."""
        value = self.value.lower()
        place = lower.find(value)
        while place >= 0:
            end = place + len(value)
            if len(value) >= 8 or not (lower[place - 1 : place].isalnum() or lower[end : end + 1].isalnum()):
                return True
            place = lower.find(value, place + 1)
        return False

    def is_cut_in(self, lower: str) -> bool:
        """Check whether a part of it is next to `…` in a text in lower case."""
        value, least = self.value.lower(), max(_SHORTEST, len(self.value) // 2)
        parts = lower.split("…")
        ends = [*(one[-len(value) :][::-1] for one in parts[:-1]), *(one[: len(value)] for one in parts[1:])]
        backwards = [True] * (len(parts) - 1) + [False] * (len(parts) - 1)
        return any(
            (value[::-1] if back else value).find(end[:size]) >= 0
            for end, back in zip(ends, backwards, strict=True)
            for size in range(least, min(len(value), len(end)) + 1)
        )

    def in_base64(self) -> list[str]:
        """Return what each base64 of a text with this value holds."""
        data = self.value.encode()
        if len(data) < _SHORTEST_BASE64:
            return []
        # The first and the last characters also hold bits of what is around the value.
        encoded = [base64.b64encode(b" " * shift + data + b" " * 3).decode() for shift in range(3)]
        cores = [text[2 + 2 * shift : (shift + len(data)) * 4 // 3] for shift, text in enumerate(encoded)]
        return cores + [core.replace("+", "-").replace("/", "_") for core in cores]


def known_of(run: Run, also: Iterable[str] = ()) -> list[Known]:
    """Return what is known to be personal in a run: of its manifest, of this machine, and of its record."""
    found = [Known("word to hide", word) for word in also]
    found += [*_of_manifest(run), *_of_machine()]
    for number, line in lines_of(run.traffic):
        found += _of_members(line)
        for reading in of_record(number, line):
            found += _of_reading(reading)
    return sorted({one for one in found if one.kind == "word to hide" or _tells_something(one)})


def _tells_something(known: Known) -> bool:
    value = known.value
    plain = len(value) < _SHORTEST or _EVERYBODY.fullmatch(value) or _LOOKS_MADE_UP.fullmatch(value)
    return not plain and "REDACTED" not in value


def _of_manifest(run: Run) -> Iterator[Known]:
    facts = run.manifest.facts
    for path in filter(None, (facts.folder, *facts.folders.values())):
        yield from _of_path(path)
    if run.manifest.path.exists():
        for reading in of_text("", run.manifest.path.read_text("utf-8", "replace")):
            yield from _of_reading(reading)


def _of_path(path: str) -> Iterator[Known]:
    parts = Path(path).parts
    for user in _HOME.findall(path):
        yield Known("user", user)
        if not _EVERYBODY.fullmatch(user):
            yield Known("folder", path)
    if len(parts) > 3 and not any(part.startswith(("folder-", "user-")) for part in parts):
        yield Known("folder", path)


def _of_machine() -> Iterator[Known]:
    yield Known("host", socket.gethostname())
    try:
        yield Known("user", getpass.getuser())
        asked = ["git", "config", "--global", "user.email"]
        yield Known(
            "email", subprocess.run(asked, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
        )
    except (OSError, KeyError, subprocess.TimeoutExpired):
        return


def _of_reading(reading: Reading) -> Iterator[Known]:
    text = reading.text
    yield from (Known("email", one) for one in emails(text))
    yield from (Known("home folder", match[0]) for match in homes(text))
    if "<" in text and "@" in text:
        for name, mail in (*_SIGNED.findall(text), *_ADDRESSED.findall(text)):
            if not _PUBLIC_MAIL.fullmatch(mail):
                yield Known("name", name.strip())


def emails(text: str) -> Iterator[str]:
    """Yield the addresses of people in a text."""
    if "@" in text:
        for one in _EMAIL.findall(text):
            if not _PUBLIC_MAIL.fullmatch(one) and not _FILE_END.fullmatch(one):
                yield one.lstrip(".+-")


def homes(text: str) -> Iterator[re.Match[str]]:
    """Yield the home folders of people in a text."""
    for match in _HOME.finditer(text):
        name = match[1].rstrip(".")
        if len(name) >= _SHORTEST and not _EVERYBODY.fullmatch(name) and not _LOOKS_MADE_UP.fullmatch(name):
            yield match


def _of_members(line: str) -> Iterator[Known]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return
    yield from _owned_ids(record)


def _owned_ids(value: Any) -> Iterator[Known]:
    match value:
        case dict():
            for name, one in value.items():
                if isinstance(one, str) and _OWNED.fullmatch(name) and _RANDOM.fullmatch(one):
                    yield Known("id", one)
                else:
                    yield from _owned_ids(one)
        case list():
            for one in value:
                yield from _owned_ids(one)
