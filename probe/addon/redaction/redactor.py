"""Keeping credentials off the disk: which names and values are secret, and what stands in their place."""

from __future__ import annotations

import base64
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Protocol
from urllib.parse import unquote, unquote_plus

from probe.addon.redaction import patterns as shapes
from probe.addon.redaction.clean_prefixes import SEGMENT, Beginning, Beginnings
from probe.addon.redaction.credential_names import (
    Kind,
    is_header,
    is_parameter,
    is_sure_key,
    option_kind,
    variable_kind,
)
from probe.addon.redaction.escapes import View, views_of
from probe.addon.redaction.known_values import Known, spellings

_MARK = re.compile(r"\[REDACTED(?::[0-9a-f]{8})?\]")
# "Bearer authentication" is none.
_SIGN_IN = re.compile(r"(?i)\b(bearer|basic)(\s+)(?=\S*[0-9])([A-Za-z0-9._~+/=-]{8,})")
_KEY_IN_PROTOCOL = re.compile(r"(?<=insecure-api-key\.)[^,\s]+")
_USER_OPTION = re.compile(r"(--user=|-u)?([^\s:/]*):(.+)", re.S)
_REFERENCE = re.compile(r"\$.*|\{.*\}", re.S)
_PLAIN_VALUES: dict[Kind, re.Pattern[str]] = {
    "password": _REFERENCE,
    "token": re.compile(r"[/~.@$].*|\{.*\}", re.S),
    "key": re.compile(r"[/~.@$].*|\{.*\}|[-+]?[0-9.,_]+", re.S),
    "auth": re.compile(r"[/~.@$].*|\{.*\}|[-+]?[0-9.,_]+|[A-Za-z]+", re.S),
}
"""What an option is given that is no credential: a reference, a path, a number, the name of a method."""
_COOKIES = frozenset({"cookie", "set-cookie", "sec-websocket-protocol"})
_QUERY = re.compile(r"(?<=[?&;#])([^=?&#;\s\"'<>]{1,200})=([^&#;\s\"'<>]+)")
_USER_INFO = re.compile(r"(?<=://)([^/?#@\s]+)(?=@)")
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "priority", "version"})

SHORTEST_KEY = 6
"""A value of one of the agent's own keys is looked for from this length on; a shorter one would hit words."""
SHORTEST_GUESS = 8
"""The same for what is only taken for a secret by its name."""
SHORTEST_OPTION = 4
"""What stands behind an option like `--password` is replaced there from this length on."""
SHORTEST_COOKIE = 16
"""Cookies hold plain words as well (`theme=darkmode`)."""
SHORTEST_SHAPED = 12
"""The same for what was found by its shape; a password of the user may be a word with a digit."""

MOST_SPELLINGS = 1000
"""Each costs a search of every body. A server that sets a new cookie with every answer would never stop adding;
the environment's values come first, and what has a credential's name is redacted there all the same."""
MOST_SHAPED = 200
"""So many of them were found by their shape, which finds them all the same."""
BLOCK = 1 << 20
"""So much of a body is searched at a time; a secret in a larger one is found across the border of two."""


def secret_values(environ: Mapping[str, str], keys: Iterable[str] = ()) -> set[str]:
    """Give the values of `keys`, and of all variables that are named like a credential."""
    found = {environ[name].strip() for name in keys if len(environ.get(name, "").strip()) >= SHORTEST_KEY}
    for name, value in environ.items():
        kind = variable_kind(name)
        # A path (GOOGLE_APPLICATION_CREDENTIALS) or a number (MAX_KEY) is no secret, unless the name is sure of it.
        plain = value.startswith(("/", "~", ".")) or value.isdigit()
        sure = kind in ("password", "token") or is_sure_key(name)
        if kind and len(value.strip()) >= SHORTEST_GUESS and (sure or not plain):
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


def applied(data: bytes, edits: list[Edit]) -> bytes:
    """Give `data` with its edits made."""
    out, position = [], 0
    for edit in edits:
        out += [data[position : edit.start], edit.new]
        position = edit.start + edit.length
    return b"".join([*out, data[position:]])


class Finder(Protocol):
    """Finds values without being told them; see `probe.addon.redaction.fingerprints`."""

    longest: int

    def found(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each value in `data`."""


class Redactor:
    """Replaces credentials by `[REDACTED:<tag>]`; the tag is the same for the same secret under one salt."""

    def __init__(
        self, salt: bytes, values: Iterable[str] = (), headers: Iterable[str] = (), *, keep: bool = False
    ) -> None:
        self.keep = keep
        self._salt = salt
        self._headers = {name.lower() for name in headers}
        self._known = Known({})
        self._recalled: Finder | None = None
        self._shapes_learned = 0
        self._beginnings = Beginnings()
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
        self._recalled = values

    def know(self, forms: dict[bytes, bytes]) -> None:
        """Look also for a value that another process learned: its spellings, with what stands in their place."""
        with self._learning:
            if not forms.keys() <= self._known.marks.keys():
                self._known = self._known.and_of(forms)

    def mark(self, value: str) -> str:
        """Give what stands in the place of `value`."""
        digest = hmac.digest(self._salt, value.encode("utf-8", "surrogateescape"), "sha256")
        return f"[REDACTED:{digest.hex()[:8]}]"

    def learn(self, value: str) -> None:
        """Look for this value everywhere from now on, in each spelling that it may have in a body."""
        raw = value.encode("utf-8", "surrogateescape")
        if self.keep or not value or raw in self._known.marks or _MARK.fullmatch(value):
            return
        with self._learning:
            if len(self._known.marks) < MOST_SPELLINGS:
                new = dict.fromkeys(spellings(value), self.mark(value).encode())
                self._known = self._known.and_of(new)
                self._tell(new)

    # -- bodies -------------------------------------------------------------------------------------------

    def chunks(self, chunks: Iterable[bytes], edits: list[Edit]) -> Iterator[bytes]:
        """Pass chunks on with every secret replaced, across their borders too; note each place in `edits`."""
        if self.keep:
            yield from chunks
            return
        yield from self._in_blocks(in_blocks(chunks, BLOCK), edits)

    def _in_blocks(self, blocks: Iterable[bytes], edits: list[Edit]) -> Iterator[bytes]:
        data, offset, done = b"", 0, 0
        beginning = self._beginnings.of(self._known)
        for block in blocks:
            if data:
                # What begins near the end may go on in the next block, so it waits for it.
                held = max(shapes.LONGEST, self.longest)
                limit = done + (len(data) - held - done) // SEGMENT * SEGMENT
                if limit > done:
                    out, done = self._replaced(data, offset, done, limit, edits, beginning)
                    yield out
                    passed = max(0, done - shapes.CONTEXT)
                    data, offset, done = data[passed:], offset + passed, done - passed
            data = data + block if data else block
        yield self._replaced(data, offset, done, len(data), edits, beginning)[0]

    def _replaced(
        self, data: bytes, offset: int, begin: int, limit: int, edits: list[Edit], beginning: Beginning
    ) -> tuple[bytes, int]:
        """Replace what begins from `begin` on and before `limit`; give the result and where it ends in `data`."""
        clean = 0 if edits else beginning.follow(data[begin:], limit - begin)
        # What begins in a clean part may be whole only now.
        skipped = max(0, begin + clean - max(shapes.LONGEST, self.longest) - shapes.CONTEXT) if clean else 0
        first = max(begin, skipped + shapes.CONTEXT) if skipped else begin
        out, position = [], begin
        for start, end, mark in self._spans(data, skipped, limit):
            if max(position, first) <= start < limit:
                out += [data[position:start], mark]
                edits.append(Edit(offset + start, end - start, mark))
                position = end
        if not edits:
            beginning.was_clean()
        used = max(position, limit)
        return b"".join([*out, data[position:used]]), used

    @property
    def longest(self) -> int:
        """Give the length of the longest known value in bytes; 1 when there is none."""
        return max(self._known.longest, self._recalled.longest if self._recalled else 1)

    def holds_secret(self, data: bytes) -> bool:
        """Tell whether a known value stands in `data`, or what looks like a credential."""
        if self.keep:
            return False
        views = views_of(data)
        return any(True for _ in self._known_in(views)) or shapes.holds(views)

    def found(self, data: bytes) -> list[tuple[int, int, bytes]]:
        """Give begin, end and mark of each secret in `data`, in order, none over another."""
        return [] if self.keep else self._spans(data, 0, len(data))

    def _spans(self, data: bytes, begin: int, limit: int) -> list[tuple[int, int, bytes]]:
        part = data[begin:] if begin else data
        views = views_of(part)
        # What begins behind the limit may not be whole yet.
        found = [one for one in shapes.find_in(views) if begin + one.start < limit]
        spans = [(start, end, self._shaped(part[start:end])) for start, end, _ in found]
        # Now, since what a shape has shown to be secret may stand elsewhere in another spelling.
        spans += self._known_in(views)
        return [(begin + start, begin + end, mark) for start, end, mark in _apart(spans)] if spans else []

    def _known_in(self, views: list[View]) -> Iterator[tuple[int, int, bytes]]:
        """Yield begin, end and mark of each known value, where it is in the views' original."""
        for finder in (self._known, self._recalled) if self._recalled else (self._known,):
            yield from finder.found(views[0].original)
            for view in views:
                if view.differs:
                    for start, end, mark in finder.found(view.data):
                        yield *view.place(start, end), mark

    def _shaped(self, value: bytes) -> bytes:
        """Give the mark of what was found by its shape, and look for it from now on."""
        plain = _unescaped(value.decode("utf-8", "surrogateescape"))
        for _ in range(2):
            if "%" in plain and "\ufffd" not in (decoded := unquote(plain)):
                plain = decoded
        known = self._known.marks.get(plain.encode("utf-8", "surrogateescape"))
        if known is None and len(plain) >= SHORTEST_SHAPED and self._shapes_learned < MOST_SHAPED:
            self._shapes_learned += 1
            self.learn(plain)
        return known or self.mark(plain).encode()

    def text(self, text: str) -> str:
        """Replace every secret, and the credentials in URLs, in a text of our own (log line, error)."""
        if self.keep:
            return text
        # First the names: what they show to be secret may stand elsewhere in the text.
        data = self._names(text).encode("utf-8", "surrogateescape")
        return b"".join(self.chunks([data], [])).decode("utf-8", "surrogateescape")

    def words(self, words: Sequence[str]) -> list[str]:
        """Replace every secret in the words of a command line; the value of an option may be the word behind it."""
        if self.keep:
            return [*words]
        named = [self._option(before, word) for before, word in pairwise(["", *words])]
        for pair in pairwise(named):
            self.text(" ".join(pair))
        return [self.text(word) for word in named]

    def _option(self, before: str, word: str) -> str:
        """Replace in a word what an option that is named like a credential is given, here or in the word before."""
        if before in ("-u", "--user") or word.startswith(("-u", "--user=")):
            user = _USER_OPTION.fullmatch(word)
            if user and (user[1] or before in ("-u", "--user")):
                return word[: user.start(3)] + self._option_value(user[3], "key")
        name, equals, value = word.partition("=")
        if equals and (kind := option_kind(name)):
            return f"{name}={self._option_value(value, kind)}"
        kind = None if word.startswith("-") else option_kind(before)
        return self._option_value(word, kind) if kind else word

    def _option_value(self, value: str, kind: Kind) -> str:
        plain = len(value) < SHORTEST_OPTION or _PLAIN_VALUES[kind].fullmatch(value)
        return value if plain else self._learned(value, SHORTEST_GUESS)

    # -- names --------------------------------------------------------------------------------------------

    def _names(self, text: str) -> str:
        """Replace what a text of one line names as a credential."""
        shown = self.url(text)
        lower = shown.lower()
        if "bearer" not in lower and "basic" not in lower:
            return shown
        return _SIGN_IN.sub(lambda match: f"{match[1]}{match[2]}{self._learned(match[3], SHORTEST_GUESS)}", shown)

    def url(self, url: str) -> str:
        """Replace user info and the values of parameters that are named like a credential."""
        if self.keep:
            return url
        if "%" in url:
            # A token whose slashes are escaped looks like none; once it is known, its spellings are.
            self.found(unquote(url).encode("utf-8", "surrogateescape"))
        if "@" in url:
            url = _USER_INFO.sub(lambda match: self._learned(match[1], SHORTEST_GUESS), url)
        return _QUERY.sub(self._parameter, url) if "=" in url else url

    def _parameter(self, match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        if not is_parameter(unquote_plus(name)) or _MARK.fullmatch(value):
            return match[0]
        self._learn_from(unquote_plus(value), SHORTEST_GUESS)
        return f"{name}={self._learned(value, SHORTEST_GUESS)}"

    def _learned(self, value: str, shortest: int) -> str:
        """Give the mark of a value, which is looked for in bodies too if it is long enough."""
        if _MARK.fullmatch(value):
            return value
        self._learn_from(value, shortest)
        return self.mark(value)

    def _learn_from(self, value: str, shortest: int) -> None:
        if len(value) >= shortest:
            self.learn(value)

    def headers(self, fields: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
        """Turn header fields into the record's form, credentials replaced; repeated ones keep all values in order."""
        fields = [*fields]
        plain = "\n".join(value for name, value in fields if not self._is_credential(name))
        for name, value in fields:
            # What one header shows to be a credential may stand in another one before it.
            if self._is_credential(name):
                self.header(name, value)
        clean = not self.holds_secret(plain.encode("utf-8", "surrogateescape"))
        named: dict[str, tuple[str, list[str]]] = {}
        for name, value in fields:
            by_name = not clean or self._is_credential(name)
            shown = self.header(name, value) if by_name else value if self.keep else self._names(value)
            named.setdefault(name.lower(), (name, []))[1].append(shown)
        return {name: values[0] if len(values) == 1 else values for name, values in named.values()}

    def _is_credential(self, name: str) -> bool:
        lower = name.lower()
        return lower in self._headers or lower in _COOKIES or is_header(name)

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
        return self._credential(value) if self._is_credential(name) else self.text(value)

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


def _basic_secrets(encoded: str) -> list[str]:
    """Give the password inside a basic credential; nothing where it is none."""
    try:
        return _user_info_secrets(base64.b64decode(encoded, validate=True).decode())
    except ValueError:
        # No base64, no UTF-8, or not even ASCII.
        return []


def _unescaped(value: str) -> str:
    """Undo the escapes of JSON, and of JSON inside JSON: the same secret has the same tag in all spellings."""
    for _ in range(3):
        if "\\" not in value:
            break
        try:
            value = str(json.loads(f'"{value}"'))
        except ValueError:
            break
    return value


def _apart(spans: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """Sort places and make those one that overlap, under the mark of the longest."""
    apart: list[tuple[int, int, bytes]] = []
    longest = 0
    for start, end, mark in sorted(spans, key=lambda span: (span[0], -span[1])):
        if apart and start < apart[-1][1]:
            first, last, kept = apart[-1]
            apart[-1] = (first, max(last, end), mark if end - start > longest else kept)
            longest = max(longest, end - start)
        else:
            apart.append((start, end, mark))
            longest = end - start
    return apart


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
