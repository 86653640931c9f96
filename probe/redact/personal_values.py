"""The personal values of a run: learned one by one, then found in any text, each with its pseudonym."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from probe.redact import personal_patterns
from probe.redact.needles import Needle, base64_needles, needle
from probe.redact.ordinary_words import GENERIC, ORDINARY
from probe.redact.personal_patterns import LONGEST
from probe.redact.pseudonyms import Pseudonyms, is_made_up
from probe.redact.public_hosts import is_public

_UUID = re.compile(rb"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_TOKEN = re.compile(rb"[A-Za-z0-9]{12,}+")
_IS_UUID = re.compile(_UUID.pattern.decode())
_IS_TOKEN = re.compile(r"[A-Za-z0-9]{12,}")
_MOST = 400
"""Values with needles: each costs a search of every text."""
_MOST_BASE64 = 100
_LONGEST_VALUE = 400
_SHORTEST_WORD = 4
"""A shorter name of a user is replaced only in paths."""
_SHORTEST_PART = 4
"""A shorter part of a name may be a word."""
_BOT = re.compile(
    r"(?i).*\[bot\]|claude.*|codex.*|(?:github )?copilot.*|gemini.*|cursor.*|opencode.*|github(?: actions)?|dependabot"
)


class PersonalValues:
    """Finds personal values; the `Finder` of a `Redactor`."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self.longest = LONGEST
        self.dropped = 0
        """Values that were too many to be searched for in every spelling."""
        self._kinds: dict[bytes, str] = {}
        """Pseudonym → kind."""
        self.pseudonym_of: dict[str, str] = {}
        """Each value that has been learned."""
        self._needles: dict[tuple[str, str], Needle] = {}
        self._base64: dict[bytes, bytes] = {}
        self._ids: dict[bytes, bytes] = {}
        """Id → pseudonym, of those that are UUIDs (in lower case) or one word of letters and digits."""

    def learn(self, kind: str, value: str) -> None:
        """Search for a value of a kind from now on, unless it tells nothing about anybody."""
        value = value.strip()
        if not value or len(value) > _LONGEST_VALUE or "REDACTED" in value or is_made_up(value.rpartition("/")[2]):
            return
        match kind:
            case "folder":
                self._learn_folder(value)
            case "user" if value.lower() not in ORDINARY and len(value) >= _SHORTEST_WORD:
                self._search("user", value)
            case "name" if not _BOT.fullmatch(value):
                self._learn_name(value)
            case "host":
                self._learn_host(value)
            case "id":
                self._learn_id(value)
            case "email" if "@" in value and not value.endswith(".invalid"):
                self._search_base64("email", value, self._pseudonyms.of("email", value))
            case "words":
                self._search("words", value)

    def _learn_folder(self, path: str) -> None:
        parts = path.rstrip("/").split("/")
        if not path.startswith("/"):
            return
        for count in range(2, len(parts) + 1):
            folder = "/".join(parts[:count])
            if (mark := self._pseudonyms.folder(folder)) != folder:
                self._search("folder", folder, mark)

    def _learn_name(self, name: str) -> None:
        words = name.split()
        if len(name) < _SHORTEST_PART or (len(words) == 1 and name.lower() in ORDINARY) or name.startswith("name-"):
            return
        self._search("name", name)
        for part in words if len(words) > 1 else ():
            if len(part) >= _SHORTEST_PART and part[0].isupper() and part.lower() not in ORDINARY:
                self._search("name", part)

    def _learn_host(self, host: str) -> None:
        name = host.lower()
        if personal_patterns.is_address(host):
            return  # found by its form, or this machine itself
        if ("." in name and is_public(name)) or name in ORDINARY or len(name) < 3 or name.endswith(".invalid"):
            return
        self._search("host", host)

    def _learn_id(self, value: str) -> None:
        if _IS_UUID.fullmatch(value):
            self._ids[value.lower().encode()] = self._mark("id", value)
        elif _IS_TOKEN.fullmatch(value):
            self._ids[value.encode()] = self._mark("id", value)
        elif value.lower() not in GENERIC:
            self._search("id", value)

    def _search(self, kind: str, value: str, mark: str | None = None) -> None:
        key = kind, value.lower()
        if key in self._needles:
            return
        if len(self._needles) >= _MOST:
            self.dropped += 1
            return
        text = mark or self._pseudonyms.of(kind, value)
        self._kinds[text.encode()] = kind
        made = self._needles[key] = needle(kind, value, text)
        self._kinds |= {form.mark: kind for form in made.forms}
        self.longest = max(self.longest, *(len(form.text) for form in made.forms))
        self._search_base64(kind, value, text)

    def _search_base64(self, kind: str, value: str, mark: str) -> None:
        self.pseudonym_of[value] = mark
        if len(self._base64) < 3 * _MOST_BASE64:
            for core, new in base64_needles(value, mark):
                self._base64[core] = new
                self._kinds[new] = kind

    def _mark(self, kind: str, value: str) -> bytes:
        mark = self._pseudonyms.of(kind, value).encode()
        self._kinds[mark] = kind
        return mark

    def counts(self, marks: set[bytes]) -> dict[str, int]:
        """Return how many values of each kind some replacements are of."""
        counted: defaultdict[str, int] = defaultdict(int)
        for mark in marks:
            counted[self._kinds.get(mark, "credential")] += 1
        return dict(sorted(counted.items()))

    # -- as a Finder ----------------------------------------------------------------------------------------

    def unfinished(self, data: bytes) -> int:
        """Return the length of `data`: whole texts are searched."""
        return len(data)

    def found(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and pseudonym of each personal value in a text; they may overlap."""
        lower = data.lower()
        for one in self._needles.values():
            yield from one.found(data, lower)
        for core, new in self._base64.items():
            start = data.find(core)
            while start >= 0:
                yield start, start + len(core), new
                start = data.find(core, start + 1)
        for place in personal_patterns.places(data):
            value = data[place.start : place.end].decode("utf-8", "surrogateescape")
            if not is_made_up(value):
                yield place.start, place.end, self._mark(place.kind, value)
        if self._ids:
            yield from self._found_ids(data)

    def _found_ids(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        for match in _UUID.finditer(data):
            if mark := self._ids.get(match[0].lower()):
                yield *match.span(), mark
        for match in _TOKEN.finditer(data):
            start, end = match.span()
            if mark := self._ids.get(match[0]):
                yield start, end, mark
            elif data[start - 1 : start] == b"\\" and (mark := self._ids.get(match[0][1:])):
                yield start + 1, end, mark
