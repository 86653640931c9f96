"""Check whether a value is likely a credential, by its characters and its name."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from probe.addon.redaction.credential_names import words_of

_WORDS = re.compile(rb"[A-Za-z0-9]+")
_BORDERS = re.compile(rb"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_LETTER, _DIGIT = re.compile(rb"[A-Za-z]"), re.compile(rb"[0-9]")
_PLACEHOLDER = re.compile(
    rb"(?i)\[redacted|(?<![a-z0-9])(?:your|change(?:me)?|placeholder|example|dummy|fake|redacted|insert|replace|x{4,})"
    rb"(?![a-z0-9])"
)
_REFERENCE = re.compile(rb"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[$%@{<\[(].*|.*(?:\$\{|\{\{|\$\().*", re.S)
_IDENTIFIER = re.compile(rb"[A-Za-z_][\w.-]*")
_TYPE = re.compile(rb"[A-Za-z_][\w.]*(?:Key|Token|Secret|Password)(?:s|Types?)?")
"""`key: Ed25519PrivateKey` is source code."""

_SURE = re.compile(
    r"(?:(?:access|refresh|id|auth|session|bearer|security|api)token|(?:client|api)secret"
    r"|(?:api|secret|private|access|account)key|authorization)$"
)
"""Names that only credentials have: any long value with a letter and a digit counts as one."""
_HARMLESS_TOKEN = re.compile(
    r"page|next|prev(?:ious)?|continuation|pagination|sync|cancel(?:lation)?|cursor|resume|stop|start|end|[be]os|pad|sep"
    r"|cls|mask|unk|special|first|last|design|progress"
)
_SECRET_KEY = re.compile(
    r"(?:rapid)?api|secret|private|access|account|signing|encryption|auth(?:entication)?|subscription|master|admin|deploy"
    r"|storage|service|shared|token|client|application|gateway|license|functions?|openai|anthropic|gemini|azure|google"
)
_PUBLIC_KEY = re.compile(r"public|cache|primary|foreign|sort|partition|prompt|idempotency|host")


def is_placeholder(value: bytes) -> bool:
    """Check whether a value is a placeholder or reference: `your-key-here`, `xxxxxxxx`, `$TOKEN`, `OPENAI_API_KEY`."""
    return (
        len(set(value)) < 5
        or value.endswith((b"EXAMPLE", b"EXAMPLEKEY"))
        or _PLACEHOLDER.search(value) is not None
        or _REFERENCE.fullmatch(value) is not None
    )


def is_varied(value: bytes) -> bool:
    """Check whether a token with a vendor's prefix may be a real one."""
    return len(set(value)) >= 8 and not is_placeholder(value)


def is_mixed(value: bytes) -> bool:
    """Check whether a part of it mixes letters and digits, unlike words with dashes or `ecdsa-nistp256`."""
    return is_varied(value) and any(
        len(_BORDERS.findall(part)) >= (1 if len(part) >= 12 else 2) for part in _WORDS.findall(value) if len(part) >= 8
    )


def is_random(value: bytes) -> bool:
    """Check whether letters and digits alternate more than in any word, name or number."""
    parts = (word for word in _WORDS.findall(value) if len(word) >= 12)
    return is_varied(value) and any(len(_BORDERS.findall(part)) >= 2 for part in parts)


def is_lettered(value: bytes, shortest: int = 16) -> bool:
    """Check whether it is long enough and holds a letter and a digit."""
    enough = len(value) >= shortest and _LETTER.search(value) and _DIGIT.search(value)
    return bool(enough) and not is_placeholder(value)


def is_sign_in(value: bytes) -> bool:
    """Check whether the text after `Bearer` or `Authorization:` is a credential."""
    return is_random(value) or is_lettered(value)


def is_user_and_password(value: bytes) -> bool:
    """Check whether the text after `Basic` is `user:password` in base64."""
    try:
        decoded = base64.b64decode(value, validate=True)
    except binascii.Error:
        return False
    return b":" in decoded and decoded.isascii() and decoded.decode().isprintable()


def is_password(value: bytes) -> bool:
    """Check whether the text between a URL's user and host is a real password."""
    return not is_placeholder(value) and value.lower() not in (b"password", b"passwd", b"secret", b"token", b"port")


def is_secret_of(name: bytes, value: bytes, *, quoted: bool, field: bool = False) -> bool:
    """Check whether a named value is a credential; `field` marks one in a form or an environment."""
    if not quoted and _TYPE.fullmatch(value):
        return False
    match _kind(name):
        case "password":
            return _is_password_value(value, quoted=quoted or field)
        case "sure":
            return is_random(value) or ((quoted or field) and is_lettered(value))
        case "maybe":
            return is_random(value)
        case _:
            return False


@lru_cache(1024)
def _kind(name: bytes) -> str | None:
    """Return how certainly a value with this name is secret; None when it is not."""
    words = words_of(name.decode("ascii"))
    joined, last = "".join(words), words[-1] if words else ""
    if joined.endswith(("password", "passwd", "pwd")) or joined == "secret":
        return "password"
    if _SURE.search(joined):
        return "sure"
    if last.endswith("key"):
        stem = last[: -len("key")] or "".join(words[-2:-1])
        of_environment = name.isupper() and stem and not _PUBLIC_KEY.fullmatch(stem)
        return "maybe" if of_environment or _SECRET_KEY.fullmatch(stem) else None
    if last.endswith("token"):
        stem = last[: -len("token")] or "".join(words[-2:-1])
        return None if _HARMLESS_TOKEN.fullmatch(stem) else "maybe"
    return "maybe" if last.endswith("secret") else None


def _is_password_value(value: bytes, *, quoted: bool) -> bool:
    if value.startswith((b"/", b"~", b".")):
        return False  # PWD is a folder
    # Without quotes it may be source code, where names mix letters and digits.
    named = not quoted and _IDENTIFIER.fullmatch(value)
    return is_random(value) or (not named and is_lettered(value, 8))
