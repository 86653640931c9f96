"""Search all files of a run for what must not be given away: by known values, by forms, by detect-secrets' plugins."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from probe.leaks.detect_secrets_plugins import Secrets
from probe.leaks.known_personal import Known, emails, homes
from probe.leaks.readings import Reading, of_page, of_record, of_text
from probe.leaks.record_lines import lines_of

_SIGNED = re.compile(r"(?:Author|Committer|Signed-off-by): (?!name-|REDACTED)[A-Z]\w+ [A-Z]\w+ <")


class Finding(NamedTuple):
    """Something that must not be given away, and where it is; never what it is."""

    file: str
    place: str
    kind: str
    fingerprint: str
    """Names the value, to accept it."""

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.kind} (fingerprint {self.fingerprint})"


class LeakCheck:
    """Searches files; knows nothing of how they were redacted."""

    def __init__(self, known: Sequence[Known], key: bytes) -> None:
        self._known = known
        self._base64 = [(one, core) for one in known for core in one.in_base64() if core]
        self._secrets = Secrets()
        self._key = key

    def findings(self, files: Iterable[Path]) -> list[Finding]:
        """Return what is found in files, each value once for each place."""
        found = {one: None for file in files for one in self._in_file(file)}
        return list(found)

    def in_name(self, name: str) -> list[Finding]:
        """Return what is found in the name of a file or folder."""
        return list(self._in_readings("the archive", of_text("its name", name)))

    def _in_file(self, file: Path) -> Iterator[Finding]:
        yield from self._in_readings(file.name, _readings(file))

    def _in_readings(self, name: str, readings: Iterable[Reading]) -> Iterator[Finding]:
        for reading in readings:
            for kind, value in self._in_text(reading.text):
                digest = hmac.digest(self._key, f"{kind}\0{value}".encode("utf-8", "replace"), "sha256").hex()
                yield Finding(name, reading.place, kind, digest[:12])

    def _in_text(self, text: str) -> Iterator[tuple[str, str]]:
        lower = text.lower()
        yield from ((f"a known {one.kind}", one.value) for one in self._known if one.is_in(lower))
        if "…" in text:
            yield from ((f"a part of a known {one.kind}", one.value) for one in self._known if one.is_cut_in(lower))
        yield from ((f"a known {one.kind} in base64", one.value) for one, core in self._base64 if core in text)
        yield from (("an e-mail address", one) for one in emails(text))
        yield from (("a home folder", match[0]) for match in homes(text))
        yield from (("an author", match[0]) for match in _SIGNED.finditer(text))
        yield from self._secrets.found(text)


def _readings(file: Path) -> Iterator[Reading]:
    if file.suffix == ".jsonl":
        for number, line in lines_of(file):
            yield from of_record(number, line)
    elif file.suffix == ".html":
        yield from of_page(file.read_text("utf-8", "replace"))
    else:
        yield from of_text("the file", file.read_text("utf-8", "replace"))
