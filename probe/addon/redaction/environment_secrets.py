"""Values of environment variables that must be redacted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_plus

from probe.addon.redaction.credential_names import is_sure_key, variable_kind

SHORTEST_KEY = 6
"""Minimum length of an agent's key to search for; a shorter one would match words."""
SHORTEST_GUESS = 8
"""The same for a value that only its name marks as secret."""

USER_INFO = re.compile(r"(?<=://)([^/?#@\s]+)(?=@)")


def secret_values(environ: Mapping[str, str], keys: Iterable[str] = ()) -> set[str]:
    """Return the values of the variables `keys`, and of all variables named like a credential."""
    found = {environ[name].strip() for name in keys if len(environ.get(name, "").strip()) >= SHORTEST_KEY}
    for name, value in environ.items():
        kind = variable_kind(name)
        # A path (GOOGLE_APPLICATION_CREDENTIALS) or a number (MAX_KEY) is a secret only if the name leaves no doubt.
        plain = value.startswith(("/", "~", ".")) or value.isdigit()
        sure = kind in ("password", "token") or is_sure_key(name)
        if kind and len(value.strip()) >= SHORTEST_GUESS and (sure or not plain):
            found.add(value.strip())
    for value in environ.values():
        for user_info in USER_INFO.findall(value):
            found.update(part for part in user_info_secrets(user_info) if len(part) >= SHORTEST_KEY)
    return found


def user_info_secrets(user_info: str) -> list[str]:
    """Return the password of `user:password`, as written and unquoted."""
    password = user_info.partition(":")[2]
    return [password, unquote_plus(password)]
