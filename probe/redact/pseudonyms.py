"""Pseudonyms: the same value has the same one under one salt, and nobody without the salt learns anything from it."""

from __future__ import annotations

import hmac
import re

from probe.redact.ordinary_words import GENERIC

MARKER = "facade"
"""Hexadecimal digits that every made-up id begins with: what has them was replaced before."""
MARKER_DIGITS = "90909"
"""The same of a number."""
_LONG_NUMBER = 8
_MADE_UP = re.compile(
    r"(?:user|name|host|folder|project|email|words)-[0-9a-f]{8}(?:@example\.invalid|\.example\.invalid)?"
    r"|(?:[a-z]+[-_])*facade[0-9a-f-]+|fa:ca:de(?::[0-9a-f]{2}){3}|90909[0-9]{3,}"
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PREFIX = re.compile(r"(?:[A-Za-z]{2,14}[-_]){0,3}")
_SHORTEST_ID = 12
_COMMON = """
app applications apps bin build cache code codebase data dev documents desktop downloads etc folders git
github home lib local media mnt node_modules opt private proc projects project public repo repos root run
samples share sandbox site-packages source src srv sys temp test tests tmp users usr users var venv work
worker workspace workspaces wt
"""
COMMON_FOLDERS = frozenset(_COMMON.split())
"""They tell nothing about anybody, and show what kind of folder it is."""


class Pseudonyms:
    """Makes the pseudonyms of one salt."""

    def __init__(self, salt: bytes) -> None:
        self._key = hmac.digest(salt, b"pseudonyms", "sha256")

    def of(self, kind: str, value: str) -> str:
        """Return the pseudonym of a value of a kind, in a form that fits the kind."""
        if value.isdigit() and value.isascii():
            # A number stays one: it may be one in JSON.
            return self._digits(kind, value)
        match kind:
            case "id":
                return self._id(value)
            case "email":
                return f"email-{self._tag(kind, value)}@example.invalid"
            case "IP address":
                return self._address(value)
            case "device address":
                digits = self._hex(kind, value, 6)
                return ":".join(["fa", "ca", "de", digits[:2], digits[2:4], digits[4:]])
            case "folder":
                return self.folder(value)
            case "host":
                return f"host-{self._tag(kind, value)}" + (".example.invalid" if "." in value else "")
            case _:
                return f"{kind.split()[0]}-{self._tag(kind, value)}"

    def folder(self, path: str) -> str:
        """Return a path in which each folder has a pseudonym, but for those that everybody has."""
        parts = path.split("/")
        users = {number + 1 for number, part in enumerate(parts) if part in ("home", "Users")}
        return "/".join(self._user(part) if number in users else self._part(part) for number, part in enumerate(parts))

    def _user(self, part: str) -> str:
        return part if part.lower() in GENERIC or not part or is_made_up(part) else self.of("user", part)

    def _part(self, part: str) -> str:
        plain = part.lower() in COMMON_FOLDERS or part.startswith(".") or is_made_up(part) or len(part) < 2
        return part if plain or part.isdigit() else f"folder-{self._tag('folder', part)}"

    def _tag(self, kind: str, value: str) -> str:
        return self._hex(kind, value, 8)

    def _hex(self, kind: str, value: str, length: int) -> str:
        digits, number = "", 0
        while len(digits) < length:
            text = f"{kind}\0{number}\0{value.lower()}".encode("utf-8", "surrogateescape")
            digits += hmac.digest(self._key, text, "sha256").hex()
            number += 1
        return digits[:length]

    def _digits(self, kind: str, value: str) -> str:
        rest = str(int(self._hex(kind, value, 2 * len(value) + 4), 16))[-len(value) :]
        mark = MARKER_DIGITS if len(value) >= _LONG_NUMBER else "9"
        return mark + rest[len(mark) :]

    def _id(self, value: str) -> str:
        if _UUID.fullmatch(value):
            digits = MARKER + self._hex("id", value, 26)
            # Its version and variant stay: they say how it was made, not whose it is.
            digits = digits[:12] + value[14].lower() + digits[13:16] + value[19].lower() + digits[17:]
            return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
        prefix = _PREFIX.match(value)
        kept = prefix[0] if prefix and any(map(str.isdigit, value[prefix.end() :])) else ""
        length = max(_SHORTEST_ID + len(MARKER), len(value) - len(kept))
        return kept + MARKER + self._hex("id", value, length - len(MARKER))

    def _address(self, value: str) -> str:
        digits = self._hex("IP address", value, 24)
        if ":" in value:
            return "2001:db8:" + ":".join(
                f"{int(digits[place : place + 4], 16) | 0x1000:x}" for place in range(0, 24, 4)
            )
        # Of the reserved block 240.0.0.0/4: the blocks for documentation have 762 addresses in all.
        return ".".join(
            str(number)
            for number in (
                240 + int(digits[0], 16) % 15,
                int(digits[1:3], 16),
                int(digits[3:5], 16),
                int(digits[5:7], 16),
            )
        )


def is_made_up(value: str) -> bool:
    """Check whether a value is a pseudonym already."""
    return _MADE_UP.fullmatch(value.lower()) is not None
