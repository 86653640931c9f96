"""What is personal because of its place: under a name of JSON, behind `Author:`, in a line of passwd or `ls -l`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from probe.addon.redaction.escapes import unescaped
from probe.redact.ordinary_words import GENERIC

Value = tuple[str, str]
"""Kind and value."""
_ESCAPE = re.compile(rb"\\{1,16}([ntr\"'])")
_CHARACTER = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b'"': b'"', b"'": b"'"}

_SIGNED = re.compile(
    rb"(?:[Aa]uthor|[Cc]ommit|[Cc]ommitter|-[Bb]y|[Tt]agger):? +([^<>\n\"]{2,80}?) +<([^<>\s\"]{3,200})>"
)
_ADDRESSED = re.compile(
    rb"((?:[A-Z\xc3][\w\x80-\xff'.-]{1,30} ){1,3}[A-Z\xc3][\w\x80-\xff'-]{1,30}) <([^<>\s@]{1,64}@[^<>\s]{3,100})>"
)
_OPENING = re.compile(
    rb"(?:(?:Please|Ask|Tell|Contact|Call|E-?[Mm]ail|Mail|Message|Ping|Notify|Invite|Add|Assign|Write|Send|Thanks?|"
    rb"From|For|With|And|Cc|Hi|Hello|Hey) )*"
)
"""Words before a name at the begin of a sentence; none of them is a usual name."""
_GIT_NAME = re.compile(rb"(?:user\.name[ =\t]{1,4}|GIT_(?:AUTHOR|COMMITTER)_NAME=)[\"']?([^\"'\n=]{2,80})")
_GIT_SECTION = re.compile(rb"\[user\]\s{1,9}(?:email = [^\n]{1,200}\s{1,9})?name = ([^\n\"]{2,80})")
_USER = re.compile(rb"(?<![A-Za-z0-9_])(?:USER|LOGNAME|USERNAME|SUDO_USER)=[\"']?([A-Za-z0-9._-]{2,64})")
_HOSTNAME = re.compile(rb"(?<![A-Za-z0-9_])(?:HOSTNAME|COMPUTERNAME)=[\"']?([A-Za-z0-9._-]{2,64})")
_PASSWD = re.compile(
    rb"(?<![^\s\"'])([a-z_][a-z0-9_.-]{0,31}):[x*!]:([0-9]{3,6}):[0-9]+:([^:\n]{0,100}):(/[^:\n]{0,200}):/"
)
_UNAME = re.compile(
    rb"(?:Linux|Darwin) ([A-Za-z0-9][\w.-]{0,62}) [0-9]+\.[0-9]+\.[0-9]+\S{0,80} (?:#[0-9]|Darwin Kernel)"
)
_SHELL = re.compile(
    rb"(?<![\w.-])([a-z_][a-z0-9_.-]{0,31})@([A-Za-z0-9][A-Za-z0-9.-]{0,62}):[~/][^\s\"$#]{0,200}[$#]\s"
)
_LISTED = re.compile(
    rb"[-dl](?:[r-][w-][xsStT-]){3}[.+@]? +[0-9]+ +([A-Za-z_][\w.-]{1,31}) +([\w.-]{2,31}) +[0-9]+ [JFMASOND1-2]"
)
_REMOTE = re.compile(rb"origin[\"\s:=.url]{1,12}(?:git@|https?://|ssh://git@)[\w.-]{3,80}[:/]([\w.-]{2,64})/[\w.-]")
_WORKING = re.compile(
    rb"(?:<cwd>|[Ww]orking directory(?: is)?: ?|working in the directory: ?|\"cwd\"\s*:\s*\")(/[^\s<>\"\\`]{1,400})"
)
_BY_MAIL = re.compile(
    rb"\"name\"\s*:\s*\"([^\"\n]{2,80})\"\s*,\s*\"e?mail\"|\"e?mail\"\s*:\s*\"[^\"\n]+\"\s*,\s*\"name\"\s*:\s*\"([^\"\n]{2,80})\""
)
_NAMED = re.compile(rb"\"(?:full|given|family|first|last|real)_?[nN]ame\"\s*:\s*\"([^\"\n/{}]{2,80})\"")
_ACCOUNT = re.compile(rb"\"(?:user_?[nN]ame|login|user|account_?[nN]ame)\"\s*:\s*\"([A-Za-z0-9][\w.-]{2,64})\"")
_ID_OWNERS = (
    "account|org|organi[sz]ation|user|session|device|install(?:ation)?|workspace|tenant|customer|conversation|thread|machine|"
    "distinct|anonymous|project|profile|team|member|owner|subscription"
)
_ID = re.compile(
    rb"\"(?:[\w-]{0,40}?(?:" + _ID_OWNERS.encode() + rb")[_-]?(?:uu)?ids?|prompt_cache_key|safety_identifier|user|"
    rb"(?:cloudaicompanion)?project)\"\s*:\s*\"?([^\"\s,}{\]]{6,400})",
    re.IGNORECASE,
)
_HEADER = re.compile(
    rf"(?:.*[_-])?(?:{_ID_OWNERS}|request|trace|correlation|window|turn|prompt)[_-]?(?:uu)?id|traceparent|openai-(?:organization|project)"
    rf"|x-goog-user-project|x-request|cf-ray|x-amz-cf-(?:id|pop)|x-ms-client-.*id|sentry-trace|x-codex-turn-metadata",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_URL_PROJECT = re.compile(r"/(?:projects|organizations|accounts|orgs|users)/([\w.-]{4,80})")
_TOKEN = re.compile(r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{12,200}")
_ODD_ID = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9][\w.:@-]{6,120}")


def in_text(data: bytes) -> Iterator[Value]:
    """Yield what is personal in a text, in which JSON may be escaped on any level."""
    text = unescaped(data).data
    if b"\\" in text:
        text = _ESCAPE.sub(lambda match: _CHARACTER[match[1]], text)
    yield from (_decoded(kind, one) for kind, one in _in_lines(text) if one)
    yield from _in_members(text)


def _decoded(kind: str, value: bytes) -> Value:
    return kind, value.decode("utf-8", "replace").strip()


def _in_lines(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what tools print."""
    if b"<" in text and b"@" in text:
        for match in (*_SIGNED.finditer(text), *_ADDRESSED.finditer(text)):
            if not match[2].lower().startswith((b"noreply", b"no-reply")):
                yield "name", _OPENING.sub(b"", match[1], count=1)
    if b"_NAME=" in text or b"user" in text:
        yield from (("name", match[1]) for one in (_GIT_NAME, _GIT_SECTION) for match in one.finditer(text))
    if b"=" in text:
        yield from (("user", match[1].rstrip(b".")) for match in _USER.finditer(text))
        yield from (("host", match[1].rstrip(b".")) for match in _HOSTNAME.finditer(text))
    for match in _PASSWD.finditer(text):
        if 500 <= int(match[2]) < 65534:
            yield "user", match[1]
            yield "name", match[3].partition(b",")[0]
    yield from (("host", match[1]) for match in _UNAME.finditer(text))
    for match in _SHELL.finditer(text):
        yield "user", match[1]
        yield "host", match[2]
    for match in _LISTED.finditer(text):
        yield "user", match[1]
    yield from (("user", match[1]) for match in _REMOTE.finditer(text))
    yield from (("folder", match[1].rstrip(b".,;")) for match in _WORKING.finditer(text))


def _in_members(text: bytes) -> Iterator[Value]:
    """Yield what members of JSON hold."""
    for one in (_BY_MAIL, _NAMED):
        yield from (_decoded("name", match[1] or match[2 if one is _BY_MAIL else 1]) for match in one.finditer(text))
    yield from (_decoded("user", match[1]) for match in _ACCOUNT.finditer(text))
    for match in _ID.finditer(text):
        yield from ids_in(match[1].decode("utf-8", "replace"))


def ids_in(value: str) -> Iterator[Value]:
    """Yield the generated ids in a value that identifies somebody."""
    rest = _UUID.sub(" ", value)
    yield from (("id", uuid) for uuid in _UUID.findall(value))
    tokens = [one for part in re.split(r"[^A-Za-z0-9]", rest) for one in _TOKEN.findall(part)]
    yield from (("id", one) for one in tokens)
    odd = not tokens and rest == value and _ODD_ID.fullmatch(value)
    if (odd and "/" not in value) or (value.isdigit() and len(value) >= 8):
        yield "id", value


def in_headers(headers: Iterable[tuple[str, str]]) -> Iterator[Value]:
    """Yield what headers hold."""
    for name, value in headers:
        if _HEADER.fullmatch(name):
            yield from ids_in(value)
            if name.lower() in ("openai-organization", "openai-project") and value.lower() not in GENERIC:
                yield "id", value
        yield from in_text(f"{name}: {value}".encode("utf-8", "replace"))


def in_url(url: str) -> Iterator[Value]:
    """Yield the ids in a URL."""
    yield from (("id", uuid) for uuid in _UUID.findall(url))
    for owner in _URL_PROJECT.findall(url):
        yield from ids_in(owner)
