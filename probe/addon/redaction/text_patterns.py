"""Patterns of credentials that their context reveals: a command, a header, a URL, a PEM file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.addon.redaction.credential_pattern import BEGIN, CONTEXT, END, Shape, value
from probe.addon.redaction.heuristics import (
    is_lettered,
    is_mixed,
    is_password,
    is_random,
    is_sign_in,
    is_user_and_password,
    is_varied,
)
from probe.addon.redaction.named_values import BY_NAME, IS, QUOTE, SPACE, named_spans

_COOKIE = re.compile(rb"=([^;,=\s\"\\]{12,4096}+)={0,2}")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]{32}")
_OPTION = rb"[a-z0-9-]{0,40}?(?:key|token|secret|password|passwd|passphrase|pat|jwt|auth)[ \t]{1,4}(?:" + QUOTE + rb")?"
_USER = rb"[^\s/?#@\"'`\\:<>{}()\[\]]{0,128}"
_LINE_BREAK = rb"(?:\\{1,8}[rn]|[\r\n])"
# Prefixes that tools add to each line: its number, a quote's `>`, a diff's sign, an indent.
_SIGN = rb"[ \t>*#|]|[+-](?!----)|\\{1,8}(?:t|u2192|u2502)|\xe2\x86\x92|\xe2\x94\x82"
_SIGNS = rb"(?:" + _SIGN + rb"){0,16}+"
_NUMBER = rb"(?:[0-9]{1,7}(?:[:)]|" + _SIGN + rb"))?+"
_PEM_LINE = (
    rb"(?:" + _LINE_BREAK + _SIGNS + _NUMBER + _SIGNS
    + rb"(?:[A-Za-z-]{1,20}: [A-Za-z0-9,. ()-]{1,100}|[A-Za-z0-9+/=]{0,200}))"
)  # fmt: skip
_PEM_END = rb"(?:-----END [A-Z0-9 ]{1,40}-----)?"


def _cookies(data: bytes, _place: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _COOKIE.finditer(data, start, end):
        if is_random(match[1]):
            yield match.span(1)


def _private_key(data: bytes, place: int, _start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = place - len("-----B")
    if _BASE64_LINE.search(data, begin, end):
        yield begin, end


# In a URL it follows "bot".
_TELEGRAM = re.compile(BEGIN + rb"(?<!%)(?:bot)?([0-9]{8,10}:A)\Z")
_GAP = rb"(?:[ \t\r\n]|\\{1,4}[rnt])++"
_NETRC_WORD = _GAP + rb"[^\s\\\"']{1,100}"
_NETRC = re.compile(
    rb"\b(?:machine" + _NETRC_WORD + rb"|default)(" + _GAP + rb"(?:login|account)" + _NETRC_WORD + rb"){0,2}"
    + _GAP + rb"\Z"
)  # fmt: skip
_CURL = re.compile(rb"\bcurl\b(?:(?!&&)[^\r\n;|])*\Z")
_USER_OPTION = (
    rb"[ \t=]{0,4}(?:" + QUOTE + rb")?[^\s:/\"'`\\-][^\s:/\"'`\\]{0,127}:([^\s\"'`\\]{3,256}+)"
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


_WEBHOOK = "secret part of a webhook's URL"

TEXTS = [
    Shape("Telegram token", rb"[0-9]:", b"A", b"", rb"([A-Za-z0-9_-]{34})" + END, _telegram),
    Shape("password of a netrc file", rb"pass", b"w", b"ord", _GAP + rb"([^\s\"'\\]{4,256}+)", _netrc),
    Shape("password of curl's user", rb"", b"-", b"u", rb"(?<![A-Za-z0-9_-]-u)" + _USER_OPTION, _curl),
    Shape("password of curl's user", rb"", b"-", b"-user", rb"(?<![A-Za-z0-9_-]--user)" + _USER_OPTION, _curl),
    # In a body that was cut short it has no end and reaches to the last line.
    Shape(
        "private key",
        rb"-----B",
        b"E",
        b"GIN ",
        rb"((?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/= ]{0,12000}+"
        + _PEM_LINE
        + rb"{0,300}+"
        + _PEM_END
        + rb")",
        _private_key,
    ),
    value("bearer token", rb"", b"B", b"earer ", rb" {0,2}([A-Za-z0-9._~+/-]{12,12000}+={0,2})", is_sign_in),
    value("basic credential", rb"", b"B", b"asic ", rb" {0,2}([A-Za-z0-9+/]{8,1024}+={0,2})", is_user_and_password),
    Shape(
        BY_NAME,
        rb"[Aa]uthori",
        b"z",
        b"ation",
        rb"(?:" + QUOTE + rb")?\]?" + SPACE + rb"(?:" + IS + rb"|,)" + SPACE + rb"(?:" + QUOTE + rb")?"
        rb"(?:[A-Za-z0-9-]{1,20} {1,2})?([A-Za-z0-9._~+/-]{12,4096}+={0,2})",
        named_spans,
    ),
    Shape(
        "cookie",
        rb"[Cc]oo",
        b"k",
        b"ie",
        rb"(?:" + QUOTE + rb")?" + SPACE + rb":" + SPACE + rb"(?:" + QUOTE + rb")?([^\r\n\"\\:]{1,4096}+)",
        _cookies,
    ),
    value(
        "value of an option that says it is secret",
        rb"-",
        b"-",
        b"",
        rb"(?:(?<![A-Za-z0-9_-]--)|(?<=\\n--))" + _OPTION + rb"([A-Za-z0-9_~+/.@!#$%^*-]{8,4096}+={0,2})",
        is_sign_in,
    ),
    value(
        "signature of a URL", rb"sig", b"=", b"", rb"(?<![A-Za-z_-]sig=)([A-Za-z0-9%+/_-]{20,512}+={0,2})", is_varied
    ),
    value("signature", rb"[Ss]ignature", b"=", b"", rb"([A-Za-z0-9%+/_~-]{32,1024}+={0,2})", is_random),
    value("password in a URL", rb":", b"/", b"/", _USER + rb":([^\s/?#@\"'`\\<>(){}]{3,256}+)@", is_password),
    value(
        _WEBHOOK,
        rb"hooks.slack.com",
        b"/",
        b"",
        rb"(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{24,200}+)",
        is_mixed,
    ),
    value(_WEBHOOK, rb".webhook.office.com", b"/", b"", rb"webhookb2/([A-Za-z0-9@/-]{60,300}+)", is_mixed),
    value(_WEBHOOK, rb"/api/webhooks", b"/", b"", rb"[0-9]{17,20}/([A-Za-z0-9_-]{60,80}+)", is_mixed),
    value(
        "basic credential",
        rb"[\"']a",
        b"u",
        b"th",
        QUOTE + SPACE + rb":" + SPACE + QUOTE + rb"([A-Za-z0-9+/]{8,2048}+={0,2})",
        is_user_and_password,
    ),
    value(
        "basic credential",
        rb"_a",
        b"u",
        b"th",
        SPACE + rb"=" + SPACE + rb"(?:" + QUOTE + rb")?([A-Za-z0-9+/]{8,2048}+={0,2})",
        is_user_and_password,
    ),
]
