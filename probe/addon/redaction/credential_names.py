"""Recognize names of credentials: of headers, URL parameters, variables and command options.

A name is split into its words, however it is spelled: `x-api-key`, `xApiKey`, `X_API_KEY`, `X-RapidAPI-Key`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

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
"""Headers whose whole value is a credential or names an account; cookies are handled separately."""

Kind = Literal["password", "token", "key", "auth"]

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("password", re.compile(r".*(?:password|passwd|passphrase|secret)|pass|sshpass|pat|jwt")),
    ("token", re.compile(r".*token")),
    ("key", re.compile(r"key|pwd|.*(?:api|access|secret|auth|account|application|gateway|subscription)key")),
    ("auth", re.compile(r"credentials?|auth|authorization")),
)
_HARMLESS = re.compile(
    r"allow|public|cache|primary|foreign|sort|partition|prompt|idempotency|host|group|page|next|prev(?:ious)?|[be]os|pad"
    r"|stop|surrogate|socket|routing|affinity|dedup(?:lication)?|shard|row|object|hash|lookup|continuation|cursor"
)
"""Words before `key`, `token` or `credentials` in names of harmless values."""
_LATER = frozenset({"id", "value", "config"})
"""Words that may follow in a variable: `AWS_ACCESS_KEY_ID`, `DOCKER_AUTH_CONFIG`."""
_SURE_KEY = re.compile(r"(?:api|access|secret|auth|account|application|gateway|subscription)key")
_PARAMETER = re.compile(
    r"(?i)^(?:sig|code|signature|x-amz-(?:signature|credential)|x-goog-(?:signature|credential)"
    r"|.*[-_](?:key|token|secret|password|signature))$"
)
_OPTION = re.compile(r"--?([A-Za-z][\w-]*)")


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case."""
    return [word.lower() for word in _WORDS.findall(name)]


@lru_cache(4096)
def is_header(name: str) -> bool:
    """Check whether a header's value is a credential."""
    words = words_of(name)
    kind = _kind(words)
    return name.lower() in HEADERS or kind in ("password", "token") or bool(kind and not _is_harmless(words, kind))


@lru_cache(4096)
def is_parameter(name: str) -> bool:
    """Check whether a URL's parameter is a credential."""
    words = words_of(name)
    kind = _kind(words)
    return _PARAMETER.match(name) is not None or bool(kind and not _is_harmless(words, kind))


def option_kind(word: str) -> Kind | None:
    """Return the kind of credential that a command's option expects (`--api-key`); None for other options."""
    option = _OPTION.fullmatch(word)
    words = words_of(option[1]) if option else []
    kind = _kind(words)
    return None if kind is None or _is_harmless(words, kind) else kind


def variable_kind(name: str) -> Kind | None:
    """Return the kind of credential that an environment variable holds; None for other variables."""
    words = words_of(name)
    while len(words) > 1 and (words[-1] in _LATER or words[-1].isdigit()):
        words.pop()
    return None if words == ["pwd"] else _kind(words)


def is_sure_key(name: str) -> bool:
    """Check whether a key's name leaves no doubt: `API_KEY` is never a file, but `TLS_KEY` may be."""
    return _SURE_KEY.search("".join(words_of(name))) is not None


def _kind(words: list[str]) -> Kind | None:
    last = next((word for word in reversed(words) if not word.isdigit()), "")
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(last)), None)


def _is_harmless(words: list[str], kind: Kind) -> bool:
    before = words[-2] if len(words) > 1 else words[-1].removesuffix(kind)
    return kind != "password" and _HARMLESS.fullmatch(before) is not None
