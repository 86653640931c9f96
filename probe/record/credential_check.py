"""A second search for credentials, which shares no pattern with the redactor: it finds what that one misses.

It looks for well-known forms, for random values under a name that means a credential, and for known values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from probe.record.random_values import is_random, is_varied

NAMED = "a random value under the name of a credential"
_AWS_ID = "AWS access key id"
_LEVELS = 4
"""JSON in a string, in a string, in a string."""
_ESCAPE = re.compile(rb"\\+(?:u00([0-7][0-9a-fA-F])|/)")
# A word also begins behind the escape of a line's end, behind `%2F`, and behind a terminal's colour.
_BEGIN = rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf])|(?<=%[0-9A-F]{2})|(?<=[0-9]m))"


class _Form(NamedTuple):
    kind: str
    prefix: bytes
    pattern: re.Pattern[bytes]
    is_real: Callable[[bytes], bool]


def _form(kind: str, prefix: str, rest: str, is_real: Callable[[bytes], bool] = is_varied) -> _Form:
    pattern = _BEGIN + f"{re.escape(prefix)}({rest})(?![A-Za-z0-9_-])".encode()
    return _Form(kind, prefix.encode(), re.compile(pattern), is_real)


_FORMS = (
    _form("Anthropic key", "sk-ant-", "[A-Za-z0-9_-]{20,}+", is_random),
    _form("OpenAI key", "sk-", "(?!ant-)[A-Za-z0-9_-]{20,}+", is_random),
    _form("Google API key", "AIza", "[A-Za-z0-9_-]{35}"),
    _form("Google access token", "ya29.", "[A-Za-z0-9_-]{20,}+"),
    _form(_AWS_ID, "AKIA", "[A-Z0-9]{16}"),
    _form(_AWS_ID, "ASIA", "[A-Z0-9]{16}"),
    *(_form("GitHub token", f"gh{kind}_", "[A-Za-z0-9]{36,}+") for kind in "pousr"),
    _form("GitHub token", "github_pat_", "[A-Za-z0-9_]{36,}+"),
    _form("GitLab token", "glpat-", "[A-Za-z0-9_-]{20,}+"),
    _form("Slack token", "xox", "[a-z]-[A-Za-z0-9-]{20,}+"),
    _form("Slack token", "xapp-", "[A-Za-z0-9-]{20,}+"),
    _form("Stripe key", "sk_live_", "[A-Za-z0-9]{16,}+"),
    _form("Stripe key", "rk_live_", "[A-Za-z0-9]{16,}+"),
    _form("Stripe webhook secret", "whsec_", "[A-Za-z0-9+/]{24,}+"),
    _form("JWT", "eyJ", r"[A-Za-z0-9_-]{8,4000}+\.eyJ[A-Za-z0-9_-]{8,8000}+\.[A-Za-z0-9_-]{16,}+"),
)
_AWS_SECRET = re.compile(rb"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])")
_AWS_NEAR = 300
"""An id and its secret are lines of one file."""
_KEY_BEGIN = re.compile(rb"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINE = re.compile(rb"[A-Za-z0-9+/]{16,}+")
_KEY_NEAR = 600
"""At least six lines of it, with their numbers, quotes and the marks of a diff."""
_KEY_LEAST = 48

_NAME_ENDS = (b"token", b"secret", b"passw(?:or)?d", b"key", b"authorization")
_NAMES = tuple(re.compile(end + rb"""(?=["'\\\] \t]{0,12}[:=])""") for end in _NAME_ENDS)
_LONGEST_NAME = 48
_BEFORE = re.compile(rb"[A-Za-z0-9_.-]*\Z")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_KEY = re.compile(r".*(?:api|access|secret|private|auth|account|signing|encryption|master|admin|service)key")
# The `n` may be of the line's end before it.
_NO_CREDENTIAL = re.compile(
    r"n?(?:page|next|prev|previous|continuation|cursor|sync|resume|start|stop|end|cancel|progress|public)"
)
_VALUE = re.compile(
    rb"""["']?\\{0,8}["']?\]?[ \t]{0,4}[:=][ \t]{0,4}\\{0,8}["']?(?:(?:[Bb]earer|[Bb]asic|[Tt]oken) {1,2})?"""
    rb"""([A-Za-z0-9+/_.~%-]{20,512}+)(?![A-Za-z0-9(\[])"""
)

_VARIABLE = re.compile(r"(?:\w+_)?(?:KEY|TOKEN|SECRET|PASSWORD)")
_PATH = re.compile(r"[~.]{0,2}/[\w.-]+/.*")
_SHORTEST = 12
"""A shorter value may be a word that anybody writes."""


class CredentialCheck:
    """Finds credentials in bytes, however JSON escapes them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values = [
            (f"the value of {name} in this environment", value.strip().encode("utf-8", "surrogateescape"))
            for name, value in environ.items()
            if _VARIABLE.fullmatch(name) and _is_secret(value.strip())
        ]

    def kinds(self, data: bytes) -> set[str]:
        """Return the kinds of the credentials in a text."""
        plain = without_escapes(data)
        found = {kind for kind, value in self._values if value in plain}
        found |= {form.kind for form in _FORMS if any(_spans(form, plain))}
        if _AWS_ID in found and _holds_aws_secret(plain):
            found.add("AWS secret access key")
        if _holds_private_key(plain):
            found.add("private key")
        if _holds_named_value(plain):
            found.add(NAMED)
        return found


def without_escapes(data: bytes) -> bytes:
    """Return a text with the escapes of JSON undone that hide a plain character, at all levels of JSON in strings."""
    for _ in range(_LEVELS):
        if b"\\u00" not in data and b"\\/" not in data:
            break
        data = _ESCAPE.sub(_character, data)
    return data


def _character(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)]) if match[1] else b"/"


def _is_secret(value: str) -> bool:
    plain = value.isdigit() or _PATH.fullmatch(value) is not None
    return len(value) >= _SHORTEST and not plain and is_varied(value.encode("utf-8", "surrogateescape"))


def _spans(form: _Form, data: bytes) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each credential of a form."""
    place = data.find(form.prefix)
    while place >= 0:
        match = form.pattern.match(data, place)
        if match and form.is_real(match[1]):
            yield match.span()
        place = data.find(form.prefix, place + 1)


def _holds_aws_secret(data: bytes) -> bool:
    near = (
        data[max(0, start - _AWS_NEAR) : end + _AWS_NEAR]
        for form in _FORMS
        if form.kind == _AWS_ID
        for start, end in _spans(form, data)
    )
    return any(is_random(value) for text in near for value in _AWS_SECRET.findall(text))


def _holds_private_key(data: bytes) -> bool:
    """Check whether base64 follows the first line of a private key, whatever is before and behind each line."""
    if b"PRIVATE KEY" not in data:
        return False
    begins = (match.end() for match in _KEY_BEGIN.finditer(data))
    texts = (data[begin : begin + _KEY_NEAR].partition(b"-----END")[0] for begin in begins)
    keys = (b"".join(_KEY_LINE.findall(text)) for text in texts)
    return any(len(key) >= _KEY_LEAST and is_random(key) for key in keys)


def _holds_named_value(data: bytes) -> bool:
    lower = data.lower()
    return any(
        _is_credential(data[max(0, name.end() - _LONGEST_NAME) : name.end()]) and is_random(value[1])
        for names in _NAMES
        for name in names.finditer(lower)
        if (value := _VALUE.match(data, name.end()))
    )


def _is_credential(text: bytes) -> bool:
    """Check whether the name at the end of a text means a credential."""
    name = _BEFORE.search(text)
    words = [word.lower() for word in _WORDS.findall(name[0].decode())] if name else []
    if words and words[-1].endswith("key"):
        return _SECRET_KEY.fullmatch("".join(words)) is not None
    return len(words) < 2 or _NO_CREDENTIAL.fullmatch(words[-2]) is None
