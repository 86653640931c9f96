"""Keeping credentials off the disk: which names and values are secret, and what stands in their place."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol
from urllib.parse import quote, unquote_plus

HEADERS = frozenset(
    {
        "anthropic-api-key",
        "api-key",
        "authorization",
        "chatgpt-account-id",
        "ocp-apim-subscription-key",
        "openai-api-key",
        "private-token",
        "proxy-authorization",
        "statsig-api-key",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-auth-token",
        "x-csrf-token",
        "x-functions-key",
        "x-gemini-api-privileged-user-id",
        "x-goog-api-key",
        "x-goog-iam-authorization-token",
        "x-vault-token",
        "x-xsrf-token",
    }
)
"""Headers whose whole value is a credential or names an account; cookies are treated apart."""

_HEADER_WORDS = re.compile(r"(?:^|[-_])(?:(?:api|auth)[-_]?key|secret|password|credentials?|token|authorization)$")
_SIGN_IN = re.compile(r"(?i)\b(bearer|basic)(\s+)([A-Za-z0-9._~+/=-]{8,})")
_KEY_IN_PROTOCOL = re.compile(r"(?<=insecure-api-key\.)[^,\s]+")
_PARAMETER = re.compile(
    r"(?i)^(?:key|sig|auth|code|signature|password|passwd|pwd|secret|token|authorization"
    r"|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)"
    r"|.*[-_](?:key|token|secret|password|signature)|.*(?:apikey|accesskey|accesstoken|clientsecret))$"
)
_VARIABLE = re.compile(
    r"(?:^|_)(?:\w*API_?KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|KEY|PAT|AUTH)(?:_(?:ID|VALUE|\d+))?$", re.I
)
_URL_HEADERS = frozenset({"location", "content-location", "referer", "origin", "link", "refresh"})
_QUERY = re.compile(r"(?<=[?&;#])([^=?&#;\s\"'<>]{1,200})=([^&#;\s\"'<>]+)")
_USER_INFO = re.compile(r"(?<=://)([^/?#@\s]+)(?=@)")
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "priority", "version"})

SHORTEST_KEY = 6
"""A value of one of the agent's own keys is looked for from this length on; a shorter one would hit words."""
SHORTEST_GUESS = 8
"""The same for what is only taken for a secret by its name."""
SHORTEST_COOKIE = 16
"""Cookies hold plain words as well (`theme=darkmode`)."""


MOST_SPELLINGS = 1000
"""Each costs a search of every body. A server that sets a new cookie with every answer would never stop adding;
the environment's values come first, and what has a credential's name is redacted there all the same."""


def secret_values(environ: Mapping[str, str], keys: Iterable[str] = ()) -> set[str]:
    """Give the values of `keys`, and of all variables that are named like a credential."""
    found = {environ[name].strip() for name in keys if len(environ.get(name, "").strip()) >= SHORTEST_KEY}
    for name, value in environ.items():
        # A path (GOOGLE_APPLICATION_CREDENTIALS) or a number (MAX_KEY) is no secret.
        plain = value.startswith(("/", "~", ".")) or value.isdigit()
        if _VARIABLE.search(name) and len(value) >= SHORTEST_GUESS and not plain:
            found.add(value.strip())
    for value in environ.values():
        for user_info in _USER_INFO.findall(value):
            found.update(part for part in _user_info_secrets(user_info) if len(part) >= SHORTEST_KEY)
    return found


def _user_info_secrets(user_info: str) -> list[str]:
    """Give the password of `user:password` as written and unquoted."""
    password = user_info.partition(":")[2]
    return [password, unquote_plus(password)]


class Edit:
    """One place that was redacted: where it began, how long it was, what stands there now (bytes)."""

    __slots__ = ("length", "new", "start")

    def __init__(self, start: int, length: int, new: bytes) -> None:
        self.start, self.length, self.new = start, length, new


class Finder(Protocol):
    """Finds values without being told them; see `probe.wire.addon.known`."""

    longest: int

    def found(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each value in `data`."""


class _Known:
    """Values to look for, and what stands in their place; never changed, so that two threads can use it."""

    __slots__ = ("_pattern", "longest", "marks", "recalled")

    def __init__(self, marks: dict[bytes, bytes], recalled: Finder | None = None) -> None:
        self.marks = marks
        self.recalled = recalled
        """Finds values that another process knew; None when there was none."""
        self.longest = max([*map(len, marks), recalled.longest if recalled else 1])
        self._pattern: re.Pattern[bytes] | None = None

    def holds_secret(self, data: bytes) -> bool:
        """Tell whether a value stands in `data`: a search for each is far faster than one for all."""
        return any(value in data for value in self.marks) or bool(self.recalled and any(self.recalled.found(data)))

    def found(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each value in `data`."""
        if self.recalled:
            yield from _in_order([*self._plainly(data), *self.recalled.found(data)])
        else:
            yield from self._plainly(data)

    def _plainly(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        if not any(value in data for value in self.marks):
            return
        if self._pattern is None:
            values = sorted(self.marks, key=len, reverse=True)
            self._pattern = re.compile(b"|".join(map(re.escape, values)))
        for match in self._pattern.finditer(data):
            yield match.start(), match.end(), self.marks[match.group()]


class Redactor:
    """Replaces credentials by `[REDACTED:<tag>]`; the tag is the same for the same secret under one salt."""

    def __init__(
        self, salt: bytes, values: Iterable[str] = (), headers: Iterable[str] = (), *, keep: bool = False
    ) -> None:
        self.keep = keep
        self._salt = salt
        self._headers = HEADERS | {name.lower() for name in headers}
        self._known = _Known({})
        # Records are redacted beside the event loop, which meets new credentials meanwhile.
        self._learning = threading.Lock()
        self._tell: Callable[[Mapping[bytes, bytes]], None] = lambda _: None
        for value in values:
            self.learn(value)

    def on_learned(self, tell: Callable[[Mapping[bytes, bytes]], None]) -> None:
        """Tell of all values that are looked for, with their marks: those of now, and each one that is learned."""
        self._tell = tell
        tell(self._known.marks)

    def recall(self, values: Finder) -> None:
        """Look also for what another process knew."""
        self._known = _Known(self._known.marks, values)

    def mark(self, value: str) -> str:
        """Give what stands in the place of `value`."""
        digest = hmac.new(self._salt, value.encode("utf-8", "surrogateescape"), hashlib.sha256)
        return f"[REDACTED:{digest.hexdigest()[:8]}]"

    def learn(self, value: str) -> None:
        """Look for this value everywhere from now on, in each spelling that it may have in a body."""
        raw = value.encode("utf-8", "surrogateescape")
        if self.keep or not value or raw in self._known.marks or value.startswith("[REDACTED"):
            return
        mark = self.mark(value).encode()
        inside = {value, *_inside_json(value)}
        # The arguments of a tool call are JSON inside JSON.
        inside |= {twice for once in inside for twice in _inside_json(once)}
        spellings = inside | {quote(value, safe=""), value.replace("/", "\\/")}
        with self._learning:
            if len(self._known.marks) < MOST_SPELLINGS:
                new = {spelling.encode("utf-8", "surrogateescape"): mark for spelling in spellings}
                self._known = _Known(self._known.marks | new, self._known.recalled)
                self._tell(new)

    # -- bodies -------------------------------------------------------------------------------------------

    def chunks(self, chunks: Iterable[bytes], edits: list[Edit]) -> Iterator[bytes]:
        """Pass chunks on with every known value replaced, across their borders too; note each place in `edits`."""
        known = self._known
        if known.longest == 1:
            yield from chunks
            return
        rest, offset = b"", 0
        for chunk in in_blocks(chunks):
            data = rest + chunk
            # The last bytes may be the beginning of a value, so they wait for the next chunk.
            out, used = _replaced(known, data, offset, max(0, len(data) - known.longest + 1), edits)
            yield out
            rest, offset = data[used:], offset + used
        yield _replaced(known, rest, offset, len(rest), edits)[0]

    @property
    def longest(self) -> int:
        """Give the length of the longest known value in bytes; 1 when there is none."""
        return self._known.longest

    def holds_secret(self, data: bytes) -> bool:
        """Tell whether a known value stands in `data`."""
        return self._known.holds_secret(data)

    def found(self, data: bytes) -> list[tuple[int, int, bytes]]:
        """Give begin, end and mark of each known value in `data`."""
        return list(self._known.found(data))

    def text(self, text: str) -> str:
        """Replace every known value, and the credentials in URLs, in a text of our own (log line, error)."""
        if self.keep:
            return text
        edits: list[Edit] = []
        data = b"".join(self.chunks([text.encode("utf-8", "surrogateescape")], edits))
        shown = self.url(data.decode("utf-8", "surrogateescape"))
        return _SIGN_IN.sub(lambda match: f"{match[1]}{match[2]}{self._learned(match[3], SHORTEST_GUESS)}", shown)

    # -- names --------------------------------------------------------------------------------------------

    def url(self, url: str) -> str:
        """Replace user info and the values of parameters that are named like a credential."""
        if self.keep:
            return url
        url = _USER_INFO.sub(lambda match: self._learned(match[1], SHORTEST_GUESS), url)
        return _QUERY.sub(self._parameter, url)

    def _parameter(self, match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        if not _PARAMETER.match(unquote_plus(name)) or value.startswith("[REDACTED"):
            return match[0]
        self._learn_from(unquote_plus(value), SHORTEST_GUESS)
        return f"{name}={self._learned(value, SHORTEST_GUESS)}"

    def _learned(self, value: str, shortest: int) -> str:
        """Give the mark of a value, which is looked for in bodies too if it is long enough."""
        if value.startswith("[REDACTED"):
            return value
        self._learn_from(value, shortest)
        return self.mark(value)

    def _learn_from(self, value: str, shortest: int) -> None:
        if len(value) >= shortest:
            self.learn(value)

    def headers(self, fields: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
        """Turn header fields into the record's form, credentials replaced; repeated ones keep all values in order."""
        fields = [*fields]
        for name, value in fields:
            # What one header shows to be a credential may stand in another one before it.
            self.header(name, value)
        named: dict[str, tuple[str, list[str]]] = {}
        for name, value in fields:
            named.setdefault(name.lower(), (name, []))[1].append(self.header(name, value))
        return {name: values[0] if len(values) == 1 else values for name, values in named.values()}

    def header(self, name: str, value: str) -> str:
        """Replace what is secret in one header's value."""
        lower = name.lower()
        if self.keep or not value:
            return value
        if lower == "cookie":
            return "; ".join(self._cookie(part) for part in value.split("; "))
        if lower == "sec-websocket-protocol":
            # A browser cannot set headers, so OpenAI's Realtime API takes the key here.
            return _KEY_IN_PROTOCOL.sub(lambda match: self._learned(match[0], SHORTEST_KEY), value)
        if lower == "set-cookie":
            first, *attributes = value.split(";")
            return ";".join([self._cookie(first), *attributes])
        if lower in self._headers or _HEADER_WORDS.search(lower):
            return self._credential(value)
        return self.text(value) if lower in _URL_HEADERS or self._known.longest > 1 else value

    def _cookie(self, part: str) -> str:
        name, equals, value = part.partition("=")
        if not equals:
            return self._learned(part, SHORTEST_COOKIE) if part else part
        return part if name.strip().lower() in _COOKIE_ATTRIBUTES else f"{name}={self._learned(value, SHORTEST_COOKIE)}"

    def _credential(self, value: str) -> str:
        """Replace a credential; `Bearer x` gets the tag of `x`, so that it can be followed through the record."""
        scheme, space, rest = value.partition(" ")
        secret = rest.strip() if space and scheme.isalnum() and rest.strip() else value
        if scheme.lower() == "basic":
            for part in _basic_secrets(secret):
                self._learn_from(part, SHORTEST_KEY)
        return self._learned(secret, SHORTEST_KEY)


def _in_order(found: list[tuple[int, int, bytes]]) -> Iterator[tuple[int, int, bytes]]:
    """Yield places in their order; of two that overlap, the first and longest."""
    free = 0
    for start, end, mark in sorted(found, key=lambda place: (place[0], -place[1])):
        if start >= free:
            yield start, end, mark
            free = end


def _inside_json(text: str) -> set[str]:
    """Give the forms that a text may have inside a JSON string."""
    return {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}


def _basic_secrets(encoded: str) -> list[str]:
    """Give the password inside a basic credential; nothing where it is none."""
    try:
        return _user_info_secrets(base64.b64decode(encoded, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        return []


def _replaced(known: _Known, data: bytes, offset: int, limit: int, edits: list[Edit]) -> tuple[bytes, int]:
    """Replace what begins before `limit`; give the result and how many bytes of `data` it stands for."""
    out, position = [], 0
    for start, end, mark in known.found(data):
        if start >= limit:
            break
        out += [data[position:start], mark]
        edits.append(Edit(offset + start, end - start, mark))
        position = end
    used = max(position, limit)
    return b"".join([*out, data[position:used]]), used


def in_blocks(chunks: Iterable[bytes], size: int = 1 << 18) -> Iterator[bytes]:
    """Join small chunks: each is searched for every value, and written, at a cost of its own."""
    block: list[bytes] = []
    length = 0
    for chunk in chunks:
        block.append(chunk)
        length += len(chunk)
        if length >= size:
            yield b"".join(block)
            block, length = [], 0
    if block:
        yield b"".join(block)
