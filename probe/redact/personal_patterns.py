"""What is personal by its form alone, wherever it is: addresses of mail and machines, home folders, private hosts."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple

from probe.redact.ordinary_words import GENERIC

LONGEST = 512
"""Bytes of the longest of them."""


class Place(NamedTuple):
    """A personal value in a text."""

    start: int
    end: int
    kind: str


_AT = re.compile(rb"@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.([A-Za-z]{2,24}))(?![A-Za-z0-9])")
_LOCAL = re.compile(rb"[A-Za-z0-9._%+'-]+")
_FILES = b"""
c cc cpp css csv gif go h html ico jpeg jpg js json jsx lock log md mjs pdf png py rs sh svg toml ts tsx txt webp
xml yaml yml invalid
"""
_NO_DOMAIN = frozenset(_FILES.split())
"""Ends of file names (`logo@2x.png`), and of what is a pseudonym already."""
_NOBODY = re.compile(
    rb"(?:git|hg|no-?reply|example|user|you|your[._-]?(?:name|email)|name|email|test|foo|bar|someone|me)"
)
_EXAMPLES = re.compile(
    rb"(?:.*\.)?(?:example(?:\.(?:com|org|net|test))?|test|localhost|company\.com|domain\.com|email\.com)"
)

_HOME = re.compile(
    rb"(?:home(?<=[/\\]home)|Users(?<=[/\\]Users))[/\\]{1,8}([A-Za-z0-9\x80-\xff][A-Za-z0-9._\x80-\xff-]*)"
)
# Each begins with a character that is rare in texts, which is much faster to search for than a digit.
_DOTS = re.compile(rb"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]")
_COLONS = re.compile(rb":[0-9A-Fa-f]{0,4}:(?=[0-9A-Fa-f:])")
_DOTTED, _GROUPED = re.compile(rb"[0-9.]{1,16}"), re.compile(rb"[0-9A-Fa-f:]{1,40}")
_IPV4 = re.compile(rb"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_IPV6 = re.compile(rb"(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{1,4}")
_MAC = re.compile(rb"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_VERSION = re.compile(rb"(?:[A-Za-z]/|[vV=]|[vV]ersion[\"': =]{1,4}|[A-Za-z_-])\Z")
_PRIVATE = re.compile(
    rb"\.(?:local|lan|localdomain|home\.arpa|fritz\.box|internal|corp|intranet|private)(?![\w.(/-]*[\w(-])"
)
_OWN_NAME = re.compile(rb"[A-Z0-9-]")
"""A machine's own name (`Alices-MacBook.local`), not a file's (`settings.local`)."""
_SURE = (b".lan", b".localdomain", b".home.arpa", b".fritz.box")
_HOST = re.compile(rb"[A-Za-z0-9.-]+")
_BEFORE_HOST = re.compile(rb"(?:://|@|(?:ssh|ping|host|Host|hostname|server|node|nodename)[\"':= \t]{1,4})\Z")
_ARN = re.compile(rb"arn:aws[\w-]{0,10}:[\w-]{1,40}:[\w-]{0,20}:([0-9]{12}):")


def places(data: bytes) -> Iterator[Place]:
    """Yield what is personal by its form, in no order."""
    if b"@" in data:
        yield from _emails(data)
    for match in _HOME.finditer(data):
        start, end = match.start(1), match.start(1) + len(match[1].rstrip(b"."))
        if is_begin(data, match.start() - 1) and match[1].lower().decode("utf-8", "replace") not in GENERIC:
            yield Place(start, end, "user")
    yield from _addresses(data)
    yield from _private_hosts(data)
    if b"arn:aws" in data:
        yield from (Place(*match.span(1), "id") for match in _ARN.finditer(data))


def is_begin(data: bytes, place: int) -> bool:
    """Check whether a word can begin at a place: no letter or digit is before it, but for the end of an escape."""
    if place == 0 or not data[place - 1 : place].isalnum():
        return True
    before = data[max(0, place - 8) : place]
    return _ESCAPE_BEFORE.search(before) is not None


_ESCAPE_BEFORE = re.compile(rb"(?:\\[nrtbfv]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|\[[0-9;]{1,5}m)\Z")


def _addresses(data: bytes) -> Iterator[Place]:
    for search, token in ((_DOTS, _DOTTED), (_COLONS, _GROUPED)):
        end = 0
        for match in search.finditer(data):
            if match.start() < end:
                continue
            before = token.match(data[max(end, match.start() - 16) : match.start()][::-1])
            start = match.start() - (len(before[0]) if before else 0)
            found = token.match(data, start)
            text = found[0].rstrip(b".") if found else b""
            end = start + len(text)
            if data[end : end + 1].isalnum():
                continue
            if _MAC.fullmatch(text):
                yield Place(start, end, "device address")
            elif _is_somebodys(text, data[max(0, start - 12) : start]):
                yield Place(start, end, "IP address")


def is_address(text: str) -> bool:
    """Check whether a host is the address of a machine, not its name."""
    try:
        return bool(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return False


def _emails(data: bytes) -> Iterator[Place]:
    for match in _AT.finditer(data):
        before = data[max(0, match.start() - 64) : match.start()]
        local = _LOCAL.match(before[::-1])
        if not local or match[2].lower() in _NO_DOMAIN or _EXAMPLES.fullmatch(match[1].lower()):
            continue
        start = match.start() - len(local[0])
        start += _escape_at(data, start)
        name = data[start : match.start()].lstrip(b".'%+-")
        if name and not _NOBODY.fullmatch(name.lower()):
            yield Place(match.start() - len(name), match.end(), "email")


def _escape_at(data: bytes, start: int) -> int:
    """Return how many bytes of a word belong to an escape that ends before it: the `n` of `\\nalice`."""
    if data[start - 1 : start] != b"\\" or start == 0:
        return 0
    if data[start : start + 1] == b"u":
        return 5
    return 1 if data[start : start + 1] in (b"n", b"r", b"t", b"b", b"f", b"v") else 0


def _is_somebodys(text: bytes, before: bytes) -> bool:
    """Check whether a text is an address that is neither of this machine alone nor of an example, nor a version."""
    if not (_IPV4.fullmatch(text) or _IPV6.fullmatch(text)):
        return False
    try:
        address = ipaddress.ip_address(text.decode())
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_reserved:
        return False
    if address.version == 6:
        groups = [group for group in text.split(b":") if group]
        return address not in _EXAMPLES_6 and len(groups) >= 3 and any(byte in b"0123456789" for byte in text)
    return not any(address in network for network in _EXAMPLES_4) and (
        text.startswith((b"10.", b"192.168.", b"172.")) or not _VERSION.search(before)
    )


_EXAMPLES_6 = ipaddress.ip_network("2001:db8::/32")
_EXAMPLES_4 = [
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8",
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
        "8.8.8.8/32",
        "1.1.1.1/32",
    )
]


def _private_hosts(data: bytes) -> Iterator[Place]:
    for match in _PRIVATE.finditer(data):
        before = data[max(0, match.start() - 128) : match.start()]
        labels = _HOST.match(before[::-1])
        if not labels:
            continue
        start = match.start() - len(labels[0])
        start += _escape_at(data, start)
        name = data[start : match.start()]
        sure = match[0].lower() in _SURE or (match[0] == b".local" and _OWN_NAME.search(name) is not None)
        sure = sure or _BEFORE_HOST.search(data[max(0, start - 16) : start]) is not None
        public = name.endswith((b"metadata.google", b"host.docker", b"gateway.docker"))
        if name and not name.startswith(b".") and sure and not public:
            yield Place(start, match.end(), "host")
