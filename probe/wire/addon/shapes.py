"""What credentials look like: the shapes by which those are found that nobody told us about.

Each shape is looked for from one byte in it, its anchor: a pattern that begins with a single byte is several times
faster than any other, and what stands around the anchor is looked at only there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from probe.wire.addon.escapes import View, unescaped
from probe.wire.addon.likely import (
    is_lettered,
    is_mixed,
    is_password,
    is_random,
    is_secret_of,
    is_sign_in,
    is_user_and_password,
    is_varied,
)

LONGEST = 1 << 15
"""No credential reaches further, in bytes: an RSA key of 8,192 bits, escaped twice, has 7 KB, a JWT seldom more."""
CONTEXT = 128
"""So much of what stands before a secret may be looked at: the name that it is the value of."""


class Found(NamedTuple):
    """Where a secret stands, and by which shape it was found."""

    start: int
    end: int
    shape: str


Spans = Callable[[bytes, int, int, int], Iterator[tuple[int, int]]]
"""Gives the secrets of a match: out of the data, the anchor's place, and begin and end of the pattern's group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of credential; `before`, `anchor`, `lead` and `after`, one behind the other, are its pattern."""

    name: str
    before: bytes = b""
    """Characters and [classes] of them."""
    anchor: bytes
    """One byte."""
    lead: bytes = b""
    """As it stands, no pattern."""
    after: bytes
    """A pattern with groups; the one that matched is handed to `spans`."""
    spans: Spans


# -- tokens whose prefix says what they are ----------------------------------------------------------------------

_ATOM = re.compile(rb"\[[^]]*\]|.", re.S)
# Before a token stands none of its own characters, unless they end an escape (\n, \u0026, %3D, a terminal's colour).
# After a mark nothing begins: what was no token before redaction is none behind it.
_BEGIN = (
    rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9A-Fa-f]{2})|(?<=[0-9]m))"
    rb"(?<!\[REDACTED:[0-9a-f]{8}\])"
)
_NOT_AFTER_DOT = rb"(?<!\.)" + _BEGIN
_NOT_IN_BASE64 = rb"(?<![+/.])" + _BEGIN
_END = rb"(?![A-Za-z0-9_-]|\[REDACTED:)"


def _regex(before: bytes) -> bytes:
    return b"".join(atom if len(atom) > 1 else re.escape(atom) for atom in _ATOM.findall(before))


def _token(
    name: str,
    before: bytes,
    anchor: bytes,
    lead: bytes,
    after: bytes,
    real: Callable[[bytes], bool] = is_varied,
    begin: bytes = _BEGIN,
) -> Shape:
    width = len(_ATOM.findall(before))

    def spans(data: bytes, place: int, _start: int, end: int) -> Iterator[tuple[int, int]]:
        if real(data[place - width : end]):
            yield place - width, end

    begins = rb"(?<=" + begin + _regex(before) + re.escape(anchor + lead) + rb")"
    return Shape(name=name, before=before, anchor=anchor, lead=lead, after=begins + rb"(" + after + rb")", spans=spans)


_TOKENS = [
    _token("API key (sk-)", rb"sk", b"-", b"", rb"[A-Za-z0-9_-]{16,256}+", is_mixed),
    _token("Stripe key", rb"[sr]", b"k", b"_live_", rb"[A-Za-z0-9]{16,256}+"),
    _token("Stripe key", rb"[sr]", b"k", b"_test_", rb"[A-Za-z0-9]{16,256}+"),
    _token("OpenAI session key", rb"sess", b"-", b"", rb"[A-Za-z0-9]{24,128}+", is_lettered),
    _token("GitLab token", rb"gl[dr]t", b"-", b"", rb"[A-Za-z0-9_.-]{20,320}+", begin=_NOT_AFTER_DOT),
    _token("GitLab token", rb"gl[pc][abt]t", b"-", b"", rb"[A-Za-z0-9_.-]{20,320}+", begin=_NOT_AFTER_DOT),
    _token("Google client secret", rb"GOCSPX", b"-", b"", rb"[A-Za-z0-9_-]{20,64}+"),
    _token("Slack token", rb"xox[a-z]", b"-", b"", rb"[A-Za-z0-9-]{10,512}+", is_lettered),
    _token("Slack token", rb"xapp", b"-", b"", rb"[A-Za-z0-9-]{10,512}+", is_lettered),
    _token("GitHub token", rb"gh[pousr]", b"_", b"", rb"[A-Za-z0-9]{36,255}+"),
    # The number of an app and a JWT.
    _token("GitHub token", rb"ghs", b"_", b"", rb"[A-Za-z0-9]{1,32}_eyJ[A-Za-z0-9_.-]{30,2048}+"),
    _token("GitHub token", rb"github_pat", b"_", b"", rb"[A-Za-z0-9_]{36,255}+"),
    _token("npm token", rb"npm", b"_", b"", rb"[A-Za-z0-9]{36,64}+"),
    _token("Hugging Face token", rb"hf", b"_", b"", rb"[A-Za-z0-9]{30,64}+"),
    _token("Google API key", rb"", b"A", b"Iza", rb"[A-Za-z0-9_-]{35,64}+", begin=_NOT_IN_BASE64),
    _token("Google API key", rb"", b"A", b"Q.A", rb"[A-Za-z0-9_-]{30,256}+", begin=_NOT_IN_BASE64),
    _token("AWS access key id", rb"", b"A", b"KIA", rb"[A-Z0-9]{16}" + _END, begin=_NOT_IN_BASE64),
    _token("AWS access key id", rb"", b"A", b"SIA", rb"[A-Z0-9]{16}" + _END, begin=_NOT_IN_BASE64),
    _token("Google access token", rb"", b"y", b"a29.", rb"[A-Za-z0-9_.-]{20,2048}+", begin=_NOT_AFTER_DOT),
    _token("Google refresh token", rb"1", b"/", b"/0", rb"[A-Za-z0-9_-]{20,512}+", begin=_NOT_IN_BASE64),
    _token(
        "JWT",
        rb"e",
        b"y",
        b"J",
        # Five parts when it is encrypted, one of them may be empty.
        rb"[A-Za-z0-9_-]{8,4000}+\.[A-Za-z0-9_-]{0,8000}+(?:\.[A-Za-z0-9_-]{1,2000}+){1,3}",
        begin=_NOT_AFTER_DOT,
    ),
    _token("Groq key", rb"gsk", b"_", b"", rb"[A-Za-z0-9]{40,64}+"),
    _token("xAI key", rb"xai", b"-", b"", rb"[A-Za-z0-9]{64,128}+"),
    _token("Perplexity key", rb"pplx", b"-", b"", rb"[A-Za-z0-9]{40,64}+"),
    _token("Vault token", rb"h", b"v", b"s.", rb"[A-Za-z0-9_-]{24,300}+", is_mixed, _NOT_AFTER_DOT),
    _token("Vault token", rb"h", b"v", b"b.", rb"[A-Za-z0-9_-]{24,300}+", is_mixed, _NOT_AFTER_DOT),
    _token("Databricks token", rb"da", b"p", b"i", rb"[0-9a-f]{32}(?:-[0-9]{1,2})?+" + _END, begin=_NOT_IN_BASE64),
    _token("SendGrid key", rb"S", b"G", b".", rb"[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}+" + _END),
    _token("PyPI token", rb"pypi", b"-", b"AgEI", rb"[A-Za-z0-9_-]{50,1024}+"),
    _token("DigitalOcean token", rb"do[por]", b"_", b"v1_", rb"[0-9a-f]{64}" + _END),
    _token("Shopify token", rb"shp[acsp][tas]", b"_", b"", rb"[0-9a-fA-F]{32}" + _END),
    _token("Linear key", rb"lin", b"_", b"api_", rb"[A-Za-z0-9]{32,64}+"),
]

# -- values whose name says what they are ------------------------------------------------------------------------

_NAME_BACKWARDS = re.compile(rb"[A-Za-z0-9_-]*")
_QUOTES = {quote: re.compile(rb"(\\*)" + quote) for quote in (b'"', b"'", b"`")}
_LETTERS = re.compile(rb"[A-Za-z]*")
_QUOTE = rb"\\{0,7}[\"'`]"
_SPACE = rb"[ \t]{0,8}+"
# name: value, name=value, "name": "value", <name>value, name => value, {"name": name, "value": value}
_IS = rb"(?:=>|:=|[:=>]|,?" + _SPACE + rb"(?:" + _QUOTE + rb")?value(?:" + _QUOTE + rb")?" + _SPACE + rb"[:=])"
# Its begin only; where the value ends, `_closing` tells. No escape is cut in two: what was JSON stays JSON.
_INSIDE = rb"((?:[!#-\[\]-~\x80-\xff]|\\{1,16}[^\s\\]){8})"
_QUOTED = rb"(?:" + _IS + rb"|,)" + _SPACE + rb"[bfru]?" + _QUOTE + _INSIDE
_BARE = _IS + _SPACE + rb"([A-Za-z0-9_~+/.@!#$%^*-]{8,12000}+={0,2})"
_VALUE = rb"(?:" + _QUOTE + rb")?\]?" + _SPACE + rb"(?:" + _QUOTED + rb"|" + _BARE + rb")"
_BY_NAME = "value of a name that says it is secret"


def _named_spans(data: bytes, place: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    quoted = data[start - 1] in b"\"'`"
    if not quoted and data[end : end + 1] in (b"(", b"[", b"{"):
        return  # a call or an index in source code
    name, before, between = _name_around(data, place, start)
    field = between == b"=" and (name.isupper() or before in (b"?", b"&", b";"))
    # In a list, what follows a name may be its value or another name.
    listed = b"," in between and b":" not in between
    if quoted:
        end = _closing(data, start)
    value = data[start:end]
    if b" " in value:
        return  # words about it
    if is_secret_of(name, value, quoted=quoted, field=field) and (not listed or is_random(value)):
        yield start, end


def _closing(data: bytes, start: int) -> int:
    """Give where a quoted value ends; where it begins when it has no end."""
    opening = data[max(0, start - 9) : start]
    escapes = len(opening) - 1 - len(opening[:-1].rstrip(b"\\"))
    for found in _QUOTES[opening[-1:]].finditer(data, start, start + LONGEST // 2):
        # A quote inside has more backslashes before it. In JSON an end has 0, 2, 4, …; in JSON in JSON 1, 5, 9, …
        more = len(found[1]) - escapes
        if more >= 0 and more % (2 * escapes + 2) == 0:
            return found.end() - 1 - escapes
    return start


def _name_around(data: bytes, place: int, start: int) -> tuple[bytes, bytes, bytes]:
    """Give the name that a value at `start` has, the character before it, and what stands between the two."""
    letters = _LETTERS.match(data, place, start)
    end = letters.end() if letters else place
    # Backwards: forwards, every beginning would be tried.
    backwards = data[max(0, end - CONTEXT // 2) : end][::-1]
    found = _NAME_BACKWARDS.match(backwards)
    name = found[0][::-1] if found else b""
    before = data[max(0, end - len(name) - 1) : end - len(name)]
    if before == b"\\":
        name = name[1:]  # the n of an escaped new line
    return name, before, data[end:start]


def _named(before: bytes, anchor: bytes, lead: bytes) -> Shape:
    return Shape(name=_BY_NAME, before=before, anchor=anchor, lead=lead, after=_VALUE, spans=_named_spans)


_NAMES = [
    _named(rb"[Tt]o", b"k", b"en"),
    _named(rb"[Kk]e", b"y", b""),
    _named(rb"[Ss]e", b"c", b"ret"),
    _named(rb"[Pp]ass", b"w", b"ord"),
    _named(rb"[Pp]ass", b"w", b"d"),
    _named(rb"[Pp]", b"w", b"d"),
    _named(rb"TOK", b"E", b"N"),
    _named(rb"K", b"E", b"Y"),
    _named(rb"SECR", b"E", b"T"),
    _named(rb"PASSWOR", b"D", b""),
    _named(rb"PASSW", b"D", b""),
    _named(rb"PW", b"D", b""),
]

# -- places in a text --------------------------------------------------------------------------------------------

_COOKIE = re.compile(rb"=([^;,=\s\"\\]{12,4096}+)={0,2}")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]{32}")
_OPTION = rb"[a-z0-9-]{0,40}?(?:key|token|secret|password|passwd)[ \t]{1,4}(?:" + _QUOTE + rb")?"
_USER = rb"[^\s/?#@\"'`\\:<>{}()\[\]]{0,128}"
_LINE_BREAK = rb"(?:\\{1,8}[rn]|[\r\n])"
# What tools write before each line: its number, a quote's `>`, a diff's sign, an indent.
_SIGN = rb"[ \t>*#|]|[+-](?!----)|\\{1,8}(?:t|u2192|u2502)|\xe2\x86\x92|\xe2\x94\x82"
_SIGNS = rb"(?:" + _SIGN + rb"){0,16}+"
_NUMBER = rb"(?:[0-9]{1,7}(?:[:)]|" + _SIGN + rb"))?+"
_PEM_LINE = (
    rb"(?:" + _LINE_BREAK + _SIGNS + _NUMBER + _SIGNS
    + rb"(?:[A-Za-z-]{1,20}: [A-Za-z0-9,. ()-]{1,100}|[A-Za-z0-9+/=]{0,200}))"
)  # fmt: skip
_PEM_END = rb"(?:-----END [A-Z0-9 ]{1,40}-----)?"


def _value(real: Callable[[bytes], bool]) -> Spans:
    def spans(data: bytes, _place: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        if real(data[start:end]):
            yield start, end

    return spans


def _cookies(data: bytes, _place: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _COOKIE.finditer(data, start, end):
        if is_random(match[1]):
            yield match.span(1)


def _private_key(data: bytes, place: int, _start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = place - len("-----B")
    if _BASE64_LINE.search(data, begin, end):
        yield begin, end


# In a URL it stands behind "bot".
_TELEGRAM = re.compile(_BEGIN + rb"(?<!%)(?:bot)?([0-9]{8,10}:A)\Z")
_GAP = rb"(?:[ \t\r\n]|\\{1,4}[rnt])++"
_NETRC_WORD = _GAP + rb"[^\s\\\"']{1,100}"
_NETRC = re.compile(
    rb"\b(?:machine" + _NETRC_WORD + rb"|default)(" + _GAP + rb"(?:login|account)" + _NETRC_WORD + rb"){0,2}"
    + _GAP + rb"\Z"
)  # fmt: skip
_CURL = re.compile(rb"\bcurl\b(?:(?!&&)[^\r\n;|])*\Z")
_USER_OPTION = (
    rb"[ \t=]{0,4}(?:" + _QUOTE + rb")?[^\s:/\"'`\\-][^\s:/\"'`\\]{0,127}:([^\s\"'`\\]{3,256}+)"
)  # fmt: skip


def _telegram(data: bytes, place: int, _start: int, end: int) -> Iterator[tuple[int, int]]:
    found = _TELEGRAM.search(data, max(0, place - 40), place + 1)
    if found and is_varied(data[place:end]):
        yield found.start(1), end


def _netrc(data: bytes, place: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    before = place - len("pass")
    found = _NETRC.search(data, max(0, before - CONTEXT // 2 - 32), before)
    value = data[start:end]
    if found and is_password(value) and (found[1] or is_lettered(value, 8)):
        yield start, end


def _curl(data: bytes, place: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    value = data[start:end]
    if is_password(value) and not value.isdigit() and _CURL.search(data, max(0, place - CONTEXT // 2 - 32), place):
        yield start, end


_TEXTS = [
    Shape(
        name="Telegram token",
        before=rb"[0-9]:",
        anchor=b"A",
        after=rb"([A-Za-z0-9_-]{34})" + _END,
        spans=_telegram,
    ),
    Shape(
        name="password of a netrc file",
        before=rb"pass",
        anchor=b"w",
        lead=b"ord",
        after=_GAP + rb"([^\s\"'\\]{4,256}+)",
        spans=_netrc,
    ),
    Shape(
        name="password of curl's user",
        anchor=b"-",
        lead=b"u",
        after=rb"(?<![A-Za-z0-9_-]-u)" + _USER_OPTION,
        spans=_curl,
    ),
    Shape(
        name="password of curl's user",
        anchor=b"-",
        lead=b"-user",
        after=rb"(?<![A-Za-z0-9_-]--user)" + _USER_OPTION,
        spans=_curl,
    ),
    Shape(
        name="private key",
        before=rb"-----B",
        anchor=b"E",
        lead=b"GIN ",
        # Without an end, in a body that was cut short, to its last line.
        after=rb"((?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/= ]{0,12000}+"
        + _PEM_LINE
        + rb"{0,300}+"
        + _PEM_END
        + rb")",
        spans=_private_key,
    ),
    Shape(
        name="bearer token",
        anchor=b"B",
        lead=b"earer ",
        after=rb" {0,2}([A-Za-z0-9._~+/-]{12,12000}+={0,2})",
        spans=_value(is_sign_in),
    ),
    Shape(
        name="basic credential",
        anchor=b"B",
        lead=b"asic ",
        after=rb" {0,2}([A-Za-z0-9+/]{8,1024}+={0,2})",
        spans=_value(is_user_and_password),
    ),
    Shape(
        name=_BY_NAME,
        before=rb"[Aa]uthori",
        anchor=b"z",
        lead=b"ation",
        after=rb"(?:" + _QUOTE + rb")?\]?" + _SPACE + rb"(?:" + _IS + rb"|,)" + _SPACE + rb"(?:" + _QUOTE + rb")?"
        rb"(?:[A-Za-z0-9-]{1,20} {1,2})?([A-Za-z0-9._~+/-]{12,4096}+={0,2})",
        spans=_named_spans,
    ),
    Shape(
        name="cookie",
        before=rb"[Cc]oo",
        anchor=b"k",
        lead=b"ie",
        after=rb"(?:" + _QUOTE + rb")?" + _SPACE + rb":" + _SPACE + rb"(?:" + _QUOTE + rb")?([^\r\n\"\\:]{1,4096}+)",
        spans=_cookies,
    ),
    Shape(
        name="value of an option that says it is secret",
        before=rb"-",
        anchor=b"-",
        after=rb"(?:(?<![A-Za-z0-9_-]--)|(?<=\\n--))" + _OPTION + rb"([A-Za-z0-9_~+/.@!#$%^*-]{8,4096}+={0,2})",
        spans=_value(is_sign_in),
    ),
    Shape(
        name="signature of a URL",
        before=rb"sig",
        anchor=b"=",
        after=rb"(?<![A-Za-z_-]sig=)([A-Za-z0-9%+/_-]{20,512}+={0,2})",
        spans=_value(is_varied),
    ),
    Shape(
        name="signature",
        before=rb"[Ss]ignature",
        anchor=b"=",
        after=rb"([A-Za-z0-9%+/_~-]{32,1024}+={0,2})",
        spans=_value(is_random),
    ),
    Shape(
        name="password in a URL",
        before=rb":",
        anchor=b"/",
        lead=b"/",
        after=_USER + rb":([^\s/?#@\"'`\\<>(){}]{3,256}+)@",
        spans=_value(is_password),
    ),
]

SHAPES = (*_TOKENS, *_NAMES, *_TEXTS)

# -- the search --------------------------------------------------------------------------------------------------

_RARE = b"ABDEz=/"
"""Anchors that many bodies hold seldom or not at all: to look for the byte alone is far faster still."""
_FEW = 8


class _Search:
    """All shapes of one anchor, looked for together."""

    def __init__(self, anchor: bytes) -> None:
        self._anchor = anchor
        self._shapes: list[Shape] = []
        """The shape that each group of the pattern belongs to."""
        shapes = [shape for shape in SHAPES if shape.anchor == anchor]
        # Those that have only something before are tried last, and where its last two characters fit one of them.
        before = [shape for shape in shapes if not shape.lead and len(_ATOM.findall(shape.before)) >= 2]
        patterns = [self._pattern_of(shape) for shape in shapes if shape not in before]
        if before:
            ends = dict.fromkeys(_regex(b"".join(_ATOM.findall(shape.before)[-2:])) for shape in before)
            fits = rb"(?<=(?:" + rb"|".join(ends) + rb")" + re.escape(anchor) + rb")"
            patterns.append(fits + rb"(?:" + rb"|".join(map(self._pattern_of, before)) + rb")")
        self.pattern = re.compile(re.escape(anchor) + rb"(?:" + rb"|".join(patterns) + rb")")

    def _pattern_of(self, shape: Shape) -> bytes:
        self._shapes += [shape] * re.compile(shape.after).groups
        lead = re.escape(shape.lead)
        behind = rb"(?<=" + _regex(shape.before) + re.escape(shape.anchor) + lead + rb")" if shape.before else b""
        return lead + behind + shape.after

    def found(self, data: bytes) -> Iterator[Found]:
        """Yield each secret in `data`."""
        match = self._next(data, 0)
        while match is not None:
            group = match.lastindex or 0
            shape = self._shapes[group - 1]
            found = [
                Found(start, end, shape.name) for start, end in shape.spans(data, match.start(), *match.span(group))
            ]
            yield from found
            # What was taken for a value and is none may hold one.
            match = self._next(data, found[0].end if found else match.start() + 1)

    def _next(self, data: bytes, place: int) -> re.Match[bytes] | None:
        for _ in range(_FEW if self._anchor in _RARE else 0):
            place = data.find(self._anchor, place)
            if place < 0:
                return None
            if match := self.pattern.match(data, place):
                return match
            place += 1
        return self.pattern.search(data, place)


_SEARCHES = [_Search(anchor) for anchor in sorted({shape.anchor for shape in SHAPES})]
_SMALL = 2000
_ANY = re.compile(b"|".join(search.pattern.pattern for search in _SEARCHES))
"""In a small text, one search for all is faster than one for each anchor."""


def holds(view: View) -> bool:
    """Check whether anything in a text looks like a credential."""
    return any(True for _ in _found(view.data))


def find(data: bytes) -> list[Found]:
    """Return every place of `data` that looks like a credential, in order; some may overlap."""
    return find_in(unescaped(data))


def find_in(view: View) -> list[Found]:
    """Return every place that looks like a credential, where it is in the view's original."""
    return sorted(Found(*view.place(start, end), shape) for start, end, shape in _found(view.data))


def _found(data: bytes) -> Iterator[Found]:
    if len(data) > _SMALL or _ANY.search(data):
        for search in _SEARCHES:
            yield from search.found(data)
