"""Keep credentials off the disk: in URLs, headers, command lines and texts, and in bodies as `SecretSearch` does."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from urllib.parse import unquote, unquote_plus

from probe.addon.redaction.credential_names import Kind, is_header, is_parameter, option_kind
from probe.addon.redaction.environment_secrets import SHORTEST_GUESS, SHORTEST_KEY, USER_INFO, user_info_secrets
from probe.addon.redaction.secret_search import MARK, SecretSearch

# "Bearer authentication" is not a credential.
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
"""Values of options that are not credentials: references, paths, numbers, names of methods."""
_COOKIES = frozenset({"cookie", "set-cookie", "sec-websocket-protocol"})
_QUERY = re.compile(r"(?<=[?&;#])([^=?&#;\s\"'<>]{1,200})=([^&#;\s\"'<>]+)")
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "priority", "version"})
_SHORTEST_OPTION = 4
"""Minimum length of the value after an option like `--password` to be redacted there."""
_SHORTEST_COOKIE = 16
"""Cookies hold plain words as well (`theme=darkmode`)."""


class Redactor(SecretSearch):
    """Replaces credentials in all parts of an exchange, and learns each one that a name shows to be secret."""

    def __init__(
        self, salt: bytes, values: Iterable[str] = (), headers: Iterable[str] = (), *, keep: bool = False
    ) -> None:
        super().__init__(salt, values, keep=keep)
        self._headers = {name.lower() for name in headers}

    def text(self, text: str) -> str:
        """Return a short text (log line, error) with every secret and the credentials in URLs replaced."""
        if self.keep:
            return text
        # Names first: a value that they mark as secret may appear elsewhere in the text.
        data = self._names(text).encode("utf-8", "surrogateescape")
        return b"".join(self.chunks([data], [])).decode("utf-8", "surrogateescape")

    def words(self, words: Sequence[str]) -> list[str]:
        """Return a command line's words with every secret replaced; an option's value may be the next word."""
        if self.keep:
            return [*words]
        named = [self._option(before, word) for before, word in pairwise(["", *words])]
        for pair in pairwise(named):
            self.text(" ".join(pair))
        return [self.text(word) for word in named]

    def _option(self, before: str, word: str) -> str:
        """Return a word with the value of a credential's option replaced; the option may be the word before."""
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
        plain = len(value) < _SHORTEST_OPTION or _PLAIN_VALUES[kind].fullmatch(value)
        return value if plain else self._learned(value, SHORTEST_GUESS)

    # -- names --------------------------------------------------------------------------------------------

    def _names(self, text: str) -> str:
        """Return a line of text with the values that it names as credentials replaced."""
        shown = self.url(text)
        lower = shown.lower()
        if "bearer" not in lower and "basic" not in lower:
            return shown
        return _SIGN_IN.sub(lambda match: f"{match[1]}{match[2]}{self._learned(match[3], SHORTEST_GUESS)}", shown)

    def url(self, url: str) -> str:
        """Return a URL with its user info and the values of parameters named like credentials replaced."""
        if self.keep:
            return url
        if "%" in url:
            # A token with escaped slashes is not recognized; once learned, all its spellings are.
            self.found(unquote(url).encode("utf-8", "surrogateescape"))
        if "@" in url:
            url = USER_INFO.sub(lambda match: self._learned(match[1], SHORTEST_GUESS), url)
        return _QUERY.sub(self._parameter, url) if "=" in url else url

    def _parameter(self, match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        if not is_parameter(unquote_plus(name)) or MARK.fullmatch(value):
            return match[0]
        self._learn_from(unquote_plus(value), SHORTEST_GUESS)
        return f"{name}={self._learned(value, SHORTEST_GUESS)}"

    def _learned(self, value: str, shortest: int) -> str:
        """Return the mark of a value, and learn the value if it is long enough."""
        if MARK.fullmatch(value):
            return value
        self._learn_from(value, shortest)
        return self.mark(value)

    def _learn_from(self, value: str, shortest: int) -> None:
        if len(value) >= shortest:
            self.learn(value)

    def headers(self, fields: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
        """Return header fields in the record's form, redacted; repeated ones keep all values in order."""
        fields = [*fields]
        plain = "\n".join(value for name, value in fields if not self._is_credential(name))
        for name, value in fields:
            # A credential of one header may appear in an earlier one.
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
        """Return a header's value with its secrets replaced."""
        lower = name.lower()
        if self.keep or not value:
            return value
        if lower == "cookie":
            return "; ".join(self._cookie(part) for part in value.split("; "))
        if lower == "sec-websocket-protocol":
            # A browser cannot set headers, so OpenAI's Realtime API accepts the key here.
            return _KEY_IN_PROTOCOL.sub(lambda match: self._learned(match[0], SHORTEST_KEY), value)
        if lower == "set-cookie":
            first, *attributes = value.split(";")
            return ";".join([self._cookie(first), *attributes])
        return self._credential(value) if self._is_credential(name) else self.text(value)

    def _cookie(self, part: str) -> str:
        name, equals, value = part.partition("=")
        if not equals:
            return self._learned(part, _SHORTEST_COOKIE) if part else part
        return (
            part if name.strip().lower() in _COOKIE_ATTRIBUTES else f"{name}={self._learned(value, _SHORTEST_COOKIE)}"
        )

    def _credential(self, value: str) -> str:
        """Return the mark of a credential; `Bearer x` gets the tag of `x`, the same wherever it appears."""
        scheme, space, rest = value.partition(" ")
        secret = rest.strip() if space and scheme.isalnum() and rest.strip() else value
        if scheme.lower() == "basic":
            for part in _basic_secrets(secret):
                self._learn_from(part, SHORTEST_KEY)
        return self._learned(secret, SHORTEST_KEY)


def _basic_secrets(encoded: str) -> list[str]:
    """Return the password in a basic credential; nothing if the text is not one."""
    try:
        return user_info_secrets(base64.b64decode(encoded, validate=True).decode())
    except ValueError:
        # Not base64, or not UTF-8.
        return []
